/* publish_network...: kept networks into DIR/networks.nc. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/publish.h"
#include "cli/version.h"
#include "sweep/cell.h"

int publish_kept_snapshots(const struct study *study)
{
    int n = 0;
    for (int i = 0; i < study->n_snapshots; i++)
        n += study->snapshots[i].keep;
    return n;
}

static void count(struct networks_header *header, const struct session *s,
                  const int32_t *counts)
{
    for (size_t i = 0; i < s->grid.n_cells; i++) {
        struct net_shape shape = cell_net_shape(&s->grid.cells[i].spec, &s->dataset);
        header->n_networks += counts[i];
        header->n_parameters += counts[i] * (int64_t)net_count_parameters(&shape);
        header->n_cells += counts[i] > 0;
    }
}

enum status publish_networks_create(struct networks_writer **writer, const char *dir,
                                    const struct session *s, const int32_t *counts,
                                    struct error *err)
{
    char path[IO_PATH_MAX], source[VERSION_TEXT_MAX];
    struct text canonical = {0};
    struct networks_header header = {.title = s->study.name,
                                     .source = source,
                                     .data_hash = s->dataset.hash,
                                     .numerics_version = NUMERICS_VERSION,
                                     .n_train = (int)s->sizes.train,
                                     .n_validation = (int)s->sizes.validation};
    *writer = NULL;
    count(&header, s, counts);
    if (header.n_networks == 0)
        return STATUS_OK;
    snprintf(source, sizeof source, "strata %s", strata_version);
    study_format(&s->study, &canonical);
    header.study = text_string(&canonical);
    if (canonical.failed)
        error_set(err, STATUS_MEMORY, "no memory for the study's text");
    else if (io_join(path, dir, "networks.nc", err) == STATUS_OK)
        networks_create(writer, path, &header, err);
    text_free(&canonical);
    return err->status;
}

enum status publish_network_samples(struct networks_writer *writer,
                                    const struct session *s, size_t cell,
                                    struct error *err)
{
    struct cell_samples samples;
    char id[HASH_HEX + 1];
    hash_format(s->grid.cells[cell].id, id);
    if (cell_samples_init(&samples, &s->grid.cells[cell].spec, &s->sizes, &s->dataset,
                          err) != STATUS_OK)
        return err->status;
    int n = (int)s->sizes.train, n_validation = (int)s->sizes.validation;
    int32_t *rows = memory_alloc((size_t)n + (size_t)n_validation, sizeof *rows, err);
    if (rows) {
        /* The training part is the file's beginning, the validation set follows it. */
        for (int i = 0; i < n + n_validation; i++)
            rows[i] = i;
        struct network_samples entry = {.cell_id = id,
                                        .n_train = n,
                                        .n_validation = n_validation,
                                        .train_sample = rows,
                                        .train_label = samples.train_labels,
                                        .validation_sample = rows + n};
        networks_append_cell(writer, &entry, err);
    }
    free(rows);
    cell_samples_fini(&samples);
    return err->status;
}

enum status publish_network(struct networks_writer *writer, const struct cell *cell,
                            const void *payload, size_t length, struct error *err)
{
    struct kept_view view;
    char id[HASH_HEX + 1];
    hash_format(cell->id, id);
    if (kept_network_view(&view, payload, length, err) != STATUS_OK)
        return err->status;
    struct network_entry entry = {.cell_id = id,
                                  .label = view.label,
                                  .step = view.step,
                                  .n_parameters = (int32_t)view.n_parameters,
                                  .parameters = view.parameters};
    return networks_append(writer, &entry, err);
}
