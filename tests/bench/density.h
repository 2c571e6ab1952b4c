/* Kernel densities without a grid. */
#ifndef STRATA_BENCH_DENSITY_H
#define STRATA_BENCH_DENSITY_H

#include <stddef.h>

/* ln of the Gaussian kernel density of n values at x, summed term by term in double. */
double density_log(const double *values, size_t n, double bandwidth, double x);

#endif
