/* Schedules of probe.at: what they stand for, and that a study with them is the study
 * that lists their snapshots. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/grid.h"
#include "sweep/study.h"
#include "unit.h"

#define HEAD "study: s\ndata: {name: glyphs, train: 3000, validation: 500, test: 1000}\n"
#define GRID "grid: {seed: 1, depth: 2, width: 3}\n"

enum { N_TRAIN = 2500 }; /* 20 minibatches of 128, the default */

static const struct hash128 data_hash = {1, 2};

static void parse_valid(struct study *study, const char *yaml)
{
    struct error err = {0};
    study_parse(study, yaml, strlen(yaml), "t.yaml", &err);
    assert_ok(err);
}

static void resolve(struct study *study, const char *yaml)
{
    struct error err = {0};
    parse_valid(study, yaml);
    study_resolve(study, N_TRAIN, &err);
    assert_ok(err);
}

/* The labels of probe.at; with `kept` those of keep: networks. */
static void format_labels(const struct study *study, bool kept, struct text *out)
{
    for (int i = 0; i < study->n_snapshots; i++)
        if (!kept || study->snapshots[i].keep)
            text_appendf(out, "%s%s", out->length ? " " : "", study->snapshots[i].label);
}

static void assert_labels(const char *yaml, bool kept, const char *expected)
{
    struct study study;
    struct text labels = {0};
    resolve(&study, yaml);
    format_labels(&study, kept, &labels);
    if (strcmp(text_string(&labels), expected) != 0)
        fail_msg("%sexpected %s\ngot      %s", yaml, expected, text_string(&labels));
    text_free(&labels);
    study_fini(&study);
}

static void schedules_stand_for_snapshots(void **state)
{
    (void)state;
    static const struct {
        const char *train, *at, *labels;
    } cases[] = {
        {"{}", "step:log2", "step:1 step:2 step:4 step:8 step:16"},
        {"{}", "init, step:every:21, epoch:every:201", "init"}, /* none of either */
        {"{}", "step:log2:40", "step:1 step:2 step:4 step:8 step:16 step:32"},
        {"{}", "step:log2:1", "step:1"},
        {"{batch_size: 79}", "step:log2", "step:1 step:2 step:4 step:8 step:16 step:32"},
        {"{batch_size: 81}", "step:log2", "step:1 step:2 step:4 step:8 step:16"},
        {"{}", "step:every:6", "step:6 step:12 step:18"},
        {"{}", "step:every:10:50", "step:10 step:20 step:30 step:40 step:50"},
        {"{}", "step:every:1:3", "step:1 step:2 step:3"},
        {"{epochs: 4}", "epoch:every", "epoch:1 epoch:2 epoch:3 epoch:4"},
        {"{epochs: 8}", "epoch:every:3", "epoch:3 epoch:6"},
        {"{epochs: 8}", "epoch:every:3:5", "epoch:3"},
        {"{epochs: 8}", "epoch:log2", "epoch:1 epoch:2 epoch:4 epoch:8"},
        {"{epochs: 7}", "epoch:log2", "epoch:1 epoch:2 epoch:4"},
        {"{epochs: 7}", "epoch:log2:2", "epoch:1 epoch:2"},
        /* in the order of the list, and each once */
        {"{epochs: 4}", "init, step:log2:4, epoch:every, best",
         "init step:1 step:2 step:4 epoch:1 epoch:2 epoch:3 epoch:4 best"},
        {"{epochs: 4}", "epoch:every:2, epoch:every, final",
         "epoch:2 epoch:4 epoch:1 epoch:3 final"},
        {"{epochs: 4}", "epoch:3, epoch:every", "epoch:3 epoch:1 epoch:2 epoch:4"},
        {"{epochs: 4}", "epoch:every, epoch:3", "epoch:1 epoch:2 epoch:3 epoch:4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[512];
        snprintf(yaml, sizeof yaml, HEAD GRID "train: %s\nprobe: {at: [%s]}\n",
                 cases[i].train, cases[i].at);
        assert_labels(yaml, false, cases[i].labels);
    }
}

/* Of all cells that there are: the smallest minibatch and the most epochs. */
static void the_longest_training_counts(void **state)
{
    (void)state;
    static const char at[] = "probe: {at: [step:every:10, epoch:every:2]}\n";
    static const struct {
        const char *study, *labels;
    } cases[] = {
        {"grid: {seed: 1, depth: 1, width: 1, epochs: [2, 4, 3], batch_size: [60, "
         "200]}\n",
         "step:10 step:20 step:30 step:40 epoch:2 epoch:4"},
        {"grid: {seed: 1, depth: 1, width: 1, epochs: 2}\n"
         "blocks: [{seed: 1, depth: 1, width: 1, batch_size: 60}]\n"
         "train: {epochs: 4}\n",
         "step:10 step:20 step:30 step:40 epoch:2 epoch:4"},
        {"grid: {seed: 1, depth: 1, width: 1, epochs: [2, 4], batch_size: [60, 200]}\n"
         "exclude: [{epochs: 4}, {batch_size: 60}]\n",
         "step:10 epoch:2"},
        /* A cell that does not train has no first epoch. */
        {"grid: {seed: 1, depth: 1, width: 1, epochs: 2, batch_size: 200}\n"
         "blocks: [{seed: 1, depth: 1, width: 1, epochs: 0, batch_size: 60}]\n",
         "step:10 epoch:2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[512];
        snprintf(yaml, sizeof yaml, HEAD "%s%s", cases[i].study, at);
        assert_labels(yaml, false, cases[i].labels);
    }
}

static void an_axis_that_is_set_counts(void **state)
{
    (void)state;
    struct study study;
    struct text labels = {0};
    struct error err = {0};
    parse_valid(&study, HEAD GRID "probe: {at: 'epoch:every'}\n");
    study_set_axis(&study, "epochs=2,3", &err);
    study_resolve(&study, N_TRAIN, &err);
    assert_ok(err);
    format_labels(&study, false, &labels);
    assert_string_equal(text_string(&labels), "epoch:1 epoch:2 epoch:3");
    text_free(&labels);
    study_fini(&study);
}

/* A schedule as a whole, or an entry beside it. */
static void schedules_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *at, *keep, *kept;
    } cases[] = {
        {"init, epoch:every", "epoch:every", "epoch:1 epoch:2 epoch:3 epoch:4"},
        {"init, epoch:every, epoch:3", "epoch:3, init", "init epoch:3"},
        {"init, epoch:3, epoch:every", "epoch:3", "epoch:3"},
        {"epoch:every, epoch:log2", "epoch:log2", "epoch:1 epoch:2 epoch:4"},
        {"epoch:every:1", "epoch:every", "epoch:1 epoch:2 epoch:3 epoch:4"},
        {"init, epoch:every", "init", "init"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[512];
        snprintf(yaml, sizeof yaml,
                 HEAD GRID
                 "train: {epochs: 4}\nprobe: {at: [%s]}\nkeep: {networks: [%s]}\n",
                 cases[i].at, cases[i].keep);
        assert_labels(yaml, true, cases[i].kept);
    }
    struct study study;
    resolve(&study, HEAD GRID "train: {epochs: 4}\nprobe: {at: [init, 'epoch:every']}\n"
                              "keep: {nodes: true, histograms: true}\n");
    for (int i = 0; i < study.n_snapshots; i++)
        assert_true(study.snapshots[i].keep_nodes);
    assert_int_equal(study.n_snapshots, 5);
    study_fini(&study);
}

static struct hash128 identity(const char *yaml)
{
    struct error err = {0};
    struct study study;
    struct grid grid;
    resolve(&study, yaml);
    grid_expand(&grid, &study, data_hash, &err);
    assert_ok(err);
    struct hash128 id = grid.cells[0].id;
    grid_fini(&grid);
    study_fini(&study);
    return id;
}

static void cells_are_those_of_the_listed_snapshots(void **state)
{
    (void)state;
    static const char schedules[] = HEAD GRID
        "train: {epochs: 5}\n"
        "probe: {at: [init, 'step:log2', 'epoch:every:2', final]}\n"
        "keep: {networks: ['epoch:every:2'], nodes: ['step:log2', final]}\n";
    static const char listed[] = HEAD GRID
        "train: {epochs: 5}\n"
        "probe: {at: [init, 'step:1', 'step:2', 'step:4', 'step:8', 'step:16',\n"
        "  'epoch:2', 'epoch:4', final]}\n"
        "keep: {networks: ['epoch:2', 'epoch:4'], nodes: ['step:1', 'step:2',\n"
        "  'step:4', 'step:8', 'step:16', final]}\n";
    assert_true(hash_equal(identity(schedules), identity(listed)));
    struct study a, b;
    struct text x = {0}, y = {0};
    resolve(&a, schedules);
    resolve(&b, listed);
    study_format(&a, &x);
    study_format(&b, &y);
    assert_string_equal(text_string(&x), text_string(&y));
    text_free(&x);
    text_free(&y);
    study_fini(&a);
    study_fini(&b);
}

/* Until it is resolved, a schedule is one entry, of one spelling. */
static void schedules_have_a_canonical_spelling(void **state)
{
    (void)state;
    static const char yaml[] = HEAD GRID
        "probe: {at: ['step:log2', 'step:log2:0100', 'step:every:01:5',\n"
        "  'epoch:every:1', 'epoch:every:3', 'epoch:every:2:8']}\n"
        "keep: {networks: ['step:log2:100']}\n";
    struct error err = {0};
    struct study study, again;
    struct text text = {0}, copy = {0};
    parse_valid(&study, yaml);
    assert_int_equal(study.n_snapshots, 6);
    study_format(&study, &text);
    assert_non_null(
        strstr(text_string(&text),
               "  at: [step:log2, step:log2:100, step:every:1:5, epoch:every, "
               "epoch:every:3, epoch:every:2:8]\n"));
    assert_non_null(strstr(text_string(&text), "  networks: [step:log2:100]\n"));
    study_copy(&again, &study, &err);
    assert_ok(err);
    study_format(&again, &copy);
    assert_string_equal(text_string(&text), text_string(&copy));
    text_free(&text);
    text_free(&copy);
    study_fini(&again);
    study_fini(&study);
}

static void what_cannot_be_resolved_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *expected;
    } cases[] = {
        {"probe: {at: ['step:every:21', 'epoch:every:201']}\n",
         "probe.at: no snapshot is left: step:every:21 makes none, as the longest epoch "
         "has 20 steps"},
        {"train: {epochs: 3}\nprobe: {at: ['epoch:every:4']}\n",
         "probe.at: no snapshot is left: epoch:every:4 makes none, as the longest "
         "training "
         "has 3 epochs"},
        {"exclude: [{seed: 1}]\nprobe: {at: ['step:log2']}\n",
         "the study has no cells: exclude leaves none"},
        {"train: {epochs: 0}\nprobe: {at: ['step:log2']}\n",
         "probe.at: no snapshot is left: step:log2 makes none, as the longest epoch has "
         "0 "
         "steps"},
        {"train: {epochs: 4096}\nprobe: {at: [init, 'epoch:every']}\n",
         "probe.at: 4097 snapshots, more than 4096"},
        {"probe: {at: ['step:every:1:10000000000000']}\n",
         "probe.at: 10000000000000 snapshots, more than 4096"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[512];
        struct study study;
        struct error err = {0};
        snprintf(yaml, sizeof yaml, HEAD GRID "%s", cases[i].rest);
        parse_valid(&study, yaml);
        assert_int_equal(study_resolve(&study, N_TRAIN, &err), STATUS_STUDY);
        assert_string_equal(err.text, cases[i].expected);
        study_fini(&study);
    }
    struct study most;
    resolve(&most, HEAD GRID "train: {epochs: 4096}\nprobe: {at: 'epoch:every'}\n");
    assert_int_equal(most.n_snapshots, STUDY_SNAPSHOTS_MAX);
    study_fini(&most);
}

/* What is read without its data, as by `status`, must list its snapshots. */
static void a_grid_needs_resolved_schedules(void **state)
{
    (void)state;
    struct error err = {0};
    struct study study;
    struct grid grid;
    parse_valid(&study, HEAD GRID "probe: {at: [init, 'step:log2']}\n");
    assert_int_equal(grid_expand(&grid, &study, data_hash, &err), STATUS_STUDY);
    assert_non_null(strstr(err.text, "probe.at: step:log2 is a schedule"));
    study_fini(&study);
}

/* A run keeps the resolved text, and reads it again. */
static void the_resolved_text_fits_a_study_file(void **state)
{
    (void)state;
    struct error err = {0};
    struct study study;
    struct text yaml = {0};
    text_append(&yaml, HEAD "grid: {depth: 1, width: 1, epochs: 4000, seed: [");
    for (int i = 0; i < 128000; i++)
        text_appendf(&yaml, "%d,", 100000 + i * 2 + (i / 3) % 2);
    text_append(&yaml, "]}\nprobe: {at: 'epoch:every'}\n");
    parse_valid(&study, text_string(&yaml));
    assert_int_equal(study_resolve(&study, N_TRAIN, &err), STATUS_STUDY);
    assert_non_null(strstr(err.text, "canonical text is larger than"));
    text_free(&yaml);
    study_fini(&study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_stand_for_snapshots),
        cmocka_unit_test(the_longest_training_counts),
        cmocka_unit_test(an_axis_that_is_set_counts),
        cmocka_unit_test(schedules_are_kept),
        cmocka_unit_test(cells_are_those_of_the_listed_snapshots),
        cmocka_unit_test(schedules_have_a_canonical_spelling),
        cmocka_unit_test(what_cannot_be_resolved_is_refused),
        cmocka_unit_test(a_grid_needs_resolved_schedules),
        cmocka_unit_test(the_resolved_text_fits_a_study_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
