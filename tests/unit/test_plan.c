/* Slices: every task once, balanced as longest-first promises, the same everywhere. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/rng.h"
#include "sweep/plan.h"
#include "unit.h"

enum { TASKS = 500 };

static void check(const double *cost, int n_ranks)
{
    struct error err = {0};
    int owner[TASKS], again[TASKS];
    double *load = calloc((size_t)n_ranks, sizeof *load);
    double *sum = calloc((size_t)n_ranks, sizeof *sum), total = 0, longest = 0, wall = 0;
    plan_slices(cost, TASKS, n_ranks, owner, load, &err);
    assert_ok(err);
    for (int i = 0; i < TASKS; i++) {
        assert_in_range(owner[i], 0, n_ranks - 1);
        sum[owner[i]] += cost[i];
        total += cost[i];
        longest = fmax(longest, cost[i]);
    }
    for (int r = 0; r < n_ranks; r++) {
        assert_true(fabs(sum[r] - load[r]) < 1e-9 * total);
        wall = fmax(wall, load[r]);
    }
    /* Graham 1969: within 4/3 of the best possible, which is at least both of these. */
    double bound = fmax(total / n_ranks, longest);
    assert_true(wall <= bound * 4 / 3 + longest / 3);
    plan_slices(cost, TASKS, n_ranks, again, load, &err);
    assert_memory_equal(owner, again, sizeof owner);
    free(load);
    free(sum);
}

static void test_slices(void **state)
{
    (void)state;
    double uneven[TASKS], equal[TASKS];
    struct rng rng = {1, RNG_TEST, 0};
    for (int i = 0; i < TASKS; i++) {
        uneven[i] = exp(3 * rng_normal(&rng, (uint64_t)i));
        equal[i] = 2.5;
    }
    for (int n_ranks = 1; n_ranks <= 1000; n_ranks = n_ranks * 3 + 1) {
        check(uneven, n_ranks);
        check(equal, n_ranks);
    }
}

static void test_no_tasks(void **state)
{
    (void)state;
    struct error err = {0};
    double load[3] = {1, 1, 1};
    plan_slices(NULL, 0, 3, NULL, load, &err);
    assert_ok(err);
    assert_true(load[0] == 0 && load[2] == 0);
}

/* Costs grow with what costs. */
static void test_cost_model(void **state)
{
    (void)state;
    struct study study = {.measures = 7, .n_snapshots = 1};
    struct snapshot best = {.kind = SNAPSHOT_BEST};
    study.snapshots = &best;
    struct dataset dataset = {.n_inputs = 784, .n_classes = 10};
    dataset.train.count = 60000;
    dataset.test.count = 10000;
    struct split_sizes sizes = {55000, 5000, 10000};
    struct spec spec;
    spec_defaults(&spec);
    spec.value[FIELD_DEPTH] = 6;
    spec.value[FIELD_WIDTH] = 100;
    double base = plan_cell_seconds(&study, &spec, &dataset, &sizes);
    double bytes = plan_cell_bytes(&study, &spec, &dataset, &sizes);
    assert_true(base > 10 && base < 1000);
    assert_true(bytes > 60e6 && bytes < 1e9);
    spec.value[FIELD_EPOCHS] *= 2;
    double longer = plan_cell_seconds(&study, &spec, &dataset, &sizes);
    assert_true(longer > 1.8 * base && longer < 2 * base);
    spec.value[FIELD_WIDTH] = 2000;
    assert_true(plan_cell_seconds(&study, &spec, &dataset, &sizes) > 20 * base);
    assert_true(plan_cell_bytes(&study, &spec, &dataset, &sizes) >
                bytes + 4.0 * 70000 * 1900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_no_tasks),
        cmocka_unit_test(test_cost_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
