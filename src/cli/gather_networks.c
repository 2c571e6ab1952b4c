/* gather_networks: kept networks from the ranks' journals into DIR/networks.nc. */
#include <stdlib.h>

#include "base/memory.h"
#include "cli/gather.h"
#include "cli/publish.h"
#include "cli/watchdog.h"

/* Networks of every cell as its owner knows them, known to everyone. */
static enum status count_networks(struct gather *g, int32_t *counts, struct error *err)
{
    size_t n = g->session->grid.n_cells;
    for (size_t i = 0; i < n; i++) {
        if (g->owner[i] != dist_rank(g->dist))
            continue;
        const struct journal_index *index;
        const struct journal_entry *entry = gather_entry(g, i, &index);
        counts[i] = entry ? rundir_count_networks(index, entry) : 0;
    }
    dist_sum_counts_all(g->dist, counts, n);
    return dist_agree(g->dist, err);
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
        publish_network(writer, &g->session->grid.cells[cell], payload.data,
                        payload.length, err);
    bytes_free(&payload);
    return err->status;
}

static enum status move_networks(struct networks_writer *writer, struct gather *g,
                                 const int32_t *counts, struct error *err)
{
    for (size_t cell = 0; cell < g->session->grid.n_cells; cell++) {
        if (counts[cell] == 0)
            continue;
        watchdog_touch();
        if (dist_rank(g->dist) == DIST_COLLECTOR)
            publish_network_samples(writer, g->session, cell, err);
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
    if (publish_kept_snapshots(&s->study) == 0)
        return STATUS_OK;
    bool collects = dist_rank(g->dist) == DIST_COLLECTOR;
    struct networks_writer *writer = NULL;
    int32_t *counts = memory_alloc(s->grid.n_cells, sizeof *counts, err);
    if (dist_agree(g->dist, err) == STATUS_OK &&
        count_networks(g, counts, err) == STATUS_OK && collects)
        publish_networks_create(&writer, g->dir->path, s, counts, err);
    if (dist_agree(g->dist, err) == STATUS_OK)
        move_networks(writer, g, counts, err);
    if (err->status == STATUS_OK && writer) {
        networks_publish(writer, err);
        writer = NULL;
    }
    networks_discard(writer);
    free(counts);
    return dist_agree(g->dist, err);
}
