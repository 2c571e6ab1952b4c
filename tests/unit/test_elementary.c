/* Elementary functions against the C library's. */
#include <math.h>

#include "num/elementary.h"
#include "num/rng.h"
#include "unit.h"

enum { POINTS = 1000000 };

static void test_log(void **state)
{
    (void)state;
    struct rng rng = {1, RNG_TEST, 0};
    for (uint64_t i = 0; i < POINTS; i++) {
        double x = ldexp(1 + rng_uniform(&rng, i), (int)(i % 2000) - 1000);
        double found = elementary_log(x), expected = log(x);
        if (fabs(found - expected) > 4e-16 * fabs(expected) + 2e-16)
            fail_msg("ln %.17g: %.17g is not %.17g", x, found, expected);
    }
    assert_true(elementary_log(1.0) == 0.0);
}

static void test_exp(void **state)
{
    (void)state;
    struct rng rng = {1, RNG_TEST, 1};
    for (uint64_t i = 0; i < POINTS; i++) {
        double x = 1400 * rng_uniform(&rng, i) - 700;
        double found = elementary_exp(x), expected = exp(x);
        if (fabs(found / expected - 1) > 3e-16)
            fail_msg("exp %.17g: %.17g is not %.17g", x, found, expected);
    }
    assert_true(elementary_exp(0.0) == 1.0);
    assert_true(elementary_exp(-1e300) == elementary_exp(-700.0));
    assert_true(elementary_exp(INFINITY) == elementary_exp(700.0));
    assert_true(isnan(elementary_exp(NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_log),
                                       cmocka_unit_test(test_exp)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
