#include "sweep/plan.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/rng.h"

static const double good_efficiency = 0.9;

/* ---- division ---- */

/* A binary heap of ranks, least loaded first. */
struct heap {
    int *ranks;
    int n;
    const double *load;
};

static int lighter(const struct heap *heap, int a, int b)
{
    double x = heap->load[heap->ranks[a]], y = heap->load[heap->ranks[b]];
    return x != y ? x < y : heap->ranks[a] < heap->ranks[b];
}

/* Restores the order after the top rank's load has grown. */
static void sink(struct heap *heap)
{
    for (int at = 0;;) {
        int child = 2 * at + 1;
        if (child >= heap->n)
            return;
        if (child + 1 < heap->n && lighter(heap, child + 1, child))
            child++;
        if (!lighter(heap, child, at))
            return;
        int rank = heap->ranks[at];
        heap->ranks[at] = heap->ranks[child];
        heap->ranks[child] = rank;
        at = child;
    }
}

static int compare_costs(const void *a, const void *b, void *costs)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const double *cost = costs;
    if (cost[x] != cost[y])
        return cost[x] > cost[y] ? -1 : 1;
    return (x > y) - (x < y);
}

void plan_order(const double *cost, size_t *tasks, size_t n)
{
    qsort_r(tasks, n, sizeof *tasks, compare_costs, (void *)(uintptr_t)cost);
}

/* Tasks and the room to schedule them in. */
struct schedule {
    const double *cost;
    size_t n;
    size_t *order; /* longest first */
    int *owner;
    double *load; /* of the largest number of ranks */
};

static size_t *order_of_grid(size_t n, struct error *err)
{
    size_t *order = memory_alloc(n, sizeof *order, err);
    for (size_t i = 0; order && i < n; i++)
        order[i] = i;
    return order;
}

/* List scheduling: order[0], order[1] ... each go to the rank that has least so far,
 * which is the one that is free first. Leaves s->load, and owners where `owner` is not
 * NULL. */
static enum status place(struct schedule *s, const double *cost, const size_t *order,
                         int n_ranks, int *owner, struct error *err)
{
    struct heap heap = {.n = n_ranks, .load = s->load};
    heap.ranks = memory_alloc((size_t)n_ranks, sizeof *heap.ranks, err);
    if (!heap.ranks)
        return err->status;
    for (int r = 0; r < n_ranks; r++) {
        heap.ranks[r] = r;
        s->load[r] = 0.0;
    }
    for (size_t i = 0; i < s->n; i++) {
        int rank = heap.ranks[0];
        if (owner)
            owner[order[i]] = rank;
        s->load[rank] += cost[order[i]];
        sink(&heap);
    }
    free(heap.ranks);
    return STATUS_OK;
}

enum status plan_slices(const double *cost, size_t n, int n_ranks, int *owner,
                        double *load, struct error *err)
{
    struct schedule s = {.n = n, .load = load};
    size_t *order = order_of_grid(n, err);
    if (order) {
        plan_order(cost, order, n);
        place(&s, cost, order, n_ranks, owner, err);
    }
    free(order);
    return err->status;
}

/* ---- simulation ---- */

static double largest(const double *load, int n)
{
    double most = 0.0;
    for (int r = 0; r < n; r++)
        most = fmax(most, load[r]);
    return most;
}

static double end_of_list(struct schedule *s, const double *cost, const size_t *order,
                          int n_ranks, struct error *err)
{
    return place(s, cost, order, n_ranks, NULL, err) == STATUS_OK
               ? largest(s->load, n_ranks)
               : 0.0;
}

/* What becomes of the plan where tasks take other times than predicted. */
static void simulate_misses(struct schedule *s, double spread, struct plan_outlook *out,
                            struct error *err)
{
    const struct rng rng = {.seed = 1, .purpose = RNG_PLAN, .stream = 0};
    double *taken = memory_alloc(s->n, sizeof *taken, err);
    if (!taken)
        return;
    for (size_t i = 0; i < s->n; i++)
        taken[i] = s->cost[i] * exp(spread * rng_normal(&rng, i) - spread * spread / 2);
    out->dynamic_off = end_of_list(s, taken, s->order, out->n_ranks, err);
    memset(s->load, 0, (size_t)out->n_ranks * sizeof *s->load);
    for (size_t i = 0; i < s->n; i++)
        s->load[s->owner[i]] += taken[i];
    out->slices_off = largest(s->load, out->n_ranks);
    free(taken);
}

/* Longer than an even share, and not by rounding. */
static bool is_over(double cost, const struct plan_outlook *outlook)
{
    return cost > outlook->share * (1 + 1e-9);
}

/* The end if every task longer than an even share could be computed as two halves. */
static void simulate_halves(struct schedule *s, struct plan_outlook *out,
                            struct error *err)
{
    double *parts = memory_alloc(s->n + out->n_over, sizeof *parts, err);
    size_t n = 0;
    for (size_t i = 0; parts && i < s->n; i++) {
        bool over = is_over(s->cost[i], out);
        parts[n++] = over ? s->cost[i] / 2 : s->cost[i];
        if (over)
            parts[n++] = s->cost[i] / 2;
    }
    int *owner = memory_alloc(n, sizeof *owner, err);
    if (owner && parts &&
        plan_slices(parts, n, out->n_ranks, owner, s->load, err) == STATUS_OK)
        out->halved = largest(s->load, out->n_ranks);
    free(owner);
    free(parts);
}

/* No number of ranks above total / (0.9 longest) can do. Efficiency is not monotone in
 * it, so the numbers below are tried one by one, or in steps where that takes too long.
 */
static void find_fewer_ranks(struct schedule *s, struct plan_outlook *out,
                             struct error *err)
{
    const double placements = 1e7; /* of tasks, about a second */
    double most = floor(out->total / (good_efficiency * s->cost[out->longest]));
    int n_ranks = (int)fmin(most, out->n_ranks);
    int step = 1 + (int)(n_ranks * (double)s->n / placements);
    for (; n_ranks > 1 && err->status == STATUS_OK; n_ranks -= step) {
        double wall = end_of_list(s, s->cost, s->order, n_ranks, err);
        if (out->total >= good_efficiency * n_ranks * wall)
            break;
    }
    out->fewer_ranks = n_ranks > 1 ? n_ranks : 1;
}

static void simulate(struct schedule *s, double spread, struct plan_outlook *out,
                     struct error *err)
{
    for (size_t i = 0; i < s->n; i++) {
        out->total += s->cost[i];
        if (out->longest == s->n || s->cost[i] > s->cost[out->longest])
            out->longest = i;
    }
    out->share = out->total / out->n_ranks;
    out->bound = s->n > 0 ? fmax(out->share, s->cost[out->longest]) : 0.0;
    for (size_t i = 0; i < s->n; i++)
        out->n_over += is_over(s->cost[i], out);
    out->grid_order = end_of_list(s, s->cost, s->order, out->n_ranks, err);
    plan_order(s->cost, s->order, s->n);
    place(s, s->cost, s->order, out->n_ranks, s->owner, err);
    out->wall = largest(s->load, out->n_ranks);
    simulate_misses(s, spread, out, err);
    if (out->n_over > 0) {
        simulate_halves(s, out, err);
        find_fewer_ranks(s, out, err);
    }
}

double plan_efficiency(const struct plan_outlook *outlook)
{
    return outlook->wall > 0 ? outlook->total / (outlook->n_ranks * outlook->wall) : 1.0;
}

enum status plan_simulate(const double *cost, size_t n, int n_ranks, double spread,
                          struct plan_outlook *out, struct error *err)
{
    *out = (struct plan_outlook){.n_ranks = n_ranks, .longest = n};
    struct schedule s = {.cost = cost, .n = n};
    s.order = order_of_grid(n, err);
    s.owner = memory_alloc(n, sizeof *s.owner, err);
    s.load = memory_alloc((size_t)n_ranks, sizeof *s.load, err);
    if (err->status == STATUS_OK)
        simulate(&s, spread, out, err);
    free(s.order);
    free(s.owner);
    free(s.load);
    return err->status;
}
