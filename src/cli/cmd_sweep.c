/* strata sweep: the main job. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/summary.h"
#include "archive/archive.h"
#include "base/memory.h"
#include "cli/gather.h"
#include "cli/kernel.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/sweep.h"
#include "cli/version.h"
#include "dist/dist.h"
#include "num/linalg.h"
#include "sweep/cell_group.h"

static const struct option_row rows[] = {
    [OPT_OUTPUT] = {"output", 'o', "DIR", "run directory (default strata-<study>)",
                    false},
    [OPT_SET] = {"set", 0, "AXIS=VALUES",
                 "replace an axis: depth=1..4, loss=mse,cross-entropy", true},
    [OPT_TEAM] = {"ranks-per-cell", 0, "N",
                  "that probe it together (default 1, more if cells are few)", false},
    [OPT_RETRY] = {"retry", 0, "failed",
                   "compute failed cells again (diverged ones stay)", false},
    [OPT_LOCK] = {"lock", 0, "none", "do without the directory's lock", false},
    [OPT_KERNEL] = {"blas-kernel", 0, "KERNEL",
                    "of OpenBLAS: keep (default), auto, or a name: SkylakeX", false},
    [OPT_BUDGET] = {"time-budget", 0, "TIME",
                    "start no cell that ends later: 90s, 2h, auto (Slurm)", false},
    [OPT_QUIET] = {"quiet", 'q', NULL, "no summary on standard output", false},
    {NULL, 0, NULL, NULL, false}};

/* ---- start-up: everyone agrees on what is to be done ---- */

/* The collector reads the study; everyone parses the same bytes. */
static enum status share_study(struct sweep *s, struct error *err)
{
    bool collects = dist_rank(s->dist) == DIST_COLLECTOR;
    struct text text = {0};
    struct bytes bytes = {0};
    if (collects && session_read_study(&s->session.study, s->args->positional[0], s->args,
                                       err) == STATUS_OK) {
        study_format(&s->session.study, &text);
        bytes_put(&bytes, text_string(&text), text.length);
        if (text.failed || bytes.failed)
            error_set(err, STATUS_MEMORY, "no memory for the study's text");
    }
    if (dist_agree(s->dist, err) == STATUS_OK &&
        dist_broadcast(s->dist, &bytes, err) == STATUS_OK && !collects)
        study_parse(&s->session.study, (const char *)bytes.data, bytes.length, "<study>",
                    err);
    text_free(&text);
    bytes_free(&bytes);
    return dist_agree(s->dist, err);
}

/* What all ranks must have in common before they start: the data, and the identities of
 * all cells, which hold the study and the numerics version of each rank's program. */
struct common {
    struct hash128 data, cells;
};

static enum status compare_with_collector(struct sweep *s, struct error *err)
{
    struct common mine = {.data = s->session.dataset.hash}, theirs;
    struct bytes bytes = {0};
    for (size_t i = 0; i < s->session.grid.n_cells; i++)
        mine.cells = hash_chain(mine.cells, s->session.grid.cells[i].id);
    bytes_put(&bytes, &mine, sizeof mine);
    if (dist_broadcast(s->dist, &bytes, err) == STATUS_OK) {
        memcpy(&theirs, bytes.data, sizeof theirs);
        if (!hash_equal(mine.data, theirs.data))
            error_set(err, STATUS_DATA, "data %s: other content than the collector has",
                      s->session.study.data.name);
        else if (!hash_equal(mine.cells, theirs.cells))
            error_set(
                err, STATUS_VERSION,
                "other cells than the collector has: do all ranks run one program?");
    }
    bytes_free(&bytes);
    return dist_agree(s->dist, err);
}

static enum status prepare_session(struct sweep *s, struct error *err)
{
    session_prepare(&s->session, s->dist, err);
    if (dist_agree(s->dist, err) != STATUS_OK ||
        compare_with_collector(s, err) != STATUS_OK)
        return err->status;
    session_check_memory(&s->session, NULL, dist_local_size(s->dist), err);
    return dist_agree(s->dist, err);
}

static enum status check_arguments(struct sweep *s, struct error *err)
{
    const char *retry = s->args->value[OPT_RETRY], *lock = s->args->value[OPT_LOCK];
    if (retry && strcmp(retry, "failed") != 0)
        return error_set(err, STATUS_USAGE, "--retry %s: only 'failed' is known", retry);
    if (lock && strcmp(lock, "none") != 0)
        return error_set(err, STATUS_USAGE, "--lock %s: only 'none' is known", lock);
    return team_parse_size(s->args->value[OPT_TEAM], dist_size(s->dist),
                           &s->ranks_per_cell, err);
}

static enum status open_directory(struct sweep *s, struct error *err)
{
    bool collects = dist_rank(s->dist) == DIST_COLLECTOR;
    const char *output = s->args->value[OPT_OUTPUT];
    snprintf(s->path, sizeof s->path, "%s%s", output ? output : "strata-",
             output ? "" : s->session.study.name);
    struct bytes id = {0};
    if (collects)
        rundir_open(&s->dir, s->path, &s->session.study, !s->args->value[OPT_LOCK], err);
    if (dist_agree(s->dist, err) != STATUS_OK)
        return err->status;
    bytes_put(&id, s->dir.run_id, sizeof s->dir.run_id);
    if (dist_broadcast(s->dist, &id, err) == STATUS_OK && !collects)
        rundir_join(&s->dir, s->path, (const char *)id.data, err);
    bytes_free(&id);
    return dist_agree(s->dist, err);
}

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

static enum status open_journal(struct sweep *s, struct error *err)
{
    char journals[IO_PATH_MAX];
    struct run_info run;
    struct bytes payload = {0};
    if (s->n_tasks == 0)
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

static bool poll_work(void *state, double share)
{
    struct sweep *s = state;
    progress_tick(s->display, share, s->current_cost);
    return signals_stop_requested();
}

/* Networks first, then the record that commits them, then one sync. */
static enum status commit_cell(struct sweep *s, const struct cell *cell, uint32_t attempt,
                               const struct cell_result *result, struct error *err)
{
    bool failed = *record_int(&result->record, FIELD_STATUS) == CELL_FAILED;
    struct bytes payload = {0};
    for (int i = 0; i < result->n_networks && err->status == STATUS_OK; i++) {
        const struct kept_network *network = &result->networks[i];
        payload.length = 0;
        kept_network_pack(network, s->session.study.snapshots[network->snapshot].label,
                          result->n_parameters, &payload);
        journal_append(s->journal, JOURNAL_NETWORK, cell->id, attempt, &payload, err);
    }
    payload.length = 0;
    record_pack(&result->record, &payload);
    if (err->status == STATUS_OK &&
        journal_append(s->journal, failed ? JOURNAL_FAILED : JOURNAL_RESULT, cell->id,
                       attempt, &payload, err) == STATUS_OK)
        journal_commit(s->journal, err);
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

/* Cells that run side by side: tasks [first, first + n). */
struct turn {
    struct sweep *sweep;
    const size_t *tasks;
};

static uint32_t attempt_at(const struct sweep *s, size_t task)
{
    return s->progress[task] + 1u;
}

static enum status take_result(void *state, int index, struct cell_result *result,
                               struct error *err)
{
    const struct turn *turn = state;
    struct sweep *s = turn->sweep;
    size_t task = turn->tasks[index];
    double cost = s->session.seconds[task];
    bool complete = *record_int(&result->record, FIELD_STATUS) == CELL_COMPLETE;
    if (commit_cell(s, &s->session.grid.cells[task], attempt_at(s, task), result, err) ==
        STATUS_OK)
        progress_cell(s->display, cost, complete);
    s->current_cost -= cost;
    cell_result_fini(result);
    return err->status;
}

/* The first of the tasks with those that run beside it; returns how many. */
static size_t run_tasks_from(struct sweep *s, size_t *tasks, size_t n, struct error *err)
{
    const struct cell *cells[CELL_GROUP_MAX];
    struct cell_context context = work_context(s);
    struct turn turn = {s, tasks};
    int together = cell_group_gather(&context, &s->session.grid, s->progress, tasks, n);
    together = budget_admit(&s->budget, s->session.seconds, tasks, together);
    if (together == 0)
        return 1; /* left for another run; a shorter one may fit */
    s->current_cost = 0;
    for (int i = 0; i < together; i++) {
        cells[i] = &s->session.grid.cells[tasks[i]];
        s->current_cost += s->session.seconds[tasks[i]];
        journal_append(s->journal, JOURNAL_CLAIM, cells[i]->id, attempt_at(s, tasks[i]),
                       NULL, err);
    }
    if (err->status == STATUS_OK)
        cell_group_run(&context, cells, together, take_result, &turn, err);
    budget_learn(&s->budget);
    return (size_t)together;
}

static void poll_waiting(void *state)
{
    struct sweep *s = state;
    progress_tick(s->display, 0, 0);
}

static enum status lead(struct sweep *s, struct error *err)
{
    open_journal(s, err);
    for (size_t i = 0; i < s->n_tasks && err->status == STATUS_OK;) {
        if (signals_stop_requested())
            error_set(err, STATUS_STOPPED, "stopped by request");
        else
            i += run_tasks_from(s, s->tasks + i, s->n_tasks - i, err);
    }
    if (s->team)
        team_dismiss(&s->cell_team);
    return budget_outcome(&s->budget, err);
}

/* Runs this rank's cells, or helps with its team's; a rank that must stop or fails waits
 * for the others without disturbing them. Afterwards everyone has the same outcome. */
static enum status run_tasks(struct sweep *s, struct error *err)
{
    if (sweep_slice(s) >= 0) {
        lead(s, err);
    } else if (dist_team_number(s->team) >= 0) {
        struct cell_context context = work_context(s);
        cell_assist(&context);
    }
    dist_wait(s->dist, poll_waiting, s);
    progress_end(s->display);
    return dist_agree(s->dist, err);
}

/* ---- the end ---- */

static enum status print_summary(const struct sweep *s, struct error *err)
{
    struct archive *archive;
    struct text out = {0};
    char path[IO_PATH_MAX];
    struct summary_request request = {.all_options = true,
                                      .format = TABLE_TEXT,
                                      .parts = SUMMARY_NETWORK | SUMMARY_LAYERS};
    if (io_join(path, s->path, "archive.nc", err) != STATUS_OK ||
        archive_open_own(&archive, path, err) != STATUS_OK)
        return err->status;
    if (summary_render(archive, &request, &out, err) == STATUS_OK &&
        !s->args->value[OPT_QUIET]) {
        fputs(text_string(&out), stdout);
        printf("\nrun directory: %s (archive.nc, journals, study.yaml)\n", s->path);
    }
    text_free(&out);
    archive_close(archive);
    return err->status;
}

/* Publishes what is finished. `outcome` is how the work ended: a run that was stopped
 * publishes too. */
static enum status publish(struct sweep *s, struct error *outcome, struct error *err)
{
    struct gather gather = {0};
    bool collects = dist_rank(s->dist) == DIST_COLLECTOR;
    if (gather_create(&gather, s->dist, &s->session, &s->dir,
                      s->journal ? journal_name(s->journal) : NULL, err) == STATUS_OK &&
        gather.n_finished > 0 && gather_archive(&gather, err) == STATUS_OK &&
        gather_networks(&gather, err) == STATUS_OK && collects)
        print_summary(s, err);
    size_t missing = s->session.grid.n_cells - gather.n_finished;
    if (outcome->status == STATUS_STOPPED && missing == 0)
        *outcome = (struct error){0}; /* the request came after the last cell */
    if (err->status == STATUS_OK && outcome->status == STATUS_STOPPED)
        snprintf(outcome->text, sizeof outcome->text,
                 "stopped early: %zu of %zu cells left; the same command continues",
                 missing, s->session.grid.n_cells);
    else if (err->status == STATUS_OK && gather.n_incomplete > 0)
        error_set(
            outcome, STATUS_FAILED_CELLS,
            "%lld of %zu cells are not complete: see status and message in %s/archive.nc",
            (long long)gather.n_incomplete, s->session.grid.n_cells, s->path);
    gather_fini(&gather);
    return dist_agree(s->dist, err);
}

static enum status warn_kernel(struct sweep *s, struct error *err)
{
    struct text text = {0};
    kernel_warn(s->dist, s->args->value[OPT_KERNEL], &text, err);
    if (text.length > 0)
        fprintf(stderr, "strata: %s\n", text_string(&text));
    text_free(&text);
    return err->status;
}

static void announce(const struct sweep *s)
{
    if (dist_rank(s->dist) != DIST_COLLECTOR)
        return;
    size_t done = s->session.grid.n_cells - s->n_left;
    fprintf(stderr, "strata: study %s, %zu cell%s%s", s->session.study.name,
            s->session.grid.n_cells, s->session.grid.n_cells == 1 ? "" : "s",
            done ? "" : "\n");
    if (done)
        fprintf(stderr, ", %zu done before\n", done);
    if (s->ranks_per_cell > 1)
        fprintf(stderr, "strata: %d ranks a cell\n", s->ranks_per_cell);
}

static enum status start(struct sweep *s, struct error *err)
{
    check_arguments(s, err);
    budget_init(&s->budget, s->args->value[OPT_BUDGET], s->dist, err);
    if (dist_agree(s->dist, err) != STATUS_OK || share_study(s, err) != STATUS_OK ||
        prepare_session(s, err) != STATUS_OK || open_directory(s, err) != STATUS_OK ||
        sweep_divide(s, err) != STATUS_OK || warn_kernel(s, err) != STATUS_OK)
        return err->status;
    announce(s);
    progress_create(&s->display, s->dist, (int64_t)s->n_left, s->cost_left, err);
    return dist_agree(s->dist, err);
}

static enum status prepare(const struct args *args, char **argv, struct error *err)
{
    return kernel_choose(args->value[OPT_KERNEL], argv, err);
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    struct sweep s = {.args = args, .dist = dist, .dir = {.lock = -1}};
    if (start(&s, err) == STATUS_OK) {
        struct error outcome = {0}, publishing = {0};
        run_tasks(&s, &outcome);
        publish(&s, &outcome, &publishing);
        bool faulty = outcome.status != STATUS_OK && outcome.status != STATUS_STOPPED;
        *err = faulty || publishing.status == STATUS_OK ? outcome : publishing;
        dist_agree(dist, err);
    }
    journal_close(s.journal);
    progress_destroy(s.display);
    rundir_close(&s.dir);
    dist_team_destroy(s.team);
    free(s.progress);
    free(s.tasks);
    session_fini(&s.session);
    return err->status;
}

const struct command cmd_sweep = {
    .name = "sweep",
    .operands = "[STUDY]",
    .summary = "train and probe what is missing, write the archive, print the summary",
    .details = "Trains and probes every cell of a study that is not finished yet (the "
               "built-in quick\n"
               "study if none is given), divided over the ranks, and writes "
               "DIR/archive.nc. Every\n"
               "finished cell is journalled at once: the same command again continues "
               "where a run\n"
               "ended, whatever ended it.",
    .max_operands = 1,
    .options = rows,
    .needs_mpi = true,
    .prepare = prepare,
    .run = run,
};
