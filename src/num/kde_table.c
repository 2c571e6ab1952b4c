/* Log densities on a grid from a histogram: convolution with the kernel, and the tails
 * that it does not reach.
 *
 * How far a kernel must be summed depends on how far the nearest value is. Beyond R
 * bandwidths lie values whose share in the sum is at most n exp(-(R^2 - d^2) / 2), where
 * d is the distance of the nearest. For points near a value that gives a short reach, and
 * those are nearly all; the others are summed one by one.
 */
#include <math.h>
#include <string.h>

#include "num/elementary.h"
#include "num/kde.h"
#include "num/kernel.h"

/* In bandwidths. exp(-72) = 5e-32 is far above float's smallest. */
#define KDE_NEAR    2.5  /* up to here from a value, the short reach serves */
#define KDE_TRUSTED 10.0 /* up to here, KDE_REACH leaves out a share of n exp(-22) */
#define KDE_REACH   12.0
#define KDE_SHARE   1e-5 /* that may be left out by the short reach */

enum {
    GRID_POINTS_MAX = (1 << KDE_GRID_BITS_MAX) + 1,
    COLUMNS = 4,     /* points whose kernels are added together */
    LANES = 16,      /* sums of products have so many parts */
    HALF = LANES / 2 /* of which a vector has half: AVX2 has no larger ones */
};

static const double log_sqrt_2pi = 0.918938533204672741780;

/* A grid and, in its steps, the distances above. */
struct grid {
    int points;
    double steps; /* one step in bandwidths */
    int near, trusted, short_reach, reach;
};

static int whole_steps(const struct grid *grid, double bandwidths)
{
    double wanted = floor(bandwidths / grid->steps);
    return wanted < grid->points - 1 ? (int)wanted : grid->points - 1;
}

static struct grid make_grid(int grid_bits, double steps, double n)
{
    struct grid grid = {.points = (1 << grid_bits) + 1, .steps = steps};
    double near_reach = sqrt(KDE_NEAR * KDE_NEAR + 2 * elementary_log(n / KDE_SHARE));
    grid.near = whole_steps(&grid, KDE_NEAR);
    grid.trusted = whole_steps(&grid, KDE_TRUSTED);
    grid.reach = whole_steps(&grid, KDE_REACH);
    grid.short_reach = whole_steps(&grid, fmin(near_reach, KDE_REACH));
    return grid;
}

/* What kde_log_table computes with, in its workspace. Where loops read in whole vectors
 * or columns, there is something behind the end to read. */
struct arrays {
    float *weights; /* [points], then zeros */
    float *density; /* [points] */
    float *kernel;  /* [2 reach + 1]: K(-reach) .. K(reach) */
    float *centre;  /* [-short_reach - COLUMNS .. short_reach + COLUMNS]: the same as far
                     * as the short reach, then zeros */
};

size_t kde_workspace(int grid_bits)
{
    size_t points = ((size_t)1 << grid_bits) + 1;
    return (points + LANES) + points + (2 * points + LANES) + 2 * (points + COLUMNS);
}

static struct arrays divide(float *workspace, const struct grid *grid)
{
    struct arrays arrays = {.weights = workspace};
    arrays.density = arrays.weights + grid->points + LANES;
    arrays.kernel = arrays.density + grid->points;
    arrays.centre = arrays.kernel + 2 * grid->points + LANES + grid->points + COLUMNS;
    return arrays;
}

/* Weights of the grid points: what is left of each count goes to its interval's left end,
 * the parts to its right end. */
STRATA_KERNEL
static void share_weights(const uint64_t *histogram, int points, int shift,
                          float *weights)
{
    const uint64_t mask = KDE_HISTOGRAM_ONE - 1;
    const double unit = 1.0 / (double)(1 << shift);
    for (int i = 0; i < points; i++) {
        uint64_t here = i + 1 < points ? histogram[i] : 0;
        uint64_t before = i > 0 ? histogram[i - 1] : 0;
        uint64_t weight = (here / KDE_HISTOGRAM_ONE << shift) - (here & mask) +
                          (before & mask);
        /* 2^52 + weight, put together from bits. */
        weights[i] = (float)((elementary_double(weight | 0x4330000000000000) - 0x1p52) *
                             unit);
    }
    memset(weights + points, 0, COLUMNS * sizeof *weights);
}

/* K(d) = exp(-(d steps)^2 / 2). */
STRATA_KERNEL
static void fill_kernels(const struct grid *grid, const struct arrays *arrays)
{
    float *kernel = arrays->kernel + grid->reach;
    const int near = grid->short_reach;
    for (int d = 0; d <= grid->reach; d++) {
        double u = d * grid->steps;
        kernel[d] = (float)elementary_exp(-0.5 * u * u);
    }
    for (int d = 1; d <= grid->reach; d++)
        kernel[-d] = kernel[d];
    memcpy(arrays->centre - near, kernel - near, (2 * (size_t)near + 1) * sizeof *kernel);
    for (int d = near + 1; d <= near + COLUMNS; d++)
        arrays->centre[d] = arrays->centre[-d] = 0.0f;
}

/* out[i] += sum over columns c of weights[c] kernel[i - c], one after the other. */
STRATA_KERNEL
static void add_columns(float *restrict out, const float *restrict kernel, int n,
                        const float *restrict weights)
{
    float weight[COLUMNS];
    memcpy(weight, weights, sizeof weight);
    for (int i = 0; i < n; i++) {
        float sum = out[i];
        for (int c = 0; c < COLUMNS; c++)
            sum += weight[c] * kernel[i - c];
        out[i] = sum;
    }
}

/* Neighbouring points with values, and between them points that are not near either:
 * previous is -1 and next is `points` where there is no neighbour. */
struct gap {
    int previous, next;
};

/* density[i] = sum over j with |i - j| <= short_reach of weight_j K(i - j). */
static void convolve(const struct grid *grid, const struct arrays *arrays)
{
    const int reach = grid->short_reach, points = grid->points;
    memset(arrays->density, 0, (size_t)points * sizeof *arrays->density);
    for (int j = 0; j < points; j += COLUMNS) {
        const float *weights = arrays->weights + j;
        if (weights[0] == 0.0f && weights[1] == 0.0f && weights[2] == 0.0f &&
            weights[3] == 0.0f)
            continue;
        int first = j - reach < 0 ? 0 : j - reach;
        int end = j + COLUMNS + reach < points ? j + COLUMNS + reach : points;
        add_columns(arrays->density + first, arrays->centre + first - j, end - first,
                    weights);
    }
}

/* The last point with a value in (from, from + steps], or `from`. */
static int last_value(const struct grid *grid, const float *weights, int from, int steps)
{
    int j = grid->points - 1 - from < steps ? grid->points - 1 : from + steps;
    while (j > from && weights[j] == 0.0f)
        j--;
    return j;
}

/* Returns the number of gaps. Most points with values need no look: a later one is near
 * enough to the last. */
static int find_gaps(const struct grid *grid, const float *weights, struct gap *gaps)
{
    const int bridged = 2 * grid->near + 1;
    int n_gaps = 0, previous = -1;
    for (int j = 0; j < grid->points; j++) {
        if (weights[j] == 0.0f)
            continue;
        gaps[n_gaps++] = (struct gap){previous, j};
        do {
            previous = j;
            j = last_value(grid, weights, previous, bridged);
        } while (j > previous);
    }
    gaps[n_gaps++] = (struct gap){previous, grid->points};
    return n_gaps;
}

typedef float floats __attribute__((vector_size(HALF * sizeof(float))));
typedef int32_t ints __attribute__((vector_size(HALF * sizeof(int32_t))));

static const ints lane = {0, 1, 2, 3, 4, 5, 6, 7};

/* The first n products, and zeros. */
static inline __attribute__((always_inline)) floats multiply(const float *a,
                                                             const float *b, int n)
{
    floats left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (floats)((ints)(left * right) & (lane < n));
}

/* Sums in LANES lanes. Reads whole vectors. */
static inline __attribute__((always_inline)) float sum_products(const float *a,
                                                                const float *b, int n)
{
    floats low = {0}, high = {0};
    for (int i = 0; i < n; i += LANES) {
        low += multiply(a + i, b + i, n - i);
        high += multiply(a + i + HALF, b + i + HALF, n - i - HALF);
    }
    low += high;
    for (int half = HALF / 2; half > 0; half /= 2)
        low += __builtin_shuffle(low, (lane + half) & (HALF - 1));
    return low[0];
}

/* The sum at point i of a gap as far as KDE_REACH: there are weights on its two sides
 * alone. */
static inline __attribute__((always_inline)) float
sum_at(const struct grid *grid, const struct arrays *arrays, struct gap gap, int i)
{
    int first = i - grid->reach < 0 ? 0 : i - grid->reach;
    int last = i + grid->reach >= grid->points ? grid->points - 1 : i + grid->reach;
    const float *weights = arrays->weights, *centred = arrays->kernel + grid->reach - i;
    float sum = 0.0f;
    if (gap.previous >= first)
        sum += sum_products(weights + first, centred + first, gap.previous - first + 1);
    if (gap.next <= last)
        sum += sum_products(weights + gap.next, centred + gap.next, last - gap.next + 1);
    return sum;
}

/* Points that are not near a value but within KDE_TRUSTED of one. */
STRATA_KERNEL
static void sum_lonely(const struct grid *grid, const struct arrays *arrays,
                       struct gap gap)
{
    const int points = grid->points;
    int first = gap.previous < 0 ? 0 : gap.previous + grid->near + 1;
    int last = gap.next == points ? points - 1 : gap.next - grid->near - 1;
    for (int i = first; i <= last; i++)
        if ((gap.previous >= 0 && i - gap.previous <= grid->trusted) ||
            (gap.next < points && gap.next - i <= grid->trusted))
            arrays->density[i] = sum_at(grid, arrays, gap, i);
}

STRATA_KERNEL
static void take_logs(const float *density, int points, double *logs)
{
    for (int i = 0; i < points; i++)
        logs[i] = elementary_log((double)density[i]);
}

/* The Gaussian tail beyond an edge of what was summed: the parabola through log density
 * `known` at the edge whose slope there is that of a value `away` steps behind it. */
struct tail {
    int edge;
    double known, away;
};

/* `inner` is the neighbour of `edge` on the side of the data. The slope between the two
 * is that of the mean of the values that matter there, each weighted by its share. Where
 * a step is beyond KDE_TRUSTED, the edge is the value itself. */
static struct tail find_tail(const struct grid *grid, const double *logs, int edge,
                             int inner)
{
    struct tail tail = {.edge = edge, .known = logs[edge]};
    if (grid->trusted > 0)
        tail.away = (logs[inner] - logs[edge]) / (grid->steps * grid->steps) + 0.5;
    return tail;
}

static double follow_tail(const struct grid *grid, struct tail tail, int i)
{
    double beyond = i > tail.edge ? i - tail.edge : tail.edge - i;
    return tail.known -
           0.5 * beyond * (beyond + 2 * tail.away) * grid->steps * grid->steps;
}

static double log_add(double a, double b)
{
    double high = a > b ? a : b, low = a > b ? b : a;
    if (high - low > 40.0)
        return high; /* the other's share is below a double's last bit */
    return high + elementary_log(1.0 + elementary_exp(low - high));
}

/* Fills the points between `left` and `right` (-1 or `points` where the gap is open) from
 * the tails of both sides. */
static void fill_gap(const struct grid *grid, double *logs, int left, int right)
{
    struct tail from_left = {0}, from_right = {0};
    if (left >= 0)
        from_left = find_tail(grid, logs, left, left - 1);
    if (right < grid->points)
        from_right = find_tail(grid, logs, right, right + 1);
    for (int i = left + 1; i < right; i++) {
        if (left < 0)
            logs[i] = follow_tail(grid, from_right, i);
        else if (right >= grid->points)
            logs[i] = follow_tail(grid, from_left, i);
        else
            logs[i] = log_add(follow_tail(grid, from_left, i),
                              follow_tail(grid, from_right, i));
    }
}

/* What no sum reaches. */
static void continue_tails(const struct grid *grid, struct gap gap, double *logs)
{
    int left = gap.previous < 0 ? -1 : gap.previous + grid->trusted;
    int right = gap.next == grid->points ? grid->points : gap.next - grid->trusted;
    if (right > left + 1)
        fill_gap(grid, logs, left, right);
}

STRATA_KERNEL
static void normalise(const double *logs, double norm, int points, float *table)
{
    for (int i = 0; i < points; i++) {
        double value = logs[i] - norm;
        table[i] = (float)(value > KDE_LOG_FLOOR ? value : KDE_LOG_FLOOR);
    }
}

void kde_log_table(const uint64_t *histogram, int grid_bits, uint32_t n,
                   struct kde_range range, double bandwidth, float *workspace,
                   float *table)
{
    const double step = ldexp(range.high - range.low, -grid_bits);
    const struct grid grid = make_grid(grid_bits, step / bandwidth, n);
    const struct arrays arrays = divide(workspace, &grid);
    double logs[GRID_POINTS_MAX];
    struct gap gaps[GRID_POINTS_MAX + 1];
    if (n == 0) {
        for (int i = 0; i < grid.points; i++)
            table[i] = (float)KDE_LOG_FLOOR;
        return;
    }
    share_weights(histogram, grid.points, KDE_POSITION_BITS - grid_bits, arrays.weights);
    fill_kernels(&grid, &arrays);
    convolve(&grid, &arrays);
    int n_gaps = find_gaps(&grid, arrays.weights, gaps);
    for (int g = 0; g < n_gaps; g++)
        sum_lonely(&grid, &arrays, gaps[g]);
    take_logs(arrays.density, grid.points, logs);
    for (int g = 0; g < n_gaps; g++)
        continue_tails(&grid, gaps[g], logs);
    double norm = elementary_log((double)n) + elementary_log(bandwidth) + log_sqrt_2pi;
    normalise(logs, norm, grid.points, table);
}
