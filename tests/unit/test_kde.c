/* Binned density estimates against direct summation and golden values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/kde.h"
#include "num/rng.h"
#include "unit.h"

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.12g is not %.12g", a, b);
}

/* Golden values: scipy.stats.gaussian_kde with its two rules. */
static void test_golden_values(void **state)
{
    (void)state;
    const float v[] = {-1.5f, -0.2f, 0.1f, 0.4f, 0.9f, 2.0f};
    double mean = 0, ss = 0;
    for (int i = 0; i < 6; i++)
        mean += (double)v[i] / 6;
    for (int i = 0; i < 6; i++)
        ss += ((double)v[i] - mean) * ((double)v[i] - mean);
    double sd = sqrt(ss / 5);
    double scott = kde_bandwidth(KDE_SCOTT, 0, sd, 6, sd);
    double silverman = kde_bandwidth(KDE_SILVERMAN, 0, sd, 6, sd);
    near(scott, 0.8142660498230, 1e-7); /* the values are floats here */
    near(silverman, 0.8624900129292, 1e-7);
    near(exp(kde_log_density_exact(v, 6, scott, 0)), 0.29594552, 2e-8);
    near(exp(kde_log_density_exact(v, 6, scott, 1)), 0.25433059, 2e-8);
    near(exp(kde_log_density_exact(v, 6, silverman, 0)), 0.28780884, 2e-8);
    near(exp(kde_log_density_exact(v, 6, silverman, 1)), 0.25162786, 2e-8);
}

static void test_bandwidth_floor(void **state)
{
    (void)state;
    near(kde_bandwidth(KDE_SCOTT, 0, 0, 100, 2.0), 2e-3, 1e-18);
    near(kde_bandwidth(KDE_SCOTT, 0, 0, 100, 0.0), 1e-8, 1e-20);
    near(kde_bandwidth(KDE_FIXED, 0.5, 3, 100, 2.0), 0.5, 0);
}

struct fit {
    struct kde_range range;
    int bits;
    double bandwidth;
    float table[(1 << KDE_GRID_BITS_MAX) + 1];
};

static void fit(struct fit *f, const float *values, size_t n, double bandwidth, int bits)
{
    static float workspace[6 * (1 << KDE_GRID_BITS_MAX) + 64];
    static uint64_t histogram[(1 << KDE_GRID_BITS_MAX) + 1];
    uint32_t *positions = malloc(n * sizeof *positions);
    assert_true(kde_workspace(KDE_GRID_BITS_MAX) <= sizeof workspace / sizeof *workspace);
    memset(histogram, 0, sizeof histogram);
    kde_positions(values, n, kde_scale(f->range), positions);
    kde_add_histogram(histogram, bits, positions, n);
    kde_log_table(histogram, bits, (uint32_t)n, f->range, bandwidth, workspace, f->table);
    f->bits = bits;
    f->bandwidth = bandwidth;
    free(positions);
}

static double lookup(const struct fit *f, double x)
{
    double at = ldexp((x - f->range.low) / (f->range.high - f->range.low), f->bits);
    int i = (int)at < (1 << f->bits) ? (int)at : (1 << f->bits) - 1;
    return f->table[i] + (at - i) * (f->table[i + 1] - f->table[i]);
}

enum { N = 5000 };

static struct kde_range range_of(const float *values, size_t n)
{
    struct kde_range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++) {
        range.low = fmin(range.low, (double)values[i]);
        range.high = fmax(range.high, (double)values[i]);
    }
    return range;
}

static void draw(float *values, double centre, double sd, uint64_t stream)
{
    struct rng rng = {1, RNG_TEST, stream};
    for (uint64_t i = 0; i < N; i++)
        values[i] = (float)(centre + sd * rng_normal(&rng, i));
}

/* Binning moves no value by as much as a grid step, so the estimate lies between the
 * exact ones a step to the left and a step to the right; reading between grid points adds
 * at most the curvature of the steepest parabola, (step / h)^2 / 8. Beyond 10 h the
 * continuation follows the values that matter at its edge: 0.1 % of ln p. */
static void check_bracket(const struct fit *f, const float *values, double x)
{
    double step = ldexp(f->range.high - f->range.low, -f->bits), h = f->bandwidth;
    double here = kde_log_density_exact(values, N, h, x);
    double left = kde_log_density_exact(values, N, h, x - step);
    double right = kde_log_density_exact(values, N, h, x + step);
    double slack = 0.001 + step * step / (h * h) / 4 + (here < -50 ? -0.001 * here : 0);
    double low = fmin(here, fmin(left, right)) - slack;
    double high = fmax(here, fmax(left, right)) + slack, found = lookup(f, x);
    if (found < fmax(low, KDE_LOG_FLOOR - 1) || found > fmax(high, KDE_LOG_FLOOR))
        fail_msg("at %g: %g is not within %g and %g", x, found, low, high);
}

static void test_against_exact(void **state)
{
    (void)state;
    static float values[N];
    static struct fit f;
    draw(values, 0.5, 1.0, 1);
    f.range = (struct kde_range){-6, 9};
    double h = pow(N, -0.2);
    const double body_limits[3] = {0.005, 0.0015, 0.0006};
    for (int bits = KDE_GRID_BITS_MIN; bits <= KDE_GRID_BITS_MAX; bits++) {
        fit(&f, values, N, h, bits);
        for (double x = -5.99; x < 9; x += 0.0173) {
            double exact = kde_log_density_exact(values, N, h, x);
            double error = fabs(lookup(&f, x) - exact);
            if (exact > -8 && error > body_limits[bits - KDE_GRID_BITS_MIN])
                fail_msg("%d bits at %g: error %g where ln p is %g", bits, x, error,
                         exact);
            check_bracket(&f, values, x);
        }
    }
}

/* Two clusters whose gap no kernel reaches: the continuation from both sides. */
static void test_gap_and_far_tails(void **state)
{
    (void)state;
    static float values[N];
    static struct fit f;
    draw(values, 0, 0.1, 2);
    for (int i = 0; i < N / 2; i++)
        values[i] += 20;
    f.range = (struct kde_range){-5, 25};
    fit(&f, values, N, 0.15, KDE_GRID_BITS_MAX);
    for (double x = -4.9; x < 25; x += 0.11)
        check_bracket(&f, values, x);
}

/* Sums over samples are integers: no order and no division among ranks shows. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    static float values[N], reversed[N];
    static struct fit a, b;
    draw(values, 0, 1, 3);
    for (int i = 0; i < N; i++)
        reversed[i] = values[N - 1 - i];
    a.range = b.range = range_of(values, N);
    fit(&a, values, N, 0.2, 9);
    fit(&b, reversed, N, 0.2, 9);
    assert_memory_equal(a.table, b.table, sizeof a.table);

    uint32_t positions[N];
    struct kde_moments all = {0}, first = {0}, second = {0};
    kde_positions(values, N, kde_scale(a.range), positions);
    kde_add_moments(&all, positions, N);
    kde_add_moments(&first, positions, 1234);
    kde_add_moments(&second, positions + 1234, N - 1234);
    first.n += second.n;
    first.sum += second.sum;
    first.sum_squares += second.sum_squares;
    assert_true(kde_moments_sd(&all, a.range) == kde_moments_sd(&first, a.range));
}

static void test_moments(void **state)
{
    (void)state;
    static float values[N];
    uint32_t positions[N];
    draw(values, -3, 2, 4);
    struct kde_range range = range_of(values, N);
    struct kde_moments moments = {0};
    kde_positions(values, N, kde_scale(range), positions);
    kde_add_moments(&moments, positions, N);
    double mean = 0, ss = 0;
    for (int i = 0; i < N; i++)
        mean += (double)values[i] / N;
    for (int i = 0; i < N; i++)
        ss += ((double)values[i] - mean) * ((double)values[i] - mean);
    near(kde_moments_sd(&moments, range), sqrt(ss / (N - 1)), 1e-6);
}

/* More samples than squares fit into 64 bits at once. */
static void test_moments_of_many(void **state)
{
    (void)state;
    enum { MANY = 300000 };
    uint32_t *positions = malloc(MANY * sizeof *positions);
    for (int i = 0; i < MANY; i++)
        positions[i] = i % 2 ? (1u << KDE_POSITION_BITS) - 1 : 0;
    struct kde_moments moments = {0};
    kde_add_moments(&moments, positions, MANY);
    struct kde_range range = {0, ldexp(1, KDE_POSITION_BITS)};
    double top = ldexp(1, KDE_POSITION_BITS) - 1;
    near(kde_moments_sd(&moments, range) / top, 0.5 * sqrt(MANY / (MANY - 1.0)), 1e-12);
    free(positions);
}

/* Positions keep the order, and the ends are the first and the last, however wide. */
static void test_positions(void **state)
{
    (void)state;
    const float values[] = {-3e38f, -1e38f, 0, 1e30f, 3e38f};
    const float narrow[] = {1.0f, 1.0000001f, 1.0000002f};
    uint32_t p[5];
    kde_positions(values, 5, kde_scale((struct kde_range){-3e38f, 3e38f}), p);
    assert_true(p[0] == 0 && p[4] == (1u << KDE_POSITION_BITS) - 1);
    assert_true(p[2] == 1u << (KDE_POSITION_BITS - 1));
    for (int i = 1; i < 5; i++)
        assert_true(p[i] >= p[i - 1]);
    /* So narrow that the factor from values to positions is no float. */
    const float tiny[] = {0, 5e-34f, 1e-33f};
    kde_positions(tiny, 3, kde_scale((struct kde_range){0, 1e-33}), p);
    for (int i = 0; i < 3; i++)
        assert_true(p[i] < 1u << KDE_POSITION_BITS && (i == 0 || p[i] >= p[i - 1]));
    kde_positions(narrow, 3, kde_scale((struct kde_range){1.0f, 1.0000002f}), p);
    assert_true(p[0] == 0 && p[1] == 1u << (KDE_POSITION_BITS - 1) &&
                p[2] == (1u << KDE_POSITION_BITS) - 1);
}

static void test_empty_class(void **state)
{
    (void)state;
    static struct fit f;
    static float workspace[6 * 513 + 64];
    const uint64_t histogram[513] = {0};
    f.range = (struct kde_range){0, 1};
    kde_log_table(histogram, 9, 0, f.range, 0.1, workspace, f.table);
    assert_true(f.table[0] == (float)KDE_LOG_FLOOR &&
                f.table[512] == (float)KDE_LOG_FLOOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_values),
        cmocka_unit_test(test_bandwidth_floor),
        cmocka_unit_test(test_against_exact),
        cmocka_unit_test(test_gap_and_far_tails),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_moments_of_many),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_empty_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
