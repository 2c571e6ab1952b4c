#include "cli/gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/aggregate.h"
#include "archive/archive.h"
#include "base/memory.h"
#include "cli/version.h"
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
    if (io_join(journals, dir->path, "journal", err) == STATUS_OK && own_journal)
        journal_scan_file(&g->own, journals, own_journal, err);
    if (err->status == STATUS_OK && dist_rank(dist) == DIST_COLLECTOR)
        journal_scan(&g->all, journals, err);
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
        g->n_finished += g->owner[i]-- > 0;
    return err->status;
}

void gather_fini(struct gather *g)
{
    journal_index_fini(&g->own);
    journal_index_fini(&g->all);
    free(g->owner);
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

/* Whether a record is the cell's: a journal may have been tampered with or mixed up. */
static bool is_record_of(const struct record *record, const struct cell *cell)
{
    char id[HASH_HEX + 1];
    hash_format(cell->id, id);
    if (memcmp(record_text(record, FIELD_CELL_ID), id, ID_LENGTH) != 0)
        return false;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id option = (enum field_id)i;
        double value = field_get(option)->type == FIELD_TYPE_REAL
                           ? *record_real(record, option)
                           : *record_int(record, option);
        if (value != cell->spec.value[i])
            return false;
    }
    return true;
}

/* Reads the record of a cell that this rank brings. */
static enum status read_record(const struct gather *g, size_t cell, struct record *record,
                               struct error *err)
{
    const struct journal_index *index;
    const struct journal_entry *entry = gather_entry(g, cell, &index);
    void *payload;
    if (!entry)
        return error_set(err, STATUS_INTERNAL, "cell %zu is nowhere in the journals",
                         cell);
    if (journal_read(index, entry, &payload, err) != STATUS_OK)
        return err->status;
    struct record stored;
    if (record_unpack(&stored, payload, entry->length, err) == STATUS_OK) {
        if (memcmp(&stored.shape, &record->shape, sizeof stored.shape) != 0 ||
            !is_record_of(&stored, &g->session->grid.cells[cell])) {
            error_set(err, STATUS_DATA, "%s: a record is not of the cell it stands for",
                      index->files[entry->file].name);
        } else {
            memcpy(record->ints, stored.ints, stored.n_ints * sizeof *stored.ints);
            memcpy(record->reals, stored.reals, stored.n_reals * sizeof *stored.reals);
            memcpy(record->texts, stored.texts, stored.n_texts);
        }
        record_fini(&stored);
    }
    free(payload);
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

/* The next finished cells from *at on; records are at zero, ready to be summed. */
static enum status block_start(struct block *block, const struct gather *g, size_t *at,
                               struct error *err)
{
    const struct session *s = g->session;
    block->n = 0;
    for (; *at < s->grid.n_cells && block->n < BLOCK; ++*at) {
        if (g->owner[*at] < 0)
            continue;
        struct record *record = &block->records[block->n];
        struct record_shape shape = cell_record_shape(&s->grid.cells[*at].spec, &s->study,
                                                      s->dataset.n_classes);
        if (record_init(record, shape, err) != STATUS_OK)
            return err->status;
        memset(record->ints, 0, record->n_ints * sizeof *record->ints);
        block->cells[block->n++] = *at;
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

/* ---- the collector's side ---- */

struct collector {
    struct archive_writer *writer;
    struct aggregate *aggregate;
    size_t n_added;
};

static const struct journal_file *file_of(const struct gather *g, size_t cell,
                                          uint32_t *attempt)
{
    const struct journal_entry *entry = journal_find(&g->all,
                                                     g->session->grid.cells[cell].id);
    if (!entry)
        return NULL;
    *attempt = entry->attempt;
    return &g->all.files[entry->file];
}

static enum status collect_block(struct collector *c, struct block *block,
                                 struct gather *g, struct error *err)
{
    for (int i = 0; i < block->n; i++) {
        struct record *record = &block->records[i];
        uint32_t attempt = 0;
        const struct journal_file *file = file_of(g, block->cells[i], &attempt);
        *record_int(record, FIELD_CELL_RUN) = file ? file->run : -1;
        *record_int(record, FIELD_CELL_RANK) = file ? file->rank : -1;
        *record_int(record, FIELD_ATTEMPT) = (int32_t)attempt;
        g->n_incomplete += *record_int(record, FIELD_STATUS) != CELL_COMPLETE;
        aggregate_add(c->aggregate, c->n_added++, record);
        if (archive_append(c->writer, record, err) != STATUS_OK)
            return err->status;
    }
    return STATUS_OK;
}

static enum status create_aggregate(struct collector *c, const struct gather *g,
                                    struct record_shape shape, struct error *err)
{
    double *options = memory_alloc(g->n_finished * OPTION_COUNT, sizeof *options, err);
    struct aggregate_setup setup = {.shape = shape, .options = options};
    if (!options)
        return err->status;
    for (size_t i = 0; i < g->session->grid.n_cells; i++)
        if (g->owner[i] >= 0)
            memcpy(options + setup.n_cells++ * OPTION_COUNT,
                   g->session->grid.cells[i].spec.value, OPTION_COUNT * sizeof *options);
    aggregate_by_all(setup.apart);
    aggregate_create(&c->aggregate, &setup, err);
    free(options);
    return err->status;
}

static struct record_shape largest_shape(const struct gather *g)
{
    const struct session *s = g->session;
    struct record_shape shape = {.n_snapshots = s->study.n_snapshots,
                                 .n_classes = s->dataset.n_classes};
    for (size_t i = 0; i < s->grid.n_cells; i++) {
        int layers = (int)s->grid.cells[i].spec.value[FIELD_DEPTH] + 1;
        if (g->owner[i] >= 0 && layers > shape.n_layers)
            shape.n_layers = layers;
    }
    return shape;
}

static enum status start_archive(struct collector *c, const struct gather *g,
                                 struct error *err)
{
    const struct study *study = &g->session->study;
    char path[IO_PATH_MAX], source[VERSION_TEXT_MAX];
    struct text canonical = {0};
    const char **labels = memory_alloc((size_t)study->n_snapshots, sizeof *labels, err);
    struct record_shape shape = largest_shape(g);
    snprintf(source, sizeof source, "strata %s", strata_version);
    study_format(study, &canonical);
    if (canonical.failed)
        error_set(err, STATUS_MEMORY, "no memory for the study's text");
    if (err->status == STATUS_OK && create_aggregate(c, g, shape, err) == STATUS_OK &&
        io_join(path, g->dir->path, "archive.nc", err) == STATUS_OK) {
        for (int i = 0; i < study->n_snapshots; i++)
            labels[i] = study->snapshots[i].label;
        struct archive_header header = {
            .shape = shape,
            .snapshot_labels = labels,
            .title = study->name,
            .study = text_string(&canonical),
            .source = source,
            .history = "written by strata sweep; times and hosts stand on dimension run",
            .data_hash = g->session->dataset.hash,
            .numerics_version = NUMERICS_VERSION,
            .n_cells_planned = (int64_t)g->session->grid.n_cells,
            .runs = g->all.runs,
            .n_runs = (int)g->all.n_runs};
        archive_create(&c->writer, path, &header, err);
    }
    text_free(&canonical);
    free(labels);
    return err->status;
}

static enum status finish_archive(struct collector *c, struct error *err)
{
    struct group_table groups;
    struct archive_writer *writer = c->writer;
    if (aggregate_finish(c->aggregate, &groups, err) != STATUS_OK)
        return err->status;
    enum status status = archive_write_groups(writer, &groups, err);
    group_table_fini(&groups);
    if (status != STATUS_OK)
        return status;
    c->writer = NULL; /* publish ends it, whatever comes */
    return archive_publish(writer, NULL, err);
}

enum status gather_archive(struct gather *g, struct error *err)
{
    bool collects = dist_rank(g->dist) == DIST_COLLECTOR;
    struct collector collector = {0};
    struct block *block = memory_alloc(1, sizeof *block, err);
    if (block && collects)
        start_archive(&collector, g, err);
    size_t at = 0;
    while (dist_agree(g->dist, err) == STATUS_OK && at < g->session->grid.n_cells) {
        if (gather_block(block, g, &at, err) == STATUS_OK && collects)
            collect_block(&collector, block, g, err);
        block_fini(block);
    }
    if (err->status == STATUS_OK && collects)
        finish_archive(&collector, err);
    archive_discard(collector.writer);
    aggregate_destroy(collector.aggregate);
    free(block);
    return dist_agree(g->dist, err);
}
