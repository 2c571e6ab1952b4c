/* strata sweep: what is left of a study, and who computes it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/sweep.h"
#include "sweep/plan.h"

static void warn_damage(const struct journal_index *index)
{
    if (index->damaged_files > 0)
        fprintf(
            stderr,
            "strata: skipped %llu damaged bytes in %zu journal%s (a killed run leaves "
            "such an end): %s\n",
            (unsigned long long)index->damaged_bytes, index->damaged_files,
            index->damaged_files == 1 ? "" : "s", index->first_damage);
}

/* Predicts what cells cost, and who computes which follows from it. A calibration that
 * cannot be read is no reason not to run. */
static enum status predict(struct sweep *s, const struct journal_index *index,
                           struct error *err)
{
    struct error unread = {0};
    if (session_read_calibration(&s->session, s->path, &unread) != STATUS_OK) {
        fprintf(stderr, "strata: %s; predicting with nominal rates\n", unread.text);
        calibration_init(&s->session.calibration);
    }
    return session_predict(&s->session, index, err);
}

static size_t count_left(const struct sweep *s, const uint8_t *done)
{
    size_t left = 0;
    for (size_t i = 0; i < s->session.grid.n_cells; i++)
        left += !done[i] && sweep_includes(s, i);
    return left;
}

/* The collector's view: the cells' past, predicted costs, ranks a cell. */
static enum status collect_progress(struct sweep *s, struct bytes *bytes,
                                    struct error *err)
{
    size_t n = s->session.grid.n_cells;
    struct journal_index index = {0};
    struct rundir_past past = {.bytes = NULL};
    if (rundir_scan(&index, s->path, err) == STATUS_OK &&
        rundir_mark_lacking(&index, &s->session.study, &s->session.grid, err) ==
            STATUS_OK &&
        rundir_check_conflicts(&index, &s->session.grid, err) == STATUS_OK) {
        warn_damage(&index);
        rundir_warn_lacking(&index);
        rundir_warn_others(&index, &s->session.grid);
        rundir_progress(&past, &index, &s->session.grid, s->args->value[OPT_RETRY], err);
    }
    if (past.bytes && predict(s, &index, err) == STATUS_OK) {
        int size = s->ranks_per_cell;
        if (size == 0)
            size = team_automatic_size(dist_size(s->dist), count_left(s, past.done));
        bytes_put(bytes, past.bytes, 3 * n);
        bytes_put_u32(bytes, (uint32_t)size);
        for (size_t i = 0; i < n; i++)
            bytes_put_f64(bytes, session_seconds(&s->session, i, size));
        if (bytes->failed)
            error_set(err, STATUS_MEMORY, "no memory for the cells' progress");
    }
    free(past.bytes);
    journal_index_fini(&index);
    return err->status;
}

/* What earlier runs finished, what each cell is predicted to cost, and how many ranks it
 * gets, told to everyone. */
static enum status share_progress(struct sweep *s, struct error *err)
{
    size_t n = s->session.grid.n_cells;
    struct bytes bytes = {0};
    if (dist_rank(s->dist) == DIST_COLLECTOR)
        collect_progress(s, &bytes, err);
    if (dist_agree(s->dist, err) == STATUS_OK &&
        dist_broadcast(s->dist, &bytes, err) == STATUS_OK) {
        struct bytes_reader reader = bytes_reader(bytes.data, bytes.length);
        bytes_get(&reader, 3 * n);
        s->ranks_per_cell = (int)bytes_get_u32(&reader);
        for (size_t i = 0; i < n; i++)
            s->session.seconds[i] = bytes_get_f64(&reader);
    }
    rundir_past_init(&s->past, bytes.data, n);
    return err->status;
}

static enum status form_team(struct sweep *s, struct error *err)
{
    if (s->ranks_per_cell == 1 ||
        dist_team_create(&s->team, s->dist, s->ranks_per_cell, err) != STATUS_OK)
        return err->status;
    s->cell_team = team_for_cells(s->team);
    session_check_memory(&s->session, &s->cell_team, dist_local_size(s->dist), err);
    return dist_agree(s->dist, err);
}

int sweep_slice(const struct sweep *s)
{
    if (!s->team)
        return dist_rank(s->dist);
    return dist_team_rank(s->team) == 0 ? dist_team_number(s->team) : -1;
}

bool sweep_includes(const struct sweep *s, size_t cell)
{
    return (int)(cell % (size_t)s->limits.n_shards) == s->limits.shard;
}

/* A cell that was begun twice and ended its process each time. */
static bool is_risky(const struct sweep *s, size_t cell)
{
    return s->past.deaths[cell] >= SWEEP_DEATHS_MAX - 1;
}

/* The first slice also gets all risky cells, at its end: one is begun at a time then, and
 * the process that ends says which it was. */
static enum status choose_tasks(struct sweep *s, struct error *err)
{
    size_t n = s->session.grid.n_cells, n_sound = 0;
    int n_slices = dist_size(s->dist) / s->ranks_per_cell;
    size_t *sound = memory_alloc(n, sizeof *sound, err);
    double *cost = memory_alloc(n, sizeof *cost, err);
    int *owner = memory_alloc(n, sizeof *owner, err);
    s->loads = memory_alloc((size_t)n_slices, sizeof *s->loads, err);
    s->tasks = memory_alloc(n, sizeof *s->tasks, err);
    for (size_t i = 0; err->status == STATUS_OK && i < n; i++) {
        if (s->past.done[i] || !sweep_includes(s, i))
            continue;
        s->n_left++;
        s->cost_left += s->session.seconds[i];
        if (is_risky(s, i))
            continue;
        cost[n_sound] = s->session.seconds[i];
        sound[n_sound++] = i;
    }
    if (err->status == STATUS_OK)
        plan_slices(cost, n_sound, n_slices, owner, s->loads, err);
    for (size_t i = 0; err->status == STATUS_OK && i < n_sound; i++)
        if (owner[i] == sweep_slice(s))
            s->tasks[s->n_tasks++] = sound[i];
    if (err->status == STATUS_OK)
        plan_order(s->session.seconds, s->tasks, s->n_tasks);
    for (size_t i = 0; err->status == STATUS_OK && sweep_slice(s) == 0 && i < n; i++)
        if (!s->past.done[i] && sweep_includes(s, i) && is_risky(s, i)) {
            s->tasks[s->n_tasks++] = i;
            s->n_risky++;
        }
    free(sound);
    free(cost);
    free(owner);
    return dist_agree(s->dist, err);
}

enum status sweep_divide(struct sweep *s, struct error *err)
{
    if (share_progress(s, err) != STATUS_OK || form_team(s, err) != STATUS_OK)
        return err->status;
    return choose_tasks(s, err);
}
