#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/companion.h"
#include "cli/rundir.h"
#include "cli/verify.h"
#include "sweep/journal_check.h"
#include "sweep/kept_network.h"

/* ---- bytes ---- */

struct place {
    struct verify *verify;
    const char *path;
};

static void tell(void *state, enum journal_fault fault, uint64_t offset, uint64_t length)
{
    const struct place *place = state;
    struct findings *findings = &place->verify->findings;
    unsigned long long at = offset, bytes = length;
    switch (fault) {
    case JOURNAL_TORN:
        findings_add(findings, FINDING_NOTE,
                     "%s: %llu bytes of a torn record at the end, offset %llu: a run was "
                     "killed, or is at work",
                     place->path, bytes, at);
        break;
    case JOURNAL_DAMAGED:
        findings_add(findings, FINDING_DAMAGE, "%s: %llu bytes from offset %llu",
                     place->path, bytes, at);
        break;
    case JOURNAL_OUT_OF_ORDER:
        findings_add(findings, FINDING_DAMAGE,
                     "%s: records are missing or repeated before offset %llu",
                     place->path, at);
        break;
    case JOURNAL_NO_RUN:
        findings_add(findings, FINDING_NOTE, "%s: does not say of which run it is",
                     place->path);
        break;
    }
}

static enum status check_files(struct verify *v, struct error *err)
{
    uint64_t n = 0;
    for (size_t i = 0; i < v->journals.n_files && err->status == STATUS_OK; i++) {
        char path[IO_PATH_MAX];
        uint64_t n_records = 0;
        struct place place = {v, path};
        if (io_join(path, v->journals.dir, v->journals.files[i].name, err) == STATUS_OK)
            journal_check(path, tell, &place, &n_records, err);
        n += n_records;
    }
    if (err->status == STATUS_OK)
        findings_add(&v->findings, FINDING_SOUND,
                     "%s: %llu records in %zu journal%s of %zu run%s", v->journals.dir,
                     (unsigned long long)n, v->journals.n_files,
                     v->journals.n_files == 1 ? "" : "s", v->journals.n_runs,
                     v->journals.n_runs == 1 ? "" : "s");
    return err->status;
}

/* ---- cells ---- */

static const char *file_of(const struct verify *v, const struct journal_entry *entry)
{
    return v->journals.files[entry->file].name;
}

/* What a complete cell of the grid kept: all of it, unless a damaged record took
 * something with it, and what such a cell keeps. */
static void check_kept(struct verify *v, const struct journal_entry *result,
                       const struct record *record, struct error *err)
{
    size_t cell = grid_find(&v->grid, result->id);
    if (result->type != JOURNAL_RESULT || cell == v->grid.n_cells)
        return;
    struct publication what = {
        .study = &v->study, .grid = &v->grid, .n_classes = record->shape.n_classes};
    for (int c = 0; c < COMPANIONS; c++) {
        enum journal_type type = companions[c]->type;
        int expected = kept_count(&v->study, record, type);
        int found = journal_count_kept(&v->journals, result, type);
        if (found != expected)
            findings_add(&v->findings, FINDING_DAMAGE,
                         "%s/%s: cell %.32s has %d of its %d kept %ss", v->journals.dir,
                         file_of(v, result), record_text(record, FIELD_CELL_ID), found,
                         expected, companions[c]->noun);
        for (int i = 0; i < found && verify_absorb(v, err); i++) {
            void *payload = NULL;
            companion_read(companions[c], &what, cell, &v->journals,
                           journal_find_kept(&v->journals, result, type, i), &payload,
                           err);
            free(payload);
        }
    }
    verify_absorb(v, err);
}

/* Something kept by itself: its cell may not have been finished. */
static enum status check_form(const struct journal_index *journals,
                              const struct journal_entry *entry, struct error *err)
{
    struct kept_view view;
    struct node_set set;
    void *payload;
    if (journal_read(journals, entry, &payload, err) == STATUS_OK) {
        if (entry->type == JOURNAL_NETWORK)
            kept_network_view(&view, payload, entry->length, err);
        else if (node_set_unpack(&set, payload, entry->length, err) == STATUS_OK)
            node_set_fini(&set);
    }
    free(payload);
    return err->status;
}

/* False where only an error other than damage remains. */
static bool check_entry(struct verify *v, size_t at, struct error *err)
{
    const struct journal_entry *entry = &v->journals.entries[at];
    struct record record;
    if (entry->type == JOURNAL_NETWORK || entry->type == JOURNAL_NODES)
        check_form(&v->journals, entry, err);
    if (entry->type != JOURNAL_RESULT && entry->type != JOURNAL_FAILED)
        return verify_absorb(v, err);
    if (rundir_read_cell(&v->journals, entry, &v->grid, &record, err) != STATUS_OK)
        return verify_absorb(v, err);
    check_kept(v, entry, &record, err);
    if (entry->type == JOURNAL_RESULT || journal_find(&v->journals, entry->id) == entry)
        v->cells[v->n_cells++] = (struct held_cell){.id = entry->id,
                                                    .content = record_hash(&record),
                                                    .at = at,
                                                    .failed = entry->type ==
                                                              JOURNAL_FAILED};
    record_fini(&record);
    return err->status == STATUS_OK;
}

static enum status check_duplicates(struct verify *v, struct error *err)
{
    size_t equal = 0;
    for (size_t i = 1; i < v->n_cells; i++) {
        const struct held_cell *a = &v->cells[i - 1], *b = &v->cells[i];
        if (!hash_equal(a->id, b->id) || b->failed)
            continue;
        char id[HASH_HEX + 1];
        hash_format(a->id, id);
        const struct journal_entry *one = &v->journals.entries[a->at];
        const struct journal_entry *two = &v->journals.entries[b->at];
        if (hash_equal(a->content, b->content) &&
            rundir_kept_equal(&v->journals, one, &v->journals, two, err))
            equal++;
        else if (err->status == STATUS_OK)
            findings_add(&v->findings, FINDING_DAMAGE,
                         "%s: cell %s: %s and %s hold different results", v->journals.dir,
                         id, file_of(v, one), file_of(v, two));
    }
    if (equal > 0)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: %zu results are there twice, with equal bits", v->journals.dir,
                     equal);
    verify_absorb(v, err);
    return err->status;
}

static void report_cells(struct verify *v)
{
    size_t in_grid = 0, others = 0;
    for (size_t i = 0; i < v->n_cells; i++) {
        if ((i > 0 && hash_equal(v->cells[i].id, v->cells[i - 1].id)) ||
            !journal_find(&v->journals, v->cells[i].id))
            continue;
        bool known = grid_find(&v->grid, v->cells[i].id) < v->grid.n_cells;
        *(known ? &in_grid : &others) += 1;
    }
    findings_add(&v->findings, FINDING_SOUND,
                 "%s: %zu of %zu cells are finished, under their own identities",
                 v->journals.dir, in_grid, v->grid.n_cells);
    if (others > 0)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: %zu finished cells are of other grids or studies than "
                     "study.yaml's",
                     v->journals.dir, others);
}

enum status verify_journals(struct verify *v, const char *dir, struct error *err)
{
    if (rundir_scan(&v->journals, dir, err) != STATUS_OK || v->journals.n_files == 0 ||
        check_files(v, err) != STATUS_OK ||
        (v->has_study &&
         rundir_mark_lacking(&v->journals, &v->study, &v->grid, err) != STATUS_OK))
        return err->status;
    v->cells = memory_alloc(v->journals.n_entries, sizeof *v->cells, err);
    for (size_t i = 0; i < v->journals.n_entries && err->status == STATUS_OK; i++)
        if (!check_entry(v, i, err))
            return err->status;
    qsort(v->cells, v->n_cells, sizeof *v->cells, source_compare_cells);
    if (check_duplicates(v, err) == STATUS_OK)
        report_cells(v);
    return err->status;
}
