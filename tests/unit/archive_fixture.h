/* Archives with synthetic cells, for the tests of src/archive. */
#ifndef STRATA_TESTS_ARCHIVE_FIXTURE_H
#define STRATA_TESTS_ARCHIVE_FIXTURE_H

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

/* A program that damages files may do without the measures that are taken only by name:
 * each takes variables, and every look at a file costs time for each of them. */
#ifndef FIXTURE_MEASURES
#define FIXTURE_MEASURES 2
#endif
static const char *const measures[] = {"corruption", "updates"};

static inline struct run_info make_run(void)
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

static inline struct archive_header make_header(const struct run_info *run,
                                                int64_t n_cells)
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
                                   .measures = measures,
                                   .n_measures = FIXTURE_MEASURES,
                                   .runs = run,
                                   .n_runs = 1};
}

/* Depths 1 to 3, so that records are ragged; every fourth value at its fill. */
static inline void make_record(struct record *record, int64_t cell)
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
    *record_int(record, FIELD_SELECTED) = RECORD_FILL_INT; /* these do not select */
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
    for (int i = 0; i < FIELD_COUNT && FIXTURE_MEASURES == 0; i++)
        if (field_measure((enum field_id)i))
            record_clear_field(record, (enum field_id)i);
}

static inline void make_groups(struct group_table *groups, int n_groups)
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
static inline enum status write_archive(const char *path, int64_t first, int64_t n,
                                        int n_groups, struct error *err)
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

static inline void assert_ok(enum status status, const struct error *err)
{
    if (status != STATUS_OK)
        fail_msg("%s", err->text);
}

static inline void assert_same_record(const struct record *a, const struct record *b)
{
    assert_memory_equal(&a->shape, &b->shape, sizeof a->shape);
    assert_memory_equal(a->ints, b->ints, a->n_ints * sizeof *a->ints);
    assert_memory_equal(a->reals, b->reals, a->n_reals * sizeof *a->reals);
    assert_memory_equal(a->texts, b->texts, a->n_texts);
}

static inline bool any_temporary(void)
{
    return system("ls *.tmp-* >list.txt 2>&1") == 0;
}

static inline void assert_cells(struct archive *archive, int64_t first, int64_t n)
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

#endif
