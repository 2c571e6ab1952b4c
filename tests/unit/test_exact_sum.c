/* Sums that do not depend on the order. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "num/exact_sum.h"
#include "num/rng.h"
#include "unit.h"

static double sum_of(const float *values, size_t n)
{
    struct exact_sum sum = {{0}};
    exact_sum_add(&sum, values, n);
    return exact_sum_value(&sum);
}

static void test_closed_forms(void **state)
{
    (void)state;
    const float simple[] = {1.5f, -2.25f, 0.0f, -0.0f, 1024.0f};
    /* The sum needs 24 + 30 bits: a double rounds it once, at its end. */
    const float far[] = {1.0f, 0x1p-52f, 0x1p-53f, 0x1p-53f};
    const float tiny[] = {FLT_TRUE_MIN, -3 * FLT_TRUE_MIN, FLT_MIN};
    const float large[] = {FLT_MAX, FLT_MAX};
    assert_true(sum_of(simple, 5) == 1027.75);
    assert_true(sum_of(simple, 0) == 0);
    assert_true(sum_of(far, 4) == 1 + 0x1p-51);
    assert_true(sum_of(tiny, 3) == 4 * (double)FLT_TRUE_MIN + (double)FLT_MIN);
    assert_true(sum_of(large, 2) == 2 * (double)FLT_MAX);
}

static void test_odd_values(void **state)
{
    (void)state;
    const float infinite[] = {1, -INFINITY}, none[] = {1, NAN};
    assert_true(isnan(sum_of(infinite, 2)));
    assert_true(isnan(sum_of(none, 2)));
}

/* Whatever the order and the division; near what doubles sum up to. */
static void test_order(void **state)
{
    (void)state;
    enum { N = 5000, PARTS = 7 };
    struct rng rng = {3, RNG_TEST, 0};
    static float values[N], other[N];
    static uint32_t order[N];
    double plain = 0;
    rng_permutation(&rng, order, N);
    for (uint64_t i = 0; i < N; i++) {
        values[i] = (float)(rng_normal(&rng, i) * exp(8 * rng_normal(&rng, N + i)));
        plain += fabs((double)values[i]);
    }
    for (int i = 0; i < N; i++)
        other[i] = values[order[i]];
    double sum = sum_of(values, N);
    assert_true(fabs(sum - plain) <= 1e-12 * plain);
    assert_true(sum_of(other, N) == sum);
    struct exact_sum parts = {{0}};
    for (size_t p = 0; p < PARTS; p++) {
        struct exact_sum part = {{0}};
        exact_sum_add(&part, other + N * p / PARTS, N * (p + 1) / PARTS - N * p / PARTS);
        for (int w = 0; w < 256; w++)
            parts.words[w] += part.words[w];
    }
    assert_true(exact_sum_value(&parts) == sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
