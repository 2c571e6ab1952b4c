#include "cli/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/aggregate.h"
#include "analysis/cells/cells.h"
#include "analysis/cells/select.h"
#include "archive/archive.h"
#include "base/memory.h"
#include "cli/rundir.h"
#include "cli/version.h"

struct publisher {
    struct publication what;
    struct archive_writer *writer;
    struct aggregate *aggregate;
    int snapshot;   /* that settings are selected at */
    double *errors; /* [n_cells], by which they are */
    size_t n_added;
};

/* The options of all cells, [n_cells][OPTION_COUNT]; the caller frees them. */
static double *copy_options(const struct publication *what, struct error *err)
{
    double *options = memory_alloc(what->n_cells * OPTION_COUNT, sizeof *options, err);
    for (size_t i = 0; options && i < what->n_cells; i++)
        memcpy(options + i * OPTION_COUNT, what->grid->cells[what->cells[i]].spec.value,
               OPTION_COUNT * sizeof *options);
    return options;
}

static enum status create_aggregate(struct publisher *p, struct record_shape shape,
                                    struct error *err)
{
    const struct publication *what = &p->what;
    double *options = copy_options(what, err);
    struct aggregate_setup setup = {
        .shape = shape, .options = options, .n_cells = what->n_cells};
    aggregate_by_all(setup.apart);
    p->errors = memory_alloc(what->n_cells, sizeof *p->errors, err);
    if (err->status == STATUS_OK)
        aggregate_create(&p->aggregate, &setup, err);
    free(options);
    return err->status;
}

static struct record_shape largest_shape(const struct publication *what)
{
    struct record_shape shape = {.n_snapshots = what->study->n_snapshots,
                                 .n_classes = what->n_classes};
    for (size_t i = 0; i < what->n_cells; i++) {
        const struct spec *spec = &what->grid->cells[what->cells[i]].spec;
        int layers = (int)spec->value[FIELD_DEPTH] + 1;
        shape.n_layers = layers > shape.n_layers ? layers : shape.n_layers;
    }
    return shape;
}

static enum status create_archive(struct publisher *p, struct record_shape shape,
                                  struct error *err)
{
    const struct study *study = p->what.study;
    char path[IO_PATH_MAX], source[VERSION_TEXT_MAX];
    struct text canonical = {0};
    const char **labels = memory_alloc((size_t)study->n_snapshots, sizeof *labels, err);
    snprintf(source, sizeof source, "strata %s", strata_version);
    study_format(study, &canonical);
    if (canonical.failed)
        error_set(err, STATUS_MEMORY, "no memory for the study's text");
    if (err->status == STATUS_OK &&
        io_join(path, p->what.dir, "archive.nc", err) == STATUS_OK) {
        for (int i = 0; i < study->n_snapshots; i++)
            labels[i] = study->snapshots[i].label;
        p->snapshot = cells_prefer_snapshot(labels, study->n_snapshots);
        struct archive_header header = {
            .shape = shape,
            .snapshot_labels = labels,
            .title = study->name,
            .study = text_string(&canonical),
            .source = source,
            .history = "written by strata sweep; times and hosts stand on dimension run",
            .data_hash = study->data.hash,
            .numerics_version = NUMERICS_VERSION,
            .n_cells_planned = (int64_t)p->what.grid->n_cells,
            .runs = p->what.journals->runs,
            .n_runs = (int)p->what.journals->n_runs,
            .select = study_selects(study) ? study->select : NULL};
        archive_create(&p->writer, path, &header, err);
    }
    text_free(&canonical);
    free(labels);
    return err->status;
}

enum status publisher_create(struct publisher **out, const struct publication *what,
                             struct error *err)
{
    *out = NULL;
    struct publisher *p = memory_alloc(1, sizeof *p, err);
    if (!p)
        return err->status;
    p->what = *what;
    struct record_shape shape = largest_shape(what);
    if (create_aggregate(p, shape, err) == STATUS_OK &&
        create_archive(p, shape, err) == STATUS_OK)
        *out = p;
    else
        publisher_destroy(p);
    return err->status;
}

enum status publisher_add(struct publisher *p, struct record *record, struct error *err)
{
    const struct journal_index *journals = p->what.journals;
    const struct cell *cell = &p->what.grid->cells[p->what.cells[p->n_added]];
    rundir_stamp(journals, journal_find(journals, cell->id), record);
    p->errors[p->n_added] = select_error(record, p->snapshot);
    aggregate_add(p->aggregate, p->n_added++, record, NULL);
    return archive_append(p->writer, record, err);
}

/* Which cells are of a setting that the study selects, written to the archive. */
static enum status select_cells(struct publisher *p, bool *selected, struct error *err)
{
    memset(selected, true, p->what.n_cells * sizeof *selected);
    if (!study_selects(p->what.study))
        return STATUS_OK;
    double *options = copy_options(&p->what, err);
    if (options && select_best(options, p->errors, p->what.n_cells, p->what.study->select,
                               selected, err) == STATUS_OK)
        archive_write_selected(p->writer, selected, err);
    free(options);
    return err->status;
}

enum status publisher_finish(struct publisher *p, struct error *err)
{
    struct group_table groups = {0};
    struct archive_writer *writer = p->writer;
    bool *selected = memory_alloc(p->what.n_cells, sizeof *selected, err);
    if (selected && select_cells(p, selected, err) == STATUS_OK &&
        aggregate_finish(p->aggregate, selected, &groups, err) == STATUS_OK)
        archive_write_groups(writer, &groups, err);
    group_table_fini(&groups);
    free(selected);
    if (err->status != STATUS_OK)
        return err->status;
    p->writer = NULL; /* publish ends it, whatever comes */
    return archive_publish(writer, NULL, err);
}

void publisher_destroy(struct publisher *p)
{
    if (!p)
        return;
    archive_discard(p->writer);
    aggregate_destroy(p->aggregate);
    free(p->errors);
    free(p);
}
