/* gather_companion: what cells keep, from the ranks' journals into a file beside the
 * archive. */
#include <stdlib.h>

#include "base/memory.h"
#include "cli/companion.h"
#include "cli/gather.h"
#include "cli/watchdog.h"
#include "sweep/kept_network.h"

struct move {
    const struct companion *companion;
    struct gather *g;
    struct publication what;
    int32_t *counts; /* [grid's cells]: payloads of each */
    void *writer;    /* the collector's */
};

/* Payloads of every cell as its owner knows them, known to everyone. */
static enum status count_payloads(struct move *m, struct error *err)
{
    struct gather *g = m->g;
    size_t n = g->session->grid.n_cells;
    for (size_t i = 0; i < n; i++) {
        if (g->owner[i] != dist_rank(g->dist))
            continue;
        const struct journal_index *index;
        const struct journal_entry *entry = gather_entry(g, i, &index);
        m->counts[i] = entry ? journal_count_kept(index, entry, m->companion->type) : 0;
    }
    dist_sum_counts_all(g->dist, m->counts, n);
    return dist_agree(g->dist, err);
}

/* Brings payload number i of a cell to the collector, which writes it. */
static enum status move_payload(struct move *m, size_t cell, int i, struct error *err)
{
    struct gather *g = m->g;
    int rank = dist_rank(g->dist), owner = g->owner[cell];
    struct bytes payload = {0};
    if (rank == owner) {
        const struct journal_index *index;
        const struct journal_entry *entry = gather_entry(g, cell, &index);
        const struct journal_entry *kept = journal_find_kept(index, entry,
                                                             m->companion->type, i);
        void *data = NULL;
        if (companion_read(m->companion, &m->what, cell, index, kept, &data, err) ==
            STATUS_OK)
            payload = (struct bytes){
                .data = data, .length = kept->length, .capacity = kept->length};
        else
            payload.failed = true; /* the collector waits for a word */
    }
    if (rank == owner || rank == DIST_COLLECTOR)
        dist_send(g->dist, owner, &payload, err);
    if (rank == DIST_COLLECTOR && err->status == STATUS_OK)
        m->companion->add(m->writer, &m->what, cell, payload.data, payload.length, err);
    bytes_free(&payload);
    return err->status;
}

static enum status move_payloads(struct move *m, struct error *err)
{
    struct gather *g = m->g;
    for (size_t cell = 0; cell < g->session->grid.n_cells; cell++) {
        if (m->counts[cell] == 0)
            continue;
        watchdog_touch();
        if (dist_rank(g->dist) == DIST_COLLECTOR && m->companion->add_cell)
            m->companion->add_cell(m->writer, &m->what, cell, err);
        for (int i = 0; i < m->counts[cell]; i++)
            if (dist_agree(g->dist, err) == STATUS_OK)
                move_payload(m, cell, i, err);
        if (dist_agree(g->dist, err) != STATUS_OK)
            return err->status;
    }
    return STATUS_OK;
}

enum status gather_companion(struct gather *g, const struct companion *companion,
                             struct error *err)
{
    if (kept_planned(&g->session->study, companion->type) == 0)
        return STATUS_OK;
    bool collects = dist_rank(g->dist) == DIST_COLLECTOR;
    struct move m = {.companion = companion, .g = g, .what = gather_publication(g)};
    m.counts = memory_alloc(g->session->grid.n_cells, sizeof *m.counts, err);
    if (dist_agree(g->dist, err) == STATUS_OK && count_payloads(&m, err) == STATUS_OK &&
        collects)
        companion->create(&m.writer, &m.what, m.counts, err);
    if (dist_agree(g->dist, err) == STATUS_OK)
        move_payloads(&m, err);
    if (err->status == STATUS_OK && m.writer) {
        companion->publish(m.writer, err);
        m.writer = NULL;
    }
    companion->discard(m.writer);
    free(m.counts);
    return dist_agree(g->dist, err);
}
