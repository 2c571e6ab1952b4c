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

/* Networks stand in the file as their cells do in the archive. */
static enum status move_networks(struct import *m, struct journal *journal,
                                 const struct record *record, struct hash128 id,
                                 struct error *err)
{
    int left = kept_count(&m->source->study, record, JOURNAL_NETWORK);
    struct bytes payload = {0};
    int64_t n = m->networks ? networks_count(m->networks) : 0;
    for (int64_t seen = 0; seen < n && left > 0; seen++, m->next_network++) {
        struct network_entry entry;
        if (networks_read(m->networks, m->next_network % n, &entry, err) != STATUS_OK)
            break;
        if (memcmp(entry.cell_id, record_text(record, FIELD_CELL_ID), ID_LENGTH) != 0)
            continue;
        struct kept_network network = {
            .step = entry.step, .parameters = (float *)(uintptr_t)entry.parameters};
        payload.length = 0;
        kept_network_pack(&network, entry.label, (size_t)entry.n_parameters, &payload);
        if (journal_append(journal, JOURNAL_NETWORK, id,
                           (uint32_t)*record_int(record, FIELD_ATTEMPT), &payload,
                           err) != STATUS_OK)
            break;
        left--;
    }
    bytes_free(&payload);
    if (err->status == STATUS_OK && left > 0)
        error_set(err, STATUS_DATA, "%s: lacks %d kept networks of cell %.32s",
                  m->source->path, left, record_text(record, FIELD_CELL_ID));
    return err->status;
}

/* Node sets likewise. */
static enum status move_nodes(struct import *m, struct journal *journal,
                              const struct record *record, struct hash128 id,
                              struct error *err)
{
    int left = kept_count(&m->source->study, record, JOURNAL_NODES);
    struct bytes payload = {0};
    int64_t n = m->nodes ? nodes_count(m->nodes) : 0;
    for (int64_t seen = 0; seen < n && left > 0; seen++, m->next_nodes++) {
        struct node_set set;
        int64_t at = m->next_nodes % n;
        if (memcmp(nodes_cell_id(m->nodes, at), record_text(record, FIELD_CELL_ID),
                   ID_LENGTH) != 0)
            continue;
        if (nodes_read(m->nodes, at, &set, err) != STATUS_OK)
            break;
        payload.length = 0;
        node_set_pack(&set, &payload);
        node_set_fini(&set);
        if (journal_append(journal, JOURNAL_NODES, id,
                           (uint32_t)*record_int(record, FIELD_ATTEMPT), &payload,
                           err) != STATUS_OK)
            break;
        left--;
    }
    bytes_free(&payload);
    if (err->status == STATUS_OK && left > 0)
        error_set(err, STATUS_DATA, "%s: lacks %d kept node sets of cell %.32s",
                  m->source->path, left, record_text(record, FIELD_CELL_ID));
    return err->status;
}

static enum status import_cell(struct import *m, const struct held_cell *cell,
                               struct error *err)
{
    struct record record;
    struct bytes payload = {0};
    if (source_read(m->source, cell->at, &record, err) != STATUS_OK)
        return err->status;
    struct journal *journal = find_part(m, &record, err);
    if (err->status == STATUS_OK && !cell->failed)
        move_networks(m, journal, &record, cell->id, err);
    if (err->status == STATUS_OK && !cell->failed)
        move_nodes(m, journal, &record, cell->id, err);
    record_pack(&record, &payload);
    if (err->status == STATUS_OK)
        journal_append(journal, cell->failed ? JOURNAL_FAILED : JOURNAL_RESULT, cell->id,
                       (uint32_t)*record_int(&record, FIELD_ATTEMPT), &payload, err);
    bytes_free(&payload);
    record_fini(&record);
    return err->status;
}

static enum status import_cells(struct import *m, struct error *err)
{
    struct journal_index index = {0};
    struct held_cell *cells = NULL;
    size_t n = 0;
    if (source_list(m->source, &cells, &n, err) == STATUS_OK &&
        journal_scan(&index, m->journals, err) == STATUS_OK) {
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
