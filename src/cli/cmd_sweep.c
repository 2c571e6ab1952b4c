/* strata sweep: the main job. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/tables/summary.h"
#include "archive/archive.h"
#include "cli/gather.h"
#include "cli/kernel.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "cli/sweep.h"
#include "cli/version.h"
#include "cli/watchdog.h"
#include "dist/dist.h"
#include "sweep/cell_group.h"

static const struct option_row rows[] = {
    [OPT_OUTPUT] = {"output", 'o', "DIR", "run directory (default strata-<study>)",
                    false},
    [OPT_SET] = {"set", 0, "AXIS=VALUES",
                 "replace an axis: depth=1..4, loss=mse,cross-entropy", true},
    [OPT_TEAM] = {"ranks-per-cell", 0, "N",
                  "that probe it together (default 1, more if cells are few)", false},
    [OPT_SHARD] = {"shard", 0, "I/N",
                   "only cells whose number, modulo N, is I: for job arrays", false},
    [OPT_RETRY] = {"retry", 0, "failed",
                   "compute failed cells again (diverged ones stay)", false},
    [OPT_MAX_FAILURES] = {"max-failures", 0, "N",
                          "stop once more cells than N are not complete", false},
    [OPT_CELL_TIMEOUT] = {"cell-timeout", 0, "TIME",
                          "give a cell up after 90s, 10m, 2h; auto (default), none",
                          false},
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
    char version[128];
};

static enum status compare_with_collector(struct sweep *s, struct error *err)
{
    struct common mine = {.data = s->session.dataset.hash}, theirs;
    struct bytes bytes = {0};
    snprintf(mine.version, sizeof mine.version, "%s", strata_version);
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
        else if (strncmp(mine.version, theirs.version, sizeof mine.version) != 0)
            error_set(err, STATUS_VERSION,
                      "this rank runs strata %.100s, the collector %.100s", mine.version,
                      theirs.version);
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
    if (launch_check(&s->args->launch, dist_size(s->dist), err) != STATUS_OK ||
        sweep_limits_parse(&s->limits, s->args, err) != STATUS_OK)
        return err->status;
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

/* ---- the end ---- */

static enum status print_summary(const struct sweep *s, struct error *err)
{
    struct archive *archive;
    struct text out = {0};
    char path[IO_PATH_MAX];
    struct summary_request request = {.over = {[FIELD_SEED] = true},
                                      .format = TABLE_TEXT,
                                      .parts = SUMMARY_NETWORK | SUMMARY_LAYERS};
    if (io_join(path, s->path, "archive.nc", err) != STATUS_OK ||
        archive_open_own(&archive, path, err) != STATUS_OK)
        return err->status;
    if (summary_render(archive, &request, &out, err) == STATUS_OK &&
        !s->args->value[OPT_QUIET]) {
        watchdog_feed(0); /* who reads takes the time that it takes */
        fputs(text_string(&out), stdout);
        printf("\nrun directory: %s (archive.nc, journals, study.yaml)\n", s->path);
    }
    text_free(&out);
    archive_close(archive);
    return err->status;
}

/* Cells of this shard. */
static size_t count_cells(const struct sweep *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->session.grid.n_cells; i++)
        n += sweep_includes(s, i);
    return n;
}

static enum status gather_companions(struct gather *gather, struct error *err)
{
    for (int c = 0; c < COMPANIONS && err->status == STATUS_OK; c++)
        gather_companion(gather, companions[c], err);
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
        gather_companions(&gather, err) == STATUS_OK && collects)
        print_summary(s, err);
    if (outcome->status == STATUS_STOPPED && s->n_missing == 0)
        *outcome = (struct error){0}; /* the request came after the last cell */
    if (err->status == STATUS_OK && outcome->status == STATUS_STOPPED)
        snprintf(outcome->text, sizeof outcome->text,
                 "stopped early%s: %zu of %zu cells left; the same command continues",
                 dist_told_stop(s->dist) ? ", as too many cells are not complete" : "",
                 s->n_missing, count_cells(s));
    else if (err->status == STATUS_OK && gather.n_incomplete > 0)
        error_set(
            outcome, STATUS_FAILED_CELLS,
            "%lld of %zu cells are not complete: see status and message in %s/archive.nc",
            (long long)gather.n_incomplete, s->session.grid.n_cells, s->path);
    gather_fini(&gather);
    return dist_agree(s->dist, err);
}

static enum status print_warnings(struct sweep *s, struct error *err)
{
    struct text kernel = {0}, launch = {0};
    kernel_warn(s->dist, s->args->value[OPT_KERNEL], &kernel, err);
    if (kernel.length > 0)
        fprintf(stderr, "strata: %s\n", text_string(&kernel));
    launch_warn(&launch);
    if (launch.length > 0 && dist_rank(s->dist) == DIST_COLLECTOR)
        fprintf(stderr, "strata: %s\n", text_string(&launch));
    text_free(&kernel);
    text_free(&launch);
    return err->status;
}

static void announce(const struct sweep *s)
{
    size_t n = count_cells(s);
    if (dist_rank(s->dist) != DIST_COLLECTOR)
        return;
    fprintf(stderr, "strata: study %s, %zu cell%s", s->session.study.name, n,
            n == 1 ? "" : "s");
    if (s->limits.n_shards > 1)
        fprintf(stderr, " in shard %d/%d", s->limits.shard, s->limits.n_shards);
    if (n > s->n_left)
        fprintf(stderr, ", %zu done before", n - s->n_left);
    fputc('\n', stderr);
    if (s->ranks_per_cell > 1)
        fprintf(stderr, "strata: %d ranks a cell\n", s->ranks_per_cell);
}

static enum status start(struct sweep *s, struct error *err)
{
    enum status (*const steps[])(struct sweep *, struct error *) = {
        share_study, prepare_session, open_directory, sweep_divide, print_warnings};
    if (check_arguments(s, err) == STATUS_OK)
        watchdog_start(dist_rank(s->dist), err);
    budget_init(&s->budget, s->args->value[OPT_BUDGET], s->dist, err);
    if (dist_agree(s->dist, err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        watchdog_feed(sweep_patience_aside(s));
        if (steps[i](s, err) != STATUS_OK)
            return err->status;
    }
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
        sweep_work(&s, &outcome);
        watchdog_feed(sweep_patience_aside(&s));
        publish(&s, &outcome, &publishing);
        bool faulty = outcome.status != STATUS_OK && outcome.status != STATUS_STOPPED;
        *err = faulty || publishing.status == STATUS_OK ? outcome : publishing;
        dist_agree(dist, err);
    }
    watchdog_feed(sweep_patience_aside(&s)); /* MPI's own end is watched too */
    journal_close(s.journal);
    progress_destroy(s.display);
    rundir_close(&s.dir);
    dist_team_destroy(s.team);
    free(s.past.bytes);
    free(s.tasks);
    free(s.loads);
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
