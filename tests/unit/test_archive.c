/* archive.nc: round trips, refusals, damage, identical bytes, and the golden schema. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/archive.h"
#include "base/io.h"

static const struct record_shape shape = {2, 4, 3};
static const char *const labels[] = {"init", "final"};

static struct run_info make_run(void)
{
    return (struct run_info){.id = "00112233445566778899aabbccddeeff",
                             .command = "strata run study.yaml",
                             .host = "node1",
                             .start_time = "2026-01-02T03:04:05Z",
                             .n_ranks = 4,
                             .blas = "OpenBLAS",
                             .blas_threads = 1,
                             .slurm_job = "17",
                             .restart_count = 2,
                             .mpi = "Open MPI \xc3\xa9 \xff",
                             .versions = "netCDF 4"};
}

static struct archive_header make_header(const struct run_info *run, int64_t n_cells)
{
    return (struct archive_header){.shape = shape,
                                   .snapshot_labels = labels,
                                   .title = "test",
                                   .study = "name: test\n",
                                   .source = "strata",
                                   .history = "made by a test",
                                   .data_hash = {1, 2},
                                   .numerics_version = 1,
                                   .n_cells_planned = n_cells,
                                   .runs = run,
                                   .n_runs = 1};
}

/* Depths 1 to 3, so that records are ragged; every fourth value at its fill. */
static void make_record(struct record *record, int64_t cell)
{
    struct error err = {0};
    struct record_shape own = shape;
    int depth = 1 + (int)(cell % 3);
    char text[ID_LENGTH + 1];
    own.n_layers = depth + 1;
    assert_int_equal(record_init(record, own, &err), STATUS_OK);
    for (size_t i = 0; i < record->n_ints; i++)
        record->ints[i] = i % 4 ? (int32_t)(cell * 31 + (int64_t)i) : RECORD_FILL_INT;
    for (size_t i = 0; i < record->n_reals; i++)
        record->reals[i] = i % 4 ? (double)cell + (double)i / 7 : RECORD_FILL_REAL;
    record->reals[record->n_reals / 2] = NAN;
    record->reals[record->n_reals / 2 + 1] = -INFINITY;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (field_get(id)->type == FIELD_TYPE_REAL)
            *record_real(record, id) = 0.125;
        else
            *record_int(record, id) = 1;
    }
    *record_int(record, FIELD_STATUS) = (int32_t)(cell % 5);
    *record_int(record, FIELD_SEED) = (int32_t)(cell / 6);
    *record_int(record, FIELD_DEPTH) = depth;
    *record_int(record, FIELD_WIDTH) = 10;
    *record_real(record, FIELD_LABEL_CORRUPTION) = cell / 3 % 2 ? 0.5 : 0.0;
    *record_int(record, FIELD_N_LAYERS) = own.n_layers;
    *record_int(record, FIELD_CELL_RUN) = 0;
    snprintf(text, sizeof text, "%032llx",
             (unsigned long long)cell * 0x9e3779b97f4a7c15u);
    record_set_text(record, FIELD_CELL_ID, text);
    record_set_text(record, FIELD_MESSAGE, cell % 5 ? "" : "stopped: caf\xc3\xa9");
}

static void make_groups(struct group_table *groups, int n_groups)
{
    struct error err = {0};
    struct record_shape smaller = shape;
    smaller.n_layers--;
    assert_int_equal(group_table_init(groups, n_groups, smaller, &err), STATUS_OK);
    groups->level = 0.95;
    for (int g = 0; g < n_groups; g++) {
        for (int i = 0; i < OPTION_COUNT; i++)
            groups->options[g * OPTION_COUNT + i] = g % 2;
        groups->n_cells[g] = 3 + g;
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!field_is_grouped((enum field_id)i))
            continue;
        size_t n = (size_t)n_groups * record_extent((enum field_id)i, smaller);
        for (size_t k = 0; k < n; k++) {
            groups->fields[i].mean[k] = (double)k;
            groups->fields[i].sd[k] = 0.5;
            groups->fields[i].low[k] = (double)k - 1;
            groups->fields[i].high[k] = (double)k + 1;
            groups->fields[i].n[k] = 3;
        }
    }
}

/* Writes an archive of synthetic cells first ... first + n - 1. */
static enum status write_archive(const char *path, int64_t first, int64_t n, int n_groups,
                                 struct error *err)
{
    struct archive_writer *writer;
    struct run_info run = make_run();
    struct archive_header header = make_header(&run, n);
    if (archive_create(&writer, path, &header, err) != STATUS_OK)
        return err->status;
    for (int64_t i = first; i < first + n; i++) {
        struct record record;
        make_record(&record, i);
        enum status status = archive_append(writer, &record, err);
        record_fini(&record);
        if (status != STATUS_OK) {
            archive_discard(writer);
            return status;
        }
    }
    if (n_groups > 0) {
        struct group_table groups;
        make_groups(&groups, n_groups);
        enum status status = archive_write_groups(writer, &groups, err);
        group_table_fini(&groups);
        if (status != STATUS_OK) {
            archive_discard(writer);
            return status;
        }
    }
    return archive_publish(writer, NULL, err);
}

static void assert_ok(enum status status, const struct error *err)
{
    if (status != STATUS_OK)
        fail_msg("%s", err->text);
}

static void assert_same_record(const struct record *a, const struct record *b)
{
    assert_memory_equal(&a->shape, &b->shape, sizeof a->shape);
    assert_memory_equal(a->ints, b->ints, a->n_ints * sizeof *a->ints);
    assert_memory_equal(a->reals, b->reals, a->n_reals * sizeof *a->reals);
    assert_memory_equal(a->texts, b->texts, a->n_texts);
}

static bool any_temporary(void)
{
    return system("ls *.tmp-* >list.txt 2>&1") == 0;
}

static void assert_cells(struct archive *archive, int64_t first, int64_t n)
{
    struct error err = {0};
    struct record *records = calloc((size_t)n + 1, sizeof *records), expected;
    assert_non_null(records);
    assert_ok(archive_read(archive, first, n, records, &err), &err);
    for (int64_t i = 0; i < n; i++) {
        make_record(&expected, first + i);
        assert_same_record(&records[i], &expected);
        record_fini(&expected);
        record_fini(&records[i]);
    }
    free(records);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const int64_t sizes[] = {0, 1, 63, 64, 65, 200};
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

static void put_file(const char *path, const void *data, size_t length)
{
    struct error err = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    assert_ok(io_write_all(fd, data, length, path, &err), &err);
    close(fd);
}

static enum status open_status(const char *path)
{
    struct error err = {0};
    struct archive *archive;
    enum status status = archive_open(&archive, path, &err);
    archive_close(archive);
    return status;
}

static void test_refuses_files(void **state)
{
    (void)state;
    struct error err = {0};
    unlink("good.nc#mode=bytes"); /* of an earlier run */
    assert_ok(write_archive("good.nc", 0, 3, 0, &err), &err);
    assert_int_equal(open_status("good.nc"), STATUS_OK);
    assert_int_equal(open_status("missing.nc"), STATUS_MISSING);
    assert_int_equal(open_status("."), STATUS_DATA);
    put_file("text.nc", "not an archive at all", 21);
    assert_int_equal(open_status("text.nc"), STATUS_DATA);
    put_file("empty.nc", "", 0);
    assert_int_equal(open_status("empty.nc"), STATUS_DATA);
    put_file("classic.nc", "CDF\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28);
    assert_int_equal(open_status("classic.nc"), STATUS_DATA);
    assert_int_equal(open_status("good.nc#mode=bytes"), STATUS_MISSING);
    assert_int_equal(open_status("http://localhost:1/good.nc"), STATUS_MISSING);
    assert_int_equal(system("cp good.nc 'good.nc#mode=bytes'; rm -f pipe.nc; mkfifo "
                            "pipe.nc"),
                     0);
    assert_int_equal(open_status("good.nc#mode=bytes"), STATUS_USAGE);
    assert_int_equal(open_status("pipe.nc"), STATUS_DATA);
    struct error refused = {0};
    assert_int_equal(write_archive("new.nc#mode=zarr", 0, 1, 0, &refused), STATUS_USAGE);
    memset(&refused, 0, sizeof refused);
    assert_int_equal(write_archive("absent/new.nc", 0, 1, 0, &refused), STATUS_CREATE);
}

/* The old archive stays as it is when a new one fails. */
static void test_disk_full(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_archive("full.nc", 0, 3, 0, &err), &err);
    pid_t child = fork();
    if (child == 0) {
        struct error failed = {0};
        struct rlimit limit = {65536, 65536};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(write_archive("full.nc", 0, 200, 2, &failed) == STATUS_IO ? 0 : 1);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    assert_false(any_temporary());
    assert_ok(archive_check("full.nc", NULL, &err), &err);
}

/* Damage is reported, or it hit bytes that mean nothing and the content is equal. True
 * where it was reported. */
static bool check_damaged(const char *path, struct hash128 expected)
{
    struct error err = {0};
    struct hash128 content;
    enum status status = archive_check(path, &content, &err);
    if (status == STATUS_OK)
        assert_true(hash_equal(content, expected));
    else
        assert_true(err.status == status && err.text[0] != '\0');
    return status != STATUS_OK;
}

static void test_damage(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    enum { PLACES = 20, LENGTHS = 8 }; /* a check takes a second */
#else
    enum { PLACES = 200, LENGTHS = 40 };
#endif
    struct error err = {0};
    struct hash128 expected;
    char *data;
    size_t length;
    int reported = 0;
    assert_ok(write_archive("damage.nc", 0, 70, 1, &err), &err);
    assert_ok(archive_check("damage.nc", &expected, &err), &err);
    assert_ok(io_read_file("damage.nc", 1 << 26, &data, &length, &err), &err);
    for (size_t i = 0; i < PLACES; i++) {
        size_t at = (i * length / PLACES + i * 7 % 61) % length;
        data[at] = (char)(data[at] ^ (1 << i % 8));
        put_file("damaged.nc", data, length);
        reported += check_damaged("damaged.nc", expected);
        if (i % 10 == 0)
            open_status("damaged.nc");
        data[at] = (char)(data[at] ^ (1 << i % 8));
    }
    assert_true(reported > 0);
    for (size_t i = 0; i < LENGTHS; i++) {
        put_file("damaged.nc", data, i * length / LENGTHS);
        assert_true(check_damaged("damaged.nc", expected));
    }
    free(data);
}

/* The size of an object in an HDF5 global heap has no checksum; a wrong one crashes
 * libhdf5 1.10, which must not be the end of us. */
static void test_library_crash(void **state)
{
    (void)state;
    enum { OBJECT = 16, SIZE = 8, STEP = 24 };
    struct error err = {0};
    char *data;
    size_t length;
    int n_damaged = 0;
    assert_ok(write_archive("heap.nc", 0, 3, 1, &err), &err);
    assert_ok(io_read_file("heap.nc", 1 << 26, &data, &length, &err), &err);
    char *heap = memmem(data, length, "GCOL", 4);
    assert_non_null(heap);
    for (int object = 0; object < 100; object += 10) {
        struct error damaged = {0};
        char *size = heap + OBJECT + object * STEP + SIZE;
        char old = size[5];
        assert_true(size + 6 < data + length);
        size[5] = 0x40;
        put_file("damaged.nc", data, length);
        n_damaged += archive_check("damaged.nc", NULL, &damaged) == STATUS_DATA;
        open_status("damaged.nc");
        size[5] = old;
    }
    assert_true(n_damaged > 0);
    free(data);
}

/* Same dimensions and names, other values: what checksums of chunks do not see. */
static void test_changed_value(void **state)
{
    (void)state;
    struct error err = {0};
    if (system("ncap2 -h -O -s 'epochs_run(1)=77' content.nc changed.nc 2>ncap2.txt") !=
        0)
        skip();
    assert_int_equal(archive_check("changed.nc", NULL, &err), STATUS_DATA);
    assert_non_null(strstr(err.text, "cell 1: CRC"));
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        enum status status;
    } cases[] = {{"1.7", STATUS_OK},    {"2.0", STATUS_VERSION}, {"0.1", STATUS_VERSION},
                 {"x", STATUS_DATA},    {"1.", STATUS_DATA},     {"", STATUS_DATA},
                 {"1.0.1", STATUS_DATA}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char command[256];
        snprintf(command, sizeof command,
                 "ncatted -h -O -a schema_version,global,o,c,'%s' content.nc version.nc "
                 "2>ncatted.txt",
                 cases[i].version);
        if (system(command) != 0)
            skip();
        assert_int_equal(open_status("version.nc"), cases[i].status);
        /* Cells of a later version may have fields that the hash here leaves out. */
        struct error err = {0};
        assert_int_equal(archive_check("version.nc", NULL, &err),
                         i == 0 ? STATUS_VERSION : cases[i].status);
    }
}

/* Variables of a later minor version are ignored, results of one are fill, identity is
 * demanded. */
static void test_other_variables(void **state)
{
    (void)state;
    struct error err = {0};
    struct archive *archive;
    struct record record;
    if (system(
            "ncks -h -O -x -v dead_nodes content.nc fewer.nc 2>ncks.txt && "
            "ncks -h -O -x -v seed content.nc no_seed.nc 2>ncks.txt && "
            "ncrename -h -O -v near_zero_count,later content.nc later.nc 2>ncks.txt") !=
        0)
        skip();
    assert_int_equal(open_status("no_seed.nc"), STATUS_DATA);
    assert_int_equal(open_status("fewer.nc"), STATUS_OK);
    assert_ok(archive_open(&archive, "later.nc", &err), &err);
    assert_int_equal(archive_read(archive, 0, 1, &record, &err), STATUS_DATA);
    archive_close(archive);
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
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_identical_bytes), cmocka_unit_test(test_content_hash),
        cmocka_unit_test(test_large_study),     cmocka_unit_test(test_large_cells),
        cmocka_unit_test(test_refuses_records), cmocka_unit_test(test_refuses_shapes),
        cmocka_unit_test(test_refuses_files),   cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_damage),          cmocka_unit_test(test_library_crash),
        cmocka_unit_test(test_changed_value),   cmocka_unit_test(test_versions),
        cmocka_unit_test(test_other_variables), cmocka_unit_test(test_golden_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
