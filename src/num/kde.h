/* Gaussian kernel density estimates of one node's values for every class at once.
 *
 * The estimate of class c from its n_c values x_i is
 *
 *     p_c(x) = 1/(n_c h_c sqrt(2 pi)) sum_i exp(-(x - x_i)^2 / (2 h_c^2))
 *
 * It is evaluated on a uniform grid over the range of all values that will ever be asked
 * for: values are put in the grid by linear binning, convolved with the kernel (cut at
 * 12 h), continued more than 10 h from any value by the parabola of a Gaussian tail, and
 * log p is interpolated linearly between grid points. docs/measures.md states the error.
 *
 * Everything that is summed over samples is an integer: values become positions of
 * KDE_POSITION_BITS bits in the range, histogram weights are fixed-point. So a table does
 * not depend on the order of samples and histograms of several ranks can simply be added.
 * Table entries are multiples of 2^-KDE_LOG_BITS, so that sums of interpolated values
 * over nodes are exact in double and do not depend on the order of nodes either.
 */
#ifndef STRATA_NUM_KDE_H
#define STRATA_NUM_KDE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    KDE_POSITION_BITS = 23,
    KDE_GRID_BITS_MIN = 9,  /* 512 intervals */
    KDE_GRID_BITS_MAX = 11, /* 2048 */
    KDE_LOG_BITS = 13
};

#define KDE_LOG_FLOOR (-700.0) /* smallest log density that is kept */

enum kde_rule { KDE_SCOTT, KDE_SILVERMAN, KDE_FIXED };

/* Bandwidth of n values with standard deviation sd (n - 1 in its denominator):
 *   scott      sd n^(-1/5)
 *   silverman  sd (3n/4)^(-1/5)      (the default factors of scipy.stats.gaussian_kde)
 *   fixed      `fixed`
 * never below max(1e-3 sd_all, 1e-8), sd_all being that of all classes together. */
double kde_bandwidth(enum kde_rule rule, double fixed, double sd, double n,
                     double sd_all);

/* Range of the values of a node, and their positions in it. */
struct kde_range {
    double low, high;
};

/* Smallest and largest of n >= 1 values. NaN anywhere gives NaN bounds. */
struct kde_range kde_range(const float *values, size_t n);

/* out[i] = floor((values[i] - low) / (high - low) 2^KDE_POSITION_BITS), the upper bound
 * itself one less. high > low. */
void kde_positions(const float *values, size_t n, struct kde_range range, uint32_t *out);

/* Exact sums over positions; sums of two parts of the samples may be added. */
struct kde_moments {
    uint64_t n;
    uint64_t sum;
    unsigned __int128 sum_squares;
};

void kde_add_moments(struct kde_moments *moments, const uint32_t *positions, size_t n);

/* Standard deviation in units of the values, 0 for n < 2. */
double kde_moments_sd(const struct kde_moments *moments, struct kde_range range);

/* Adds n positions to a histogram of 2^grid_bits + 1 fixed-point weights; each sample
 * adds 2^(KDE_POSITION_BITS - grid_bits) in all, shared by its two neighbours. */
void kde_add_histogram(uint64_t *histogram, int grid_bits, const uint32_t *positions,
                       size_t n);

/* Smallest grid whose step is at most a quarter of the narrowest bandwidth, within the
 * limits. */
int kde_grid_bits(struct kde_range range, double narrowest);

/* Floats of workspace that kde_log_table needs for a grid. */
size_t kde_workspace(int grid_bits);

/* table[i * stride] = log p at grid point i = 0 .. 2^grid_bits, from one class's
 * histogram. `workspace` is float [kde_workspace(grid_bits)]. A class without samples
 * gets the floor. */
void kde_log_table(const uint64_t *histogram, int grid_bits, struct kde_range range,
                   double bandwidth, float *workspace, float *table, size_t stride);

/* log p(x) by direct summation in double: the reference. */
double kde_log_density_exact(const float *values, size_t n, double bandwidth, double x);

#endif
