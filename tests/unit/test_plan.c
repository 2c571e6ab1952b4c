/* Slices: every task once, balanced as longest-first promises, the same everywhere.
 * Simulations: against schedules made the slow way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/rng.h"
#include "sweep/plan.h"
#include "unit.h"

enum { TASKS = 500, SMALL = 7 };

static double draw(uint64_t i)
{
    const struct rng rng = {1, RNG_TEST, 0};
    return exp(rng_normal(&rng, i));
}

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
    for (int i = 0; i < TASKS; i++) {
        uneven[i] = pow(draw((uint64_t)i), 3);
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
    struct plan_outlook outlook;
    double load[3] = {1, 1, 1};
    plan_slices(NULL, 0, 3, NULL, load, &err);
    assert_true(load[0] == 0 && load[2] == 0);
    plan_simulate(NULL, 0, 3, 0.1, &outlook, &err);
    assert_ok(err);
    assert_true(outlook.wall == 0 && outlook.bound == 0 && outlook.n_over == 0);
    assert_true(plan_efficiency(&outlook) == 1);
}

/* Ranks look for the next task when they are free, the slow way. */
static double list_end(const double *cost, const size_t *order, size_t n, int n_ranks)
{
    double *free_at = calloc((size_t)n_ranks, sizeof *free_at), end = 0;
    for (size_t i = 0; i < n; i++) {
        int first = 0;
        for (int r = 1; r < n_ranks; r++)
            if (free_at[r] < free_at[first])
                first = r;
        free_at[first] += cost[order[i]];
        end = fmax(end, free_at[first]);
    }
    free(free_at);
    return end;
}

static void test_orders(void **state)
{
    (void)state;
    struct error err = {0};
    double cost[TASKS];
    size_t grid[TASKS], longest_first[TASKS];
    for (size_t i = 0; i < TASKS; i++) {
        cost[i] = draw(i);
        grid[i] = longest_first[i] = i;
    }
    plan_order(cost, longest_first, TASKS);
    for (size_t i = 1; i < TASKS; i++)
        assert_true(cost[longest_first[i - 1]] >= cost[longest_first[i]]);
    for (int n_ranks = 1; n_ranks <= 700; n_ranks = n_ranks * 3 + 1) {
        struct plan_outlook o;
        plan_simulate(cost, TASKS, n_ranks, 0, &o, &err);
        assert_ok(err);
        assert_true(o.wall == list_end(cost, longest_first, TASKS, n_ranks));
        assert_true(o.grid_order == list_end(cost, grid, TASKS, n_ranks));
        /* Costs that are not missed: the slices are the schedule. */
        assert_true(fabs(o.slices_off - o.wall) < 1e-9 * o.wall);
        assert_true(o.dynamic_off == o.wall);
        assert_true(o.bound == fmax(o.share, cost[o.longest]));
        assert_true(plan_efficiency(&o) <= 1 + 1e-12);
        assert_true(o.wall >= o.bound * (1 - 1e-12));
    }
}

/* The shortest schedule, by trying all. */
static double best_end(const double *cost, int n_ranks)
{
    double best = INFINITY;
    int n = 1;
    for (int i = 0; i < SMALL; i++)
        n *= n_ranks;
    for (int code = 0; code < n; code++) {
        double load[SMALL] = {0}, end = 0;
        for (int i = 0, rest = code; i < SMALL; i++, rest /= n_ranks)
            load[rest % n_ranks] += cost[i];
        for (int r = 0; r < n_ranks; r++)
            end = fmax(end, load[r]);
        best = fmin(best, end);
    }
    return best;
}

static void test_bounds(void **state)
{
    (void)state;
    struct error err = {0};
    for (int n_ranks = 1; n_ranks <= 4; n_ranks++)
        for (uint64_t trial = 0; trial < 20; trial++) {
            struct plan_outlook o;
            double cost[SMALL];
            for (uint64_t i = 0; i < SMALL; i++)
                cost[i] = draw(1000 + trial * SMALL + i);
            plan_simulate(cost, SMALL, n_ranks, 0, &o, &err);
            double best = best_end(cost, n_ranks);
            assert_true(o.bound <= best * (1 + 1e-12));
            assert_true(o.wall >= best * (1 - 1e-12));
            assert_true(o.wall <= best * (4.0 / 3 - 1.0 / (3 * n_ranks)) * (1 + 1e-12));
        }
}

/* One task of 60 and forty of 1 on 10 ranks: 10 is an even share. */
static void test_long_task(void **state)
{
    (void)state;
    struct error err = {0};
    struct plan_outlook o;
    double cost[41];
    for (int i = 0; i < 41; i++)
        cost[i] = i == 17 ? 60 : 1;
    plan_simulate(cost, 41, 10, 0, &o, &err);
    assert_ok(err);
    assert_true(o.share == 10 && o.bound == 60 && o.wall == 60);
    assert_int_equal(o.longest, 17);
    assert_int_equal(o.n_over, 1);
    assert_true(o.halved == 30);
    assert_int_equal(o.fewer_ranks, 1); /* two ranks reach 100 / 120 */
    plan_simulate(cost, 41, 1, 0, &o, &err);
    assert_int_equal(o.n_over, 0);
    assert_true(o.wall == 100 && plan_efficiency(&o) == 1);
    /* Nine of 7 and nine of 1 on 18 ranks: 4 is an even share. Eleven ranks end with 7,
     * at 72 / 77; six would need 14, at 72 / 84. */
    for (int i = 0; i < 18; i++)
        cost[i] = i % 2 ? 7 : 1;
    plan_simulate(cost, 18, 18, 0, &o, &err);
    assert_int_equal(o.n_over, 9);
    assert_true(o.halved == 4.5);
    assert_int_equal(o.fewer_ranks, 11);
}

/* Tasks that miss their cost: ranks that take one by one lose less than slices. */
static void test_misses(void **state)
{
    (void)state;
    struct error err = {0};
    struct plan_outlook o, twice;
    double cost[TASKS];
    for (size_t i = 0; i < TASKS; i++)
        cost[i] = 1 + draw(i) / 4;
    plan_simulate(cost, TASKS, 20, 0.3, &o, &err);
    plan_simulate(cost, TASKS, 20, 0.3, &twice, &err);
    assert_ok(err);
    assert_true(o.slices_off == twice.slices_off && o.dynamic_off == twice.dynamic_off);
    assert_true(o.slices_off > 1.05 * o.wall);
    assert_true(o.dynamic_off < 0.97 * o.slices_off);
    /* The misses have no common sign: on one rank they nearly cancel. */
    plan_simulate(cost, TASKS, 1, 0.3, &o, &err);
    assert_true(fabs(o.slices_off / o.wall - 1) < 3 * 0.3 / sqrt(TASKS) * 1.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices),    cmocka_unit_test(test_no_tasks),
        cmocka_unit_test(test_orders),    cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_long_task), cmocka_unit_test(test_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
