/* Statistics against values of scipy 1.10 and numpy 1.24. */
#include <math.h>

#include "num/stats.h"
#include "unit.h"

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

static void test_t_quantile(void **state)
{
    (void)state;
    /* Closed forms for one and two degrees of freedom. */
    for (double p = 0.51; p < 0.9999; p += 0.0137) {
        double a = 4 * p * (1 - p);
        near(stats_t_quantile(p, 1) / tan(M_PI * (p - 0.5)), 1, 1e-12);
        near(stats_t_quantile(p, 2) / (2 * (p - 0.5) * sqrt(2 / a)), 1, 1e-12);
    }
    /* scipy.stats.t.ppf, which itself errs by up to 1e-9 here */
    near(stats_t_quantile(0.975, 4), 2.7764451051977987, 1e-8);
    near(stats_t_quantile(0.995, 9), 3.2498355440153697, 1e-8);
    near(stats_t_quantile(0.9, 3.5), 1.5765766039594717, 1e-8);
    near(stats_t_quantile(0.6, 30), 0.2556053644420514, 1e-8);
    near(stats_t_quantile(0.025, 2), -4.3026527299112765, 1e-8);
    near(stats_t_quantile(0.9999, 5), 9.677566300886502, 1e-7);
    near(stats_t_quantile(0.5, 5), 0, 0);
}

static void test_running(void **state)
{
    (void)state;
    struct stats_running r = {0};
    assert_true(isnan(stats_sd(&r)));
    stats_add(&r, 2);
    assert_true(isnan(stats_sd(&r)));
    stats_add(&r, 4);
    stats_add(&r, 9);
    near(r.mean, 5, 1e-15);
    near(stats_sd(&r), sqrt(13), 1e-14);
    near(stats_t_half_width(&r, 0.95), 4.302652729749461 * sqrt(13) / sqrt(3), 1e-10);
    /* A large offset must not cost the variance its digits. */
    struct stats_running far = {0};
    for (int i = 0; i < 3; i++)
        stats_add(&far, 1e9 + i);
    near(stats_sd(&far), 1, 1e-9);
}

static void test_quantiles(void **state)
{
    (void)state;
    const double v[] = {1, 2, 4, 8, 16};
    near(stats_quantile_sorted(v, 5, 0), 1, 0);
    near(stats_quantile_sorted(v, 5, 0.1), 1.4, 1e-15);
    near(stats_quantile_sorted(v, 5, 0.25), 2, 1e-15);
    near(stats_quantile_sorted(v, 5, 0.75), 8, 1e-15);
    near(stats_quantile_sorted(v, 5, 1), 16, 0);
    near(stats_quantile_sorted(v, 1, 0.3), 1, 0);
}

static void test_entropy(void **state)
{
    (void)state;
    const int64_t counts[] = {5, 3, 1, 1, 0};
    near(exp(stats_entropy(counts, 5)), 3.216463455324,
         1e-11); /* measures: golden value */
    const int64_t one[] = {0, 9};
    near(stats_entropy(one, 2), 0, 0);
    const int64_t none[] = {0, 0};
    near(stats_entropy(none, 2), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t_quantile),
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_entropy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
