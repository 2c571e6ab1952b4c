/* Predicted cost of cells, memory of a rank, and who does what. */
#ifndef STRATA_SWEEP_PLAN_H
#define STRATA_SWEEP_PLAN_H

#include <stddef.h>

#include "base/error.h"
#include "data/dataset.h"
#include "sweep/cell_samples.h"
#include "sweep/grid.h"
#include "sweep/study.h"

/* Seconds that a cell takes when no early stopping cuts it short, counted from its
 * structure: multiply-adds of training, validation and probing, and the probes' passes
 * over pre-activations, at nominal rates of one core. Ratios between cells matter for the
 * schedule; the scale is a rough guide. */
double plan_cell_seconds(const struct study *study, const struct spec *spec,
                         const struct dataset *dataset, const struct split_sizes *sizes);

/* Peak bytes of a rank that runs the cell, data set included. */
double plan_cell_bytes(const struct study *study, const struct spec *spec,
                       const struct dataset *dataset, const struct split_sizes *sizes);

/* Sorts tasks (indices into cost): longest first, equal costs by index. */
void plan_order(const double *cost, size_t *tasks, size_t n);

/* Divides n tasks among ranks: longest first, each to the least loaded rank (lowest
 * number on a tie). owner[i] = rank of task i; load[r] = sum of costs. Deterministic, so
 * every rank computes the same plan. */
enum status plan_slices(const double *cost, size_t n, int n_ranks, int *owner,
                        double *load, struct error *err);

#endif
