/* Kernel densities without a grid. */
#ifndef STRATA_BENCH_DENSITY_H
#define STRATA_BENCH_DENSITY_H

#include <stddef.h>

/* ln of the Gaussian kernel density at x of n values in ascending order, summed term by
 * term in double. Terms below e^-40 of the largest are left out: together they are less
 * than n e^-40 of the sum. */
double density_log(const double *values, size_t n, double bandwidth, double x);

#endif
