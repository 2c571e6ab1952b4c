/* strata sweep: the work itself, cell after cell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/clock.h"
#include "cli/kernel.h"
#include "cli/sweep.h"
#include "cli/version.h"
#include "cli/watchdog.h"
#include "num/linalg.h"
#include "sweep/cell_group.h"

/* ---- provenance ---- */

static void describe_run(const struct sweep *s, struct run_info *run)
{
    const char *job = getenv("SLURM_JOB_ID"), *restarts = getenv("SLURM_RESTART_COUNT");
    time_t now = time(NULL);
    struct tm utc;
    char archive[32];
    memset(run, 0, sizeof *run);
    gmtime_r(&now, &utc);
    strftime(run->start_time, sizeof run->start_time, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(run->id, sizeof run->id, "%s", s->dir.run_id);
    snprintf(run->command, sizeof run->command, "%s", s->args->command_line);
    gethostname(run->host, sizeof run->host - 1);
    run->n_ranks = dist_size(s->dist);
    kernel_describe(s->args->value[OPT_KERNEL], run->blas, sizeof run->blas);
    run->blas_threads = linalg_threads();
    snprintf(run->slurm_job, sizeof run->slurm_job, "%s", job ? job : "");
    run->restart_count = restarts ? atoi(restarts) : 0;
    snprintf(run->mpi, sizeof run->mpi, "%s", dist_library(s->dist));
    archive_library(archive, sizeof archive);
    snprintf(run->versions, sizeof run->versions, "strata %s, numerics %d, %s",
             strata_version, NUMERICS_VERSION, archive);
}

/* A rank that never gets a cell has no journal. */
static enum status open_journal(struct sweep *s, struct error *err)
{
    char journals[IO_PATH_MAX];
    struct run_info run;
    struct bytes payload = {0};
    if (s->journal)
        return STATUS_OK;
    if (io_join(journals, s->path, "journal", err) != STATUS_OK ||
        journal_create(&s->journal, journals, s->dir.run_id, dist_rank(s->dist), err) !=
            STATUS_OK)
        return err->status;
    describe_run(s, &run);
    run_info_pack(&run, &payload);
    journal_append(s->journal, JOURNAL_RUN, (struct hash128){0, 0}, 0, &payload, err);
    bytes_free(&payload);
    return err->status;
}

/* ---- the work ---- */

/* Minibatches may be far shorter than what this takes, so most calls only look at the
 * clock. */
static bool poll_work(void *state, double share)
{
    struct sweep *s = state;
    double now = clock_seconds();
    if (now - s->polled < SWEEP_POLL_SECONDS)
        return false;
    s->polled = now;
    progress_tick(s->display, share, s->current_cost);
    sweep_balance_serve(s);
    watchdog_touch();
    return sweep_must_stop(s);
}

/* What is kept first, then the record that commits it, then one sync; short cells share
 * one. */
static enum status commit_cell(struct sweep *s, const struct cell *cell, uint32_t attempt,
                               const struct cell_result *result, struct error *err)
{
    int status = *record_int(&result->record, FIELD_STATUS);
    bool stands = status == CELL_COMPLETE || status == CELL_DIVERGED;
    struct bytes payload = {0};
    for (int i = 0; i < result->n_networks && err->status == STATUS_OK; i++) {
        const struct kept_network *network = &result->networks[i];
        payload.length = 0;
        kept_network_pack(network, s->session.study.snapshots[network->snapshot].label,
                          result->n_parameters, &payload);
        journal_append(s->journal, JOURNAL_NETWORK, cell->id, attempt, &payload, err);
    }
    for (int i = 0; i < result->n_node_sets && err->status == STATUS_OK; i++) {
        payload.length = 0;
        node_set_pack(&result->node_sets[i], &payload);
        journal_append(s->journal, JOURNAL_NODES, cell->id, attempt, &payload, err);
    }
    payload.length = 0;
    record_pack(&result->record, &payload);
    if (err->status == STATUS_OK &&
        journal_append(s->journal, stands ? JOURNAL_RESULT : JOURNAL_FAILED, cell->id,
                       attempt, &payload, err) == STATUS_OK)
        journal_commit_group(s->journal, err);
    bytes_free(&payload);
    return err->status;
}

static struct cell_context work_context(struct sweep *s)
{
    struct cell_context context = session_context(&s->session);
    context.poll = poll_work;
    context.poll_state = s;
    context.team = s->team ? &s->cell_team : NULL;
    return context;
}

/* Cells that run side by side. */
struct turn {
    struct sweep *sweep;
    const size_t *tasks;
    const struct cell *cells[CELL_GROUP_MAX];
    bool taken[CELL_GROUP_MAX];
    int n;
};

static uint32_t attempt_at(const struct sweep *s, size_t task)
{
    return s->past.attempts[task] + 1u;
}

static enum status take_result(void *state, int index, struct cell_result *result,
                               struct error *err)
{
    struct turn *turn = state;
    struct sweep *s = turn->sweep;
    size_t task = turn->tasks[index];
    double cost = s->session.seconds[task];
    bool complete = *record_int(&result->record, FIELD_STATUS) == CELL_COMPLETE;
    if (commit_cell(s, &s->session.grid.cells[task], attempt_at(s, task), result, err) ==
        STATUS_OK)
        progress_cell(s->display, cost, complete);
    s->n_finished += err->status == STATUS_OK;
    turn->taken[index] = true;
    s->current_cost -= cost;
    cell_result_fini(result);
    return err->status;
}

/* Cells that are left in good order: nobody will take them for a process that died. */
static void release(struct turn *turn)
{
    struct sweep *s = turn->sweep;
    struct error ignored = {0}; /* a claim more than there should be */
    for (int i = 0; i < turn->n; i++)
        if (!turn->taken[i])
            journal_append(s->journal, JOURNAL_RELEASE, turn->cells[i]->id,
                           attempt_at(s, turn->tasks[i]), NULL, &ignored);
    journal_commit(s->journal, &ignored);
}

/* The first cell that is not begun, with those that run beside it, are this rank's. */
static struct turn begin(struct sweep *s, struct cell_context *context)
{
    struct turn turn = {.sweep = s, .tasks = s->tasks + s->begun};
    double longest = 0;
    turn.n = cell_group_gather(context, &s->session.grid, s->past.deaths,
                               s->tasks + s->begun, s->n_tasks - s->begun);
    turn.n = budget_admit(&s->budget, s->session.seconds, turn.tasks, turn.n);
    s->begun += turn.n > 0 ? (size_t)turn.n : 1; /* none: the next may be shorter */
    if (s->n_risky > s->n_tasks - s->begun)
        s->n_risky = s->n_tasks - s->begun;
    s->current_cost = 0;
    for (int i = 0; i < turn.n; i++) {
        double seconds = s->session.seconds[turn.tasks[i]];
        turn.cells[i] = &s->session.grid.cells[turn.tasks[i]];
        s->current_cost += seconds;
        longest = seconds > longest ? seconds : longest;
    }
    context->timeout = sweep_cell_timeout(s, longest);
    watchdog_feed(context->timeout > 0 ? context->timeout + SWEEP_GRACE : 0);
    sweep_balance_tell(s);
    return turn;
}

static enum status run_next(struct sweep *s, struct error *err)
{
    double started = clock_seconds();
    struct cell_context context = work_context(s);
    struct turn turn = begin(s, &context);
    if (turn.n == 0)
        return STATUS_OK;
    open_journal(s, err);
    for (int i = 0; i < turn.n && err->status == STATUS_OK; i++)
        journal_append(s->journal, JOURNAL_CLAIM, turn.cells[i]->id,
                       attempt_at(s, turn.tasks[i]), NULL, err);
    if (err->status == STATUS_OK && s->current_cost >= JOURNAL_GROUP_SECONDS)
        journal_commit(s->journal, err);
    if (err->status == STATUS_OK)
        cell_group_run(&context, turn.cells, turn.n, take_result, &turn, err);
    if (err->status == STATUS_STOPPED)
        release(&turn);
    budget_learn(&s->budget);
    s->busy += clock_seconds() - started;
    return err->status;
}

/* Gives up the cells that have ended too many processes. */
static enum status quarantine(struct sweep *s, struct error *err)
{
    struct cell_context context = work_context(s);
    char message[MESSAGE_LENGTH];
    size_t kept = s->begun;
    for (size_t i = s->begun; i < s->n_tasks && err->status == STATUS_OK; i++) {
        size_t task = s->tasks[i];
        struct cell_result result;
        if (s->past.deaths[task] < SWEEP_DEATHS_MAX) {
            s->tasks[kept++] = task;
            continue;
        }
        snprintf(message, sizeof message,
                 "its process ended %d times while it ran; --retry failed tries again",
                 s->past.deaths[task]);
        if (open_journal(s, err) == STATUS_OK &&
            cell_give_up(&context, &s->session.grid.cells[task], CELL_QUARANTINED,
                         message, &result, err) == STATUS_OK) {
            commit_cell(s, &s->session.grid.cells[task], s->past.attempts[task], &result,
                        err);
            s->n_finished++;
            progress_cell(s->display, s->session.seconds[task], false);
            cell_result_fini(&result);
        }
    }
    s->n_risky -= s->n_tasks - kept;
    s->n_tasks = kept;
    return err->status;
}

/* The collector hears of the others' progress: where there is none for longer than any
 * cell may take, a rank is gone that nobody misses. */
static bool sees_progress(struct sweep *s)
{
    const struct dist_progress *ranks = progress_ranks(s->display);
    double cost = 0;
    for (int r = 0; r < dist_size(s->dist); r++)
        cost += ranks[r].cost;
    bool more = cost != s->seen_cost;
    s->seen_cost = cost;
    return more;
}

static void poll_waiting(void *state)
{
    struct sweep *s = state;
    progress_tick(s->display, 0, 0);
    sweep_balance_serve(s);
    if (dist_rank(s->dist) == DIST_COLLECTOR && sees_progress(s))
        watchdog_feed(sweep_patience(s));
}

/* Before this rank rests. */
static enum status commit_all(struct sweep *s, struct error *err)
{
    struct error late = {0};
    if (s->journal && journal_commit(s->journal, &late) != STATUS_OK &&
        (err->status == STATUS_OK || err->status == STATUS_STOPPED))
        *err = late;
    return err->status;
}

static enum status lead(struct sweep *s, struct error *err)
{
    quarantine(s, err);
    while (err->status == STATUS_OK) {
        if (sweep_must_stop(s))
            error_set(err, STATUS_STOPPED, "stopped by request");
        else if (s->begun < s->n_tasks)
            run_next(s, err);
        else if (commit_all(s, err) == STATUS_OK && !sweep_balance_take(s))
            break;
    }
    commit_all(s, err);
    if (s->team)
        team_dismiss(&s->cell_team);
    return budget_outcome(&s->budget, err);
}

enum status sweep_work(struct sweep *s, struct error *err)
{
    double started = clock_seconds();
    sweep_balance_start(s);
    if (sweep_slice(s) >= 0) {
        lead(s, err);
    } else if (dist_team_number(s->team) >= 0) {
        struct cell_context context = work_context(s);
        watchdog_feed(0); /* the leader is watched */
        cell_assist(&context);
    }
    enum { LONGER = 4 }; /* the others do not hear of progress, and give it more time */
    watchdog_feed(sweep_patience(s) *
                  (dist_rank(s->dist) == DIST_COLLECTOR ? 1 : LONGER));
    dist_wait(s->dist, poll_waiting, s);
    progress_end(s->display);
    sweep_balance_report(s, clock_seconds() - started);
    int32_t finished = s->n_finished;
    dist_sum_counts_all(s->dist, &finished, 1);
    s->n_missing = s->n_left - (size_t)finished;
    return dist_agree(s->dist, err);
}
