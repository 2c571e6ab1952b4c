/* Cells of a study: their order, their identities, what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sweep/grid.h"

#define HEAD "study: s\ndata: {name: glyphs, train: 3000, validation: 500, test: 1000}\n"
#define ONE  HEAD "grid: {seed: 1, depth: 2, width: 3}\n" /* a study of one cell */

static const struct hash128 data_hash = {UINT64_C(0x0123456789abcdef),
                                         UINT64_C(0xfedcba9876543210)};

static void parse_valid(struct study *study, const char *yaml)
{
    struct error err = {0};
    if (study_parse(study, yaml, strlen(yaml), "t.yaml", &err))
        fail_msg("%s", err.text);
}

static void expand(struct grid *grid, const char *yaml)
{
    struct study study;
    struct error err = {0};
    parse_valid(&study, yaml);
    if (grid_expand(grid, &study, data_hash, &err))
        fail_msg("%s", err.text);
    study_fini(&study);
}

static void refuse(const char *yaml, const char *expected)
{
    struct study study;
    struct grid grid;
    struct error err = {0};
    parse_valid(&study, yaml);
    assert_int_equal(grid_expand(&grid, &study, data_hash, &err), STATUS_STUDY);
    if (!strstr(err.text, expected))
        fail_msg("expected %s, got %s", expected, err.text);
    study_fini(&study);
}

static struct hash128 identity_with(const char *yaml, struct hash128 hash)
{
    struct study study;
    struct grid grid;
    struct error err = {0};
    parse_valid(&study, yaml);
    assert_int_equal(grid_expand(&grid, &study, hash, &err), STATUS_OK);
    assert_int_equal(grid.n_cells, 1);
    struct hash128 id = grid.cells[0].id;
    grid_fini(&grid);
    study_fini(&study);
    return id;
}

/* The identity of a study's only cell. */
static struct hash128 identity(const char *yaml)
{
    return identity_with(yaml, data_hash);
}

static void assert_values(const struct cell *cell, int seed, int depth, int width)
{
    assert_true(cell->spec.value[FIELD_SEED] == seed);
    assert_true(cell->spec.value[FIELD_DEPTH] == depth);
    assert_true(cell->spec.value[FIELD_WIDTH] == width);
}

/* --- Expansion --------------------------------------------------------------------- */

static void first_axis_varies_slowest(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {depth: [4, 2], seed: 1..3, width: [10, 5]}\n"
                       "train: {epochs: 7}\n");
    static const int depths[] = {4, 2}, widths[] = {10, 5};
    assert_int_equal(grid.n_cells, 12);
    for (int i = 0; i < 12; i++) {
        assert_values(&grid.cells[i], 1 + i / 2 % 3, depths[i / 6], widths[i % 2]);
        assert_true(grid.cells[i].spec.value[FIELD_EPOCHS] == 7);
        assert_true(grid.cells[i].spec.value[FIELD_LEARNING_RATE] == 1e-3);
    }
    grid_fini(&grid);
}

static void blocks_are_united_without_duplicates(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {seed: 1..2, depth: [1, 2], width: 10}\n"
                       "blocks:\n"
                       "  - {width: 10, depth: [2, 3], seed: 2, epochs: 200}\n"
                       "  - {seed: 1, depth: 1, width: 10, epochs: [200, 100]}\n");
    /* 200 epochs are the default: the first cell of each block is known already */
    assert_int_equal(grid.n_cells, 6);
    assert_values(&grid.cells[3], 2, 2, 10);
    assert_values(&grid.cells[4], 2, 3, 10);
    assert_values(&grid.cells[5], 1, 1, 10);
    assert_true(grid.cells[5].spec.value[FIELD_EPOCHS] == 100);
    grid_fini(&grid);
}

static void constants_serve_blocks_without_the_axis(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {seed: 1, depth: 1, width: 1, loss: cross-entropy}\n"
                       "blocks: [{seed: 1, depth: 1, width: 1}]\n"
                       "train: {loss: mse}\n");
    assert_int_equal(grid.n_cells, 2);
    assert_true(grid.cells[0].spec.value[FIELD_LOSS] == LOSS_CROSS_ENTROPY);
    assert_true(grid.cells[1].spec.value[FIELD_LOSS] == LOSS_MSE);
    grid_fini(&grid);
}

static void compound_values_stay_together(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {seed: 1, depth: 1, width: 1,\n"
                       "  bandwidth: [fixed:0.5, scott, fixed:2]}\n"
                       "exclude: [{bandwidth: fixed:2}]\n");
    assert_int_equal(grid.n_cells, 2);
    assert_true(grid.cells[0].spec.value[FIELD_BANDWIDTH] == BANDWIDTH_FIXED);
    assert_true(grid.cells[0].spec.value[FIELD_BANDWIDTH_FIXED] == 0.5);
    assert_true(grid.cells[1].spec.value[FIELD_BANDWIDTH] == BANDWIDTH_SCOTT);
    assert_true(grid.cells[1].spec.value[FIELD_BANDWIDTH_FIXED] == 0);
    grid_fini(&grid);
}

static void excluded_combinations_are_left_out(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {seed: 1..4, depth: 1..3, width: 10}\n"
                       "exclude:\n"
                       "  - {depth: [3, 2], seed: 2..3}\n"
                       "  - {loss: cross-entropy}\n" /* no cell has it */
                       "  - {loss: mse, seed: 4, epochs: 200}\n");
    static const int kept[][2] = {{1, 1}, {1, 2}, {1, 3}, {2, 1}, {3, 1}};
    assert_int_equal(grid.n_cells, 5);
    for (int i = 0; i < 5; i++)
        assert_values(&grid.cells[i], kept[i][0], kept[i][1], 10);
    grid_fini(&grid);
}

static void impossible_studies_are_refused(void **state)
{
    (void)state;
    refuse(ONE "exclude: [{depth: 2}]\n", "the study has no cells: exclude leaves none");
    refuse(HEAD "grid: {seed: 1..1000000, depth: 1..2, width: 1}\n",
           "more than 1000000 cells");
    refuse(HEAD "grid: {seed: 1..999999, depth: 1, width: 1}\n"
                "blocks: [{seed: 1, depth: 1..2, width: 1}]\n",
           "more than 1000000 cells");
    /* 10^4 values on each of five axes, 256 on one: beyond 64 bits */
    refuse(HEAD "grid: {seed: 1..10000, depth: 1..256, width: 1..10000,\n"
                "  batch_size: 1..10000, epochs: 1..10000, patience: 1..10000}\n",
           "more than 1000000 cells");
    refuse(ONE "train: {epochs: 9}\nprobe: {at: [epoch:10]}\n",
           "probe.at: no cell reaches epoch:10: the longest training has 9 epochs");
    /* 2500 samples in minibatches of 128 are 20 steps an epoch */
    refuse(ONE "train: {epochs: 2}\nprobe: {at: [step:41]}\n",
           "probe.at: no cell reaches step:41: the longest training has 40 steps");
    refuse(ONE "train: {epochs: 0}\nprobe: {at: [init, step:1]}\n", "reaches step:1");
    refuse("study: s\ndata: glyphs\ngrid: {seed: 1, depth: 1, width: 1, epochs: 0}\n"
           "probe: {at: step:1}\n",
           "reaches step:1");
}

/* A million cells and a thousand excludes are minutes of comparing. */
static void comparisons_are_bounded(void **state)
{
    (void)state;
    struct text yaml = {0};
    text_append(&yaml, HEAD "grid: {seed: 1..500000, depth: 1..2, width: 1}\nexclude:\n");
    for (int i = 0; i < 50; i++)
        text_appendf(&yaml, "- {seed: 100..%d, depth: [1, 3]}\n", 200 + i);
    struct grid grid;
    expand(&grid, text_string(&yaml));
    assert_int_equal(grid.n_cells, 1000000 - (249 - 100 + 1));
    grid_fini(&grid);
    text_append(&yaml, "- {seed: 7}\n");
    refuse(text_string(&yaml),
           "exclude: 101 keys for 1000000 cells are more than 100000000");
    text_free(&yaml);
}

static void reachable_snapshots_are_accepted(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {seed: 1, depth: 1, width: 1, epochs: [0, 2]}\n"
                       "probe: {at: [init, step:40, epoch:2, best, final]}\n");
    assert_int_equal(grid.n_cells, 2);
    grid_fini(&grid);
}

/* As many cells as a study may have: time and memory stay in proportion. */
static void a_large_grid_is_expanded(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {seed: 1..50000, depth: 1, width: [1, 2]}\n"
                       "blocks: [{seed: 1..50001, depth: 1, width: [1, 2]}]\n");
    assert_int_equal(grid.n_cells, 100002);
    for (size_t i = 0; i < grid.n_cells; i += 997)
        assert_int_equal(grid_find(&grid, grid.cells[i].id), i);
    grid_fini(&grid);
}

static void cells_are_found_by_identity(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {seed: 1..40, depth: 1..3, width: 1}\n");
    struct grid by_hand = {.cells = grid.cells, .n_cells = grid.n_cells};
    struct hash128 unknown = grid.cells[0].id;
    unknown.high ^= 1;
    assert_int_equal(grid_find(&grid, unknown), grid.n_cells);
    assert_int_equal(grid_find(&by_hand, unknown), grid.n_cells);
    for (size_t i = 0; i < grid.n_cells; i++) {
        assert_int_equal(grid_find(&grid, grid.cells[i].id), i);
        assert_int_equal(grid_find(&by_hand, grid.cells[i].id), i);
    }
    grid_fini(&grid);
    struct grid empty = {0};
    assert_int_equal(grid_find(&empty, unknown), 0);
}

/* --- Identity ---------------------------------------------------------------------- */

/* Archives depend on it: this value changes with NUMERICS_VERSION and nothing else. */
static void identity_is_pinned(void **state)
{
    (void)state;
    char hex[HASH_HEX + 1];
    hash_format(identity(ONE), hex);
    assert_string_equal(hex, "8c943e52fb242f74fd99c8f5d67feaaf");
}

static void identity_does_not_depend_on_spelling(void **state)
{
    (void)state;
    struct hash128 one = identity(ONE);
    static const char *const same[] = {
        "grid: {width: 3, depth: 2, seed: 1}\n" HEAD,
        ONE "train: {learning_rate: 1e-3}\n",
        ONE "keep: {nodes: false}\n",
        ONE "train: {learning_rate: 0.001, loss: mse}\n",
        ONE "train: {label_corruption: -0.0}\n",
        ONE "probe: {at: [best], measures: [sample-sets, classifiers, patterns]}\n",
        "study: another-name\ndata: {name: ./glyphs, train: 3000, validation: 500,\n"
        "  test: 1000}\ngrid: {seed: 1, depth: 2, width: 3}\n",
        HEAD "grid: {seed: 1, depth: 2, width: 3, epochs: 200, prior: per-node}\n",
        ONE "train: {stop_loss: 0, stop_accuracy: 0}\n",
        /* The content hash says how many samples there are; `all` may be as many. */
        "study: s\ndata: {name: glyphs, train: all, validation: 500, test: all}\n"
        "grid: {seed: 1, depth: 2, width: 3}\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (!hash_equal(identity(same[i]), one))
            fail_msg("another identity: %s", same[i]);
}

static void identity_depends_on_everything_else(void **state)
{
    (void)state;
    static const char *const others[] = {
        ONE,
        HEAD "grid: {seed: 2, depth: 2, width: 3}\n",
        HEAD "grid: {seed: 1, depth: 3, width: 3}\n",
        HEAD "grid: {seed: 1, depth: 2, width: 4}\n",
        ONE "train: {activation: tanh}\n",
        ONE "train: {loss: cross-entropy}\n",
        ONE "train: {optimizer: sgd}\n",
        ONE "train: {learning_rate: 0.0010000000000000002}\n",
        ONE "train: {momentum: 0.8}\n",
        ONE "train: {adam_beta1: 0.8}\n",
        ONE "train: {adam_beta2: 0.8}\n",
        ONE "train: {adam_epsilon: 1e-7}\n",
        ONE "train: {batch_size: 64}\n",
        ONE "train: {epochs: 100}\n",
        ONE "train: {patience: 0}\n",
        ONE "train: {bias: all}\n",
        ONE "train: {init: he-uniform}\n",
        ONE "train: {label_corruption: 0.2}\n",
        ONE "train: {corruption_mode: other}\n",
        ONE "train: {stop_loss: 0.5}\n",
        ONE "train: {stop_accuracy: 0.5}\n",
        ONE "probe: {bandwidth: silverman}\n",
        ONE "probe: {bandwidth: fixed:1}\n",
        ONE "probe: {bandwidth: fixed:2}\n",
        ONE "probe: {prior: none}\n",
        ONE "probe: {at: final}\n",
        ONE "probe: {at: [best, final]}\n",
        ONE "probe: {at: [final, best]}\n",
        ONE "probe: {measures: [patterns]}\n",
        ONE "probe: {measures: []}\n",
        ONE "keep: {networks: best}\n",
        ONE "keep: {nodes: best}\n",
        ONE "keep: {nodes: best, histograms: true}\n",
        ONE "keep: {networks: best, nodes: best}\n",
        "study: s\ndata: {name: glyphs, train: 3000, validation: 499, test: 1000}\n"
        "grid: {seed: 1, depth: 2, width: 3}\n",
    };
    enum { N = sizeof others / sizeof others[0] };
    struct hash128 ids[N + 1];
    for (size_t i = 0; i < N; i++)
        ids[i] = identity(others[i]);
    ids[N] = identity_with(ONE, (struct hash128){data_hash.high, data_hash.low + 1});
    for (size_t i = 0; i <= N; i++)
        for (size_t k = 0; k < i; k++)
            if (hash_equal(ids[i], ids[k]))
                fail_msg("studies %zu and %zu have one identity", k, i);
}

/* A cell is the same in a study that grew. */
static void identity_does_not_depend_on_the_grid(void **state)
{
    (void)state;
    struct grid grid;
    expand(&grid, HEAD "grid: {loss: [cross-entropy, mse], width: 1..3, seed: [9, 1],\n"
                       "  depth: [4, 2], label_corruption: [0.2, 0]}\n");
    assert_int_equal(grid.n_cells, 48);
    assert_int_equal(grid_find(&grid, identity(ONE)), 47);
    grid_fini(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_axis_varies_slowest),
        cmocka_unit_test(blocks_are_united_without_duplicates),
        cmocka_unit_test(constants_serve_blocks_without_the_axis),
        cmocka_unit_test(compound_values_stay_together),
        cmocka_unit_test(excluded_combinations_are_left_out),
        cmocka_unit_test(impossible_studies_are_refused),
        cmocka_unit_test(comparisons_are_bounded),
        cmocka_unit_test(reachable_snapshots_are_accepted),
        cmocka_unit_test(a_large_grid_is_expanded),
        cmocka_unit_test(cells_are_found_by_identity),
        cmocka_unit_test(identity_is_pinned),
        cmocka_unit_test(identity_does_not_depend_on_spelling),
        cmocka_unit_test(identity_depends_on_everything_else),
        cmocka_unit_test(identity_does_not_depend_on_the_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
