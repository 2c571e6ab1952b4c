#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/companion.h"
#include "cli/compare.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "cli/verify.h"
#include "sweep/cell.h"

/* Cells that can be computed again, in the order of the grid. */
static enum status find_candidates(const struct source *source,
                                   const struct held_cell *cells, size_t n,
                                   struct held_cell **candidates, size_t *n_candidates,
                                   struct error *err)
{
    size_t n_grid = source->grid.n_cells;
    const struct held_cell **by_number = memory_alloc(n_grid, sizeof *by_number, err);
    *candidates = memory_alloc(n_grid, sizeof **candidates, err);
    *n_candidates = 0;
    for (size_t i = n; i-- > 0 && err->status == STATUS_OK;) { /* the first one stays */
        size_t number = grid_find(&source->grid, cells[i].id);
        if (number < n_grid &&
            (source->archive || !source->journals.entries[cells[i].at].lacking))
            by_number[number] = &cells[i];
    }
    for (size_t i = 0; i < n_grid && err->status == STATUS_OK; i++)
        if (by_number[i] && !by_number[i]->failed)
            (*candidates)[(*n_candidates)++] = *by_number[i];
    free(by_number);
    return err->status;
}

/* What a cell kept that was computed again, and what the journal has of it. */
struct repeated {
    struct verify *verify;
    const struct journal_index *journals;
    const struct journal_entry *result;
    const char *id;
};

static enum status compare_kept(const struct repeated *r,
                                const struct companion *companion, int i,
                                const char *label, const struct bytes *payload,
                                struct error *err)
{
    const struct journal_entry *entry = journal_find_kept(r->journals, r->result,
                                                          companion->type, i);
    void *stored = NULL;
    if (payload->failed)
        return error_set(err, STATUS_MEMORY, "cell %s: no memory for its %s", r->id,
                         companion->noun);
    if (entry && journal_read(r->journals, entry, &stored, err) == STATUS_OK &&
        (entry->length != payload->length ||
         memcmp(stored, payload->data, payload->length) != 0))
        findings_add(&r->verify->findings, FINDING_DAMAGE,
                     "cell %s: computed again its %s %s has other values", r->id,
                     companion->noun, label);
    free(stored);
    return err->status;
}

static enum status compare_all_kept(const struct repeated *r, const struct study *study,
                                    const struct cell_result *result, struct error *err)
{
    struct bytes payload = {0};
    for (int i = 0; i < result->n_networks && err->status == STATUS_OK; i++) {
        const struct kept_network *network = &result->networks[i];
        const char *label = study->snapshots[network->snapshot].label;
        payload.length = 0;
        kept_network_pack(network, label, result->n_parameters, &payload);
        compare_kept(r, &companion_networks, i, label, &payload, err);
    }
    for (int i = 0; i < result->n_node_sets && err->status == STATUS_OK; i++) {
        payload.length = 0;
        node_set_pack(&result->node_sets[i], &payload);
        compare_kept(r, &companion_nodes, i, result->node_sets[i].label, &payload, err);
    }
    bytes_free(&payload);
    return err->status;
}

/* Trains and probes a cell and compares what comes with what is stored. */
static enum status repeat(struct verify *v, struct source *source,
                          const struct session *session, const struct held_cell *held,
                          struct error *err)
{
    struct cell_context context = session_context(session);
    const struct cell *cell = &session->grid.cells[grid_find(&session->grid, held->id)];
    struct cell_result result;
    struct record stored;
    struct difference differences[FIELD_COUNT];
    struct text text = {0};
    char id[HASH_HEX + 1];
    hash_format(cell->id, id);
    if (source_read(source, held->at, &stored, err) != STATUS_OK)
        return err->status;
    if (cell_run(&context, cell, &result, err) == STATUS_OK) {
        int n = compare_records(&stored, &result.record, false, differences);
        compare_format(differences, n, &text);
        if (n > 0)
            findings_add(&v->findings, FINDING_DAMAGE,
                         "cell %s: computed again it differs: %.600s", id,
                         text_string(&text));
        else
            findings_add(&v->findings, FINDING_SOUND,
                         "cell %s: computed again, the same bits", id);
        struct repeated repeated = {.verify = v, .journals = &source->journals, .id = id};
        if (!source->archive) {
            repeated.result = &source->journals.entries[held->at];
            compare_all_kept(&repeated, &session->study, &result, err);
        }
        cell_result_fini(&result);
    }
    text_free(&text);
    record_fini(&stored);
    return err->status;
}

static enum status repeat_some(struct verify *v, struct source *source,
                               const struct session *session, size_t count,
                               struct error *err)
{
    struct held_cell *cells = NULL, *candidates = NULL;
    size_t n = 0, n_candidates = 0;
    if (source_list(source, &cells, &n, err) == STATUS_OK)
        find_candidates(source, cells, n, &candidates, &n_candidates, err);
    if (err->status == STATUS_OK && n_candidates == 0)
        findings_add(&v->findings, FINDING_NOTE, "%s: no cell to compute again",
                     source->path);
    count = count < n_candidates ? count : n_candidates;
    /* The middles of `count` even parts of the grid. */
    for (size_t i = 0; i < count && err->status == STATUS_OK; i++)
        repeat(v, source, session, &candidates[(2 * i + 1) * n_candidates / (2 * count)],
               err);
    free(candidates);
    free(cells);
    return err->status;
}

enum status verify_recompute(struct verify *v, const char *path, int64_t count,
                             struct error *err)
{
    struct source source;
    struct session session = {.study = {.n_blocks = 0}};
    if (source_open(&source, path, err) != STATUS_OK) {
        verify_absorb(v, err);
        return err->status;
    }
    if (!source.has_study)
        error_set(err, STATUS_DATA, "%s: its study cannot be read", path);
    else if (study_copy(&session.study, &source.study, err) == STATUS_OK &&
             session_prepare(&session, NULL, err) == STATUS_OK)
        repeat_some(v, &source, &session, (size_t)count, err);
    session_fini(&session);
    source_close(&source);
    verify_absorb(v, err);
    return err->status;
}
