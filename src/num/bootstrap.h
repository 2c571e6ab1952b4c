/* Bootstrap interval of a mean: no distribution is assumed, but enough values are needed.
 */
#ifndef STRATA_NUM_BOOTSTRAP_H
#define STRATA_NUM_BOOTSTRAP_H

#include <stddef.h>

/* Resamples, and the fewest values for which the interval covers about what it says
 * (docs/measures.md). */
enum { BOOTSTRAP_RESAMPLES = 9999, BOOTSTRAP_FEWEST = 20 };

/* Bias-corrected and accelerated interval (BCa, Efron 1987; Efron &
 * Tibshirani 1993, chapter 14) of the mean of n >= 2 values
 * at `level` (0.95). Value i of resample k is a function of (n, k, i), so that the
 * interval is one of the values in their order alone: sort them first where that means
 * nothing. `means` is workspace for BOOTSTRAP_RESAMPLES. */
void bootstrap_mean_interval(const double *values, size_t n, double level, double *means,
                             double *low, double *high);

#endif
