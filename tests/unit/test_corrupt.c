/* Label corruption: rates, ranges, and independence of the number of samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "data/corrupt.h"

enum { COUNT = 50000, CLASSES = 10 };

static uint8_t labels[COUNT], corrupt[COUNT];

static int fill_labels(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        labels[i] = (uint8_t)(i * 7 % CLASSES);
    return 0;
}

static uint32_t run(double fraction, int other, uint32_t seed)
{
    struct corruption c = {
        .fraction = fraction, .other = other, .n_classes = CLASSES, .seed = seed};
    memset(corrupt, 0xff, sizeof corrupt);
    uint32_t changed = corrupt_labels(&c, labels, COUNT, corrupt), differ = 0;
    for (int i = 0; i < COUNT; i++) {
        assert_in_range(corrupt[i], 0, CLASSES - 1);
        differ += corrupt[i] != labels[i];
    }
    assert_int_equal(changed, differ);
    return changed;
}

/* Within five standard deviations of a binomial count. */
static void assert_binomial(double count, double n, double p)
{
    double bound = 5 * sqrt(n * p * (1 - p));
    if (fabs(count - n * p) > bound)
        fail_msg("%g of %g, expected %g +- %g", count, n, n * p, bound);
}

static void nothing_changes_at_zero(void **state)
{
    (void)state;
    for (int other = 0; other <= 1; other++) {
        assert_int_equal(run(0.0, other, 3), 0);
        assert_memory_equal(corrupt, labels, COUNT);
    }
}

static void other_never_keeps_a_label_at_one(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 4; seed++)
        assert_int_equal(run(1.0, 1, seed), COUNT);
}

static void any_keeps_one_label_in_c(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 4; seed++)
        assert_binomial(run(1.0, 0, seed), COUNT, 1.0 - 1.0 / CLASSES);
}

static void the_rate_is_the_fraction(void **state)
{
    (void)state;
    static const double fractions[] = {0.001, 0.05, 0.2, 0.5, 0.9};
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
        double p = fractions[i];
        assert_binomial(run(p, 1, 11), COUNT, p);
        assert_binomial(run(p, 0, 12), COUNT, p * (1.0 - 1.0 / CLASSES));
    }
}

/* From every class to every class that the mode allows, equally often. */
static void new_labels_are_uniform(void **state)
{
    (void)state;
    for (int other = 0; other <= 1; other++) {
        uint32_t counts[CLASSES][CLASSES] = {0};
        run(1.0, other, 21);
        for (int i = 0; i < COUNT; i++)
            counts[labels[i]][corrupt[i]]++;
        for (int from = 0; from < CLASSES; from++)
            for (int to = 0; to < CLASSES; to++)
                if (other && from == to)
                    assert_int_equal(counts[from][to], 0);
                else
                    assert_binomial(counts[from][to], COUNT / CLASSES,
                                    1.0 / (CLASSES - other));
    }
}

/* A sample that is replaced at some fraction is replaced at every larger one, and by the
 * same label, so that cells of different corruption differ in as little as they can. */
static void larger_fractions_contain_smaller_ones(void **state)
{
    (void)state;
    static uint8_t few[COUNT];
    run(0.1, 1, 5);
    memcpy(few, corrupt, COUNT);
    run(0.4, 1, 5);
    for (int i = 0; i < COUNT; i++)
        if (few[i] != labels[i])
            assert_int_equal(corrupt[i], few[i]);
}

static void a_sample_does_not_depend_on_the_count(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 63, 1000, COUNT - 1};
    struct corruption c = {.fraction = 0.3, .other = 1, .n_classes = CLASSES, .seed = 9};
    run(0.3, 1, 9);
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        uint8_t *part = calloc(counts[k], 1);
        assert_non_null(part);
        corrupt_labels(&c, labels, counts[k], part);
        assert_memory_equal(part, corrupt, counts[k]);
        free(part);
    }
}

static void seeds_differ(void **state)
{
    (void)state;
    static uint8_t first[COUNT];
    run(0.5, 1, 1);
    memcpy(first, corrupt, COUNT);
    run(0.5, 1, 2);
    int both = 0;
    for (int i = 0; i < COUNT; i++)
        both += first[i] != labels[i] && corrupt[i] != labels[i];
    assert_binomial(both, COUNT, 0.25);
}

static void the_smallest_and_largest_class_counts_work(void **state)
{
    (void)state;
    uint8_t in[256], out[256];
    for (int i = 0; i < 256; i++)
        in[i] = (uint8_t)(i % 2);
    struct corruption two = {.fraction = 1.0, .other = 1, .n_classes = 2, .seed = 1};
    assert_int_equal(corrupt_labels(&two, in, 256, out), 256);
    for (int i = 0; i < 256; i++)
        assert_int_equal(out[i], 1 - in[i]);
    memset(in, 255, sizeof in);
    struct corruption most = {.fraction = 1.0, .other = 1, .n_classes = 256, .seed = 1};
    assert_int_equal(corrupt_labels(&most, in, 256, out), 256);
}

/* Regression: these labels are part of the numerics of published archives. */
static void known_first_labels(void **state)
{
    (void)state;
    static const uint8_t other[20] = {0, 7, 4, 1, 8, 7, 2, 0, 4, 1,
                                      5, 7, 8, 1, 8, 5, 2, 2, 6, 3};
    static const uint8_t any[20] = {0, 7, 4, 1, 8, 7, 2, 0, 4, 2,
                                    4, 7, 8, 1, 8, 5, 2, 2, 6, 3};
    run(0.5, 1, 42);
    assert_memory_equal(corrupt, other, sizeof other);
    run(0.5, 0, 42);
    assert_memory_equal(corrupt, any, sizeof any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changes_at_zero),
        cmocka_unit_test(other_never_keeps_a_label_at_one),
        cmocka_unit_test(any_keeps_one_label_in_c),
        cmocka_unit_test(the_rate_is_the_fraction),
        cmocka_unit_test(new_labels_are_uniform),
        cmocka_unit_test(larger_fractions_contain_smaller_ones),
        cmocka_unit_test(a_sample_does_not_depend_on_the_count),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(the_smallest_and_largest_class_counts_work),
        cmocka_unit_test(known_first_labels),
    };
    return cmocka_run_group_tests_name("corrupt", tests, fill_labels, NULL);
}
