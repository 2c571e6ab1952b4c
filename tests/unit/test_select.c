/* The choice of a setting by its validation error. */
#include <math.h>
#include <string.h>

#include "analysis/cells/select.h"
#include "unit.h"

enum { CELLS_MAX = 16 };

struct grid {
    double options[CELLS_MAX][OPTION_COUNT];
    double error[CELLS_MAX];
    bool left_out[CELLS_MAX];
    bool kept[CELLS_MAX];
    size_t n;
};

static void add(struct grid *g, int seed, int depth, double rate, double error)
{
    double *options = g->options[g->n];
    options[FIELD_SEED] = seed;
    options[FIELD_DEPTH] = depth;
    options[FIELD_LEARNING_RATE] = rate;
    g->error[g->n++] = error;
}

/* Which cells are kept, as a word of 0 and 1. */
static void expect(struct grid *g, const char *kept)
{
    static const bool among[OPTION_COUNT] = {[FIELD_LEARNING_RATE] = true};
    struct error err = {0};
    char found[CELLS_MAX + 1] = "";
    for (size_t i = 0; i < g->n; i++)
        g->kept[i] = !g->left_out[i];
    select_best(g->options[0], g->error, g->n, among, g->kept, &err);
    assert_ok(err);
    for (size_t i = 0; i < g->n; i++)
        found[i] = g->kept[i] ? '1' : '0';
    assert_string_equal(found, kept);
}

static void test_lowest_mean_of_each_setting(void **state)
{
    (void)state;
    struct grid g = {.n = 0};
    for (int seed = 1; seed <= 2; seed++) {
        add(&g, seed, 2, 0.1, seed == 1 ? 0.10 : 0.50); /* best of seed 1, not of both */
        add(&g, seed, 2, 0.01, 0.2);
        add(&g, seed, 4, 0.1, 0.05);
        add(&g, seed, 4, 0.01, 0.06);
    }
    expect(&g, "01100110");
}

static void test_settings_that_lost_networks_stand_back(void **state)
{
    (void)state;
    struct grid g = {.n = 0};
    add(&g, 1, 2, 1.0, 0.01);
    add(&g, 2, 2, 1.0, NAN); /* diverged */
    add(&g, 1, 2, 0.1, 0.3);
    add(&g, 2, 2, 0.1, 0.4);
    expect(&g, "0011");
    g.error[3] = NAN; /* as many of both: the mean decides */
    expect(&g, "1100");
}

static void test_cells_that_do_not_count_have_no_say(void **state)
{
    (void)state;
    struct grid g = {.n = 0};
    add(&g, 1, 2, 0.1, 0.1);
    add(&g, 1, 2, 0.01, 0.2);
    add(&g, 1, 2, 0.001, 0.3);
    g.left_out[0] = true;
    expect(&g, "010");
}

static void test_ties_and_nothing(void **state)
{
    (void)state;
    struct grid g = {.n = 0};
    add(&g, 1, 2, 0.1, 0.1 + 0.2);
    add(&g, 1, 2, 0.01, 0.3); /* less by rounding alone */
    expect(&g, "10");
    g.error[0] = g.error[1] = NAN;
    expect(&g, "10");
    g.n = 0;
    expect(&g, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lowest_mean_of_each_setting),
        cmocka_unit_test(test_settings_that_lost_networks_stand_back),
        cmocka_unit_test(test_cells_that_do_not_count_have_no_say),
        cmocka_unit_test(test_ties_and_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
