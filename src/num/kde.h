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
 */
#ifndef STRATA_NUM_KDE_H
#define STRATA_NUM_KDE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    KDE_POSITION_BITS = 23,
    KDE_GRID_BITS_LEAST = 8, /* 256 intervals, where they are asked for */
    KDE_GRID_BITS_MIN = 9,   /* 512, the fewest of grids that adapt */
    KDE_GRID_BITS_MAX = 11   /* 2048 */
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

/* Smallest and largest of the values of a node. */
struct kde_range {
    double low, high;
};

/* A value's position is floor((value - low) / (high - low) 2^KDE_POSITION_BITS) in float,
 * the upper bound's one less. high > low. */
struct kde_scale {
    float low, factor;
};

struct kde_scale kde_scale(struct kde_range range);

/* For loops that are compiled for several instruction sets. Halves, so that the
 * difference of two floats cannot overflow. */
static inline __attribute__((always_inline)) int32_t kde_position(float value,
                                                                  struct kde_scale scale)
{
    const int32_t last = (1 << KDE_POSITION_BITS) - 1;
    int32_t position = (int32_t)((0.5f * value - scale.low) * scale.factor);
    return position < last ? position : last;
}

void kde_positions(const float *values, size_t n, struct kde_scale scale, uint32_t *out);

/* Exact sums over positions; sums of two parts of the samples may be added. */
struct kde_moments {
    uint64_t n;
    uint64_t sum;
    unsigned __int128 sum_squares;
};

void kde_add_moments(struct kde_moments *moments, const uint32_t *positions, size_t n);

/* Standard deviation in units of the values, 0 for n < 2. */
double kde_moments_sd(const struct kde_moments *moments, struct kde_range range);

/* Adds n positions to a histogram of 2^grid_bits intervals: each adds one and, below it
 * in the same word, its distance from the interval's left end. Histograms of two parts of
 * the samples may be added; 10^7 samples fit. */
#define KDE_HISTOGRAM_ONE ((uint64_t)1 << 39)
void kde_add_histogram(uint64_t *histogram, int grid_bits, const uint32_t *positions,
                       size_t n);

/* Smallest grid whose step is at most half of the narrowest bandwidth, within the
 * limits. */
int kde_grid_bits(struct kde_range range, double narrowest);

/* Floats of workspace that kde_log_table needs for a grid. */
size_t kde_workspace(int grid_bits);

/* table[i] = log p at grid point i = 0 .. 2^grid_bits, at least KDE_LOG_FLOOR, from one
 * class's histogram of n values. `workspace` is float [kde_workspace(grid_bits)]. A class
 * without values gets the floor. */
void kde_log_table(const uint64_t *histogram, int grid_bits, uint32_t n,
                   struct kde_range range, double bandwidth, float *workspace,
                   float *table);

/* log p(x) by direct summation in double: the reference. */
double kde_log_density_exact(const float *values, size_t n, double bandwidth, double x);

#endif
