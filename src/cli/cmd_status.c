/* strata status: how far a run directory is, from its journals; safe at any time. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/options.h"
#include "cli/rundir.h"
#include "record/record.h"

enum { OPT_JSON };

static const struct option_row rows[] = {
    [OPT_JSON] = {"json", 0, NULL, "one JSON object", false},
    {NULL, 0, NULL, NULL, false}};

struct state {
    const char *path;
    const char *study;
    size_t planned, left;
    size_t by_status[CELL_QUARANTINED + 1];
    bool running;
    const struct journal_index *index;
};

static enum status count_cells(struct state *state, const struct grid *grid,
                               struct error *err)
{
    state->planned = grid->n_cells;
    for (size_t i = 0; i < grid->n_cells; i++) {
        const struct journal_entry *entry = journal_find(state->index, grid->cells[i].id);
        struct record record;
        void *payload;
        if (!entry) {
            state->left++;
            continue;
        }
        if (journal_read(state->index, entry, &payload, err) != STATUS_OK)
            return err->status;
        if (record_unpack(&record, payload, entry->length, err) == STATUS_OK) {
            int status = *record_int(&record, FIELD_STATUS);
            state->by_status[status >= 0 && status <= CELL_QUARANTINED ? status
                                                                       : CELL_FAILED]++;
            record_fini(&record);
        }
        free(payload);
        if (err->status != STATUS_OK)
            return err->status;
    }
    return STATUS_OK;
}

static void print_json(const struct state *s)
{
    printf("{\"study\": \"%s\", \"planned\": %zu, \"left\": %zu", s->study, s->planned,
           s->left);
    for (int i = 0; i <= CELL_QUARANTINED; i++) {
        char name[32];
        field_flag_name(FIELD_STATUS, i, name, sizeof name);
        printf(", \"%s\": %zu", name, s->by_status[i]);
    }
    printf(", \"running\": %s, \"runs\": %zu, \"damaged_bytes\": %llu}\n",
           s->running ? "true" : "false", s->index->n_runs,
           (unsigned long long)s->index->damaged_bytes);
}

static void print_text(const struct state *s)
{
    printf("study      %s\n", s->study);
    printf("cells      %zu: %zu left", s->planned, s->left);
    for (int i = 0; i <= CELL_QUARANTINED; i++) {
        char name[32];
        field_flag_name(FIELD_STATUS, i, name, sizeof name);
        if (s->by_status[i] > 0 || i == CELL_COMPLETE)
            printf(", %zu %s", s->by_status[i], name);
    }
    printf("\nruns       %zu%s\n", s->index->n_runs,
           s->running ? ", one of them live" : "");
    if (s->index->n_runs > 0) {
        const struct run_info *last = &s->index->runs[s->index->n_runs - 1];
        printf("last run   %s on %s, %d rank%s, from %s\n", last->id, last->host,
               last->n_ranks, last->n_ranks == 1 ? "" : "s", last->start_time);
    }
    if (s->index->damaged_files > 0)
        printf("damage     %s\n", s->index->first_damage);
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct study study;
    struct grid grid = {0};
    struct journal_index index = {0};
    struct state state = {.path = args->positional[0], .index = &index};
    if (rundir_read_study(&study, state.path, err) != STATUS_OK)
        return err->status;
    state.study = study.name;
    if (!study.data.has_hash)
        error_set(err, STATUS_DATA, "%s/study.yaml: has no data hash", state.path);
    else if (grid_expand(&grid, &study, study.data.hash, err) == STATUS_OK &&
             rundir_scan(&index, state.path, err) == STATUS_OK &&
             count_cells(&state, &grid, err) == STATUS_OK) {
        state.running = rundir_is_locked(state.path);
        (args->value[OPT_JSON] ? print_json : print_text)(&state);
    }
    grid_fini(&grid);
    journal_index_fini(&index);
    study_fini(&study);
    return err->status;
}

const struct command cmd_status = {
    .name = "status",
    .operands = "DIR",
    .summary = "how far a run directory is",
    .details =
        "Reads the journals of a run directory: cells planned, finished, left. Safe at\n"
        "any time, also while a run is live.",
    .min_operands = 1,
    .max_operands = 1,
    .options = rows,
    .run = run,
};
