/* Statistics of a measure as a predictor of the gap: golden values, closed cases, and
 * what `tests/reference/rank_reference.py golden` prints (scipy 1.10, numpy 1.24). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rank/rank.h"
#include "unit.h"

enum { N = 8, AXES = 3 };

/* Data B: settings (a, b, c) of {0, 1}^3 in lexicographic order; uniform numbers from a
 * congruential generator with seed 7: gap = .05 + .1a + .05b + .02c + .1u, then measure =
 * 1 + 2a + .3b - .5c + 1.5u. */
struct data {
    double axes[AXES][N], gap[N], measure[N];
};

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

static struct data data_b(void)
{
    struct data data;
    uint64_t state = 7;
    for (int i = 0; i < N; i++) {
        int a = i >> 2, b = i >> 1 & 1, c = i & 1;
        data.axes[0][i] = a;
        data.axes[1][i] = b;
        data.axes[2][i] = c;
        data.gap[i] = .05 + .1 * a + .05 * b + .02 * c + .1 * uniform(&state);
        data.measure[i] = 1 + 2 * a + .3 * b - .5 * c + 1.5 * uniform(&state);
    }
    return data;
}

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

static struct rank_design *design_of(const double *axes, int n_axes, size_t n)
{
    struct error err = {0};
    struct rank_design *design;
    rank_design_create(&design, axes, n_axes, n, &err);
    assert_ok(err);
    return design;
}

static struct rank_judgement judged(const double *axes, int n_axes, size_t n,
                                    const double *measure, const double *gap,
                                    int permutations)
{
    struct error err = {0};
    struct rank_design *design = design_of(axes, n_axes, n);
    struct rank_judgement judgement;
    struct rank_question question = {design, gap, 1000, permutations};
    rank_judge(&judgement, &question, measure, &err);
    assert_ok(err);
    rank_design_destroy(design);
    return judgement;
}

static void test_golden(void **state)
{
    (void)state;
    struct data d = data_b();
    near(d.gap[0], 0.099321226684, 1e-12);
    near(d.measure[7], 2.894847494492, 1e-12);
    struct rank_judgement j = judged(d.axes[0], AXES, N, d.measure, d.gap, 0);
    near(j.value[RANK_TAU], 0.3571428571429, 1e-12);
    near(j.value[RANK_PSI], 1, 0);
    near(j.value[RANK_PSI + 1], -1, 0);
    near(j.value[RANK_PSI + 2], -0.5, 0);
    near(j.value[RANK_GRANULATED], -1.0 / 6, 1e-15);
    near(j.value[RANK_CONTEST], 0.1007104265267, 1e-12);
    near(j.value[RANK_CMI], 0.09407178395700044, 1e-13);
    near(j.value[RANK_SIGN_WORST], 1, 1e-15);
    near(j.value[RANK_SIGN_MEAN], 0.13738577532898733, 1e-14);
    assert_int_equal(j.n_pairs, 12);
    assert_int_equal(j.n_kept, 5);
    assert_int_equal(j.n_constant, 0);
    assert_true(isnan(j.p[RANK_TAU]));

    struct rank_design *design = design_of(d.axes[0], AXES, N);
    assert_true(design->complete);
    assert_int_equal(design->n_given, 7);
    static const double by_pair[] = {0.4387712229697, 0.1007104265267, 0.3603721493737};
    for (int pair = 0; pair < 3; pair++)
        near(rank_contest_given(design, 4 + pair, d.measure, d.gap), by_pair[pair],
             1e-12);
    rank_design_destroy(design);
}

static void test_ties(void **state)
{
    (void)state;
    struct data d = data_b();
    for (int i = 0; i < N; i++) {
        d.measure[i] = round(d.measure[i]);
        d.gap[i] = round(10 * d.gap[i]) / 10;
    }
    struct rank_judgement j = judged(d.axes[0], AXES, N, d.measure, d.gap, 0);
    near(j.value[RANK_TAU], 0.2357022603955159, 1e-15);
    near(j.value[RANK_PSI], 0.5, 0);
    near(j.value[RANK_PSI + 1], 0, 0);
    near(j.value[RANK_PSI + 2], -0.5, 0);
    near(j.value[RANK_CMI], 0.10825800452057237, 1e-14);
    near(j.value[RANK_CONTEST], 0, 1e-11);
    near(j.value[RANK_SIGN_MEAN], 0.5, 1e-15);
    assert_int_equal(j.n_kept, 4);
    assert_int_equal(j.n_constant, 8); /* all but (0,4), (2,6), (0,1), (2,3) */
}

/* An incomplete grid: what needs all combinations is not defined, the rest is. */
static void test_missing_settings(void **state)
{
    (void)state;
    static const int part[] = {0, 1, 2, 4, 5, 6};
    struct data d = data_b();
    double axes[AXES][6], measure[6], gap[6];
    for (int i = 0; i < 6; i++) {
        for (int axis = 0; axis < AXES; axis++)
            axes[axis][i] = d.axes[axis][part[i]];
        measure[i] = d.measure[part[i]];
        gap[i] = d.gap[part[i]];
    }
    struct rank_judgement j = judged(axes[0], AXES, 6, measure, gap, 20);
    near(j.value[RANK_TAU], 7.0 / 15, 1e-15);
    near(j.value[RANK_PSI + 2], 0, 0);
    near(j.value[RANK_GRANULATED], 0, 0);
    near(j.value[RANK_CMI], 0.16335925805883267, 1e-14);
    near(j.value[RANK_SIGN_MEAN], 0.1825547882638879, 1e-14);
    assert_int_equal(j.n_pairs, 7);
    assert_true(isnan(j.value[RANK_CONTEST]) && isnan(j.p[RANK_CONTEST]));
    assert_false(isnan(j.p[RANK_CMI]));
}

static void test_gap_itself(void **state)
{
    (void)state;
    struct data d = data_b();
    struct rank_judgement j = judged(d.axes[0], AXES, N, d.gap, d.gap, 0);
    near(j.value[RANK_TAU], 1, 0);
    near(j.value[RANK_GRANULATED], 1, 0);
    near(j.value[RANK_CMI], 1, 0);
    near(j.value[RANK_SIGN_WORST], 0, 0);
}

/* Information is blind to the sign, the others turn it. */
static void test_reversed_measure(void **state)
{
    (void)state;
    struct data d = data_b();
    double reversed[N];
    for (int i = 0; i < N; i++)
        reversed[i] = -d.measure[i];
    struct rank_judgement j = judged(d.axes[0], AXES, N, d.measure, d.gap, 0);
    struct rank_judgement r = judged(d.axes[0], AXES, N, reversed, d.gap, 0);
    for (int s = RANK_PSI; s < RANK_PSI + AXES; s++)
        near(r.value[s], -j.value[s], 0);
    near(r.value[RANK_TAU], -j.value[RANK_TAU], 0);
    near(r.value[RANK_GRANULATED], -j.value[RANK_GRANULATED], 1e-15);
    near(r.value[RANK_CMI], j.value[RANK_CMI], 1e-15);
    near(r.value[RANK_SIGN_MEAN], 1 - j.value[RANK_SIGN_MEAN], 1e-14);
}

/* An option says nothing that is not known from the options. */
static void test_measure_equal_to_axis(void **state)
{
    (void)state;
    struct data d = data_b();
    for (int axis = 0; axis < AXES; axis++) {
        struct rank_judgement j = judged(d.axes[0], AXES, N, d.axes[axis], d.gap, 50);
        near(j.value[RANK_CMI], 0, 0);
        near(j.p[RANK_CMI], 1, 0);
        assert_int_equal(j.n_constant, 8);
        for (int other = 0; other < AXES; other++)
            if (other != axis)
                near(j.value[RANK_PSI + other], 0, 0);
    }
    struct rank_judgement a = judged(d.axes[0], AXES, N, d.axes[0], d.gap, 0);
    near(a.value[RANK_PSI], 1, 0);
    near(a.value[RANK_TAU], 16 / sqrt(16 * 28), 1e-15); /* no pair is reversed */
}

static void test_constant(void **state)
{
    (void)state;
    struct data d = data_b();
    static const double constant[N] = {0};
    struct rank_judgement j = judged(d.axes[0], AXES, N, constant, d.gap, 9);
    assert_true(isnan(j.value[RANK_TAU]) && isnan(j.p[RANK_TAU]));
    near(j.value[RANK_GRANULATED], 0, 0);
    near(j.value[RANK_CMI], 0, 0);
    near(j.value[RANK_SIGN_WORST], 0.5, 1e-15);
    assert_int_equal(j.n_constant, 12);
    j = judged(d.axes[0], AXES, N, d.measure, constant, 9);
    assert_true(isnan(j.value[RANK_TAU]) && isnan(j.value[RANK_CMI]));
    assert_true(isnan(j.value[RANK_SIGN_WORST]) && isnan(j.p[RANK_SIGN_MEAN]));
    assert_int_equal(j.n_kept, 0);
}

/* Without axes there is one setting and nothing to compare. */
static void test_fewest(void **state)
{
    (void)state;
    const double one = 1;
    struct rank_judgement j = judged(&one, 0, 1, &one, &one, 3);
    for (int s = 0; s < RANK_PSI; s++)
        assert_true(isnan(j.value[s]) && isnan(j.p[s]));
}

/* In whatever order a grid's settings come. */
static void test_order_of_settings(void **state)
{
    (void)state;
    enum { LARGE = 36 };
    double axes[3][LARGE], other_axes[3][LARGE], measure[2][LARGE], gap[2][LARGE];
    uint64_t generator = 3;
    for (int i = 0; i < LARGE; i++) {
        int to = i * 7 % LARGE; /* 7 and 36 have no common divisor */
        const double at[3] = {i / 9, i / 3 % 3, i % 3};
        for (int axis = 0; axis < 3; axis++)
            axes[axis][i] = other_axes[axis][to] = at[axis];
        measure[0][i] = measure[1][to] = uniform(&generator);
        gap[0][i] = gap[1][to] = uniform(&generator);
    }
    struct rank_judgement j = judged(axes[0], 3, LARGE, measure[0], gap[0], 0);
    struct rank_judgement k = judged(other_axes[0], 3, LARGE, measure[1], gap[1], 0);
    for (int s = 0; s < RANK_PSI + 3; s++)
        near(j.value[s], k.value[s], 1e-13);
    assert_int_equal(j.n_kept, k.n_kept);
}

/* The contest's score is the least of those given two axes, whatever one axis says. */
static void test_contest_is_given_two(void **state)
{
    (void)state;
    struct data d = data_b();
    struct rank_design *design = design_of(d.axes[0], AXES, N);
    uint64_t generator = 17;
    int less = 0;
    for (int k = 0; k < 50; k++) {
        double of_two = 2, of_one = 2;
        for (int i = 0; i < N; i++)
            d.measure[i] = uniform(&generator);
        for (int set = 1; set < design->n_given; set++) {
            double score = rank_contest_given(design, set, d.measure, d.gap);
            double *least = set <= AXES ? &of_one : &of_two;
            *least = fmin(*least, score);
        }
        near(rank_cmi(design, d.measure, d.gap).contest, of_two, 0);
        less += of_one < of_two;
    }
    assert_true(less > 0);
    rank_design_destroy(design);
}

/* Of the 120 orders of five settings one has tau 1 and one has -1. The number of
 * permutations that do is binomial; it lies within four standard deviations. */
static void test_null(void **state)
{
    (void)state;
    enum { PERMUTATIONS = 9999 };
    static const double axis[5] = {1, 2, 3, 4, 5}, gap[5] = {.1, .2, .3, .4, .5};
    struct rank_judgement j = judged(axis, 1, 5, gap, gap, PERMUTATIONS);
    double p = 1.0 / 60, sd = sqrt(p * (1 - p) / PERMUTATIONS);
    near(j.p[RANK_TAU], p, 4 * sd);
    near(j.p[RANK_PSI], j.p[RANK_TAU], 0); /* one axis: the same statistic */
    near(j.p[RANK_GRANULATED], j.p[RANK_TAU], 0);
    near(j.p[RANK_SIGN_WORST], p / 2, 4 * sd); /* and this one has a direction */
    struct rank_judgement again = judged(axis, 1, 5, gap, gap, PERMUTATIONS);
    assert_memory_equal(&j.p, &again.p, sizeof j.p);
    j = judged(axis, 1, 5, gap, gap, 1);
    near(j.p[RANK_TAU] * 2, round(j.p[RANK_TAU] * 2), 0);
}

/* Under the null p-values are uniform: 5 % of unrelated measures have p <= 0.05. */
static void test_false_positives(void **state)
{
    (void)state;
    enum { MEASURES = 400 };
    struct data d = data_b();
    uint64_t generator = 99;
    static const int statistics[] = {RANK_TAU, RANK_GRANULATED, RANK_CMI, RANK_CONTEST};
    int found[4] = {0};
    for (int k = 0; k < MEASURES; k++) {
        for (int i = 0; i < N; i++)
            d.measure[i] = uniform(&generator);
        struct rank_judgement j = judged(d.axes[0], AXES, N, d.measure, d.gap, 99);
        for (int s = 0; s < 4; s++)
            found[s] += j.p[statistics[s]] <= 0.05;
    }
    double sd = sqrt(MEASURES * 0.05 * 0.95);
    for (int s = 0; s < 4; s++)
        assert_true(found[s] <= MEASURES * 0.05 + 4 * sd);
    /* ties between permutations make p larger than uniform, most of all for few pairs */
    assert_true(found[0] >= MEASURES * 0.05 - 4 * sd);
}

/* Why seeds are averaged: measure and gap have nothing to do with each other, but each is
 * nearly the same for all seeds of a setting. */
static void test_seeds_are_no_settings(void **state)
{
    (void)state;
    enum { SETTINGS = 9, SEEDS = 5, CELLS = SETTINGS * SEEDS, MEASURES = 200 };
    uint64_t generator = 5;
    int averaged = 0, apart = 0;
    for (int k = 0; k < MEASURES; k++) {
        double axes[2][SETTINGS], mean_gap[SETTINGS] = {0}, mean[SETTINGS] = {0};
        double all_axes[3][CELLS], gap[CELLS], measure[CELLS];
        for (int i = 0; i < SETTINGS; i++) {
            double of_gap = uniform(&generator), of_measure = uniform(&generator);
            axes[0][i] = i / 3;
            axes[1][i] = i % 3;
            for (int seed = 0, at = i * SEEDS; seed < SEEDS; seed++, at++) {
                all_axes[0][at] = axes[0][i];
                all_axes[1][at] = axes[1][i];
                all_axes[2][at] = seed;
                gap[at] = of_gap + 0.1 * uniform(&generator);
                measure[at] = of_measure + 0.1 * uniform(&generator);
                mean_gap[i] += gap[at] / SEEDS;
                mean[i] += measure[at] / SEEDS;
            }
        }
        struct rank_judgement j = judged(axes[0], 2, SETTINGS, mean, mean_gap, 99);
        averaged += j.p[RANK_TAU] <= 0.05;
        j = judged(all_axes[0], 3, CELLS, measure, gap, 99);
        apart += j.p[RANK_TAU] <= 0.05;
    }
    print_message(
        "of %d unrelated measures %d have p <= 0.05, with seeds as settings %d\n",
        MEASURES, averaged, apart);
    assert_true(averaged <= MEASURES * 0.05 + 4 * sqrt(MEASURES * 0.05 * 0.95));
    assert_true(apart >= MEASURES * 0.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_missing_settings),
        cmocka_unit_test(test_gap_itself),
        cmocka_unit_test(test_reversed_measure),
        cmocka_unit_test(test_measure_equal_to_axis),
        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_fewest),
        cmocka_unit_test(test_order_of_settings),
        cmocka_unit_test(test_contest_is_given_two),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_false_positives),
        cmocka_unit_test(test_seeds_are_no_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
