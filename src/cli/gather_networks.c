/* gather_networks: kept networks from the ranks' journals into DIR/networks.nc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/networks.h"
#include "base/memory.h"
#include "cli/gather.h"
#include "cli/version.h"
#include "sweep/cell.h"

static int count_kept(const struct study *study)
{
    int n = 0;
    for (int i = 0; i < study->n_snapshots; i++)
        n += study->snapshots[i].keep;
    return n;
}

/* Numbers of one cell's kept networks and their parameters, as its owner knows them. */
static void count_cell(const struct gather *g, size_t cell, int64_t *networks,
                       int64_t *parameters)
{
    const struct journal_index *index;
    const struct journal_entry *entry = gather_entry(g, cell, &index);
    struct net_shape shape = cell_net_shape(&g->session->grid.cells[cell].spec,
                                            &g->session->dataset);
    for (int i = 0; entry && journal_find_network(index, entry, i); i++) {
        ++*networks;
        *parameters += (int64_t)net_count_parameters(&shape);
    }
}

/* Networks of every cell, known to everyone. */
static enum status count_networks(struct gather *g, int32_t *counts,
                                  struct networks_header *header, struct error *err)
{
    size_t n = g->session->grid.n_cells;
    for (size_t i = 0; i < n; i++) {
        int64_t networks = 0, parameters = 0;
        if (g->owner[i] == dist_rank(g->dist))
            count_cell(g, i, &networks, &parameters);
        counts[i] = (int32_t)networks;
    }
    dist_sum_counts_all(g->dist, counts, n);
    for (size_t i = 0; i < n; i++) {
        struct net_shape shape = cell_net_shape(&g->session->grid.cells[i].spec,
                                                &g->session->dataset);
        header->n_networks += counts[i];
        header->n_parameters += counts[i] * (int64_t)net_count_parameters(&shape);
        header->n_cells += counts[i] > 0;
    }
    return dist_agree(g->dist, err);
}

static enum status append_samples(struct networks_writer *writer, const struct gather *g,
                                  size_t cell, struct error *err)
{
    const struct session *s = g->session;
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

static enum status append_network(struct networks_writer *writer, const struct gather *g,
                                  size_t cell, const struct bytes *payload,
                                  struct error *err)
{
    struct kept_view view;
    char id[HASH_HEX + 1];
    hash_format(g->session->grid.cells[cell].id, id);
    if (kept_network_view(&view, payload->data, payload->length, err) != STATUS_OK)
        return err->status;
    struct network_entry entry = {.cell_id = id,
                                  .label = view.label,
                                  .step = view.step,
                                  .n_parameters = (int32_t)view.n_parameters,
                                  .parameters = view.parameters};
    return networks_append(writer, &entry, err);
}

/* Brings network number i of a cell to the collector, which writes it. */
static enum status move_network(struct networks_writer *writer, struct gather *g,
                                size_t cell, int i, struct error *err)
{
    int rank = dist_rank(g->dist), owner = g->owner[cell];
    struct bytes payload = {0};
    if (rank == owner) {
        const struct journal_index *index;
        const struct journal_entry *entry = gather_entry(g, cell, &index);
        const struct journal_entry *network = journal_find_network(index, entry, i);
        void *data = NULL;
        if (journal_read(index, network, &data, err) == STATUS_OK)
            payload = (struct bytes){
                .data = data, .length = network->length, .capacity = network->length};
        else
            payload.failed = true; /* the collector waits for a word */
    }
    if (rank == owner || rank == DIST_COLLECTOR)
        dist_send(g->dist, owner, &payload, err);
    if (rank == DIST_COLLECTOR && err->status == STATUS_OK)
        append_network(writer, g, cell, &payload, err);
    bytes_free(&payload);
    return err->status;
}

static enum status move_networks(struct networks_writer *writer, struct gather *g,
                                 const int32_t *counts, struct error *err)
{
    for (size_t cell = 0; cell < g->session->grid.n_cells; cell++) {
        if (counts[cell] == 0)
            continue;
        if (dist_rank(g->dist) == DIST_COLLECTOR)
            append_samples(writer, g, cell, err);
        for (int i = 0; i < counts[cell]; i++)
            if (dist_agree(g->dist, err) == STATUS_OK)
                move_network(writer, g, cell, i, err);
        if (dist_agree(g->dist, err) != STATUS_OK)
            return err->status;
    }
    return STATUS_OK;
}

enum status gather_networks(struct gather *g, struct error *err)
{
    const struct session *s = g->session;
    if (count_kept(&s->study) == 0)
        return STATUS_OK;
    bool collects = dist_rank(g->dist) == DIST_COLLECTOR;
    struct networks_writer *writer = NULL;
    struct text canonical = {0};
    char path[IO_PATH_MAX], source[VERSION_TEXT_MAX];
    int32_t *counts = memory_alloc(s->grid.n_cells, sizeof *counts, err);
    struct networks_header header = {.title = s->study.name,
                                     .source = source,
                                     .data_hash = s->dataset.hash,
                                     .numerics_version = NUMERICS_VERSION,
                                     .n_train = (int)s->sizes.train,
                                     .n_validation = (int)s->sizes.validation};
    snprintf(source, sizeof source, "strata %s", strata_version);
    study_format(&s->study, &canonical);
    header.study = text_string(&canonical);
    if (dist_agree(g->dist, err) == STATUS_OK)
        count_networks(g, counts, &header, err);
    if (err->status == STATUS_OK && header.n_networks > 0) {
        if (collects && io_join(path, g->dir->path, "networks.nc", err) == STATUS_OK)
            networks_create(&writer, path, &header, err);
        if (dist_agree(g->dist, err) == STATUS_OK)
            move_networks(writer, g, counts, err);
        if (err->status == STATUS_OK && collects) {
            networks_publish(writer, err);
            writer = NULL;
        }
    }
    networks_discard(writer);
    text_free(&canonical);
    free(counts);
    return dist_agree(g->dist, err);
}
