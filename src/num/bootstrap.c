#include "num/bootstrap.h"

#include <math.h>

#include "num/rng.h"
#include "num/stats.h"

static double normal_cdf(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

/* By bisection; 9 is farther out than a share of 1 / BOOTSTRAP_RESAMPLES. */
static double normal_quantile(double p)
{
    double low = -9.0, high = 9.0;
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (low + high);
        *(normal_cdf(middle) < p ? &low : &high) = middle;
    }
    return 0.5 * (low + high);
}

/* The mean of resample k. A word times n, of which 32 bits are dropped, is each index
 * with a probability that differs from 1/n by less than 2^-32. */
static double resample_mean(const double *values, size_t n, size_t k)
{
    struct rng rng = {.seed = (uint32_t)n, .purpose = RNG_BOOTSTRAP, .stream = k};
    uint32_t words[4];
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (i % 4 == 0)
            rng_words(&rng, i / 4, words);
        sum += values[(uint64_t)words[i % 4] * n >> 32];
    }
    return sum / (double)n;
}

/* Which share of the resamples lies below an end of the interval, z being the normal
 * quantile of its tail: equation 14.10 of Efron & Tibshirani 1993. */
static double adjusted_share(double z, double bias, double acceleration)
{
    double shifted = bias + z;
    return normal_cdf(bias + shifted / (1.0 - acceleration * shifted));
}

void bootstrap_mean_interval(const double *values, size_t n, double level, double *means,
                             double *low, double *high)
{
    double sum = 0.0, largest = 0.0, squares = 0.0, cubes = 0.0, below = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(values[i] - mean));
    *low = *high = isfinite(mean) && isfinite(largest) ? mean : (double)NAN;
    if (isnan(*low) || largest <= 1e-12 * fabs(mean)) /* equal, but for rounding */
        return;
    for (size_t i = 0; i < n; i++) { /* of any size: no square leaves the range */
        double deviation = (values[i] - mean) / largest;
        squares += deviation * deviation;
        cubes += deviation * deviation * deviation;
    }
    /* accuracies are multiples of something: means that are equal but for rounding are
     * many, and count half */
    double tie = 1e-9 * largest * sqrt(squares / (double)n);
    for (size_t k = 0; k < BOOTSTRAP_RESAMPLES; k++) {
        means[k] = resample_mean(values, n, k);
        double above = means[k] - mean;
        below += fabs(above) <= tie ? 0.5 : above < 0.0 ? 1.0 : 0.0;
    }
    stats_sort(means, BOOTSTRAP_RESAMPLES);
    double bias = normal_quantile(below / BOOTSTRAP_RESAMPLES);
    /* what the jackknife of equation 14.15 comes to where the statistic is the mean */
    double acceleration = cubes / (6.0 * squares * sqrt(squares));
    double z = normal_quantile(0.5 + level / 2);
    *low = stats_quantile_sorted(means, BOOTSTRAP_RESAMPLES,
                                 adjusted_share(-z, bias, acceleration));
    *high = stats_quantile_sorted(means, BOOTSTRAP_RESAMPLES,
                                  adjusted_share(z, bias, acceleration));
}
