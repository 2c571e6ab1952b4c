/* Tasks that pass between ranks: each is done once, whoever had it first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "dist/balance.h"

enum { TASKS = 400 };

static int failures;

static void check(const struct dist *dist, bool condition, const char *what)
{
    if (condition)
        return;
    failures++;
    fprintf(stderr, "rank %d of %d: %s\n", dist_rank(dist), dist_size(dist), what);
}

struct rank {
    struct dist *dist;
    struct dist_balance balance;
    uint64_t held[TASKS];
    size_t n;
    int32_t done[TASKS];
    double *left; /* [size]: the collector's belief */
    double pace;  /* seconds a task */
};

static int choose(void *state, int to)
{
    struct rank *r = state;
    int best = -1;
    for (int i = 0; i < dist_size(r->dist); i++)
        if (i != to && r->left[i] > 0 && (best < 0 || r->left[i] > r->left[best]))
            best = i;
    if (best >= 0)
        r->left[to] = r->left[best] /= 2;
    return best;
}

static void found_empty(void *state, int rank)
{
    struct rank *r = state;
    r->left[rank] = 0;
}

static size_t give(void *state, uint64_t *tasks)
{
    struct rank *r = state;
    size_t n = (r->n + 1) / 2;
    r->n -= n;
    memcpy(tasks, r->held + r->n, n * sizeof *tasks);
    return n;
}

static void serve(void *state)
{
    struct rank *r = state;
    dist_balance_serve(r->dist, &r->balance);
}

static void work(struct rank *r, uint64_t task)
{
    double until = clock_seconds() + r->pace;
    r->done[task]++;
    do {
        struct timespec pause = {.tv_nsec = 100000};
        nanosleep(&pause, NULL);
        serve(r);
    } while (clock_seconds() < until);
}

/* Rank `first` (all: -1, in turn) has the tasks; the collector believes what it is told.
 */
static void run(struct dist *dist, int first, double belief, double pace)
{
    int size = dist_size(dist), mine = 0, moved = 0;
    struct rank r = {.dist = dist, .pace = pace};
    struct error err = {0};
    r.balance = (struct dist_balance){&r, choose, found_empty, give};
    r.left = calloc((size_t)size, sizeof *r.left);
    for (int i = 0; i < size; i++)
        r.left[i] = first < 0 || i == first ? belief : belief / 1000;
    for (uint64_t t = 0; t < TASKS; t++)
        if (dist_rank(dist) == (first < 0 ? (int)(t % (uint64_t)size) : first))
            r.held[r.n++] = t;
    for (;;) {
        uint64_t tasks[DIST_TASKS_MAX];
        if (r.n == 0) {
            r.n = dist_balance_take(dist, &r.balance, tasks, NULL);
            memcpy(r.held, tasks, r.n * sizeof *tasks);
            moved += (int)r.n;
        }
        if (r.n == 0)
            break;
        uint64_t task = r.held[--r.n];
        work(&r, task);
        mine++;
    }
    dist_wait(dist, serve, &r);
    dist_sum_counts_all(dist, r.done, TASKS);
    for (int t = 0; t < TASKS; t++)
        check(dist, r.done[t] == 1, "each task is done once");
    if (first >= 0 && belief > 0) {
        check(dist, mine > 0, "everyone worked");
        check(dist, dist_rank(dist) == first || moved > 0, "tasks moved");
    }
    if (belief <= 0)
        check(dist, moved == 0, "nobody is asked who is believed to have nothing");
    free(r.left);
    dist_agree(dist, &err);
}

int main(int argc, char **argv)
{
    struct dist *dist;
    struct error err = {0};
    if (dist_start(&dist, &argc, &argv, &err) != STATUS_OK)
        return 1;
    int size = dist_size(dist);
    if (argc < 2 || atoi(argv[1]) != size) {
        fprintf(stderr, "%d ranks\n", size);
        failures++;
    }
    for (int first = -1; first < size; first++)
        run(dist, first, 1000, 3e-4);
    run(dist, 0, 0, 0);
    /* All end at about the same time, again and again. */
    for (int round = 0; round < 20; round++)
        run(dist, -1, 1e-9, 0);
    int32_t all = failures;
    dist_sum_counts_all(dist, &all, 1);
    dist_stop(dist);
    return all > 0;
}
