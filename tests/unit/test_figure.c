/* Figures of an archive made by hand: which points, which bands, in which panels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure_draw.h"
#include "archive/archive.h"
#include "unit.h"

enum { SEEDS = 3, DEPTHS = 2, WIDTHS = 2, CELLS = SEEDS * DEPTHS * WIDTHS };
enum { SNAPSHOTS = 3, CLASSES = 4 };
static const char *const labels[] = {"init", "epoch:1", "best"};

/* What cell (seed, depth, width) has: sums in eighths, exact in binary. */
static double perplexity_of(int seed, int layer, int width)
{
    return 1 + width + (double)layer / 8 + (seed == 3 ? 0.5 : 0);
}

static double accuracy_of(int seed, int depth, int split, int snapshot)
{
    return 0.25 * snapshot + depth / 16.0 + seed / 64.0 - (split == SPLIT_TEST) / 8.0;
}

static void set(const struct record *r, enum field_id id, int i, int j, int k, double v)
{
    record_real(r, id)[record_index(id, r->shape, i, j, k, 0)] = v;
}

static void make_record(struct record *r, int cell, int n_classes)
{
    struct error err = {0};
    int seed = cell % SEEDS + 1, depth = cell / SEEDS % DEPTHS + 1;
    int width = cell / SEEDS / DEPTHS + 1;
    struct record_shape own = {SNAPSHOTS, depth + 1, n_classes};
    char id[ID_LENGTH + 1];
    record_init(r, own, &err);
    assert_ok(err);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (field_get((enum field_id)i)->type == FIELD_TYPE_REAL)
            *record_real(r, (enum field_id)i) = 0.5;
        else
            *record_int(r, (enum field_id)i) = 1;
    *record_int(r, FIELD_SEED) = seed;
    *record_int(r, FIELD_DEPTH) = depth;
    *record_int(r, FIELD_WIDTH) = width;
    *record_int(r, FIELD_STATUS) = CELL_COMPLETE;
    *record_int(r, FIELD_N_LAYERS) = own.n_layers;
    for (int s = 0; s < SNAPSHOTS; s++) {
        record_real(r, FIELD_SNAPSHOT_EPOCH)[s] = s;
        for (int split = 0; split < N_SPLITS; split++) {
            set(r, FIELD_NETWORK_ACCURACY, s, split, 0,
                accuracy_of(seed, depth, split, s));
            for (int l = 0; l < own.n_layers; l++)
                set(r, FIELD_MEAN_PERPLEXITY, s, split, l, perplexity_of(seed, l, width));
        }
    }
    snprintf(id, sizeof id, "%032d", cell);
    record_set_text(r, FIELD_CELL_ID, id);
    record_set_text(r, FIELD_MESSAGE, "");
}

/* Cell `failed` has diverged; -1 for none. */
static struct archive *make_archive(const char *title, int n_cells, int failed,
                                    int n_classes)
{
    struct error err = {0};
    struct archive_writer *writer;
    struct archive *archive;
    struct archive_header header = {.shape = {SNAPSHOTS, DEPTHS + 1, n_classes},
                                    .snapshot_labels = labels,
                                    .title = title,
                                    .study = "",
                                    .source = "",
                                    .history = "",
                                    .n_cells_planned = n_cells};
    archive_create(&writer, "figure.nc", &header, &err);
    for (int cell = 0; err.status == STATUS_OK && cell < n_cells; cell++) {
        struct record record;
        make_record(&record, cell, n_classes);
        if (cell == failed)
            *record_int(&record, FIELD_STATUS) = CELL_DIVERGED;
        archive_append(writer, &record, &err);
        record_fini(&record);
    }
    assert_ok(err);
    archive_publish(writer, NULL, &err);
    assert_ok(err);
    archive_open(&archive, "figure.nc", &err);
    assert_ok(err);
    return archive;
}

static const struct figure *make(struct figure_set **set_out, struct archive *archive,
                                 struct figure_request request)
{
    struct error err = {0};
    figure_set_create(set_out, archive, "DIR", &request, 1, &err);
    assert_ok(err);
    return figure_set_get(*set_out, 0);
}

static const struct table_cell *cell_at(const struct figure *figure, size_t row,
                                        const char *heading)
{
    const struct table *t = &figure->table;
    for (int c = 0; c < t->n_columns; c++)
        if (strcmp(t->headings[c], heading) == 0)
            return &t->cells[row * (size_t)t->n_columns + (size_t)c];
    fail_msg("no column %s", heading);
    return NULL;
}

/* A curve a depth, a panel a width; layers beyond the depth do not exist. */
static void test_points_of_a_ragged_grid(void **state)
{
    (void)state;
    struct archive *archive = make_archive("ragged", CELLS, -1, CLASSES);
    struct figure_set *set_of;
    const struct figure *f = make(&set_of, archive,
                                  (struct figure_request){.figure = "perplexity"});
    assert_true(f->drawn);
    assert_int_equal(f->table.n_rows, WIDTHS * (1 + 2));
    size_t row = 0;
    for (int width = 1; width <= WIDTHS; width++)
        for (int depth = 1; depth <= DEPTHS; depth++)
            for (int l = 0; l < depth; l++, row++) {
                char panel[16], curve[16];
                double low = perplexity_of(1, l, width);
                snprintf(panel, sizeof panel, "width %d", width);
                snprintf(curve, sizeof curve, "%d", depth);
                assert_string_equal(cell_at(f, row, "panel")->text, panel);
                assert_string_equal(cell_at(f, row, "depth")->text, curve);
                assert_true(cell_at(f, row, "layer")->number == l + 1);
                assert_true(cell_at(f, row, "n")->number == SEEDS);
                double mean = cell_at(f, row, "mean perplexity")->number;
                assert_float_equal(mean, low + 0.5 / 3, 1e-15);
                /* scipy: t(0.975, 2) = 4.302652729696142; sd of 0, 0, 1/2 is
                 * 0.2886751345948129 */
                double half = 4.302652729696142 * 0.2886751345948129 / sqrt(3);
                assert_float_equal(cell_at(f, row, "low")->number, mean - half, 1e-12);
                assert_float_equal(cell_at(f, row, "high")->number, mean + half, 1e-12);
            }
    assert_string_equal(text_string(&f->command), "strata plot DIR perplexity");
    figure_set_destroy(set_of);
    archive_close(archive);
}

/* Two seeds have a mean and no band, and the caption says so. */
static void test_two_seeds_have_no_band(void **state)
{
    (void)state;
    struct archive *archive = make_archive("two", 3, 2, CLASSES);
    struct figure_set *set_of;
    const struct figure *f = make(&set_of, archive,
                                  (struct figure_request){.figure = "perplexity"});
    assert_int_equal(f->table.n_rows, 1);
    assert_true(cell_at(f, 0, "n")->number == 2);
    assert_true(cell_at(f, 0, "low")->is_missing);
    assert_non_null(strstr(text_string(&f->caption), "No bands"));
    assert_null(strstr(text_string(&f->caption), "Bands are"));
    assert_non_null(strstr(text_string(&f->caption), "Left out: 1 cell that is not "
                                                     "complete (1 diverged)."));
    figure_set_destroy(set_of);
    archive_close(archive);
}

/* Cells of which the best snapshot comes at different times are not drawn against it. */
static void test_dynamics_take_set_times(void **state)
{
    (void)state;
    struct archive *archive = make_archive("time", CELLS, -1, CLASSES);
    struct figure_set *set_of;
    const struct figure *f = make(
        &set_of, archive,
        (struct figure_request){.figure = "dynamics", .panels = "width"});
    assert_true(f->drawn);
    for (size_t row = 0; row < f->table.n_rows; row++)
        assert_true(cell_at(f, row, "epoch")->number <= 1);
    /* accuracy of train samples, init: mean over seeds 1 to 3 of depth 1 */
    assert_string_equal(cell_at(f, 0, "panel")->text, "width 1, train, accuracy");
    assert_float_equal(cell_at(f, 0, "mean")->number, 1 / 16.0 + 2 / 64.0, 1e-15);
    figure_set_destroy(set_of);
    archive_close(archive);
}

static int32_t count_rows(const struct figure *f, const char *heading, const char *text)
{
    int32_t n = 0;
    for (size_t row = 0; row < f->table.n_rows; row++)
        n += strcmp(cell_at(f, row, heading)->text, text) == 0;
    return n;
}

/* A point of a scatter is known by all options that differ, not by its colour alone. */
static void test_points_of_a_scatter_have_names(void **state)
{
    (void)state;
    struct archive *archive = make_archive("names", CELLS, -1, CLASSES);
    struct figure_set *set_of;
    const struct figure *f = make(&set_of, archive,
                                  (struct figure_request){.figure = "gap"});
    assert_true(f->drawn);
    assert_int_equal(f->table.n_rows, DEPTHS * WIDTHS);
    assert_int_equal(count_rows(f, "depth", "2"), WIDTHS);
    assert_int_equal(count_rows(f, "width", "2"), DEPTHS);
    figure_set_destroy(set_of);
    archive_close(archive);
}

static void test_an_empty_archive_is_told(void **state)
{
    (void)state;
    struct archive *archive = make_archive("empty", 0, -1, CLASSES);
    struct figure_set *set_of;
    const struct figure *f = make(&set_of, archive,
                                  (struct figure_request){.figure = "perplexity"});
    assert_string_equal(f->why, "the archive has no cell");
    figure_set_destroy(set_of);
    archive_close(archive);
}

/* Every option that differs is x, a curve or a panel: none is averaged over. */
static void test_no_option_is_averaged_over(void **state)
{
    (void)state;
    static const struct figure_request requests[] = {
        {.figure = "perplexity"},
        {.figure = "perplexity", .curves = "width"},
        {.figure = "perplexity", .panels = "depth"},
        {.figure = "perplexity", .curves = "depth,width"},
        {.figure = "error"},
        {.figure = "error", .x = "width"},
        {.figure = "heatmap"},
        {.figure = "heatmap", .curves = "depth"},
        {.figure = "gap"},
        {.figure = "dynamics"}};
    struct archive *archive = make_archive("apart", CELLS, -1, CLASSES);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct figure_set *set_of;
        const struct figure *f = make(&set_of, archive, requests[i]);
        assert_true(f->drawn);
        for (size_t row = 0; row < f->table.n_rows; row++)
            assert_true(cell_at(f, row, "n")->number == SEEDS);
        figure_set_destroy(set_of);
    }
    archive_close(archive);
}

/* One class has a perplexity as well, and its curves are drawn as any. */
static void test_one_class(void **state)
{
    (void)state;
    struct archive *archive = make_archive("one class", CELLS, -1, 1);
    struct figure_set *set_of;
    const struct figure *f = make(&set_of, archive,
                                  (struct figure_request){.figure = "perplexity"});
    assert_true(f->drawn);
    assert_int_equal(f->table.n_rows, WIDTHS * (1 + 2));
    figure_set_destroy(set_of);
    archive_close(archive);
}

static void test_what_is_not_there_is_told(void **state)
{
    (void)state;
    static const struct figure_request requests[] = {
        {.figure = "figure-8"},
        {.figure = "systems"},
        {.figure = "figure-7"},
        {.figure = "perplexity", .where = "depth > 5"}};
    struct archive *archive = make_archive("bare", CELLS, -1, CLASSES);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct figure_set *set_of;
        const struct figure *f = make(&set_of, archive, requests[i]);
        assert_false(f->drawn);
        assert_true(f->why[0] != '\0');
        figure_set_destroy(set_of);
    }
    archive_close(archive);
}

static void assert_absent(const char *text, const char *word)
{
    if (strstr(text, word))
        fail_msg("%s is in the picture", word);
}

/* Within a page: nothing that a strict policy would refuse, and ink as the page's. */
static void test_inline_svg(void **state)
{
    (void)state;
    struct error err = {0};
    struct text svg = {0};
    struct figure_set *set_of;
    struct archive *archive = make_archive("in <b>\"page\"</b>", CELLS, -1, CLASSES);
    const struct figure *f = make(&set_of, archive,
                                  (struct figure_request){.figure = "perplexity"});
    if (figure_draw(f, FIGURE_SVG_INLINE, NULL, &svg, &err) == STATUS_MISSING)
        skip();
    assert_ok(err);
    const char *text = text_string(&svg);
    assert_int_equal(strncmp(text, "<svg", 4), 0);
    assert_non_null(strstr(text, "role=\"img\""));
    assert_non_null(strstr(text, "currentColor"));
    assert_absent(text, "style=");
    assert_absent(text, "<script");
    assert_absent(text, "<?xml");
    assert_absent(text, "'black'");
    assert_absent(text, "\"black\"");
    assert_absent(text, "rgb(  0,   0,   0)");
    assert_absent(text, "id='gp");
    assert_absent(text, "='#gp");
    assert_absent(text, "<b>");
    text_free(&svg);
    figure_set_destroy(set_of);
    archive_close(archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points_of_a_ragged_grid),
        cmocka_unit_test(test_two_seeds_have_no_band),
        cmocka_unit_test(test_dynamics_take_set_times),
        cmocka_unit_test(test_points_of_a_scatter_have_names),
        cmocka_unit_test(test_an_empty_archive_is_told),
        cmocka_unit_test(test_no_option_is_averaged_over),
        cmocka_unit_test(test_one_class),
        cmocka_unit_test(test_what_is_not_there_is_told),
        cmocka_unit_test(test_inline_svg)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
