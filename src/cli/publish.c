#include "cli/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/aggregate.h"
#include "archive/archive.h"
#include "base/memory.h"
#include "cli/rundir.h"
#include "cli/version.h"

struct publisher {
    struct publication what;
    struct archive_writer *writer;
    struct aggregate *aggregate;
    size_t n_added;
};

static enum status create_aggregate(struct publisher *p, struct record_shape shape,
                                    struct error *err)
{
    const struct publication *what = &p->what;
    double *options = memory_alloc(what->n_cells * OPTION_COUNT, sizeof *options, err);
    struct aggregate_setup setup = {
        .shape = shape, .options = options, .n_cells = what->n_cells};
    if (!options)
        return err->status;
    for (size_t i = 0; i < what->n_cells; i++)
        memcpy(options + i * OPTION_COUNT, what->grid->cells[what->cells[i]].spec.value,
               OPTION_COUNT * sizeof *options);
    aggregate_by_all(setup.apart);
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
    const char *measures[N_MEASURES];
    const char **labels = memory_alloc((size_t)study->n_snapshots, sizeof *labels, err);
    snprintf(source, sizeof source, "strata %s", strata_version);
    study_format(study, &canonical);
    if (canonical.failed)
        error_set(err, STATUS_MEMORY, "no memory for the study's text");
    if (err->status == STATUS_OK &&
        io_join(path, p->what.dir, "archive.nc", err) == STATUS_OK) {
        for (int i = 0; i < study->n_snapshots; i++)
            labels[i] = study->snapshots[i].label;
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
            .measures = measures,
            .n_measures = study_measures(study, measures),
            .runs = p->what.journals->runs,
            .n_runs = (int)p->what.journals->n_runs};
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
    aggregate_add(p->aggregate, p->n_added++, record, NULL);
    return archive_append(p->writer, record, err);
}

enum status publisher_finish(struct publisher *p, struct error *err)
{
    struct group_table groups;
    struct archive_writer *writer = p->writer;
    if (aggregate_finish(p->aggregate, &groups, err) != STATUS_OK)
        return err->status;
    enum status status = archive_write_groups(writer, &groups, err);
    group_table_fini(&groups);
    if (status != STATUS_OK)
        return status;
    p->writer = NULL; /* publish ends it, whatever comes */
    return archive_publish(writer, NULL, err);
}

void publisher_destroy(struct publisher *p)
{
    if (!p)
        return;
    archive_discard(p->writer);
    aggregate_destroy(p->aggregate);
    free(p);
}
