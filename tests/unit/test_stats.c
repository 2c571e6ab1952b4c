/* Statistics against values of scipy 1.10, numpy 1.24 and R 4.2. */
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

/* Against R: tests/reference/paired.R. */
static void test_sign_flip(void **state)
{
    (void)state;
    const double six[] = {0.02, 0.01, 0.03, -0.005, 0.015, 0.02};
    const double eight[] = {1.5, -0.25, 2.25, 0.75, -1.0, 3.0, 0.5, 1.25};
    const double ties[] = {0.1, 0.2, -0.1, 0.3, 0.1, -0.2, 0.1};
    const double zeros[] = {0.0, 0.01, 0.0, 0.02, 0.01, 0.0, 0.03};
    const double twelve[] = {0.31, -0.12, 0.55, 0.48, -0.07, 0.91,
                             0.13, -0.33, 0.27, 0.66, 0.05,  -0.19};
    near(stats_sign_flip_p(six, 6), 0.0625, 0);
    near(stats_sign_flip_p(eight, 8), 0.078125, 0);
    near(stats_sign_flip_p(ties, 7), 0.40625, 0);
    near(stats_sign_flip_p(zeros, 7), 0.125, 0);
    near(stats_sign_flip_p(twelve, 12), 0.06982421875, 0);
    const double infinite[] = {1.0, INFINITY, 2.0};
    assert_true(isnan(stats_sign_flip_p(infinite, 3)));
    /* Differences of accuracies keep their ties through 1 - x and another order. */
    double rounded[7];
    for (int i = 0; i < 7; i++)
        rounded[6 - i] = (1 - 1e-4 * ties[i]) - 1;
    near(stats_sign_flip_p(rounded, 7), 0.40625, 0);
    /* All of one sign: the smallest p that there is. */
    double same[STATS_SIGN_FLIP_MAX + 1];
    for (int i = 0; i <= STATS_SIGN_FLIP_MAX; i++)
        same[i] = 0.1;
    for (int n = 1; n <= STATS_SIGN_FLIP_MAX; n++)
        near(stats_sign_flip_p(same, (size_t)n), ldexp(1, 1 - n), 0);
    assert_true(isnan(stats_sign_flip_p(same, STATS_SIGN_FLIP_MAX + 1)));
    assert_true(isnan(stats_sign_flip_p(same, 0)));
    const double nothing[] = {0, 0, 0};
    near(stats_sign_flip_p(nothing, 3), 1, 0);
}

/* Against R, as Holm's. */
static void test_bh(void **state)
{
    (void)state;
    const double distinct[] = {0.01, NAN, 0.04, 0.03, 0.005};
    const double expected[] = {0.02, NAN, 0.04, 0.04, 0.02};
    const double tied[] = {0.02, 0.02, 0.5, 0.01, 0.9};
    const double expected_tied[] = {1 / 30.0, 1 / 30.0, 0.625, 1 / 30.0, 0.9};
    double adjusted[5];
    struct error err = {0};
    assert_int_equal(stats_bh(distinct, adjusted, 5, &err), STATUS_OK);
    for (int i = 0; i < 5; i++)
        assert_true(isnan(expected[i]) ? isnan(adjusted[i])
                                       : fabs(adjusted[i] - expected[i]) < 1e-15);
    assert_int_equal(stats_bh(tied, adjusted, 5, &err), STATUS_OK);
    for (int i = 0; i < 5; i++)
        near(adjusted[i], expected_tied[i], 1e-15);
}

static void test_holm(void **state)
{
    (void)state;
    const double distinct[] = {0.01, NAN, 0.04, 0.03, 0.005};
    const double expected[] = {0.03, NAN, 0.06, 0.06, 0.02};
    const double tied[] = {0.02, 0.02, 0.5, 0.01, 0.9};
    const double expected_tied[] = {0.08, 0.08, 1, 0.05, 1};
    double adjusted[5];
    struct error err = {0};
    assert_int_equal(stats_holm(distinct, adjusted, 5, &err), STATUS_OK);
    for (int i = 0; i < 5; i++)
        assert_true(isnan(expected[i]) ? isnan(adjusted[i])
                                       : fabs(adjusted[i] - expected[i]) < 1e-15);
    assert_int_equal(stats_holm(tied, adjusted, 5, &err), STATUS_OK);
    for (int i = 0; i < 5; i++)
        near(adjusted[i], expected_tied[i], 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t_quantile), cmocka_unit_test(test_running),
        cmocka_unit_test(test_quantiles),  cmocka_unit_test(test_entropy),
        cmocka_unit_test(test_sign_flip),  cmocka_unit_test(test_holm),
        cmocka_unit_test(test_bh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
