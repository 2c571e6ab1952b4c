/* Groups over seeds, and the tables made of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/aggregate.h"
#include "analysis/tables/table.h"
#include "unit.h"

enum { CELLS = 9 };

/* Depth 1 with seeds 1..4, depth 2 with seeds 1..4, depth 3 with one seed. */
static struct record records[CELLS];
static double options[CELLS][OPTION_COUNT];

static double accuracy(int cell)
{
    static const double values[CELLS] = {0.9, 0.92, 0.94, 0.88, 0.5, 0.6, 0.7, 0.8, 0.33};
    return values[cell];
}

static int make_records(void **state)
{
    (void)state;
    struct error err = {0};
    for (int i = 0; i < CELLS; i++) {
        int depth = i / 4 + 1;
        record_init(&records[i], (struct record_shape){2, depth + 1, 3}, &err);
        options[i][FIELD_SEED] = i % 4 + 1;
        options[i][FIELD_DEPTH] = depth;
        *record_int(&records[i], FIELD_STATUS) = CELL_COMPLETE;
        for (int s = 0; s < 2; s++) {
            double *values = record_real(&records[i], FIELD_NETWORK_ACCURACY);
            values[record_index(FIELD_NETWORK_ACCURACY, records[i].shape, s, SPLIT_TEST,
                                0, 0)] = accuracy(i) / (s + 1);
            for (int l = 0; l < depth + 1; l++)
                record_real(&records[i], FIELD_MEAN_PERPLEXITY)[record_index(
                    FIELD_MEAN_PERPLEXITY, records[i].shape, s, SPLIT_TEST, l, 0)] =
                    10 * depth + l;
        }
    }
    *record_int(&records[7], FIELD_STATUS) = CELL_DIVERGED;
    return err.status;
}

static int free_records(void **state)
{
    (void)state;
    for (int i = 0; i < CELLS; i++)
        record_fini(&records[i]);
    return 0;
}

static void aggregate_kept(struct group_table *table, const bool *apart, const bool *kept)
{
    struct error err = {0};
    struct aggregate *a;
    struct aggregate_setup setup = {
        .shape = {2, 4, 3}, .options = options[0], .n_cells = CELLS};
    memcpy(setup.apart, apart, sizeof setup.apart);
    aggregate_create(&a, &setup, &err);
    for (int i = 0; i < CELLS; i++)
        aggregate_add(a, (size_t)i, &records[i], NULL);
    aggregate_finish(a, kept, table, &err);
    assert_ok(err);
    aggregate_destroy(a);
}

static void aggregate(struct group_table *table, const bool *apart)
{
    aggregate_kept(table, apart, NULL);
}

static void test_seeds_are_grouped(void **state)
{
    (void)state;
    struct group_table table;
    bool apart[OPTION_COUNT];
    aggregate_by_all(apart);
    aggregate(&table, apart);
    assert_int_equal(table.n_groups, 3);
    const struct group_stats *stats = &table.fields[FIELD_NETWORK_ACCURACY];
    size_t extent = record_extent(FIELD_NETWORK_ACCURACY, table.shape);
    size_t at = record_index(FIELD_NETWORK_ACCURACY, table.shape, 0, SPLIT_TEST, 0, 0);
    /* numpy: mean 0.91, sd (ddof 1) 0.025819888974716116; scipy t(0.975, 3) 3.1824463 */
    assert_int_equal(stats->n[at], 4);
    assert_true(fabs(stats->mean[at] - 0.91) < 1e-12);
    assert_true(fabs(stats->sd[at] - 0.025819888974716116) < 1e-12);
    double half = 3.182446305284263 * 0.025819888974716116 / 2;
    assert_true(fabs(stats->high[at] - (0.91 + half)) < 1e-9);
    assert_true(fabs(stats->low[at] - (0.91 - half)) < 1e-9);
    /* The diverged seed of depth 2 counts nowhere. */
    assert_int_equal(stats->n[extent + at], 3);
    assert_true(fabs(stats->mean[extent + at] - 0.6) < 1e-12);
    assert_int_equal(table.n_cells[1], 3);
    /* One seed: a mean, no spread. */
    assert_int_equal(stats->n[2 * extent + at], 1);
    assert_true(stats->mean[2 * extent + at] == 0.33);
    assert_true(stats->sd[2 * extent + at] == RECORD_FILL_REAL);
    assert_true(stats->low[2 * extent + at] == RECORD_FILL_REAL);
    group_table_fini(&table);
}

/* A layer that a network does not have is no value, not 0. */
static void test_ragged_layers(void **state)
{
    (void)state;
    struct group_table table;
    bool apart[OPTION_COUNT];
    aggregate_by_all(apart);
    aggregate(&table, apart);
    const struct group_stats *stats = &table.fields[FIELD_MEAN_PERPLEXITY];
    size_t extent = record_extent(FIELD_MEAN_PERPLEXITY, table.shape);
    for (int g = 0; g < 3; g++)
        for (int l = 0; l < 4; l++) {
            size_t at = (size_t)g * extent + record_index(FIELD_MEAN_PERPLEXITY,
                                                          table.shape, 1, SPLIT_TEST, l,
                                                          0);
            bool exists = l < g + 2;
            assert_int_equal(stats->n[at], exists ? (g == 0 ? 4 : g == 1 ? 3 : 1) : 0);
            assert_true(stats->mean[at] ==
                        (exists ? 10 * (g + 1) + l : RECORD_FILL_REAL));
        }
    group_table_fini(&table);
}

/* Groups of which no cell is kept are left out, and the others are as they were. */
static void test_kept_groups(void **state)
{
    (void)state;
    struct group_table all, some;
    bool apart[OPTION_COUNT];
    const bool kept[CELLS] = {[4] = true, [5] = true, [6] = true, [7] = true, [8] = true};
    aggregate_by_all(apart);
    aggregate(&all, apart);
    aggregate_kept(&some, apart, kept);
    assert_int_equal(some.n_groups, 2);
    assert_int_equal(some.n_cells[0], 3);
    for (int g = 0; g < 2; g++) {
        assert_true(some.options[g * OPTION_COUNT + FIELD_DEPTH] == g + 2);
        for (int i = 0; i < FIELD_COUNT; i++) {
            size_t n = record_extent((enum field_id)i, all.shape);
            const struct group_stats *a = &all.fields[i], *b = &some.fields[i];
            size_t from = (size_t)(g + 1) * n, to = (size_t)g * n;
            if (!field_is_grouped((enum field_id)i))
                continue;
            assert_memory_equal(b->mean + to, a->mean + from, n * sizeof *a->mean);
            assert_memory_equal(b->sd + to, a->sd + from, n * sizeof *a->sd);
            assert_memory_equal(b->low + to, a->low + from, n * sizeof *a->low);
            assert_memory_equal(b->high + to, a->high + from, n * sizeof *a->high);
            assert_memory_equal(b->n + to, a->n + from, n * sizeof *a->n);
        }
    }
    group_table_fini(&all);
    group_table_fini(&some);
}

static void test_chosen_options(void **state)
{
    (void)state;
    struct group_table table;
    bool apart[OPTION_COUNT] = {false};
    apart[FIELD_SEED] = true;
    aggregate(&table, apart);
    assert_int_equal(table.n_groups, 4);
    assert_int_equal(table.n_cells[0], 3);
    group_table_fini(&table);
}

static void test_tables(void **state)
{
    (void)state;
    static const char *const headings[] = {"name", "x"};
    struct error err = {0};
    struct table table;
    struct text out = {0};
    table_init(&table, 2, headings, &err);
    struct table_cell *row = table_add_row(&table, &err);
    table_set_text(&row[0], "a,\"b\"");
    table_set_number(&row[1], 2, 1.0 / 3);
    row = table_add_row(&table, &err);
    table_set_text(&row[0], "é");
    assert_ok(err);
    table_render(&table, TABLE_TEXT, &out);
    assert_string_equal(text_string(&out), "name      x\na,\"b\"  0.33\né\n");
    text_free(&out);
    table_render(&table, TABLE_CSV, &out);
    assert_string_equal(text_string(&out),
                        "name,x\n\"a,\"\"b\"\"\",0.3333333333333333\né,\n");
    text_free(&out);
    table_render(&table, TABLE_JSON, &out);
    assert_string_equal(text_string(&out),
                        "[\n {\"name\": \"a,\\\"b\\\"\", \"x\": 0.3333333333333333},\n"
                        " {\"name\": \"é\", \"x\": null}\n]\n");
    text_free(&out);
    table_render(&table, TABLE_MARKDOWN, &out);
    assert_string_equal(text_string(&out), "| name  |    x |\n| ----- | ---: |\n"
                                           "| a,\"b\" | 0.33 |\n| é     |      |\n");
    text_free(&out);
    table_fini(&table);
}

/* People read no minus before what is zero to the decimals shown; programs get the
 * number. */
static void test_rounded_to_zero(void **state)
{
    (void)state;
    static const struct {
        double number;
        int decimals;
        const char *text;
    } cases[] = {{-0.004, 2, "0.00"},   {-0.005001, 2, "-0.01"}, {-0.4, 0, "0"},
                 {-1e-9, -1, "-1e-09"}, {-0.0, -1, "0"},         {-10, 0, "-10"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table_cell cell;
        table_set_number(&cell, cases[i].decimals, cases[i].number);
        assert_string_equal(cell.text, cases[i].text);
        assert_true(cell.number == cases[i].number);
    }
}

/* What a cell says is no column, link or element of the page that shows it. */
static void test_hostile_cells(void **state)
{
    (void)state;
    static const char *const headings[] = {"x"};
    static const char hostile[] = "=a()|<b>[c](d)`\\";
    struct error err = {0};
    struct table table;
    struct text out = {0};
    table_init(&table, 1, headings, &err);
    table_set_text(table_add_row(&table, &err), hostile);
    assert_ok(err);
    table_render(&table, TABLE_MARKDOWN, &out);
    assert_non_null(strstr(text_string(&out), "| =a()\\|\\<b\\>\\[c\\](d)\\`\\\\ |\n"));
    text_free(&out);
    table_render(&table, TABLE_CSV, &out);
    assert_string_equal(text_string(&out), "x\n'=a()|<b>[c](d)`\\\n");
    text_free(&out);
    table_render(&table, TABLE_JSON, &out);
    assert_string_equal(text_string(&out), "[\n {\"x\": \"=a()|<b>[c](d)`\\\\\"}\n]\n");
    text_free(&out);
    table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds_are_grouped),
        cmocka_unit_test(test_ragged_layers),
        cmocka_unit_test(test_kept_groups),
        cmocka_unit_test(test_chosen_options),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_rounded_to_zero),
        cmocka_unit_test(test_hostile_cells),
    };
    return cmocka_run_group_tests(tests, make_records, free_records);
}
