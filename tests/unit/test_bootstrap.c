/* Bootstrap intervals: against scipy, exact properties, coverage. `test_bootstrap TRIALS`
 * prints the coverage that docs/measures.md has. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num/bootstrap.h"
#include "num/rng.h"
#include "num/stats.h"
#include "unit.h"

enum { MOST = 50 };

static double means[BOOTSTRAP_RESAMPLES];

static const double accuracies[] = {
    0.9012, 0.8987, 0.9055, 0.9031, 0.8874, 0.9102, 0.9044, 0.8991, 0.9023, 0.8969,
    0.9077, 0.9008, 0.8932, 0.9061, 0.9039, 0.8955, 0.9019, 0.9085, 0.8948, 0.9003};

static void check(const double *values, size_t n, const double expected[2],
                  const double standard_error[2])
{
    double low, high;
    bootstrap_mean_interval(values, n, 0.95, means, &low, &high);
    if (fabs(low - expected[0]) > 4 * standard_error[0] ||
        fabs(high - expected[1]) > 4 * standard_error[1])
        fail_msg("%.9g to %.9g, not %.9g to %.9g", low, high, expected[0], expected[1]);
}

/* Expected ends are of 10^6 other resamples; an end of ours has the standard error of
 * 9,999, which the same script measures. Four of them: once in 16,000 by chance. */
static void test_as_scipy(void **state)
{
    (void)state;
    static const double ends[2] = {0.89843, 0.90327}, errors[2] = {4.87e-05, 3.53e-05};
    static const double skewed_ends[2] = {0.686045103, 1.44869633};
    static const double skewed_errors[2] = {0.00455, 0.0099};
    double skewed[25];
    check(accuracies, 20, ends, errors);
    for (int i = 0; i < 25; i++)
        skewed[i] = -log(1 - (i + 0.5) / 25);
    check(skewed, 25, skewed_ends, skewed_errors);
}

/* A mean moves and scales with its values, and so does its interval. */
static void test_moves_with_its_values(void **state)
{
    (void)state;
    double low, high, moved_low, moved_high, moved[20];
    bootstrap_mean_interval(accuracies, 20, 0.95, means, &low, &high);
    for (int i = 0; i < 20; i++)
        moved[i] = 4 * accuracies[i] + 3;
    bootstrap_mean_interval(moved, 20, 0.95, means, &moved_low, &moved_high);
    assert_true(fabs(moved_low - (4 * low + 3)) < 1e-12);
    assert_true(fabs(moved_high - (4 * high + 3)) < 1e-12);
    static const double scales[] = {1e-110, 1e160}; /* of which squares leave the range */
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 20; i++)
            moved[i] = scales[k] * accuracies[i];
        bootstrap_mean_interval(moved, 20, 0.95, means, &moved_low, &moved_high);
        assert_true(fabs(moved_low / scales[k] - low) < 1e-12);
        assert_true(fabs(moved_high / scales[k] - high) < 1e-12);
    }
    moved[3] = INFINITY;
    bootstrap_mean_interval(moved, 20, 0.95, means, &moved_low, &moved_high);
    assert_true(isnan(moved_low) && isnan(moved_high));
    double narrow_low, narrow_high;
    bootstrap_mean_interval(accuracies, 20, 0.5, means, &narrow_low, &narrow_high);
    assert_true(low < narrow_low && narrow_low < narrow_high && narrow_high < high);
}

static void test_equal_values(void **state)
{
    (void)state;
    double low, high, equal[20];
    for (int i = 0; i < 20; i++)
        equal[i] = 0.1;
    bootstrap_mean_interval(equal, 20, 0.95, means, &low, &high);
    assert_true(fabs(low - 0.1) < 1e-15 && low == high);
    equal[7] = 0.9; /* of one value that differs, many resamples have none */
    bootstrap_mean_interval(equal, 20, 0.95, means, &low, &high);
    assert_true(low >= 0.1 - 1e-15 && low < 0.14 && high > 0.14 && high <= 0.9);
}

enum law { NORMAL, EXPONENTIAL };

/* Shares of trials in which the intervals hold the mean of the law. */
static void measure(enum law law, size_t n, int trials, double *bootstrap, double *t)
{
    int covered = 0, covered_t = 0;
    for (int trial = 0; trial < trials; trial++) {
        struct rng rng = {.seed = (uint32_t)n, .purpose = RNG_TEST};
        struct stats_running running = {0};
        double values[MOST], low, high, mean = law == NORMAL ? 0 : 1;
        rng.stream = (uint64_t)trial;
        for (size_t i = 0; i < n; i++) {
            values[i] = law == NORMAL ? rng_normal(&rng, i)
                                      : -log1p(-rng_uniform(&rng, i));
            stats_add(&running, values[i]);
        }
        bootstrap_mean_interval(values, n, 0.95, means, &low, &high);
        covered += low <= mean && mean <= high;
        covered_t += fabs(running.mean - mean) <= stats_t_half_width(&running, 0.95);
    }
    *bootstrap = (double)covered / trials;
    *t = (double)covered_t / trials;
}

static void print_coverage(int trials)
{
    static const size_t sizes[] = {5, 10, 20, 30, 50};
    printf("%d trials: n, normal: bootstrap, t, exponential: bootstrap, t\n", trials);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double share[2][2];
        for (int law = NORMAL; law <= EXPONENTIAL; law++)
            measure((enum law)law, sizes[i], trials, &share[law][0], &share[law][1]);
        printf("%zu  %.4f %.4f  %.4f %.4f\n", sizes[i], share[0][0], share[0][1],
               share[1][0], share[1][1]);
    }
}

/* As in the document, which has many more trials: four standard errors of these. */
static void test_coverage(void **state)
{
    (void)state;
    enum { TRIALS = 400 };
    double bootstrap, t;
    measure(NORMAL, BOOTSTRAP_FEWEST, TRIALS, &bootstrap, &t);
    double error = sqrt(0.926 * (1 - 0.926) / TRIALS);
    if (fabs(bootstrap - 0.926) > 4 * error)
        fail_msg("%g of the intervals hold the mean", bootstrap);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_scipy),
        cmocka_unit_test(test_moves_with_its_values),
        cmocka_unit_test(test_equal_values),
        cmocka_unit_test(test_coverage),
    };
    if (argc > 1) {
        print_coverage(atoi(argv[1]));
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
