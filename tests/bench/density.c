/* Compiled with -ffast-math, so that the compiler takes the C library's vector exp and
 * sums in several lanes: 10,000 points take minutes and not an hour. Errors stay near
 * 1e-15, but unlike in the product the last bits depend on the instruction set. */
#include "density.h"

#include <math.h>

#include "num/kernel.h"

/* How many of the values are below x. */
static size_t count_below(const double *values, size_t n, double x)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (values[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t find_nearest(const double *values, size_t n, double x)
{
    size_t at = count_below(values, n, x);
    if (at == n || (at > 0 && x - values[at - 1] < values[at] - x))
        at--;
    return at;
}

/* Sum of exp((d^2 - least^2) scale) over distances d; the difference of squares is a
 * product, which loses no digits where both are large. */
STRATA_KERNEL
static double sum_terms(const double *values, size_t n, double x, double scale,
                        double least)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs(x - values[i]);
        sum += exp(scale * ((d - least) * (d + least)));
    }
    return sum;
}

double density_log(const double *values, size_t n, double bandwidth, double x)
{
    static const double sqrt_2pi = 2.50662827463100050242;
    size_t nearest = find_nearest(values, n, x);
    double scale = -0.5 / (bandwidth * bandwidth), least = fabs(x - values[nearest]);
    double reach = sqrt(least * least - 40.0 / scale);
    size_t first = count_below(values, n, x - reach);
    size_t last = count_below(values, n, x + reach);
    first = first < nearest ? first : nearest; /* whatever rounding does */
    last = last > nearest ? last : nearest + 1;
    double sum = sum_terms(values + first, last - first, x, scale, least);
    return scale * (least * least) + log(sum / ((double)n * bandwidth * sqrt_2pi));
}
