/* Philox known answers, and the distributions made of its words. */
#include <math.h>
#include <string.h>

#include "num/rng.h"
#include "unit.h"

/* Random123's published vectors for philox4x32-10. */
static void test_known_answers(void **state)
{
    (void)state;
    uint32_t out[4];
    rng_words(&(struct rng){0, 0, 0}, 0, out);
    const uint32_t zeros[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    assert_memory_equal(out, zeros, sizeof out);
    rng_words(&(struct rng){0xffffffff, 0xffffffff, UINT64_MAX}, UINT64_MAX, out);
    const uint32_t ones[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    assert_memory_equal(out, ones, sizeof out);
    /* The digits of pi: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822
     * 299f31d0 */
    rng_words(&(struct rng){0xa4093822, 0x299f31d0, 0x0370734413198a2eULL},
              0x85a308d3243f6a88ULL, out);
    const uint32_t pi[4] = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    assert_memory_equal(out, pi, sizeof out);
}

static void test_uniform_moments(void **state)
{
    (void)state;
    struct rng rng = {7, RNG_TEST, 1};
    double sum = 0, squares = 0;
    enum { N = 100000 };
    for (int i = 0; i < N; i++) {
        double u = rng_uniform(&rng, (uint64_t)i);
        assert_true(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    assert_true(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
    assert_true(fabs(squares / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
}

static void test_normal_moments(void **state)
{
    (void)state;
    struct rng rng = {7, RNG_TEST, 2};
    double sum = 0, squares = 0;
    enum { N = 100000 };
    for (int i = 0; i < N; i++) {
        double z = rng_normal(&rng, (uint64_t)i);
        sum += z;
        squares += z * z;
    }
    assert_true(fabs(sum / N) < 5 / sqrt(N));
    assert_true(fabs(squares / N - 1) < 5 * sqrt(2.0 / N));
}

static void test_below_is_uniform(void **state)
{
    (void)state;
    struct rng rng = {3, RNG_TEST, 3};
    int counts[7] = {0};
    for (uint64_t i = 0; i < 70000; i++) {
        uint32_t v = rng_below(&rng, i, 7);
        assert_true(v < 7);
        counts[v]++;
    }
    double chi2 = 0;
    for (int k = 0; k < 7; k++)
        chi2 += (counts[k] - 10000.0) * (counts[k] - 10000.0) / 10000.0;
    assert_true(chi2 < 22.5); /* 0.999 quantile, 6 degrees of freedom */
    assert_int_equal(rng_below(&rng, 5, 1), 0);
}

static void test_permutation(void **state)
{
    (void)state;
    struct rng rng = {11, RNG_SHUFFLE, 0};
    uint32_t out[1000], again[1000];
    int seen[1000] = {0}, fixed = 0;
    rng_permutation(&rng, out, 1000);
    for (int i = 0; i < 1000; i++) {
        seen[out[i]]++;
        fixed += out[i] == (uint32_t)i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen[i], 1);
    assert_true(fixed < 10);
    rng_permutation(&rng, again, 1000);
    assert_memory_equal(out, again, sizeof out);
    rng.stream = 1;
    rng_permutation(&rng, again, 1000);
    assert_memory_not_equal(out, again, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),  cmocka_unit_test(test_uniform_moments),
        cmocka_unit_test(test_normal_moments), cmocka_unit_test(test_below_is_uniform),
        cmocka_unit_test(test_permutation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
