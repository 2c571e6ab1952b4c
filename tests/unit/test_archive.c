/* archive.nc: round trips, identical bytes, bounds, and the golden schema. */
#include "archive_fixture.h"

static void test_round_trip(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 63, 64, 65, 200, 256, 257};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct error err = {0};
        struct archive *archive;
        char path[32];
        snprintf(path, sizeof path, "cells%d.nc", (int)sizes[s]);
        assert_ok(write_archive(path, 0, sizes[s], sizes[s] % 2 ? 0 : 2, &err), &err);
        assert_false(any_temporary());
        assert_ok(archive_check(path, NULL, &err), &err);
        assert_ok(archive_open(&archive, path, &err), &err);
        assert_int_equal(archive_n_cells(archive), sizes[s]);
        assert_int_equal(archive_n_cells_planned(archive), sizes[s]);
        assert_int_equal(archive_shape(archive).n_layers, shape.n_layers);
        assert_string_equal(archive_snapshot_label(archive, 1), "final");
        assert_string_equal(archive_attribute(archive, "study"), "name: test\n");
        assert_string_equal(archive_attribute(archive, "numerics_version"), "1");
        assert_string_equal(archive_attribute(archive, "absent"), "");
        assert_int_equal(strlen(archive_attribute(archive, "content_hash")), HASH_HEX);
        assert_cells(archive, 0, sizes[s]);
        if (sizes[s] > 64)
            assert_cells(archive, 61, 4);
        if (sizes[s] > 256)
            assert_cells(archive, 255, 2);
        archive_close(archive);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    struct error err = {0};
    struct archive *archive;
    struct record record = {0};
    static const int64_t ranges[][2] = {{-1, 1}, {0, 4}, {3, 1}, {1, -1}, {4, 0}};
    assert_ok(write_archive("bounds.nc", 0, 3, 0, &err), &err);
    assert_ok(archive_open(&archive, "bounds.nc", &err), &err);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct error refused = {0};
        assert_int_not_equal(
            archive_read(archive, ranges[i][0], ranges[i][1], &record, &refused),
            STATUS_OK);
    }
    archive_close(archive);
}

/* Reads all cells of an archive whole and by the fields: those have the same values, the
 * others are at their fill. */
static void assert_fields(struct archive *archive, const bool *fields, int64_t n)
{
    struct error err = {0};
    struct record *some = calloc((size_t)n, sizeof *some), whole, none;
    assert_non_null(some);
    assert_ok(archive_read_fields(archive, fields, 0, n, some, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        make_record(&whole, i);
        assert_ok(record_init(&none, whole.shape, &err), &err);
        assert_memory_equal(&some[i].shape, &whole.shape, sizeof whole.shape);
        for (int k = 0; k < FIELD_COUNT; k++) {
            enum field_id id = (enum field_id)k;
            const struct record *expected = fields[id] ? &whole : &none;
            size_t extent = record_extent(id, whole.shape);
            if (field_get(id)->type == FIELD_TYPE_REAL)
                assert_memory_equal(record_real(&some[i], id), record_real(expected, id),
                                    extent * sizeof(double));
            else if (field_get(id)->type == FIELD_TYPE_TEXT)
                assert_memory_equal(record_text(&some[i], id), record_text(expected, id),
                                    extent);
            else
                assert_memory_equal(record_int(&some[i], id), record_int(expected, id),
                                    extent * sizeof(int32_t));
        }
        record_fini(&none);
        record_fini(&whole);
        record_fini(&some[i]);
    }
    free(some);
}

static void assert_options(struct archive *archive, int64_t n)
{
    struct error err = {0};
    double *options = calloc((size_t)n * OPTION_COUNT, sizeof *options);
    struct record record;
    assert_non_null(options);
    assert_ok(archive_read_options(archive, options, &err), &err);
    for (int64_t cell = 0; cell < n; cell++) {
        make_record(&record, cell);
        for (int i = 0; i < OPTION_COUNT; i++) {
            enum field_id id = (enum field_id)i;
            double value = field_get(id)->type == FIELD_TYPE_REAL
                               ? *record_real(&record, id)
                               : *record_int(&record, id);
            assert_true(options[cell * OPTION_COUNT + i] == value);
        }
        record_fini(&record);
    }
    free(options);
}

static void test_some_fields(void **state)
{
    (void)state;
    enum { CELLS = 1100 }; /* more than are read at once */
    struct error err = {0};
    struct archive *archive;
    bool fields[FIELD_COUNT] = {false};
    assert_ok(write_archive("some.nc", 0, CELLS, 0, &err), &err);
    assert_ok(archive_open(&archive, "some.nc", &err), &err);
    assert_true(archive_batch(archive) < CELLS);
    assert_fields(archive, fields, CELLS);
    fields[FIELD_SEED] = fields[FIELD_STATUS] = fields[FIELD_MESSAGE] = true;
    fields[FIELD_MEAN_PERPLEXITY] = fields[FIELD_PATTERN_COUNT] = true;
    assert_fields(archive, fields, CELLS);
    for (int i = 0; i < FIELD_COUNT; i++)
        fields[i] = !fields[i];
    assert_fields(archive, fields, CELLS);
    assert_options(archive, CELLS);
    assert_cells(archive, 0, CELLS);
    assert_cells(archive, archive_batch(archive) - 3, 5);
    archive_close(archive);
}

static void test_identical_bytes(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_archive("same1.nc", 0, 70, 3, &err), &err);
    assert_ok(write_archive("same2.nc", 0, 70, 3, &err), &err);
    assert_int_equal(system("cmp same1.nc same2.nc"), 0);
}

static void test_content_hash(void **state)
{
    (void)state;
    struct error err = {0};
    struct hash128 content, expected = {0, 0};
    struct record record;
    assert_ok(write_archive("content.nc", 0, 70, 0, &err), &err);
    assert_ok(archive_check("content.nc", &content, &err), &err);
    for (int64_t i = 0; i < 70; i++) {
        make_record(&record, i);
        expected = hash_chain(expected, record_hash(&record));
        record_fini(&record);
    }
    assert_true(hash_equal(content, expected));
}

static void test_large_study(void **state)
{
    (void)state;
    struct error err = {0};
    struct archive_writer *writer;
    struct archive *archive;
    struct archive_header header = make_header(NULL, 0);
    size_t length = 200000;
    char *study = malloc(length + 1);
    assert_non_null(study);
    memset(study, 'a', length);
    study[length] = '\0';
    header.study = study;
    header.n_runs = 0;
    assert_ok(archive_create(&writer, "large.nc", &header, &err), &err);
    assert_ok(archive_publish(writer, NULL, &err), &err);
    assert_ok(archive_open(&archive, "large.nc", &err), &err);
    assert_string_equal(archive_attribute(archive, "study"), study);
    archive_close(archive);
    free(study);
}

/* Many snapshots: chunks of fewer cells, batches of fewer cells. */
static void test_large_cells(void **state)
{
    (void)state;
    enum { SNAPSHOTS = 400, CELLS = 5 };
    struct error err = {0};
    struct archive_writer *writer;
    struct archive *archive;
    const char *many[SNAPSHOTS];
    for (int i = 0; i < SNAPSHOTS; i++)
        many[i] = "a label too long for its dimension";
    struct archive_header header = make_header(NULL, CELLS);
    header.shape = (struct record_shape){SNAPSHOTS, 12, 40};
    header.snapshot_labels = many;
    header.n_runs = 0;
    assert_ok(archive_create(&writer, "snapshots.nc", &header, &err), &err);
    struct record record, back[CELLS];
    for (int i = 0; i < CELLS; i++) {
        struct record_shape own = header.shape;
        own.n_layers = 8 + i;
        assert_ok(record_init(&record, own, &err), &err);
        for (int f = 0; f < FIELD_COUNT; f++)
            if (field_get((enum field_id)f)->type == FIELD_TYPE_FLAG)
                *record_int(&record, (enum field_id)f) = 0;
        *record_int(&record, FIELD_N_LAYERS) = own.n_layers;
        record_real(&record,
                    FIELD_PERPLEXITY)[record_extent(FIELD_PERPLEXITY, own) - 1] = i;
        assert_ok(archive_append(writer, &record, &err), &err);
        record_fini(&record);
    }
    assert_ok(archive_publish(writer, NULL, &err), &err);
    assert_ok(archive_open(&archive, "snapshots.nc", &err), &err);
    assert_int_equal(strlen(archive_snapshot_label(archive, 7)), LABEL_LENGTH);
    assert_ok(archive_read(archive, 0, CELLS, back, &err), &err);
    for (int i = 0; i < CELLS; i++) {
        size_t last = record_extent(FIELD_PERPLEXITY, back[i].shape) - 1;
        assert_true(record_real(&back[i], FIELD_PERPLEXITY)[last] == i);
        assert_true(record_real(&back[i], FIELD_PERPLEXITY)[0] == RECORD_FILL_REAL);
        record_fini(&back[i]);
    }
    archive_close(archive);
}

static int64_t file_size(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static void erase(struct record *record, enum field_id id)
{
    for (size_t i = 0; i < record_extent(id, record->shape); i++)
        record_real(record, id)[i] = RECORD_FILL_REAL;
}

/* What only some cells have: perplexity is absent from the first batch, informativeness
 * in the last, predictability in all. */
static void make_partial(struct record *record, int64_t cell)
{
    make_record(record, cell);
    if (cell < 256)
        erase(record, FIELD_PERPLEXITY);
    if (cell >= 256)
        erase(record, FIELD_INFORMATIVENESS_QUANTILE);
    erase(record, FIELD_PREDICTABILITY_QUANTILE);
}

static void test_absent_measures(void **state)
{
    (void)state;
    enum { CELLS = 300 };
    struct error err = {0};
    struct archive_writer *writer;
    struct archive *archive;
    struct archive_header header = make_header(NULL, CELLS);
    struct record record, back[CELLS];
    header.n_runs = 0;
    assert_ok(archive_create(&writer, "partial.nc", &header, &err), &err);
    for (int i = 0; i < CELLS; i++) {
        make_partial(&record, i);
        assert_ok(archive_append(writer, &record, &err), &err);
        record_fini(&record);
    }
    assert_ok(archive_publish(writer, NULL, &err), &err);
    assert_ok(archive_open(&archive, "partial.nc", &err), &err);
    assert_int_equal(archive_n_cells(archive), CELLS);
    assert_ok(archive_read(archive, 0, CELLS, back, &err), &err);
    for (int i = 0; i < CELLS; i++) {
        make_partial(&record, i);
        assert_same_record(&back[i], &record);
        record_fini(&record);
        record_fini(&back[i]);
    }
    archive_close(archive);
    assert_ok(write_archive("all.nc", 0, CELLS, 0, &err), &err);
    size_t values = record_extent(FIELD_PREDICTABILITY_QUANTILE, shape);
    assert_true(file_size("partial.nc") + (int64_t)(CELLS * values * sizeof(double)) <
                file_size("all.nc"));
}

static void test_few_cells_take_little(void **state)
{
    (void)state;
    struct error err = {0};
    struct record record;
    make_record(&record, 2); /* of the largest shape */
    assert_int_equal(record.shape.n_layers, shape.n_layers);
    int64_t reals = (int64_t)(record.n_reals * sizeof *record.reals);
    record_fini(&record);
    assert_ok(write_archive("cells3.nc", 0, 3, 0, &err), &err);
    assert_ok(write_archive("cells60.nc", 0, 60, 0, &err), &err);
    assert_true(file_size("cells3.nc") + 57 * reals < file_size("cells60.nc"));
}

static void test_refuses_records(void **state)
{
    (void)state;
    struct archive_writer *writer;
    struct run_info run = make_run();
    struct archive_header header = make_header(&run, 1);
    for (int fault = 0; fault < 4; fault++) {
        struct error err = {0};
        struct record record;
        make_record(&record, 0);
        assert_ok(archive_create(&writer, "refused.nc", &header, &err), &err);
        if (fault == 0)
            *record_int(&record, FIELD_N_LAYERS) = 1;
        else if (fault == 1)
            *record_int(&record, FIELD_ACTIVATION) = RECORD_FILL_INT;
        else if (fault == 2)
            record_text(&record, FIELD_MESSAGE)[3] = '\xff';
        else
            record.shape.n_snapshots = 1;
        assert_int_equal(archive_append(writer, &record, &err), STATUS_DATA);
        record_fini(&record);
        archive_discard(writer);
    }
    assert_false(io_exists("refused.nc"));
    assert_false(any_temporary());
    archive_discard(NULL);
}

/* What a study selects stands beside the cells: their hashes are as they were. */
static void test_selection(void **state)
{
    (void)state;
    enum { CELLS = 300 }; /* more than are written at once */
    struct error err = {0};
    struct archive_writer *writer;
    struct archive *archive;
    struct run_info run = make_run();
    struct archive_header header = make_header(&run, CELLS);
    struct hash128 plain, selecting;
    bool over[OPTION_COUNT] = {[FIELD_WIDTH] = true, [FIELD_LEARNING_RATE] = true};
    bool found[OPTION_COUNT], selected[CELLS];
    assert_ok(write_archive("all.nc", 0, CELLS, 2, &err), &err);
    header.select = over;
    assert_ok(archive_create(&writer, "selecting.nc", &header, &err), &err);
    for (int i = 0; i < CELLS; i++) {
        struct record record;
        make_record(&record, i);
        *record_int(&record, FIELD_SELECTED) = SELECTED_YES; /* of another archive */
        assert_ok(archive_append(writer, &record, &err), &err);
        record_fini(&record);
        selected[i] = i % 3 == 1;
    }
    assert_ok(archive_write_selected(writer, selected, &err), &err);
    assert_ok(archive_publish(writer, NULL, &err), &err);
    assert_ok(archive_check("all.nc", &plain, &err), &err);
    assert_ok(archive_check("selecting.nc", &selecting, &err), &err);
    assert_true(hash_equal(plain, selecting));
    assert_ok(archive_open(&archive, "selecting.nc", &err), &err);
    assert_true(archive_selects(archive, found));
    assert_memory_equal(found, over, sizeof found);
    for (int i = 0; i < CELLS; i++) {
        struct record record;
        assert_ok(archive_read(archive, i, 1, &record, &err), &err);
        assert_int_equal(*record_int(&record, FIELD_SELECTED),
                         selected[i] ? SELECTED_YES : SELECTED_NO);
        record_fini(&record);
    }
    archive_close(archive);
    assert_ok(archive_open(&archive, "all.nc", &err), &err);
    assert_false(archive_selects(archive, found));
    archive_close(archive);
}

static void test_refuses_shapes(void **state)
{
    (void)state;
    static const struct record_shape bad[] = {
        {0, 4, 3}, {2, 0, 3}, {2, 4, 0}, {-1, 4, 3}, {100000, 10000, 65536}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = {0};
        struct archive_writer *writer;
        struct archive_header header = make_header(NULL, 0);
        header.shape = bad[i];
        header.n_runs = 0;
        assert_int_equal(archive_create(&writer, "shape.nc", &header, &err),
                         STATUS_STUDY);
        assert_null(writer);
    }
    assert_false(any_temporary());
}

static void test_golden_schema(void **state)
{
    (void)state;
    struct error err = {0};
    const char *source = getenv("STRATA_SOURCE_DIR");
    char command[IO_PATH_MAX + 64];
    if (!source || system("ncdump -h cells1.nc >ncdump.txt 2>&1") != 0)
        skip();
    assert_ok(write_archive("golden.nc", 0, 3, 2, &err), &err);
    assert_int_equal(system("ncdump -n archive -h golden.nc >archive.cdl"), 0);
    snprintf(command, sizeof command, "diff '%s/tests/golden/archive.cdl' archive.cdl",
             source);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_some_fields),
        cmocka_unit_test(test_identical_bytes),
        cmocka_unit_test(test_content_hash),
        cmocka_unit_test(test_large_study),
        cmocka_unit_test(test_large_cells),
        cmocka_unit_test(test_absent_measures),
        cmocka_unit_test(test_few_cells_take_little),
        cmocka_unit_test(test_refuses_records),
        cmocka_unit_test(test_selection),
        cmocka_unit_test(test_refuses_shapes),
        cmocka_unit_test(test_golden_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
