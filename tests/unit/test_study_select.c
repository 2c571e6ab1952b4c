/* select: in studies: read, written, refused with a position, no part of a cell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/grid.h"
#include "sweep/study.h"
#include "unit.h"

#define HEAD                             \
    "study: s\n"                         \
    "data: {name: glyphs, train: 300,\n" \
    "  hash: 0123456789abcdef0123456789abcdef}\n"
#define GRID                                                                  \
    "grid: {seed: 1..2, depth: [1, 2], width: 3, learning_rate: [0.1, 1], \n" \
    "  bandwidth: [scott, fixed:1]}\n"
#define BASE HEAD GRID /* five lines */

static enum status parse(struct study *study, const char *yaml, struct error *err)
{
    *err = (struct error){0};
    return study_parse(study, yaml, strlen(yaml), "t.yaml", err);
}

static struct study parse_valid(const char *yaml)
{
    struct study study;
    struct error err;
    parse(&study, yaml, &err);
    assert_ok(err);
    return study;
}

/* What the canonical text says behind keep:, and again when that text is read. */
static void expect(const char *select, const char *canonical)
{
    char yaml[1024];
    snprintf(yaml, sizeof yaml, "%s%s", BASE, select);
    for (int turn = 0; turn < 2; turn++) {
        struct study study = parse_valid(yaml);
        struct text text = {0};
        study_format(&study, &text);
        const char *keep = strstr(text_string(&text), "  nodes: false\n");
        assert_non_null(keep);
        assert_string_equal(keep + strlen("  nodes: false\n"), canonical);
        assert_int_equal(study_selects(&study), *canonical != '\0');
        assert_true(text.length < sizeof yaml);
        snprintf(yaml, sizeof yaml, "%s", text_string(&text));
        text_free(&text);
        study_fini(&study);
    }
}

static void test_canonical_text(void **state)
{
    (void)state;
    static const char rate[] = "select:\n  over: [learning_rate]\n"
                               "  by: validation_error\n";
    expect("", "");
    expect("select:\n", "");
    expect("select: {over: learning_rate, by: validation_error}\n", rate);
    expect("select: {over: [learning_rate]}\n", rate);
    expect("select: {by: validation_error, over: [learning_rate, depth, width]}\n",
           "select:\n  over: [depth, width, learning_rate]\n"
           "  by: validation_error\n");
}

/* Validation error selects, so what it does not depend on cannot be selected. */
static void test_options_of_the_probe(void **state)
{
    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        assert_int_equal(field_is_of_probe(id),
                         option_get(id)->section == OPTION_IN_PROBE);
    }
}

/* An axis of one block is an axis of the study. */
static void test_axes_of_blocks(void **state)
{
    (void)state;
    struct study study = parse_valid(
        BASE "blocks: [{seed: 1, depth: 1, width: 9, momentum: [0.5, 0.9]}]\n"
             "select: {over: momentum}\n");
    struct error err = {0};
    assert_true(study.select[FIELD_MOMENTUM]);
    study_set_axis(&study, "momentum=0.1,0.2,0.3", &err);
    assert_ok(err);
    assert_true(study.select[FIELD_MOMENTUM]);
    study_fini(&study);
}

static void test_errors_have_positions(void **state)
{
    (void)state;
    static const struct {
        const char *select, *error;
    } cases[] = {
        {"select: learning_rate\n", "6:9: select: expected a mapping"},
        {"select: {by: validation_error}\n", "6:9: select: over is missing"},
        {"select: {ove: depth}\n", "6:10: unknown key 'ove' in select: (did you mean"},
        {"select: {over: []}\n", "6:16: over: names no option"},
        {"select: {over: [learning_rate, widht]}\n",
         "6:32: over: no option is called 'widht' (did you mean 'width'?)"},
        {"select: {over: seed}\n", "6:16: over: a seed is no better than another"},
        {"select: {over: momentum}\n", "6:16: over: momentum is no axis of the grid"},
        {"select: {over: bandwidth_fixed}\n", "6:16: over: no option is called"},
        {"select: {over: [depth, bandwidth]}\n",
         "6:24: over: the validation error does not depend on bandwidth"},
        {"select: {over: [depth, depth]}\n", "6:24: over: depth occurs twice"},
        {"select: {over: {depth: 1}}\n",
         "6:16: over: expected a single value, got a map"},
        {"select: {over: depth, by: test_error}\n",
         "6:27: by: expected validation_error, got 'test_error'"},
        {"select: {over: depth, by: [validation_error]}\n",
         "6:27: by: expected a single"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[1024], expected[256];
        struct study study;
        struct error err;
        snprintf(yaml, sizeof yaml, "%s%s", BASE, cases[i].select);
        snprintf(expected, sizeof expected, "t.yaml:%s", cases[i].error);
        assert_int_equal(parse(&study, yaml, &err), STATUS_STUDY);
        if (strncmp(err.text, expected, strlen(expected)) != 0)
            fail_msg("%s is not %s", err.text, expected);
    }
}

/* Cells know nothing of it: a change of select: computes nothing anew. */
static void test_cells_keep_their_identity(void **state)
{
    (void)state;
    struct study plain = parse_valid(BASE);
    struct study selecting = parse_valid(BASE "select: {over: learning_rate}\n");
    struct grid a, b;
    struct error err = {0};
    grid_expand(&a, &plain, plain.data.hash, &err);
    grid_expand(&b, &selecting, selecting.data.hash, &err);
    assert_ok(err);
    assert_int_equal(a.n_cells, b.n_cells);
    for (size_t i = 0; i < a.n_cells; i++)
        assert_true(hash_equal(a.cells[i].id, b.cells[i].id));
    grid_fini(&a);
    grid_fini(&b);
    study_fini(&plain);
    study_fini(&selecting);
}

/* Their archive could hold one selection only. */
static void test_other_selections_do_not_unite(void **state)
{
    (void)state;
    struct study plain = parse_valid(BASE);
    struct study rate = parse_valid(BASE "select: {over: learning_rate}\n");
    struct study depth = parse_valid(BASE "select: {over: depth}\n");
    struct error err = {0};
    assert_int_equal(study_unite(&plain, &rate, &err), STATUS_STUDY);
    assert_non_null(strstr(err.text, "'select:'"));
    err = (struct error){0};
    assert_int_equal(study_unite(&depth, &rate, &err), STATUS_STUDY);
    assert_non_null(strstr(err.text, "'over: [depth]' against 'over: [learning_rate]'"));
    study_fini(&plain);
    study_fini(&rate);
    study_fini(&depth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_text),
        cmocka_unit_test(test_options_of_the_probe),
        cmocka_unit_test(test_axes_of_blocks),
        cmocka_unit_test(test_errors_have_positions),
        cmocka_unit_test(test_cells_keep_their_identity),
        cmocka_unit_test(test_other_selections_do_not_unite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
