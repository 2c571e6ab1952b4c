/* Row 11: an archive of 10,000 cells. */
#include <stdio.h>

#include "archive/archive.h"
#include "base/clock.h"
#include "bench.h"
#include "num/rng.h"
#include "record/record.h"

enum { CELLS = 10000, CELLS_QUICK = 100, SNAPSHOTS = 4, LAYERS = 7, CLASSES = 10 };

static const struct record_shape shape = {SNAPSHOTS, LAYERS, CLASSES};

static struct archive_header make_header(const struct run_info *run,
                                         const char *const labels[], int64_t n_cells)
{
    return (struct archive_header){.shape = shape,
                                   .snapshot_labels = labels,
                                   .title = "benchmark",
                                   .study = "study: benchmark\n",
                                   .source = "strata-bench",
                                   .history = "made by strata-bench",
                                   .numerics_version = 1,
                                   .n_cells_planned = n_cells,
                                   .runs = run,
                                   .n_runs = 1};
}

/* Random digits, so that compression finds no more than in measured values: reals with
 * all their bits, counts of up to a class's samples. */
static void fill_record(struct record *record, const struct spec *spec, int64_t cell)
{
    struct rng rng = {.seed = 1, .purpose = RNG_TEST, .stream = (uint64_t)cell};
    char id[ID_LENGTH + 1];
    for (size_t i = 0; i < record->n_reals; i++)
        record->reals[i] = rng_uniform(&rng, i);
    for (size_t i = 0; i < record->n_ints; i++)
        record->ints[i] = (int32_t)rng_below(&rng, i, 5500);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (field_get((enum field_id)i)->type == FIELD_TYPE_FLAG)
            *record_int(record, (enum field_id)i) = 0;
        else if (field_measure((enum field_id)i))
            record_clear_field(record, (enum field_id)i);
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id option = (enum field_id)i;
        if (field_get(option)->type == FIELD_TYPE_REAL)
            *record_real(record, option) = spec->value[i];
        else
            *record_int(record, option) = (int32_t)spec->value[i];
    }
    *record_int(record, FIELD_SEED) = (int32_t)cell;
    *record_int(record, FIELD_N_LAYERS) = shape.n_layers;
    *record_int(record, FIELD_CELL_RUN) = 0;
    snprintf(id, sizeof id, "%032llx", (unsigned long long)cell * 0x9e3779b97f4a7c15u);
    record_set_text(record, FIELD_CELL_ID, id);
}

/* Appends n_cells cells; *seconds grows by what archive_append takes. */
static enum status append_cells(struct archive_writer *writer, int64_t n_cells,
                                double *seconds, struct error *err)
{
    struct record record;
    struct spec spec;
    bench_spec(&spec, LAYERS - 1, 100);
    if (record_init(&record, shape, err) != STATUS_OK)
        return err->status;
    for (int64_t i = 0; i < n_cells && err->status == STATUS_OK; i++) {
        fill_record(&record, &spec, i);
        double started = clock_seconds();
        archive_append(writer, &record, err);
        *seconds += clock_seconds() - started;
    }
    double kilobytes = ((double)record.n_ints * sizeof(int32_t) +
                        (double)record.n_reals * sizeof(double)) /
                       1000.0;
    if (err->status == STATUS_OK)
        bench_print("archive kB a cell", &kilobytes, 1);
    record_fini(&record);
    return err->status;
}

enum status bench_archive(const struct bench *bench, struct error *err)
{
    int64_t n_cells = bench->quick ? CELLS_QUICK : CELLS;
    struct archive_writer *writer;
    struct run_info run = {.id = "0", .n_ranks = 1};
    char path[BENCH_PATH_MAX], names[SNAPSHOTS][LABEL_LENGTH];
    const char *labels[SNAPSHOTS];
    for (int i = 0; i < SNAPSHOTS; i++) {
        snprintf(names[i], sizeof names[i], "epoch:%d", 10 * (i + 1));
        labels[i] = names[i];
    }
    struct archive_header header = make_header(&run, labels, n_cells);
    double started = clock_seconds(), seconds;
    if (bench_path(bench, "archive.nc", path, err) != STATUS_OK ||
        archive_create(&writer, path, &header, err) != STATUS_OK)
        return err->status;
    seconds = clock_seconds() - started;
    if (append_cells(writer, n_cells, &seconds, err) != STATUS_OK) {
        archive_discard(writer);
        return err->status;
    }
    started = clock_seconds();
    if (archive_publish(writer, NULL, err) != STATUS_OK)
        return err->status;
    double ms = 1000.0 * (seconds + clock_seconds() - started) / (double)n_cells;
    bench_print("archive ms a cell", &ms, 1);
    return STATUS_OK;
}
