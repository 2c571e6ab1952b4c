/* Small statistics in double. */
#ifndef STRATA_NUM_STATS_H
#define STRATA_NUM_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

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

/* The same where the quantile of Student's t is at hand. */
double stats_half_width(const struct stats_running *running, double quantile);

/* Quantile of Student's t distribution, 0 < p < 1, degrees of freedom >= 1. */
double stats_t_quantile(double p, double degrees);

/* Exact two-sided p of n paired differences under the hypothesis that each could as well
 * have the other sign (Fisher 1935): the share of the 2^n signings whose sum is as far
 * from 0 as the observed one, rounding apart. NaN for n of 0 or above
 * STATS_SIGN_FLIP_MAX, and where a difference is not finite. */
enum { STATS_SIGN_FLIP_MAX = 20 };
double stats_sign_flip_p(const double *differences, size_t n);

/* Holm's adjustment (1979) of p values that belong together; NaN are none of them and
 * stay. It holds whatever the dependence, as between layers of one network. */
enum status stats_holm(const double *p, double *adjusted, size_t n, struct error *err);

/* The same by Benjamini & Hochberg (1995): of those called significant at a level, that
 * share is false at most in expectation, where p values are independent or depend
 * positively (Benjamini & Yekutieli 2001). */
enum status stats_bh(const double *p, double *adjusted, size_t n, struct error *err);

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
