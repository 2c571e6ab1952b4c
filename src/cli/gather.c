#include "cli/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/publish.h"
#include "cli/watchdog.h"
#include "sweep/cell.h"

enum { BLOCK = 64 }; /* cells that are gathered together */

enum status gather_create(struct gather *g, struct dist *dist,
                          const struct session *session, const struct rundir *dir,
                          const char *own_journal, struct error *err)
{
    size_t n = session->grid.n_cells;
    char journals[IO_PATH_MAX];
    memset(g, 0, sizeof *g);
    g->dist = dist;
    g->session = session;
    g->dir = dir;
    g->owner = memory_alloc(n, sizeof *g->owner, err);
    g->finished = memory_alloc(n, sizeof *g->finished, err);
    if (io_join(journals, dir->path, "journal", err) == STATUS_OK && own_journal)
        journal_scan_file(&g->own, journals, own_journal, err);
    if (err->status == STATUS_OK && dist_rank(dist) == DIST_COLLECTOR)
        journal_scan(&g->all, journals, err);
    if (err->status == STATUS_OK &&
        rundir_mark_lacking(&g->own, &session->study, &session->grid, err) == STATUS_OK)
        rundir_mark_lacking(&g->all, &session->study, &session->grid, err);
    if (dist_agree(dist, err) != STATUS_OK)
        return err->status;
    /* A cell is journalled by one rank of this run, or by an earlier run; the collector
     * stands in for those. */
    for (size_t i = 0; i < n; i++)
        g->owner[i] = journal_find(&g->own, session->grid.cells[i].id)
                          ? dist_rank(dist) + 1
                          : 0;
    dist_sum_counts_all(dist, g->owner, n);
    if (dist_rank(dist) == DIST_COLLECTOR)
        for (size_t i = 0; i < n; i++)
            if (g->owner[i] == 0 && journal_find(&g->all, session->grid.cells[i].id))
                g->owner[i] = DIST_COLLECTOR + 1;
    struct bytes owners = {0};
    bytes_put(&owners, g->owner, n * sizeof *g->owner);
    if (owners.failed)
        error_set(err, STATUS_MEMORY, "no memory for the owners of %zu cells", n);
    if (dist_agree(dist, err) == STATUS_OK &&
        dist_broadcast(dist, &owners, err) == STATUS_OK)
        memcpy(g->owner, owners.data, n * sizeof *g->owner);
    bytes_free(&owners);
    for (size_t i = 0; err->status == STATUS_OK && i < n; i++)
        if (g->owner[i]-- > 0)
            g->finished[g->n_finished++] = i;
    return err->status;
}

void gather_fini(struct gather *g)
{
    journal_index_fini(&g->own);
    journal_index_fini(&g->all);
    free(g->owner);
    free(g->finished);
    memset(g, 0, sizeof *g);
}

const struct journal_entry *gather_entry(const struct gather *g, size_t cell,
                                         const struct journal_index **index)
{
    const struct hash128 id = g->session->grid.cells[cell].id;
    const struct journal_entry *entry = journal_find(&g->own, id);
    *index = &g->own;
    if (!entry) {
        entry = journal_find(&g->all, id);
        *index = &g->all;
    }
    return entry;
}

/* Reads the record of a cell that this rank brings. */
static enum status read_record(const struct gather *g, size_t cell, struct record *record,
                               struct error *err)
{
    const struct journal_index *index;
    const struct journal_entry *entry = gather_entry(g, cell, &index);
    struct record stored;
    if (!entry)
        return error_set(err, STATUS_INTERNAL, "cell %zu is nowhere in the journals",
                         cell);
    if (rundir_read_cell(index, entry, &g->session->grid, &stored, err) != STATUS_OK)
        return err->status;
    if (memcmp(&stored.shape, &record->shape, sizeof stored.shape) != 0) {
        error_set(err, STATUS_DATA, "%s/%s: a record is not of the cell it stands for",
                  index->dir, index->files[entry->file].name);
    } else {
        memcpy(record->ints, stored.ints, stored.n_ints * sizeof *stored.ints);
        memcpy(record->reals, stored.reals, stored.n_reals * sizeof *stored.reals);
        memcpy(record->texts, stored.texts, stored.n_texts);
    }
    record_fini(&stored);
    return err->status;
}

/* ---- a block of cells ---- */

struct block {
    size_t cells[BLOCK];
    struct record records[BLOCK];
    int n;
};

static void block_fini(struct block *block)
{
    for (int i = 0; i < block->n; i++)
        record_fini(&block->records[i]);
    block->n = 0;
}

/* The next finished cells, from number *at on; records are at zero, ready to be summed.
 */
static enum status block_start(struct block *block, const struct gather *g, size_t *at,
                               struct error *err)
{
    const struct session *s = g->session;
    block->n = 0;
    for (; *at < g->n_finished && block->n < BLOCK; ++*at) {
        size_t cell = g->finished[*at];
        struct record *record = &block->records[block->n];
        struct record_shape shape = cell_record_shape(&s->grid.cells[cell].spec,
                                                      &s->study, s->dataset.n_classes);
        if (record_init(record, shape, err) != STATUS_OK)
            return err->status;
        memset(record->ints, 0, record->n_ints * sizeof *record->ints);
        block->cells[block->n++] = cell;
    }
    return STATUS_OK;
}

/* Integers: every rank puts its cells' counts into zeros; the sum is the block. */
static enum status reduce_counts(struct block *block, struct gather *g, struct error *err)
{
    size_t n = 0;
    for (int i = 0; i < block->n; i++)
        n += block->records[i].n_ints;
    int32_t *counts = memory_alloc(n, sizeof *counts, err);
    if (dist_agree(g->dist, err) != STATUS_OK) {
        free(counts);
        return err->status;
    }
    size_t at = 0;
    for (int i = 0; i < block->n; at += block->records[i++].n_ints)
        memcpy(counts + at, block->records[i].ints,
               block->records[i].n_ints * sizeof *counts);
    dist_sum_counts(g->dist, counts, n);
    at = 0;
    for (int i = 0; i < block->n; at += block->records[i++].n_ints)
        memcpy(block->records[i].ints, counts + at,
               block->records[i].n_ints * sizeof *counts);
    free(counts);
    return STATUS_OK;
}

/* Reals and texts: gathered by rank, taken apart in cell order. */
static enum status gather_reals(struct block *block, struct gather *g, struct error *err)
{
    int rank = dist_rank(g->dist), size = dist_size(g->dist);
    struct bytes mine = {0}, all = {0};
    size_t *offsets = memory_alloc((size_t)size + 1, sizeof *offsets, err);
    for (int i = 0; i < block->n; i++) {
        if (g->owner[block->cells[i]] != rank)
            continue;
        const struct record *record = &block->records[i];
        bytes_put(&mine, record->reals, record->n_reals * sizeof *record->reals);
        bytes_put(&mine, record->texts, record->n_texts);
    }
    if (dist_agree(g->dist, err) == STATUS_OK &&
        dist_gather(g->dist, &mine, &all, offsets, err) == STATUS_OK &&
        rank == DIST_COLLECTOR) {
        for (int i = 0; i < block->n; i++) {
            struct record *record = &block->records[i];
            const uint8_t *from = all.data + offsets[g->owner[block->cells[i]]];
            size_t reals = record->n_reals * sizeof *record->reals;
            memcpy(record->reals, from, reals);
            memcpy(record->texts, from + reals, record->n_texts);
            offsets[g->owner[block->cells[i]]] += reals + record->n_texts;
        }
    }
    bytes_free(&mine);
    bytes_free(&all);
    free(offsets);
    return err->status;
}

static enum status gather_block(struct block *block, struct gather *g, size_t *at,
                                struct error *err)
{
    block_start(block, g, at, err);
    for (int i = 0; err->status == STATUS_OK && i < block->n; i++)
        if (g->owner[block->cells[i]] == dist_rank(g->dist))
            read_record(g, block->cells[i], &block->records[i], err);
    if (dist_agree(g->dist, err) != STATUS_OK ||
        reduce_counts(block, g, err) != STATUS_OK)
        return err->status;
    return gather_reals(block, g, err);
}

/* ---- the archive ---- */

static enum status publish_block(struct publisher *publisher, struct block *block,
                                 struct gather *g, struct error *err)
{
    for (int i = 0; i < block->n && err->status == STATUS_OK; i++) {
        struct record *record = &block->records[i];
        g->n_incomplete += *record_int(record, FIELD_STATUS) != CELL_COMPLETE;
        publisher_add(publisher, record, err);
    }
    return err->status;
}

struct publication gather_publication(const struct gather *g)
{
    const struct session *s = g->session;
    return (struct publication){.dir = g->dir->path,
                                .study = &s->study,
                                .grid = &s->grid,
                                .cells = g->finished,
                                .n_cells = g->n_finished,
                                .n_classes = s->dataset.n_classes,
                                .journals = &g->all,
                                .session = s};
}

enum status gather_archive(struct gather *g, struct error *err)
{
    bool collects = dist_rank(g->dist) == DIST_COLLECTOR;
    struct publisher *publisher = NULL;
    struct block *block = memory_alloc(1, sizeof *block, err);
    struct publication what = gather_publication(g);
    if (block && collects)
        publisher_create(&publisher, &what, err);
    size_t at = 0;
    while (dist_agree(g->dist, err) == STATUS_OK && at < g->n_finished) {
        if (gather_block(block, g, &at, err) == STATUS_OK && collects)
            publish_block(publisher, block, g, err);
        block_fini(block);
        watchdog_touch();
    }
    if (err->status == STATUS_OK && collects)
        publisher_finish(publisher, err);
    publisher_destroy(publisher);
    free(block);
    return dist_agree(g->dist, err);
}
