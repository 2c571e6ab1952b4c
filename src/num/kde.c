#include "num/kde.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "num/kernel.h"

#define KDE_REACH   12.0 /* bandwidths: exp(-72) = 5e-32, far above float's smallest */
#define KDE_TRUSTED 10.0

enum { GRID_POINTS_MAX = (1 << KDE_GRID_BITS_MAX) + 1 };

static const double log_sqrt_2pi = 0.918938533204672741780;

double kde_bandwidth(enum kde_rule rule, double fixed, double sd, double n, double sd_all)
{
    double h = fixed;
    if (rule == KDE_SCOTT)
        h = sd * pow(n, -0.2);
    else if (rule == KDE_SILVERMAN)
        h = sd * pow(0.75 * n, -0.2);
    return fmax(h, fmax(1e-3 * sd_all, 1e-8));
}

STRATA_KERNEL
struct kde_range kde_range(const float *values, size_t n)
{
    enum { LANES = 16 };
    float low[LANES], high[LANES], odd[LANES];
    for (int k = 0; k < LANES; k++) {
        low[k] = high[k] = values[0];
        odd[k] = 0.0f;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int k = 0; k < LANES; k++) {
            float v = values[i + k];
            low[k] = v < low[k] ? v : low[k];
            high[k] = v > high[k] ? v : high[k];
            odd[k] += v - v; /* 0, or NaN for an infinity or a NaN */
        }
    }
    for (; i < n; i++) {
        low[0] = values[i] < low[0] ? values[i] : low[0];
        high[0] = values[i] > high[0] ? values[i] : high[0];
        odd[0] += values[i] - values[i];
    }
    for (int k = 1; k < LANES; k++) {
        low[0] = low[k] < low[0] ? low[k] : low[0];
        high[0] = high[k] > high[0] ? high[k] : high[0];
        odd[0] += odd[k];
    }
    return (struct kde_range){.low = low[0] + odd[0], .high = high[0] + odd[0]};
}

STRATA_KERNEL
void kde_positions(const float *values, size_t n, struct kde_range range, uint32_t *out)
{
    const double low = range.low;
    const double scale = (double)(1 << KDE_POSITION_BITS) / (range.high - range.low);
    const int32_t last = (1 << KDE_POSITION_BITS) - 1;
    for (size_t i = 0; i < n; i++) {
        int32_t position = (int32_t)(((double)values[i] - low) * scale);
        out[i] = (uint32_t)(position < last ? position : last);
    }
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
    const uint32_t one = 1u << shift;
    for (size_t i = 0; i < n; i++) {
        uint32_t bin = positions[i] >> shift, part = positions[i] & (one - 1);
        histogram[bin] += one - part;
        histogram[bin + 1] += part;
    }
}

int kde_grid_bits(struct kde_range range, double narrowest)
{
    int bits = KDE_GRID_BITS_MIN;
    while (bits < KDE_GRID_BITS_MAX &&
           ldexp(range.high - range.low, -bits) > narrowest / 4)
        bits++;
    return bits;
}

size_t kde_workspace(int grid_bits)
{
    size_t points = ((size_t)1 << grid_bits) + 1;
    return points + 2 * points + 1; /* density, kernel */
}

STRATA_KERNEL
static void add_scaled(float *restrict out, const float *restrict kernel, int n,
                       float weight)
{
    for (int i = 0; i < n; i++)
        out[i] += weight * kernel[i];
}

/* density[i] = sum_j weight_j K(i - j): unnormalised. Returns the sum of the weights. */
static uint64_t convolve(const uint64_t *histogram, int points, double scale,
                         const float *kernel, int reach, float *density)
{
    uint64_t total = 0;
    memset(density, 0, (size_t)points * sizeof *density);
    for (int j = 0; j < points; j++) {
        if (histogram[j] == 0)
            continue;
        total += histogram[j];
        int first = j - reach < 0 ? 0 : j - reach;
        int last = j + reach >= points ? points - 1 : j + reach;
        add_scaled(density + first, kernel + (first - j + reach), last - first + 1,
                   (float)((double)histogram[j] * scale));
    }
    return total;
}

/* Steps from every grid point to the nearest value on either side, at most `limit`. */
static void measure_distance(const uint64_t *histogram, int points, int limit,
                             int *distance)
{
    int last = limit;
    for (int i = 0; i < points; i++) {
        last = histogram[i] ? 0 : last < limit ? last + 1 : limit;
        distance[i] = last;
    }
    last = limit;
    for (int i = points - 1; i >= 0; i--) {
        last = histogram[i] ? 0 : last < limit ? last + 1 : limit;
        distance[i] = last < distance[i] ? last : distance[i];
    }
}

/* The Gaussian tail beyond an edge of what was summed: the parabola through log density
 * `known` at the edge whose slope there is that of a value `away` steps behind it. */
struct tail {
    int edge;
    double known, away;
};

/* `inner` is the neighbour of `edge` on the side of the data. The slope between the two
 * is that of the mean of the values that matter there, each weighted by its share. */
static struct tail find_tail(const double *logs, const bool *summed, int edge, int inner,
                             double steps)
{
    struct tail tail = {.edge = edge, .known = logs[edge], .away = 0.0};
    if (summed[inner])
        tail.away = (logs[inner] - logs[edge]) / (steps * steps) + 0.5;
    return tail;
}

static double follow_tail(struct tail tail, int i, double steps)
{
    double beyond = i > tail.edge ? i - tail.edge : tail.edge - i;
    return tail.known - 0.5 * beyond * (beyond + 2 * tail.away) * steps * steps;
}

static double log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return high + log1p(exp(low - high));
}

/* Fills the grid points between `left` and `right` (-1 or `points` where the gap is open)
 * from the tails of both sides. */
static void fill_gap(double *logs, const bool *summed, int left, int right, int points,
                     double steps)
{
    struct tail from_left = {0}, from_right = {0};
    if (left >= 0)
        from_left = find_tail(logs, summed, left, left > 0 ? left - 1 : left, steps);
    if (right < points)
        from_right = find_tail(logs, summed, right,
                               right + 1 < points ? right + 1 : right, steps);
    for (int i = left + 1; i < right; i++) {
        if (left < 0)
            logs[i] = follow_tail(from_right, i, steps);
        else if (right >= points)
            logs[i] = follow_tail(from_left, i, steps);
        else
            logs[i] = log_add(follow_tail(from_left, i, steps),
                              follow_tail(from_right, i, steps));
    }
}

static float quantise(double value)
{
    const double unit = (double)(1 << KDE_LOG_BITS);
    return (float)(rint(fmax(value, KDE_LOG_FLOOR) * unit) / unit);
}

/* Log densities at all grid points from the truncated sums. A sum is believed as far as
 * KDE_TRUSTED bandwidths from the nearest value: there it lacks only values that are
 * another two bandwidths away, a share of exp(-20). */
static void complete_logs(double *logs, const float *density, const uint64_t *histogram,
                          int points, double steps)
{
    int distance[GRID_POINTS_MAX];
    bool summed[GRID_POINTS_MAX];
    measure_distance(histogram, points, points, distance);
    for (int i = 0; i < points; i++) {
        summed[i] = distance[i] * steps <= KDE_TRUSTED && density[i] > 0.0f;
        if (summed[i])
            logs[i] = log((double)density[i]);
    }
    int previous = -1;
    for (int i = 0; i <= points; i++) {
        if (i < points && !summed[i])
            continue;
        if (i > previous + 1)
            fill_gap(logs, summed, previous, i, points, steps);
        previous = i;
    }
}

void kde_log_table(const uint64_t *histogram, int grid_bits, struct kde_range range,
                   double bandwidth, float *workspace, float *table, size_t stride)
{
    const int points = (1 << grid_bits) + 1;
    float *density = workspace, *kernel = workspace + points;
    double logs[GRID_POINTS_MAX];
    double step = ldexp(range.high - range.low, -grid_bits);
    double steps = step / bandwidth; /* one grid step in bandwidths */
    double wanted = floor(KDE_REACH / steps);
    int reach = wanted < points - 1 ? (int)wanted : points - 1;
    for (int d = -reach; d <= reach; d++)
        kernel[d + reach] = (float)exp(-0.5 * (d * steps) * (d * steps));
    double scale = ldexp(1.0, grid_bits - KDE_POSITION_BITS);
    uint64_t total = convolve(histogram, points, scale, kernel, reach, density);
    if (total == 0) {
        for (int i = 0; i < points; i++)
            table[(size_t)i * stride] = (float)KDE_LOG_FLOOR;
        return;
    }
    double norm = log((double)total * scale) + log(bandwidth) + log_sqrt_2pi;
    complete_logs(logs, density, histogram, points, steps);
    for (int i = 0; i < points; i++)
        table[(size_t)i * stride] = quantise(logs[i] - norm);
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
