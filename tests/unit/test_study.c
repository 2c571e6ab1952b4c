/* Reading, changing and writing studies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sweep/study.h"

#define HEAD "study: s\ndata: glyphs\n"
#define GRID "grid: {seed: 1, depth: 2, width: 3}\n"
#define BASE HEAD GRID /* three lines */

/* The published example, with everything on that this version has. */
static const char davel[] =
    "study: davel-2020-fashion-depth        # [a-z0-9-], at most 64\n"
    "data:\n"
    "  name: fashion-mnist                  # a comment\n"
    "  train: 60000\n"
    "  validation: 5000\n"
    "  test: 10000\n"
    "grid:\n"
    "  seed: 1..3\n"
    "  depth: 1..10\n"
    "  width: 100\n"
    "  label_corruption: [0.0, 0.2]\n"
    "blocks: []\n"
    "exclude: []\n"
    "train:\n"
    "  activation: relu\n"
    "  loss: mse\n"
    "  optimizer: adam\n"
    "  learning_rate: 1e-3\n"
    "  batch_size: 128\n"
    "  epochs: 200\n"
    "  patience: 50\n"
    "  bias: first\n"
    "  init: glorot-uniform\n"
    "  label_corruption: 0.0\n" /* an axis, too: the axis counts */
    "  corruption_mode: any\n"
    "  input_corruption: none\n"
    "  batch_norm: false\n"
    "probe:\n"
    "  at: [init, step:10, step:100, epoch:1, epoch:10, best, final]\n"
    "  measures: [patterns, classifiers, sample-sets]\n"
    "  bandwidth: scott\n"
    "  prior: per-node\n"
    "keep:\n"
    "  networks: [best, final]\n"
    "  nodes: false\n";

static const char davel_canonical[] =
    "study: davel-2020-fashion-depth\n"
    "data:\n"
    "  name: fashion-mnist\n"
    "  train: 60000\n"
    "  validation: 5000\n"
    "  test: 10000\n"
    "grid:\n"
    "  seed: [1, 2, 3]\n"
    "  depth: [1..10]\n"
    "  width: [100]\n"
    "  label_corruption: [0, 0.2]\n"
    "blocks: []\n"
    "exclude: []\n"
    "train:\n"
    "  activation: relu\n"
    "  loss: mse\n"
    "  optimizer: adam\n"
    "  learning_rate: 0.001\n"
    "  momentum: 0.9\n"
    "  adam_beta1: 0.9\n"
    "  adam_beta2: 0.999\n"
    "  adam_epsilon: 1e-08\n"
    "  batch_size: 128\n"
    "  epochs: 200\n"
    "  patience: 50\n"
    "  bias: first\n"
    "  init: glorot-uniform\n"
    "  corruption_mode: any\n"
    "  batch_norm: false\n"
    "  batch_norm_momentum: 0.1\n"
    "  batch_norm_epsilon: 1e-05\n"
    "  input_noise: 0\n"
    "  input_corruption: none\n"
    "  input_corruption_fraction: 0\n"
    "  stop_loss: 0\n"
    "  stop_accuracy: 0\n"
    "probe:\n"
    "  at: [init, step:10, step:100, epoch:1, epoch:10, best, final]\n"
    "  measures: [patterns, classifiers, sample-sets]\n"
    "  bandwidth: scott\n"
    "  prior: per-node\n"
    "  density_grid: adaptive\n"
    "  quarantine_least: 5\n"
    "  quarantine_purity: 0.95\n"
    "  specific_share: 0.95\n"
    "keep:\n"
    "  networks: [best, final]\n"
    "  nodes: false\n";

/* A small study in the manner of the one that a first run uses. */
static const char quick[] = "study: quick\n"
                            "data: {name: glyphs, train: 3000, test: 1000}\n"
                            "grid: {seed: 1..2, depth: [1, 2, 4], width: [20, 40]}\n"
                            "train: {epochs: 5, patience: 0}\n"
                            "probe: {at: [init, final]}\n";

/* Everything at once: blocks, excludes, compound values, quotes, a folder, a hash. */
static const char rich[] =
    "---\n"
    "keep: {networks: final}\n"
    "probe: {at: [final, init, step:007], measures: [sample-sets, patterns],\n"
    "  prior: once}\n"
    "exclude:\n"
    "  - {depth: [3, 1..2], loss: cross-entropy}\n"
    "  - bandwidth: [scott, fixed:0.5]\n"
    "    width: 20..200:20\n"
    "blocks:\n"
    "  - seed: 1..20\n"
    "    depth: 1\n"
    "    width: [8, '16']\n"
    "    learning_rate: [1e-2, 3E-3, .001]\n"
    "  - {seed: [0, 2147483647], depth: 256, width: 65536}\n"
    "train: {learning_rate: 0.05, epochs: 0}\n"
    "grid:\n"
    "  bandwidth: [fixed:0.5, scott, fixed:1]\n"
    "  width: 20..200:20\n"
    "  loss: [cross-entropy, mse]\n"
    "  seed: [5..9, 1, 20..30:2, 4]\n"
    "  depth: 1..3\n"
    "data: {name: \"./d\\u00e4ta \\\"1\\\"\", validation: 10,\n"
    "  hash: 0123456789abcdef0123456789abcdef}\n"
    "study: 'rich-1'\n";

static enum status parse(struct study *study, const char *yaml, struct error *err)
{
    *err = (struct error){0};
    return study_parse(study, yaml, strlen(yaml), "t.yaml", err);
}

static void parse_valid(struct study *study, const char *yaml)
{
    struct error err;
    if (parse(study, yaml, &err))
        fail_msg("%s", err.text);
}

/* The canonical text of a valid study; the caller frees it. */
static char *canonical(const char *yaml)
{
    struct study study;
    struct text text = {0};
    parse_valid(&study, yaml);
    study_format(&study, &text);
    assert_false(text.failed);
    study_fini(&study);
    return text.data;
}

static void assert_same_study(const char *a, const char *b)
{
    char *x = canonical(a), *y = canonical(b);
    assert_string_equal(x, y);
    free(x);
    free(y);
}

static const struct axis *axis_of(const struct grid_block *block, enum field_id option)
{
    for (size_t i = 0; i < block->n_axes; i++)
        if (block->axes[i].option == option)
            return &block->axes[i];
    fail_msg("no axis %s", field_get(option)->name);
    return NULL;
}

/* --- Valid studies ----------------------------------------------------------------- */

static void example_is_read(void **state)
{
    (void)state;
    struct study study;
    parse_valid(&study, davel);
    assert_string_equal(study.name, "davel-2020-fashion-depth");
    assert_string_equal(study.data.name, "fashion-mnist");
    assert_int_equal(study.data.train, 60000);
    assert_int_equal(study.data.validation, 5000);
    assert_int_equal(study.data.test, 10000);
    assert_false(study.data.has_hash);
    assert_int_equal(study.n_blocks, 1);
    assert_int_equal(study.n_excludes, 0);
    assert_int_equal(study.blocks[0].n_axes, 4);
    const struct axis *depth = &study.blocks[0].axes[1];
    assert_int_equal(depth->option, FIELD_DEPTH);
    assert_int_equal(depth->n_values, 10);
    for (int i = 0; i < 10; i++)
        assert_true(depth->values[i].value[FIELD_DEPTH] == i + 1);
    const struct axis *corruption = &study.blocks[0].axes[3];
    assert_true(corruption->values[1].value[FIELD_LABEL_CORRUPTION] == 0.2);
    assert_true(study.base.value[FIELD_LEARNING_RATE] == 1e-3);
    assert_int_equal(study.n_snapshots, 7);
    assert_int_equal(study.snapshots[1].kind, SNAPSHOT_STEP);
    assert_int_equal(study.snapshots[1].at, 10);
    assert_string_equal(study.snapshots[4].label, "epoch:10");
    assert_false(study.snapshots[4].keep);
    assert_true(study.snapshots[5].keep && study.snapshots[6].keep);
    assert_int_equal(study.measures, 7);
    study_fini(&study);
}

static void defaults_are_those_of_the_table(void **state)
{
    (void)state;
    static const struct {
        enum field_id id;
        double value;
    } expected[] = {
        {FIELD_ACTIVATION, ACTIVATION_RELU},
        {FIELD_LOSS, LOSS_MSE},
        {FIELD_OPTIMIZER, OPTIMIZER_ADAM},
        {FIELD_LEARNING_RATE, 1e-3},
        {FIELD_MOMENTUM, 0.9},
        {FIELD_ADAM_BETA1, 0.9},
        {FIELD_ADAM_BETA2, 0.999},
        {FIELD_ADAM_EPSILON, 1e-8},
        {FIELD_BATCH_SIZE, 128},
        {FIELD_EPOCHS, 200},
        {FIELD_PATIENCE, 50},
        {FIELD_BIAS, BIAS_FIRST},
        {FIELD_INIT, INIT_GLOROT_UNIFORM},
        {FIELD_LABEL_CORRUPTION, 0},
        {FIELD_CORRUPTION_MODE, CORRUPTION_ANY},
        {FIELD_BANDWIDTH, BANDWIDTH_SCOTT},
        {FIELD_BANDWIDTH_FIXED, 0},
        {FIELD_PRIOR, PRIOR_PER_NODE},
        {FIELD_DENSITY_GRID, DENSITY_GRID_ADAPTIVE},
        {FIELD_BATCH_NORM, 0},
        {FIELD_BATCH_NORM_MOMENTUM, 0.1},
        {FIELD_BATCH_NORM_EPSILON, 1e-5},
        {FIELD_INPUT_NOISE, 0},
        {FIELD_INPUT_CORRUPTION, INPUT_CORRUPTION_NONE},
        {FIELD_INPUT_CORRUPTION_FRACTION, 0},
        {FIELD_STOP_LOSS, 0},
        {FIELD_STOP_ACCURACY, 0},
        {FIELD_QUARANTINE_LEAST, 5},
        {FIELD_QUARANTINE_PURITY, 0.95},
        {FIELD_SPECIFIC_SHARE, 0.95},
    };
    assert_int_equal(sizeof expected / sizeof expected[0], OPTION_COUNT - 3);
    struct study study;
    parse_valid(&study, BASE);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(study.base.value[expected[i].id] == expected[i].value);
    assert_int_equal(study.data.train, 0);
    assert_int_equal(study.data.test, 0);
    assert_int_equal(study.data.validation, 5000);
    assert_int_equal(study.n_snapshots, 1);
    assert_string_equal(study.snapshots[0].label, "best");
    assert_int_equal(study.measures, 7);
    study_fini(&study);
}

static void validation_is_a_sixth_at_most(void **state)
{
    (void)state;
    static const struct {
        const char *train;
        unsigned validation;
    } cases[] = {{"2", 1},        {"11", 1},       {"12", 2},       {"600", 100},
                 {"29999", 4999}, {"30000", 5000}, {"60000", 5000}, {"all", 5000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[256];
        struct study study;
        snprintf(yaml, sizeof yaml, "study: s\ndata: {name: mnist, train: %s}\n" GRID,
                 cases[i].train);
        parse_valid(&study, yaml);
        assert_int_equal(study.data.validation, cases[i].validation);
        study_fini(&study);
    }
}

static void compound_values_are_read(void **state)
{
    (void)state;
    struct study study;
    parse_valid(&study, rich);
    assert_string_equal(study.name, "rich-1");
    assert_string_equal(study.data.name, "./d\xc3\xa4ta \"1\"");
    assert_true(study.data.has_hash);
    assert_true(study.data.hash.high == UINT64_C(0x0123456789abcdef));
    const struct axis *bandwidth = axis_of(&study.blocks[0], FIELD_BANDWIDTH);
    assert_int_equal(bandwidth->n_values, 3);
    assert_true(bandwidth->values[0].value[FIELD_BANDWIDTH] == BANDWIDTH_FIXED);
    assert_true(bandwidth->values[0].value[FIELD_BANDWIDTH_FIXED] == 0.5);
    assert_true(bandwidth->values[1].value[FIELD_BANDWIDTH_FIXED] == 0);
    assert_true(bandwidth->values[2].value[FIELD_BANDWIDTH_FIXED] == 1);
    static const int seeds[] = {5, 6, 7, 8, 9, 1, 20, 22, 24, 26, 28, 30, 4};
    const struct axis *seed = axis_of(&study.blocks[0], FIELD_SEED);
    assert_int_equal(seed->n_values, sizeof seeds / sizeof seeds[0]);
    for (size_t i = 0; i < seed->n_values; i++)
        assert_true(seed->values[i].value[FIELD_SEED] == seeds[i]);
    assert_int_equal(study.n_blocks, 3);
    assert_int_equal(axis_of(&study.blocks[1], FIELD_LEARNING_RATE)->n_values, 3);
    assert_int_equal(study.n_excludes, 2);
    assert_int_equal(study.measures, MEASURE_PATTERNS | MEASURE_SAMPLE_SETS);
    assert_string_equal(study.snapshots[2].label, "step:7");
    assert_true(study.snapshots[0].keep);
    study_fini(&study);
}

static void kept_nodes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *keep, *canonical;
    } cases[] = {
        {"", "keep:\n  networks: []\n  nodes: false\n"},
        {"keep: {nodes: false, histograms: false}\n",
         "keep:\n  networks: []\n  nodes: false\n"},
        {"keep: {nodes: []}\n", "keep:\n  networks: []\n  nodes: false\n"},
        {"keep: {nodes: true}\n",
         "keep:\n  networks: []\n  nodes: [init, step:10, best]\n  histograms: false\n"},
        {"keep: {networks: init, nodes: [best, init], histograms: true}\n",
         "keep:\n  networks: [init]\n  nodes: [init, best]\n  histograms: true\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[512];
        snprintf(yaml, sizeof yaml, "%sprobe: {at: [init, step:10, best]}\n%s", BASE,
                 cases[i].keep);
        char *text = canonical(yaml), *again = canonical(text);
        assert_string_equal(strstr(text, "keep:"), cases[i].canonical);
        assert_string_equal(again, text);
        free(text);
        free(again);
    }
}

/* --- Canonical text ---------------------------------------------------------------- */

static void canonical_text_is_pinned(void **state)
{
    (void)state;
    char *text = canonical(davel);
    assert_string_equal(text, davel_canonical);
    free(text);
}

static void canonical_text_is_a_fixed_point(void **state)
{
    (void)state;
    static const char *const studies[] = {
        davel,
        quick,
        rich,
        BASE,
        BASE "probe: {measures: []}\n",
        BASE "probe: {bandwidth: fixed:1e-3}\n",
        HEAD "grid: {seed: [1..4, 6..500, 5, 501], depth: [9, 8, 7], width: 1}\n"};
    for (size_t i = 0; i < sizeof studies / sizeof studies[0]; i++) {
        char *text = canonical(studies[i]);
        assert_same_study(text, studies[i]);
        free(text);
    }
}

static void spelling_does_not_matter(void **state)
{
    (void)state;
    assert_same_study(BASE, "\xef\xbb\xbf" BASE);
    assert_same_study(BASE,
                      "study: s\r\ndata:\r\n  name: glyphs\r\ngrid:\r\n  seed: 1\r\n"
                      "  depth: 2\r\n  width: 3\r\n");
    assert_same_study(BASE, GRID "data: {name: 'glyphs'}\nstudy: \"s\"\nkeep:\ntrain: ~\n"
                                 "probe: null\nexclude:\nblocks: []\n...\n");
    assert_same_study(BASE "train: {learning_rate: 1e-3, loss: mse}\n",
                      BASE "train: {loss: mse, learning_rate: 0.001}\n");
    assert_same_study(BASE "train: {label_corruption: -0.0}\n", BASE);
    assert_same_study(HEAD "grid: {seed: 1..10:3, depth: 1..3, width: 3}\n",
                      HEAD "grid: {seed: [1,4, 7 ,10], depth: [1..2, 3], width: [3]}\n");
    assert_same_study(BASE "exclude: [{depth: [1, 2], seed: 3}]\n",
                      BASE "exclude:\n- depth: [2, 1]\n  seed: 3\n");
    assert_same_study(BASE "probe: {at: best, measures: patterns}\n",
                      BASE "probe: {at: [best], measures: [patterns]}\n");
}

static void long_axes_are_written_as_ranges(void **state)
{
    (void)state;
    char *text = canonical(
        HEAD "grid: {seed: [0..999998:2, 1000001, 1000003], depth: 1..8, width: 1..9}\n");
    assert_non_null(strstr(text, "  seed: [0..999998:2, 1000001, 1000003]\n"));
    assert_non_null(strstr(text, "  depth: [1, 2, 3, 4, 5, 6, 7, 8]\n"));
    assert_non_null(strstr(text, "  width: [1..9]\n"));
    free(text);
}

/* --- study_set_axis ---------------------------------------------------------------- */

/* The canonical text of `yaml` after some assignments; the caller frees it. */
static char *with_axes(const char *yaml, const char *const *assignments, size_t n)
{
    struct study study;
    struct text text = {0};
    struct error err = {0};
    parse_valid(&study, yaml);
    for (size_t i = 0; i < n; i++)
        if (study_set_axis(&study, assignments[i], &err))
            fail_msg("%s", err.text);
    study_format(&study, &text);
    study_fini(&study);
    return text.data;
}

static void set_replaces_or_adds_an_axis(void **state)
{
    (void)state;
    static const char *const assignments[] = {"depth=1..4", "loss=mse,cross-entropy",
                                              "label_corruption=[0,0.2]",
                                              " bandwidth = [ fixed:2 , scott ] "};
    char *text = with_axes(BASE "train: {label_corruption: 0.5}\n", assignments, 4);
    assert_same_study(
        text, HEAD "grid: {seed: 1, depth: 1..4, width: 3, loss: [mse, cross-entropy],\n"
                   "  label_corruption: [0, 0.2], bandwidth: [fixed:2, scott]}\n");
    assert_null(strstr(text, "0.5"));
    free(text);
}

static void set_changes_the_blocks_that_have_the_axis(void **state)
{
    (void)state;
    static const char *const assignments[] = {"learning_rate=0.5", "epochs=7", "seed=9"};
    char *text = with_axes(BASE "blocks: [{seed: 2, depth: 1, width: 1,\n"
                                "  learning_rate: 0.1}]\ntrain: {learning_rate: 0.2}\n",
                           assignments, 3);
    assert_same_study(text, HEAD "grid: {seed: 9, depth: 2, width: 3, epochs: 7}\n"
                                 "blocks: [{seed: 9, depth: 1, width: 1,\n"
                                 "  learning_rate: 0.5, epochs: 7}]\n"
                                 "train: {learning_rate: 0.2}\n");
    free(text);
}

static void set_says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *assignment, *expected;
    } cases[] = {
        {"depth=x", "--set depth=x: expected a whole number from 1 to 256, got 'x'"},
        {"depth", "--set depth: expected axis=values"},
        {"=1", "--set =1: no option is called ''"},
        {"dept=1", "--set dept=1: no option is called 'dept' (did you mean 'depth'?)"},
        {"bandwidth_fixed=1", "--set bandwidth_fixed=1: no option is called"},
        {"depth=", "--set depth=: the axis has no values"},
        {"depth= ", "--set depth= : the axis has no values"},
        {"depth=[]", "--set depth=[]: expected a whole number from 1 to 256, got ''"},
        {"depth=1,,2", "--set depth=1,,2: expected a whole number"},
        {"depth=1,1", "--set depth=1,1: the value 1 occurs twice"},
        {"depth=4..1", "--set depth=4..1: '4..1': the range is empty"},
        {"seed=0..2147483647", "--set seed=0..2147483647: '0..2147483647': too many"},
        {"loss=mes", "--set loss=mes: expected one of mse, cross-entropy, got 'mes' "
                     "(did you mean 'mse'?)"},
        {"study=x", "--set study=x: no option is called 'study'"},
    };
    struct study study;
    parse_valid(&study, BASE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        assert_int_equal(study_set_axis(&study, cases[i].assignment, &err), STATUS_STUDY);
        if (strncmp(err.text, cases[i].expected, strlen(cases[i].expected)) != 0)
            fail_msg("expected %s\ngot %s", cases[i].expected, err.text);
    }
    struct text text = {0};
    study_format(&study, &text);
    char *before = canonical(BASE);
    assert_string_equal(text.data, before); /* a refused change leaves no trace */
    free(before);
    text_free(&text);
    study_fini(&study);
}

/* A value for many blocks is a copy in each: the sum is bounded, not only the axis. */
static void set_bounds_the_sum_over_blocks(void **state)
{
    (void)state;
    struct text yaml = {0};
    text_append(&yaml, BASE "blocks:\n");
    for (int i = 0; i < 3; i++)
        text_appendf(&yaml, "  - {seed: 1, depth: %d, width: 1}\n", i + 1);
    struct study study;
    struct error err = {0};
    parse_valid(&study, text_string(&yaml));
    assert_int_equal(study_set_axis(&study, "seed=1..600000", &err), STATUS_STUDY);
    assert_non_null(strstr(err.text, "in all blocks together"));
    study_fini(&study);
    text_free(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_is_read),
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(validation_is_a_sixth_at_most),
        cmocka_unit_test(compound_values_are_read),
        cmocka_unit_test(kept_nodes_are_read),
        cmocka_unit_test(canonical_text_is_pinned),
        cmocka_unit_test(canonical_text_is_a_fixed_point),
        cmocka_unit_test(spelling_does_not_matter),
        cmocka_unit_test(long_axes_are_written_as_ranges),
        cmocka_unit_test(set_replaces_or_adds_an_axis),
        cmocka_unit_test(set_changes_the_blocks_that_have_the_axis),
        cmocka_unit_test(set_says_what_is_wrong),
        cmocka_unit_test(set_bounds_the_sum_over_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
