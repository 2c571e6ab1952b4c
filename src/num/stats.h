/* Small statistics in double. No allocation, no failure. */
#ifndef STRATA_NUM_STATS_H
#define STRATA_NUM_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Running mean and variance (Welford 1962). Zero-initialise. */
struct stats_running {
    int64_t n;
    double mean;
    double m2; /* sum of squared deviations from the mean */
};

void stats_add(struct stats_running *running, double value);

/* Sample standard deviation (n - 1); NaN for n < 2. */
double stats_sd(const struct stats_running *running);

/* Half width of the two-sided Student t interval of the mean at `level` (0.95);
 * NaN for n < 2. */
double stats_t_half_width(const struct stats_running *running, double level);

/* Quantile of Student's t distribution, 0 < p < 1, degrees of freedom >= 1. */
double stats_t_quantile(double p, double degrees);

/* Quantile of n >= 1 ascending values, linear interpolation between order statistics
 * (Hyndman & Fan 1996 type 7, the default of numpy and R). */
double stats_quantile_sorted(const double *sorted, size_t n, double p);

void stats_sort(double *values, size_t n);

/* Mean of sorted values: the sum does not depend on the order in which they came. */
double stats_mean_sorted(const double *sorted, size_t n);

/* Entropy in nats of the distribution counts/sum(counts); zero counts are skipped. The
 * counts are summed in the order given. 0 where all counts are 0. */
double stats_entropy(const int64_t *counts, size_t n);

#endif
