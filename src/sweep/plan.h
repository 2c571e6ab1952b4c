/* Who computes what and when: slices, and the simulation of schedules. */
#ifndef STRATA_SWEEP_PLAN_H
#define STRATA_SWEEP_PLAN_H

#include <stddef.h>

#include "base/error.h"

/* Sorts tasks (indices into cost): longest first, equal costs by index. */
void plan_order(const double *cost, size_t *tasks, size_t n);

/* Gives order[0], order[1], ... each to the rank that has least so far (lowest number on
 * a tie): list scheduling. owner[i] = rank of task i (may be NULL); load[r] = sum of
 * costs. */
enum status plan_list(const double *cost, const size_t *order, size_t n, int n_ranks,
                      int *owner, double *load, struct error *err);

/* Divides n tasks among ranks: plan_list, longest first. Deterministic, so every rank
 * computes the same plan. */
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
