/* study_unite: the cells of two studies, in one that is written as any other. */
#include <stdio.h>
#include <string.h>

#include "sweep/grid.h"
#include "unit.h"

static struct study parse(const char *lines)
{
    struct error err = {0};
    struct study study;
    char text[1024];
    snprintf(text, sizeof text,
             "study: s\ndata: {name: glyphs, train: 300, validation: 50, test: 100, "
             "hash: 0123456789abcdef0123456789abcdef}\n%s",
             lines);
    study_parse(&study, text, strlen(text), "test", &err);
    assert_ok(err);
    return study;
}

static struct grid expand(const struct study *study)
{
    struct error err = {0};
    struct grid grid;
    grid_expand(&grid, study, study->data.hash, &err);
    assert_ok(err);
    return grid;
}

/* Every cell of `part` is in `whole`. */
static void assert_holds(const struct study *whole, const struct study *part)
{
    struct grid a = expand(whole), b = expand(part);
    for (size_t i = 0; i < b.n_cells; i++)
        assert_true(grid_find(&a, b.cells[i].id) < a.n_cells);
    grid_fini(&a);
    grid_fini(&b);
}

static size_t count_cells(const struct study *study)
{
    struct grid grid = expand(study);
    size_t n = grid.n_cells;
    grid_fini(&grid);
    return n;
}

static void assert_text(const struct study *study, const struct study *expected)
{
    struct text a = {0}, b = {0};
    study_format(study, &a);
    study_format(expected, &b);
    assert_string_equal(text_string(&a), text_string(&b));
    text_free(&a);
    text_free(&b);
}

/* Unites both ways; the result has `n` cells, and survives being written and read. */
static void unites(const char *one, const char *other, size_t n)
{
    for (int turn = 0; turn < 2; turn++) {
        struct error err = {0};
        struct study a = parse(turn ? other : one), b = parse(turn ? one : other), whole,
                     again;
        study_copy(&whole, &a, &err);
        assert_ok(err);
        study_unite(&whole, &b, &err);
        assert_ok(err);
        assert_int_equal(count_cells(&whole), n);
        assert_holds(&whole, &a);
        assert_holds(&whole, &b);
        study_copy(&again, &whole, &err);
        assert_ok(err);
        assert_text(&again, &whole);
        study_unite(&whole, &b, &err);
        assert_ok(err);
        assert_text(&whole, &again);
        study_fini(&a);
        study_fini(&b);
        study_fini(&whole);
        study_fini(&again);
    }
}

static void test_unites(void **state)
{
    (void)state;
    unites("grid: {seed: 1..2, depth: 1, width: 8}",
           "grid: {seed: 1..2, depth: 1, width: 8}", 2);
    unites("grid: {seed: 1..2, depth: 1, width: 8}",
           "grid: {seed: 2..4, depth: 1, width: 8}", 4);
    unites("grid: {seed: 1..4, depth: 1, width: 8}",
           "grid: {seed: 2..3, depth: 1, width: 8}", 4);
    /* An axis that one of them has, beside the constant of the other. */
    unites("grid: {seed: 1, depth: 1, width: 8}",
           "grid: {seed: 1, depth: 1, width: 8, loss: [mse, cross-entropy]}", 2);
    unites("grid: {seed: 1, depth: 1, width: 8, learning_rate: [0.1, 0.2]}",
           "grid: {seed: 2, depth: 1, width: 8}\nblocks: [{seed: 3, depth: 2, width: 4}]",
           4);
    unites("grid: {seed: 1..2, depth: 1, width: 8}\nexclude: [{seed: 2}]",
           "grid: {seed: 2..3, depth: 1, width: 8}\nexclude: [{seed: 2}]", 2);
}

static void refuses(const char *one, const char *other, const char *what)
{
    struct error err = {0};
    struct study a = parse(one), b = parse(other);
    assert_int_equal(study_unite(&a, &b, &err), STATUS_STUDY);
    assert_non_null(strstr(err.text, what));
    study_fini(&a);
    study_fini(&b);
}

static void test_refuses(void **state)
{
    (void)state;
    const char *plain = "grid: {seed: 1, depth: 1, width: 8}\n";
    refuses(plain, "grid: {seed: 2, depth: 1, width: 8}\ntrain: {epochs: 3}",
            "'epochs: 3'");
    refuses(plain, "grid: {seed: 2, depth: 1, width: 8}\nkeep: {nodes: true}",
            "'nodes: false' against 'nodes: [best]'");
    refuses(plain, "grid: {seed: 2, depth: 1, width: 8}\nkeep: {networks: [best]}",
            "'networks: [best]'");
    refuses(plain, "grid: {seed: 2..3, depth: 1, width: 8}\nexclude: [{seed: 2}]",
            "'exclude:'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unites),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
