/* Normal numbers drawn many at a time: the words they come from, and their distribution.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/normals.h"
#include "unit.h"

static struct normals *normals;

static int make_table(void **state)
{
    (void)state;
    struct error err = {0};
    return normals_create(&normals, &err) != STATUS_OK;
}

static int free_table(void **state)
{
    (void)state;
    free(normals);
    return 0;
}

/* Each size has its half normal quantile: by the C library's erfc, and ascending. */
static void test_sizes_are_quantiles(void **state)
{
    (void)state;
    for (int i = 0; i < NORMALS_SIZES; i++) {
        double z = (double)normals->size[i], upper = erfc(z / sqrt(2));
        double expected = 1 - (i + 0.5) / NORMALS_SIZES;
        double density = sqrt(2 / acos(-1)) * exp(-z * z / 2);
        /* A float's rounding, as a difference of probability. */
        assert_true(fabs(upper - expected) <= density * (6e-8 * z + 1e-12));
        assert_true(i == 0 || normals->size[i] > normals->size[i - 1]);
    }
}

/* What the header says that all numbers together are. */
static void test_bounds_and_variance(void **state)
{
    (void)state;
    double squares = 0;
    for (int i = 0; i < NORMALS_SIZES; i++)
        squares += (double)normals->size[i] * (double)normals->size[i];
    assert_true(fabs(squares / NORMALS_SIZES - 0.99998) < 5e-6);
    assert_true(normals->size[NORMALS_SIZES - 1] > 4.324f &&
                normals->size[NORMALS_SIZES - 1] < 4.325f);
}

/* Number i by the header's words. */
static float one(const struct rng *rng, uint32_t row, int i)
{
    uint32_t words[4];
    int group = i / NORMALS_GROUP, half = i % NORMALS_GROUP / NORMALS_LANES;
    uint64_t block = (uint64_t)group * NORMALS_LANES + (uint64_t)i % NORMALS_LANES;
    rng_words(rng, (uint64_t)row << 32 | block, words);
    uint32_t bits = words[half / 2] >> (half % 2 ? 16 : 0);
    float size = normals->size[bits & 0x7fff];
    return bits & 0x8000 ? -size : size;
}

static void test_words(void **state)
{
    (void)state;
    enum { N = 784 };
    static const uint32_t rows[] = {0, 1, 59999, UINT32_MAX};
    struct rng rng = {.seed = 5, .purpose = RNG_TEST, .stream = 7ULL << 32 | 9};
    float out[N + 1];
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        out[N] = 77;
        normals_draw(normals, &rng, rows[r], 0, N, out);
        for (int i = 0; i < N; i++)
            assert_true(out[i] == one(&rng, rows[r], i));
        assert_true(out[N] == 77);
    }
}

/* Any part that begins with a group is the part of the whole. */
static void test_parts(void **state)
{
    (void)state;
    enum { N = 3 * NORMALS_GROUP };
    static const int lengths[] = {1, 15, 16, 127, 128, 129, 255, 256};
    struct rng rng = {.seed = 1, .purpose = RNG_TEST};
    float whole[N], part[N];
    normals_draw(normals, &rng, 3, 0, N, whole);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        normals_draw(normals, &rng, 3, NORMALS_GROUP, lengths[i], part);
        assert_memory_equal(part, whole + NORMALS_GROUP,
                            (size_t)lengths[i] * sizeof *part);
    }
}

/* Five standard deviations of a mean of n values with that variance. */
static void assert_mean(double sum, double n, double expected, double variance)
{
    double bound = 5 * sqrt(variance / n);
    if (fabs(sum / n - expected) > bound)
        fail_msg("mean %g, expected %g +- %g", sum / n, expected, bound);
}

static void test_moments(void **state)
{
    (void)state;
    enum { ROWS = 500, N = 784 };
    struct rng rng = {.seed = 2, .purpose = RNG_TEST};
    double sum[5] = {0}, beside = 0, below = 0, n = (double)ROWS * N;
    float row[N], last[N] = {0};
    for (uint32_t r = 0; r < ROWS; r++) {
        normals_draw(normals, &rng, r, 0, N, row);
        for (int i = 0; i < N; i++) {
            double z = (double)row[i], power = 1;
            for (int k = 1; k < 5; k++)
                sum[k] += power *= z;
            beside += z * (double)row[(i + 1) % N];
            below += z * (double)last[i];
        }
        memcpy(last, row, sizeof row);
    }
    assert_mean(sum[1], n, 0, 1);
    assert_mean(sum[2], n, 1, 2);
    assert_mean(sum[3], n, 0, 15);
    assert_mean(sum[4], n, 3, 96);
    assert_mean(beside, n, 0, 1); /* neighbours do not know each other */
    assert_mean(below, n, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_quantiles),
        cmocka_unit_test(test_bounds_and_variance),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_moments),
    };
    return cmocka_run_group_tests(tests, make_table, free_table);
}
