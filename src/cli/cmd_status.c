/* strata status: how far a run directory is, from its journals; safe at any time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/options.h"
#include "cli/rundir.h"
#include "record/record.h"

enum { OPT_JSON, OPT_WATCH, OPT_INTERVAL };

static const struct option_row rows[] = {
    [OPT_JSON] = {"json", 0, NULL, "one JSON object", false},
    [OPT_WATCH] = {"watch", 0, NULL, "again and again, until the run ends", false},
    [OPT_INTERVAL] = {"interval", 0, "SECONDS", "between two looks (default 2)", false},
    {NULL, 0, NULL, NULL, false}};

/* What one look at the directory found. */
struct state {
    char study[STUDY_NAME_MAX + 1];
    size_t planned, left;
    size_t others; /* finished, and not of the study */
    size_t by_status[CELL_QUARANTINED + 1];
    bool running;
    size_t n_runs;
    struct run_info last_run;
    double cells_per_hour; /* of the last run; 0: not known */
    uint64_t damaged_bytes;
    char damage[IO_PATH_MAX]; /* the first; "": none */
};

/* ---- a look ---- */

static enum status count_cells(struct state *state, const struct grid *grid,
                               const struct journal_index *index, struct error *err)
{
    state->planned = grid->n_cells;
    for (size_t i = 0; i < grid->n_cells; i++) {
        const struct journal_entry *entry = journal_find(index, grid->cells[i].id);
        struct record record;
        void *payload;
        if (!entry) {
            state->left++;
            continue;
        }
        if (journal_read(index, entry, &payload, err) != STATUS_OK)
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

/* When the run that `index` lists last wrote its last record, or now while it is live. */
static time_t last_moment(const struct state *state, const struct journal_index *index)
{
    time_t latest = 0;
    if (state->running)
        return time(NULL);
    for (size_t i = 0; i < index->n_files; i++) {
        char path[IO_PATH_MAX];
        struct error ignored = {0};
        struct stat info;
        if (index->files[i].run == (int)index->n_runs - 1 &&
            io_join(path, index->dir, index->files[i].name, &ignored) == STATUS_OK &&
            stat(path, &info) == 0 && info.st_mtime > latest)
            latest = info.st_mtime;
    }
    return latest;
}

static void measure_rate(struct state *state, const struct journal_index *index)
{
    struct tm utc = {0};
    size_t n = 0;
    if (!strptime(state->last_run.start_time, "%Y-%m-%dT%H:%M:%SZ", &utc))
        return;
    for (size_t i = 0; i < index->n_entries; i++) {
        const struct journal_entry *entry = &index->entries[i];
        bool finished = entry->type == JOURNAL_RESULT || entry->type == JOURNAL_FAILED;
        n += finished && index->files[entry->file].run == (int)index->n_runs - 1;
    }
    double seconds = difftime(last_moment(state, index), timegm(&utc));
    state->cells_per_hour = n > 0 ? 3600.0 * (double)n / fmax(seconds, 1) : 0;
}

static enum status describe(struct state *state, const char *path,
                            const struct study *study, struct error *err)
{
    struct grid grid = {0};
    struct journal_index index = {0};
    snprintf(state->study, sizeof state->study, "%s", study->name);
    /* First: a run that ends while we read has then committed all that is read. */
    state->running = rundir_is_locked(path);
    if (!study->data.has_hash)
        error_set(err, STATUS_DATA, "%s/study.yaml: has no data hash", path);
    else if (grid_expand(&grid, study, study->data.hash, err) == STATUS_OK &&
             rundir_scan(&index, path, err) == STATUS_OK &&
             rundir_mark_lacking(&index, study, &grid, err) == STATUS_OK &&
             count_cells(state, &grid, &index, err) == STATUS_OK) {
        state->n_runs = index.n_runs;
        state->others = rundir_count_others(&index, &grid);
        state->damaged_bytes = index.damaged_bytes;
        if (index.n_runs > 0) {
            state->last_run = index.runs[index.n_runs - 1];
            measure_rate(state, &index);
        }
        if (index.damaged_files > 0)
            snprintf(state->damage, sizeof state->damage, "%s", index.first_damage);
    }
    grid_fini(&grid);
    journal_index_fini(&index);
    return err->status;
}

static enum status look(struct state *state, const char *path, struct error *err)
{
    struct study study;
    memset(state, 0, sizeof *state);
    if (rundir_read_study(&study, path, err) != STATUS_OK)
        return err->status;
    describe(state, path, &study, err);
    study_fini(&study);
    return err->status;
}

/* Seconds to the end at the rate so far, 0: not known. */
static double predict_end(const struct state *s)
{
    return s->running && s->cells_per_hour > 0
               ? 3600.0 * (double)s->left / s->cells_per_hour
               : 0;
}

/* ---- showing it ---- */

static void print_number(const char *name, double value)
{
    if (value > 0)
        printf(", \"%s\": %.6g", name, value);
    else
        printf(", \"%s\": null", name);
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
    printf(", \"others\": %zu", s->others);
    printf(", \"running\": %s, \"runs\": %zu", s->running ? "true" : "false", s->n_runs);
    print_number("cells_per_hour", s->cells_per_hour);
    print_number("eta_seconds", predict_end(s));
    printf(", \"damaged_bytes\": %llu}\n", (unsigned long long)s->damaged_bytes);
}

static void print_counts(const struct state *s, const char *end)
{
    printf("%zu: %zu left", s->planned, s->left);
    for (int i = 0; i <= CELL_QUARANTINED; i++) {
        char name[32];
        field_flag_name(FIELD_STATUS, i, name, sizeof name);
        if (s->by_status[i] > 0 || i == CELL_COMPLETE)
            printf(", %zu %s", s->by_status[i], name);
    }
    printf("%s\n", end);
}

/* Returns how many lines that were. */
static int print_text(const struct state *s)
{
    int lines = 3;
    printf("study      %s\n", s->study);
    printf("cells      ");
    print_counts(s, "");
    if (s->others > 0) {
        printf("others     %zu finished, of other grids or studies\n", s->others);
        lines++;
    }
    printf("runs       %zu%s\n", s->n_runs, s->running ? ", one of them live" : "");
    if (s->n_runs > 0) {
        const struct run_info *last = &s->last_run;
        printf("last run   %s on %s, %d rank%s, from %s\n", last->id, last->host,
               last->n_ranks, last->n_ranks == 1 ? "" : "s", last->start_time);
        lines++;
    }
    if (s->cells_per_hour > 0) {
        char left[32];
        text_format_duration(left, sizeof left, predict_end(s));
        printf("rate       %.4g cells an hour", s->cells_per_hour);
        printf(predict_end(s) > 0 ? ", %s left at that rate\n" : "\n", left);
        lines++;
    }
    if (s->damage[0]) {
        printf("damage     %s\n", s->damage);
        lines++;
    }
    return lines;
}

/* A line for a log. */
static void print_line(const struct state *s)
{
    char now[16];
    time_t seconds = time(NULL);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(now, sizeof now, "%H:%M:%S", &local);
    printf("%s  ", now);
    print_counts(s, s->running ? "" : "; no run is live");
}

/* ---- watching ---- */

static bool same_counts(const struct state *a, const struct state *b)
{
    return a->planned == b->planned && a->left == b->left && a->running == b->running &&
           a->n_runs == b->n_runs && a->damaged_bytes == b->damaged_bytes &&
           memcmp(a->by_status, b->by_status, sizeof a->by_status) == 0;
}

static void pause_seconds(double seconds)
{
    struct timespec pause = {.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)(fmod(seconds, 1) * 1e9)};
    nanosleep(&pause, NULL);
}

static enum status watch(const char *path, double interval, bool json, struct error *err)
{
    enum {
        REST = 9
    }; /* a look at many large journals takes time: never more than 10 % */
    struct state state, shown = {.planned = 0};
    bool redraws = isatty(STDOUT_FILENO) && !json, first = true;
    int lines = 0;
    for (;; first = false, shown = state) {
        double started = clock_seconds();
        if (look(&state, path, err) != STATUS_OK)
            return err->status;
        double took = clock_seconds() - started;
        if (redraws) {
            if (lines > 0)
                printf("\033[%dA\033[J", lines);
            lines = print_text(&state);
        } else if (first || !same_counts(&state, &shown)) {
            (json ? print_json : print_line)(&state);
        }
        if (fflush(stdout) != 0 || !state.running)
            return STATUS_OK; /* main tells of an output that cannot be written */
        pause_seconds(fmax(interval, REST * took));
    }
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct state state;
    const char *path = args->positional[0], *text = args->value[OPT_INTERVAL];
    double interval = 2;
    if (text &&
        (!text_parse_double(text, &interval) || interval < 0.1 || interval > 3600))
        return error_set(err, STATUS_USAGE, "--interval %s: not from 0.1 to 3600 seconds",
                         text_quote(text).text);
    if (text && !args->value[OPT_WATCH])
        return error_set(err, STATUS_USAGE, "--interval goes with --watch");
    bool json = args->value[OPT_JSON];
    if (args->value[OPT_WATCH])
        return watch(path, interval, json, err);
    if (look(&state, path, err) != STATUS_OK)
        return err->status;
    if (json)
        print_json(&state);
    else
        print_text(&state);
    return STATUS_OK;
}

const struct command cmd_status = {
    .name = "status",
    .operands = "DIR",
    .summary = "how far a run directory is",
    .details =
        "Reads the journals of a run directory: cells planned, finished, left. Safe at\n"
        "any time, also while a run is live. The exit code is 0 whatever is found: a "
        "job\n"
        "script goes on while `left` of --json is not 0. With --watch a terminal is\n"
        "redrawn, and elsewhere a line is printed when something has changed; it ends\n"
        "with the run, at once where none is live.",
    .min_operands = 1,
    .max_operands = 1,
    .options = rows,
    .run = run,
};
