/* networks.nc: parameters, and the samples that cells were trained with. */
#include <stdlib.h>

#include "archive/networks.h"
#include "base/memory.h"
#include "cli/companion.h"
#include "sweep/cell.h"

static void count(struct networks_header *header, const struct publication *what,
                  const int32_t *counts)
{
    for (size_t i = 0; i < what->grid->n_cells; i++) {
        struct net_shape shape = cell_net_shape(&what->grid->cells[i].spec,
                                                &what->session->dataset);
        header->n_networks += counts[i];
        header->n_parameters += counts[i] * (int64_t)net_count_parameters(&shape);
        header->n_cells += counts[i] > 0;
    }
}

static enum status create(void **out, const struct publication *what,
                          const int32_t *counts, struct error *err)
{
    struct companion_origin origin;
    struct networks_writer *writer = NULL;
    const struct session *s = what->session;
    struct networks_header header = {.title = what->study->name,
                                     .source = origin.source,
                                     .data_hash = what->study->data.hash,
                                     .numerics_version = NUMERICS_VERSION,
                                     .n_train = (int)s->sizes.train,
                                     .n_validation = (int)s->sizes.validation};
    *out = NULL;
    count(&header, what, counts);
    if (header.n_networks == 0)
        return STATUS_OK;
    if (companion_origin_init(&origin, &companion_networks, what, err) == STATUS_OK) {
        header.study = text_string(&origin.study);
        networks_create(&writer, origin.path, &header, err);
    }
    text_free(&origin.study);
    *out = writer;
    return err->status;
}

static enum status add_samples(void *writer, const struct publication *what, size_t cell,
                               struct error *err)
{
    const struct session *s = what->session;
    const struct cell *of = &what->grid->cells[cell];
    struct cell_samples samples;
    char id[HASH_HEX + 1];
    hash_format(of->id, id);
    if (cell_samples_init(&samples, &of->spec, &s->sizes, &s->dataset, err) != STATUS_OK)
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
                                        .train_corrupt = samples.train_corrupt,
                                        .validation_sample = rows + n};
        networks_append_cell(writer, &entry, err);
    }
    free(rows);
    cell_samples_fini(&samples);
    return err->status;
}

/* How many parameters there must be follows from the data, which may not be loaded. */
static enum status check(const struct publication *what, size_t cell, const void *payload,
                         size_t length, struct error *err)
{
    struct kept_view view;
    if (kept_network_view(&view, payload, length, err) != STATUS_OK)
        return err->status;
    if (!kept_at(what->study, view.label, JOURNAL_NETWORK))
        return error_set(err, STATUS_DATA,
                         "network %s is at no snapshot of which the study keeps networks",
                         view.label);
    if (!what->session)
        return STATUS_OK;
    struct net_shape shape = cell_net_shape(&what->grid->cells[cell].spec,
                                            &what->session->dataset);
    if (view.n_parameters != net_count_parameters(&shape))
        error_set(err, STATUS_DATA, "network %s has %zu parameters, not %zu", view.label,
                  view.n_parameters, (size_t)net_count_parameters(&shape));
    return err->status;
}

static enum status add(void *writer, const struct publication *what, size_t cell,
                       const void *payload, size_t length, struct error *err)
{
    struct kept_view view;
    char id[HASH_HEX + 1];
    hash_format(what->grid->cells[cell].id, id);
    if (kept_network_view(&view, payload, length, err) != STATUS_OK)
        return err->status;
    struct network_entry entry = {.cell_id = id,
                                  .label = view.label,
                                  .step = view.step,
                                  .n_parameters = (int32_t)view.n_parameters,
                                  .parameters = view.parameters};
    return networks_append(writer, &entry, err);
}

static enum status publish(void *writer, struct error *err)
{
    return networks_publish(writer, err);
}

static void discard(void *writer)
{
    networks_discard(writer);
}

const struct companion companion_networks = {
    .file = "networks.nc",
    .noun = "network",
    .type = JOURNAL_NETWORK,
    .needs_data = true,
    .create = create,
    .check = check,
    .add_cell = add_samples,
    .add = add,
    .publish = publish,
    .discard = discard,
};
