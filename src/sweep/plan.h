/* Who computes what and when: slices, and the simulation of schedules. */
#ifndef STRATA_SWEEP_PLAN_H
#define STRATA_SWEEP_PLAN_H

#include <stddef.h>

#include "base/error.h"

/* Sorts tasks (indices into cost): longest first, equal costs by index. */
void plan_order(const double *cost, size_t *tasks, size_t n);

/* Divides n tasks among ranks: longest first, each to the rank that has least (lowest
 * number on a tie). owner[i] = rank of task i; load[r] = sum of costs. Deterministic, so
 * every rank computes the same plan. */
enum status plan_slices(const double *cost, size_t n, int n_ranks, int *owner,
                        double *load, struct error *err);

/* How a sweep on n_ranks would go. Times are in the costs' unit. */
struct plan_outlook {
    int n_ranks;
    double total;
    size_t longest;    /* the dearest task; n where there are none */
    double share;      /* total / n_ranks: an even share of the work */
    double bound;      /* the larger of share and longest: no schedule ends sooner */
    double wall;       /* longest first: of slices, and of ranks that take one by one */
    double grid_order; /* ranks take one by one in the order of the grid */
    double slices_off; /* slices as planned, but every task misses its cost by `spread` */
    double dynamic_off; /* the same, where a rank takes the next task when it is free */
    /* Where a task is longer than an even share: how many are, the end if each of them
     * were two halves, and a number of ranks that keeps 90 % efficiency. */
    size_t n_over;
    double halved;
    int fewer_ranks;
};

/* total / (n_ranks x wall); 1 where there is nothing to do. */
double plan_efficiency(const struct plan_outlook *outlook);

/* Simulates. `spread` is the standard deviation of ln(true cost / cost); the true cost
 * has the mean that was predicted. */
enum status plan_simulate(const double *cost, size_t n, int n_ranks, double spread,
                          struct plan_outlook *out, struct error *err);

#endif
