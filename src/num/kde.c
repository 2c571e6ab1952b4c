#include "num/kde.h"

#include <float.h>
#include <math.h>

#include "num/elementary.h"
#include "num/kernel.h"

static const double log_sqrt_2pi = 0.918938533204672741780;

double kde_bandwidth(enum kde_rule rule, double fixed, double sd, double n, double sd_all)
{
    double h = fixed;
    if (rule == KDE_SCOTT)
        h = sd * elementary_exp(-0.2 * elementary_log(n));
    else if (rule == KDE_SILVERMAN)
        h = sd * elementary_exp(-0.2 * elementary_log(0.75 * n));
    return fmax(h, fmax(1e-3 * sd_all, 1e-8));
}

struct kde_scale kde_scale(struct kde_range range)
{
    /* A range so narrow that the factor overflows uses the first positions alone. */
    double factor = (double)(2 << KDE_POSITION_BITS) / (range.high - range.low);
    return (struct kde_scale){.low = 0.5f * (float)range.low,
                              .factor = (float)fmin(factor, FLT_MAX)};
}

STRATA_KERNEL
void kde_positions(const float *values, size_t n, struct kde_scale scale, uint32_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint32_t)kde_position(values[i], scale);
}

STRATA_KERNEL
void kde_add_moments(struct kde_moments *moments, const uint32_t *positions, size_t n)
{
    /* A square has 46 bits: 2^17 of them fit in 64. */
    enum { BATCH = 1 << 17 };
    for (size_t start = 0; start < n; start += BATCH) {
        size_t end = n - start < BATCH ? n : start + BATCH;
        uint64_t sum = 0, squares = 0;
        for (size_t i = start; i < end; i++) {
            uint64_t p = positions[i];
            sum += p;
            squares += p * p;
        }
        moments->sum += sum;
        moments->sum_squares += squares;
    }
    moments->n += n;
}

double kde_moments_sd(const struct kde_moments *moments, struct kde_range range)
{
    if (moments->n < 2)
        return 0.0;
    /* n sum(x^2) - sum(x)^2 is exact: at most 23 + 23 + 2 * 32 bits. */
    unsigned __int128 n = moments->n, sum = moments->sum;
    unsigned __int128 spread = n * moments->sum_squares - sum * sum;
    double count = (double)moments->n;
    double step = (range.high - range.low) / (double)(1 << KDE_POSITION_BITS);
    return sqrt((double)spread / (count * (count - 1.0))) * step;
}

void kde_add_histogram(uint64_t *histogram, int grid_bits, const uint32_t *positions,
                       size_t n)
{
    const int shift = KDE_POSITION_BITS - grid_bits;
    const uint32_t mask = (1u << shift) - 1;
#pragma GCC unroll 4 /* a quarter faster */
    for (size_t i = 0; i < n; i++) {
        histogram[positions[i] >> shift] += KDE_HISTOGRAM_ONE + (positions[i] & mask);
    }
}

int kde_grid_bits(struct kde_range range, double narrowest)
{
    int bits = KDE_GRID_BITS_MIN;
    while (bits < KDE_GRID_BITS_MAX &&
           ldexp(range.high - range.low, -bits) > narrowest / 2)
        bits++;
    return bits;
}

double kde_log_density_exact(const float *values, size_t n, double bandwidth, double x)
{
    double nearest = INFINITY;
    for (size_t i = 0; i < n; i++)
        nearest = fmin(nearest, fabs(x - (double)values[i]));
    double top = -0.5 * (nearest / bandwidth) * (nearest / bandwidth), sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double u = (x - (double)values[i]) / bandwidth;
        sum += exp(-0.5 * u * u - top);
    }
    return top + log(sum) - log((double)n) - log(bandwidth) - log_sqrt_2pi;
}
