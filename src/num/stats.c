#include "num/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "num/elementary.h"

void stats_add(struct stats_running *running, double value)
{
    running->n++;
    double delta = value - running->mean;
    running->mean += delta / (double)running->n;
    running->m2 += delta * (value - running->mean);
}

double stats_sd(const struct stats_running *running)
{
    if (running->n < 2)
        return NAN;
    return sqrt(running->m2 / (double)(running->n - 1));
}

/* Continued fraction of the incomplete beta function (DLMF 8.17.22), modified Lentz. */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    double result = d;
    for (int m = 1; m <= 500; m++) {
        double step = 1.0;
        for (int odd = 0; odd < 2; odd++) {
            double k = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                           : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1.0 + k * d;
            d = 1.0 / (fabs(d) < tiny ? tiny : d);
            c = 1.0 + k / c;
            c = fabs(c) < tiny ? tiny : c;
            step = c * d;
            result *= step;
        }
        if (fabs(step - 1.0) < 1e-16)
            break;
    }
    return result;
}

/* Regularised incomplete beta function I_x(a, b). */
static double beta_regularised(double a, double b, double x)
{
    if (x <= 0.0)
        return 0.0;
    if (x >= 1.0)
        return 1.0;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) +
                       b * log1p(-x));
    if (x < (a + 1.0) / (a + b + 2.0))
        return front * beta_fraction(a, b, x) / a;
    return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

double stats_t_quantile(double p, double degrees)
{
    if (p == 0.5)
        return 0.0;
    if (p < 0.5)
        return -stats_t_quantile(1.0 - p, degrees);
    /* P(T > t) = I_{v/(v+t^2)}(v/2, 1/2) / 2, decreasing in t: bisection. */
    double low = 0.0, high = 1.0, tail = 1.0 - p;
    while (0.5 * beta_regularised(degrees / 2, 0.5, degrees / (degrees + high * high)) >
           tail)
        high *= 2.0;
    for (int i = 0; i < 200 && high - low > 1e-15 * high; i++) {
        double t = 0.5 * (low + high);
        double above = 0.5 *
                       beta_regularised(degrees / 2, 0.5, degrees / (degrees + t * t));
        *(above > tail ? &low : &high) = t;
    }
    return 0.5 * (low + high);
}

double stats_half_width(const struct stats_running *running, double quantile)
{
    return quantile * stats_sd(running) / sqrt((double)running->n);
}

double stats_t_half_width(const struct stats_running *running, double level)
{
    if (running->n < 2)
        return NAN;
    double quantile = stats_t_quantile(0.5 + level / 2, (double)running->n - 1);
    return stats_half_width(running, quantile);
}

/* The sums of n values with each choice of signs, [2^n]. */
static void sum_signings(const double *values, size_t n, double *sums)
{
    sums[0] = 0.0;
    for (size_t i = 0; i < n; i++) {
        size_t so_far = (size_t)1 << i;
        for (size_t k = 0; k < so_far; k++) {
            sums[so_far + k] = sums[k] - values[i];
            sums[k] += values[i];
        }
    }
}

double stats_sign_flip_p(const double *differences, size_t n)
{
    if (n == 0 || n > STATS_SIGN_FLIP_MAX)
        return NAN;
    double observed = 0.0, scale = 0.0;
    for (size_t i = 0; i < n; i++) {
        observed += differences[i];
        scale += fabs(differences[i]);
    }
    if (!isfinite(scale))
        return NAN;
    /* Sums that would be equal but for rounding, of differences too, count as equal. */
    double least = fabs(observed) - 1e-9 * scale;
    /* All signings come in pairs of opposite sums: those that keep the last sign do. Each
     * is one of the first half of the values and one of the second. */
    enum { SUMS_MAX = 1 << STATS_SIGN_FLIP_MAX / 2 };
    double first[SUMS_MAX], second[SUMS_MAX];
    size_t n_first = n / 2, n_second = n - n_first - 1;
    sum_signings(differences, n_first, first);
    sum_signings(differences + n_first, n_second, second);
    uint32_t n_extreme = 0;
    for (size_t i = 0; i < (size_t)1 << n_second; i++) {
        double fixed = second[i] + differences[n - 1];
        for (size_t k = 0; k < (size_t)1 << n_first; k++)
            n_extreme += fabs(fixed + first[k]) >= least;
    }
    return ldexp(n_extreme, 1 - (int)n);
}

/* A p value and where it stands. */
struct placed {
    double p;
    size_t at;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

/* Those that are not NaN in a new array, ascending; NULL without memory. The others are
 * adjusted: they stay. */
static struct placed *place_p(const double *p, double *adjusted, size_t n,
                              size_t *n_tests, struct error *err)
{
    struct placed *placed = memory_alloc(n, sizeof *placed, err);
    *n_tests = 0;
    for (size_t i = 0; placed && i < n; i++) {
        adjusted[i] = p[i];
        if (!isnan(p[i]))
            placed[(*n_tests)++] = (struct placed){p[i], i};
    }
    if (placed)
        qsort(placed, *n_tests, sizeof *placed, compare_placed);
    return placed;
}

enum status stats_holm(const double *p, double *adjusted, size_t n, struct error *err)
{
    size_t n_tests;
    struct placed *placed = place_p(p, adjusted, n, &n_tests, err);
    double least = 0.0; /* a larger p is never adjusted to less than a smaller one */
    for (size_t i = 0; placed && i < n_tests; i++) {
        least = fmax(least, fmin(1.0, (double)(n_tests - i) * placed[i].p));
        adjusted[placed[i].at] = least;
    }
    free(placed);
    return err->status;
}

enum status stats_bh(const double *p, double *adjusted, size_t n, struct error *err)
{
    size_t n_tests;
    struct placed *placed = place_p(p, adjusted, n, &n_tests, err);
    double most = 1.0; /* a smaller p is never adjusted to more than a larger one */
    for (size_t i = placed ? n_tests : 0; i-- > 0;) {
        most = fmin(most, (double)n_tests * placed[i].p / (double)(i + 1));
        adjusted[placed[i].at] = most;
    }
    free(placed);
    return err->status;
}

double stats_quantile_sorted(const double *sorted, size_t n, double p)
{
    double position = p * (double)(n - 1);
    size_t below = (size_t)position;
    if (below + 1 >= n)
        return sorted[n - 1];
    double fraction = position - (double)below;
    return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

static int compare_doubles(const void *a, const void *b)
{
    double x, y;
    x = *(const double *)a;
    y = *(const double *)b;
    return (x > y) - (x < y);
}

void stats_sort(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_doubles);
}

double stats_mean_sorted(const double *sorted, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += sorted[i];
    return sum / (double)n;
}

double stats_entropy(const int64_t *counts, size_t n)
{
    double total = 0.0;
    for (size_t i = 0; i < n; i++)
        total += (double)counts[i];
    double entropy = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == 0)
            continue;
        double p = (double)counts[i] / total;
        entropy -= p * elementary_log(p);
    }
    return entropy;
}
