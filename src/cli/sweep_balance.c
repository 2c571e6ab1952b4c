/* strata sweep: cells pass from ranks that have many to ranks that have none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/sweep.h"
#include "cli/watchdog.h"
#include "sweep/plan.h"

/* ---- the collector's part ---- */

/* The rank with the largest predicted cost that is not begun. The two are taken to share
 * it from now on, until they say so themselves. */
static int choose_fullest(void *state, int to)
{
    struct sweep *s = state;
    struct dist_progress *ranks = progress_ranks(s->display);
    int fullest = -1;
    for (int r = 0; r < dist_size(s->dist); r++)
        if (r != to && ranks[r].left > 0 &&
            (fullest < 0 || ranks[r].left > ranks[fullest].left))
            fullest = r;
    if (fullest >= 0)
        ranks[to].left = ranks[fullest].left /= 2;
    return fullest;
}

static void found_empty(void *state, int rank)
{
    struct sweep *s = state;
    progress_ranks(s->display)[rank].left = 0;
}

/* ---- everyone's ---- */

/* Every other one of those not begun, the longest among them: both go on with a mixture.
 */
static size_t give_half(void *state, uint64_t *tasks)
{
    struct sweep *s = state;
    size_t *held = s->tasks + s->begun, n_held = s->n_tasks - s->begun;
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < n_held; i++) {
        if (i % 2 == 0 && i + s->n_risky < n_held && n < DIST_TASKS_MAX)
            tasks[n++] = held[i];
        else
            held[kept++] = held[i];
    }
    s->n_tasks = s->begun + kept;
    sweep_balance_tell(s);
    return n;
}

void sweep_balance_tell(struct sweep *s)
{
    double left = 0;
    for (size_t i = s->begun; i + s->n_risky < s->n_tasks; i++)
        left += s->session.seconds[s->tasks[i]];
    progress_holds(s->display, left);
}

void sweep_balance_start(struct sweep *s)
{
    struct dist_progress *ranks = progress_ranks(s->display);
    s->balance = (struct dist_balance){.state = s,
                                       .choose = choose_fullest,
                                       .found_empty = found_empty,
                                       .give = give_half};
    for (int slice = 0; slice < dist_size(s->dist) / s->ranks_per_cell; slice++)
        ranks[slice * s->ranks_per_cell].left = s->loads[slice];
    sweep_balance_tell(s);
}

void sweep_balance_serve(struct sweep *s)
{
    dist_balance_serve(s->dist, &s->balance);
}

static void poll_waiting(void *state)
{
    struct sweep *s = state;
    progress_tick(s->display, 0, 0);
}

bool sweep_balance_take(struct sweep *s)
{
    uint64_t tasks[DIST_TASKS_MAX];
    watchdog_feed(sweep_patience(s)); /* who is asked answers between minibatches */
    size_t n = dist_balance_take(s->dist, &s->balance, tasks, poll_waiting);
    for (size_t i = 0; i < n; i++)
        s->tasks[i] = tasks[i];
    plan_order(s->session.seconds, s->tasks, n);
    s->begun = 0;
    s->n_tasks = n;
    s->taken += n;
    sweep_balance_tell(s);
    return n > 0;
}

/* ---- what came of it ---- */

struct account {
    double busy;
    uint64_t taken;
};

static void print_accounts(const struct sweep *s, const struct bytes *all, double seconds)
{
    struct account account;
    int n_slices = dist_size(s->dist) / s->ranks_per_cell, least = 0;
    double busy = 0, least_busy = seconds;
    uint64_t taken = 0;
    for (int slice = 0; slice < n_slices; slice++) {
        int rank = slice * s->ranks_per_cell;
        memcpy(&account, all->data + (size_t)rank * sizeof account, sizeof account);
        busy += account.busy / n_slices;
        taken += account.taken;
        if (account.busy < least_busy) {
            least_busy = account.busy;
            least = rank;
        }
    }
    fprintf(
        stderr,
        "strata: ranks were busy %.1f %% of %.1f s, the least rank %d with %.1f %%; %llu "
        "cell%s changed ranks\n",
        100 * busy / seconds, seconds, least, 100 * least_busy / seconds,
        (unsigned long long)taken, taken == 1 ? "" : "s");
}

void sweep_balance_report(struct sweep *s, double seconds)
{
    struct error err = {0}; /* no reason to fail */
    struct account account = {s->busy, s->taken};
    struct bytes mine = {0}, all = {0};
    size_t *offsets = memory_alloc((size_t)dist_size(s->dist) + 1, sizeof *offsets, &err);
    bytes_put(&mine, &account, sizeof account);
    if (dist_gather(s->dist, &mine, &all, offsets, &err) == STATUS_OK &&
        dist_rank(s->dist) == DIST_COLLECTOR && dist_size(s->dist) > 1 && s->n_left > 0)
        print_accounts(s, &all, seconds);
    bytes_free(&mine);
    bytes_free(&all);
    free(offsets);
}
