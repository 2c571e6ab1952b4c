#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/networks.h"
#include "archive/nodes.h"
#include "base/memory.h"
#include "cli/merge.h"
#include "sweep/kept_network.h"

/* ---- copying ---- */

static enum status copy_file(const char *from, const char *to, struct error *err)
{
    struct io_mapping ours = {0}, theirs = {0};
    if (io_map(&theirs, from, err) == STATUS_OK && io_exists(to))
        io_map(&ours, to, err);
    size_t common = ours.size < theirs.size ? ours.size : theirs.size;
    if (err->status == STATUS_OK && common > 0 &&
        memcmp(ours.data, theirs.data, common) != 0)
        error_set(err, STATUS_DATA, "%s and %s: one journal with different content", from,
                  to);
    if (err->status == STATUS_OK && theirs.size > ours.size)
        io_replace_file(to, theirs.data, theirs.size, err);
    io_unmap(&ours);
    io_unmap(&theirs);
    return err->status;
}

enum status merge_copy_journals(const struct source *source, const struct rundir *dir,
                                struct error *err)
{
    char journals[IO_PATH_MAX], from[IO_PATH_MAX], to[IO_PATH_MAX];
    if (io_join(journals, dir->path, "journal", err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < source->journals.n_files; i++) {
        const char *name = source->journals.files[i].name;
        if (io_join(from, source->journals.dir, name, err) != STATUS_OK ||
            io_join(to, journals, name, err) != STATUS_OK ||
            copy_file(from, to, err) != STATUS_OK)
            break;
    }
    return err->status;
}

/* ---- from an archive ---- */

/* A journal for the cells of one rank of one run. */
struct part {
    int run, rank;
    struct journal *journal;
};

struct import {
    struct source *source;
    const struct rundir *dir;
    char journals[IO_PATH_MAX];
    struct run_info *runs;
    int n_runs;
    struct part *parts;
    size_t n_parts, parts_capacity;
    struct networks *networks; /* NULL where there are none */
    struct nodes *nodes;       /* likewise */
    int64_t next_network;      /* after the last one that was moved */
    int64_t next_nodes;
};

static enum status open_part(struct import *m, struct part *part, struct error *err)
{
    /* A name of its own: the run's own journals may come from elsewhere. */
    char id[NAME_MAX];
    struct bytes payload = {0};
    snprintf(id, sizeof id, "%s-a%d", m->dir->run_id, part->run);
    if (journal_create(&part->journal, m->journals, id, part->rank, err) != STATUS_OK)
        return err->status;
    if (part->run >= 0 && part->run < m->n_runs) {
        run_info_pack(&m->runs[part->run], &payload);
        journal_append(part->journal, JOURNAL_RUN, (struct hash128){0, 0}, 0, &payload,
                       err);
    }
    bytes_free(&payload);
    return err->status;
}

static struct journal *find_part(struct import *m, const struct record *record,
                                 struct error *err)
{
    int run = *record_int(record, FIELD_CELL_RUN);
    int rank = *record_int(record, FIELD_CELL_RANK);
    for (size_t i = 0; i < m->n_parts; i++)
        if (m->parts[i].run == run && m->parts[i].rank == rank)
            return m->parts[i].journal;
    if (memory_grow(&m->parts, &m->parts_capacity, m->n_parts + 1, sizeof *m->parts,
                    err) != STATUS_OK)
        return NULL;
    struct part *part = &m->parts[m->n_parts++];
    *part = (struct part){.run = run, .rank = rank};
    open_part(m, part, err);
    return part->journal;
}

/* A cell whose kept networks and node sets are copied into a journal. */
struct move {
    struct import *import;
    struct journal *journal;
    const struct record *record;
    struct hash128 id;
    struct bytes payload;
};

static bool is_of_cell(const struct move *move, const char *cell_id)
{
    return memcmp(cell_id, record_text(move->record, FIELD_CELL_ID), ID_LENGTH) == 0;
}

static enum status append(struct move *move, enum journal_type type, struct error *err)
{
    return journal_append(move->journal, type, move->id,
                          (uint32_t)*record_int(move->record, FIELD_ATTEMPT),
                          &move->payload, err);
}

/* Packs network number `at` of the file; false where it is another cell's. */
static bool pack_network(struct move *move, int64_t at, struct error *err)
{
    struct network_entry entry;
    if (networks_read(move->import->networks, at, &entry, err) != STATUS_OK ||
        !is_of_cell(move, entry.cell_id))
        return false;
    struct kept_network network = {.step = entry.step,
                                   .parameters = (float *)(uintptr_t)entry.parameters};
    kept_network_pack(&network, entry.label, (size_t)entry.n_parameters, &move->payload);
    return true;
}

static bool pack_nodes(struct move *move, int64_t at, struct error *err)
{
    struct node_set set;
    if (!is_of_cell(move, nodes_cell_id(move->import->nodes, at)) ||
        nodes_read(move->import->nodes, at, &set, err) != STATUS_OK)
        return false;
    node_set_pack(&set, &move->payload);
    node_set_fini(&set);
    return true;
}

/* Kept things stand in their file as their cells do in the archive: `next` is where the
 * cell before ended, n how many there are. */
static enum status move_kept(struct move *move, enum journal_type type, int64_t n,
                             int64_t *next, struct error *err)
{
    bool networks = type == JOURNAL_NETWORK;
    struct source *source = move->import->source;
    int left = kept_count(&source->study, move->record, type);
    for (int64_t seen = 0; seen < n && left > 0 && err->status == STATUS_OK;
         seen++, ++*next) {
        move->payload.length = 0;
        if ((networks ? pack_network : pack_nodes)(move, *next % n, err) &&
            append(move, type, err) == STATUS_OK)
            left--;
    }
    if (err->status == STATUS_OK && left > 0)
        error_set(err, STATUS_DATA, "%s: lacks %d kept %s of cell %.32s", source->path,
                  left, networks ? "networks" : "node sets",
                  record_text(move->record, FIELD_CELL_ID));
    return err->status;
}

static enum status import_cell(struct import *m, const struct held_cell *cell,
                               struct error *err)
{
    struct record record;
    if (source_read(m->source, cell->at, &record, err) != STATUS_OK)
        return err->status;
    struct move move = {.import = m,
                        .journal = find_part(m, &record, err),
                        .record = &record,
                        .id = cell->id};
    if (err->status == STATUS_OK && !cell->failed)
        move_kept(&move, JOURNAL_NETWORK, m->networks ? networks_count(m->networks) : 0,
                  &m->next_network, err);
    if (err->status == STATUS_OK && !cell->failed)
        move_kept(&move, JOURNAL_NODES, m->nodes ? nodes_count(m->nodes) : 0,
                  &m->next_nodes, err);
    move.payload.length = 0;
    record_pack(&record, &move.payload);
    if (err->status == STATUS_OK)
        append(&move, cell->failed ? JOURNAL_FAILED : JOURNAL_RESULT, err);
    bytes_free(&move.payload);
    record_fini(&record);
    return err->status;
}

static enum status import_cells(struct import *m, struct error *err)
{
    struct journal_index index = {0};
    struct held_cell *cells = NULL;
    size_t n = 0;
    if (source_list(m->source, &cells, &n, err) == STATUS_OK &&
        journal_scan(&index, m->journals, err) == STATUS_OK &&
        rundir_mark_lacking(&index, &m->source->study, &m->source->grid, err) ==
            STATUS_OK) {
        qsort(cells, n, sizeof *cells, source_compare_places);
        for (size_t i = 0; i < n && err->status == STATUS_OK; i++) {
            const struct journal_entry *held = journal_find(&index, cells[i].id);
            if (!held || (held->type == JOURNAL_FAILED && !cells[i].failed))
                import_cell(m, &cells[i], err);
        }
    }
    for (size_t i = 0; i < m->n_parts && err->status == STATUS_OK; i++)
        journal_commit(m->parts[i].journal, err);
    free(cells);
    journal_index_fini(&index);
    return err->status;
}

/* What stands beside the archive, where it is there. */
static enum status open_companions(struct import *m, struct error *err)
{
    char path[IO_PATH_MAX];
    if (io_join(path, m->source->path, "networks.nc", err) == STATUS_OK &&
        io_exists(path) && networks_check(path, NULL, err) == STATUS_OK)
        networks_open(&m->networks, path, err);
    if (err->status == STATUS_OK &&
        io_join(path, m->source->path, "nodes.nc", err) == STATUS_OK && io_exists(path) &&
        nodes_check(path, NULL, err) == STATUS_OK)
        nodes_open(&m->nodes, path, err);
    return err->status;
}

enum status merge_import_archive(struct source *source, const struct rundir *dir,
                                 struct error *err)
{
    struct import m = {.source = source, .dir = dir};
    if (io_join(m.journals, dir->path, "journal", err) == STATUS_OK &&
        archive_read_runs(source->archive, &m.runs, &m.n_runs, err) == STATUS_OK &&
        open_companions(&m, err) == STATUS_OK)
        import_cells(&m, err);
    for (size_t i = 0; i < m.n_parts; i++)
        journal_close(m.parts[i].journal);
    networks_close(m.networks);
    nodes_close(m.nodes);
    free(m.parts);
    free(m.runs);
    return err->status;
}
