/* strata plan: what a sweep would do, before it does. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/host.h"
#include "cli/options.h"
#include "cli/plan_report.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "sweep/plan.h"

enum { OPT_OUTPUT, OPT_RANKS, OPT_SET, OPT_CALIBRATE, OPT_JSON };

static const struct option_row rows[] = {
    [OPT_OUTPUT] = {"output", 'o', "DIR", "run directory whose finished cells count",
                    false},
    [OPT_RANKS] = {"ranks", 'n', "N,...", "ranks to divide the work among (default 1)",
                   false},
    [OPT_SET] = {"set", 0, "AXIS=VALUES",
                 "replace an axis: depth=1..4, loss=mse,cross-entropy", true},
    [OPT_CALIBRATE] = {"calibrate", 0, NULL,
                       "first run a few short cells; with -o keep what they show", false},
    [OPT_JSON] = {"json", 0, NULL, "one JSON object", false},
    {NULL, 0, NULL, NULL, false}};

enum { MOST_RANKS = 1000000, MOST_COUNTS = 16 };

struct counts {
    int ranks[MOST_COUNTS];
    int n;
};

/* "1024" or "1024,10000". */
static enum status parse_ranks(const char *list, struct counts *counts, struct error *err)
{
    const char *at = list ? list : "1";
    for (bool more = true; more; counts->n++) {
        char word[TEXT_WORD_MAX];
        int64_t value;
        size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < 63 ? length : 63), at);
        if (!text_parse_int(word, &value) || value < 1 || value > MOST_RANKS)
            return error_set(err, STATUS_USAGE,
                             "--ranks %.80s: not a number from 1 to %d", list,
                             MOST_RANKS);
        if (counts->n == MOST_COUNTS)
            return error_set(err, STATUS_USAGE, "--ranks: more than %d numbers",
                             MOST_COUNTS);
        counts->ranks[counts->n] = (int)value;
        more = at[length] == ',';
        at += length + more;
    }
    return STATUS_OK;
}

/* ---- calibration ---- */

/* A file that is there must be a calibration before it is replaced. */
static enum status calibrate(struct session *s, const char *output, struct error *err)
{
    struct calibration *c = &s->calibration;
    struct cell_context context = session_context(s);
    char path[IO_PATH_MAX];
    time_t now = time(NULL);
    struct tm utc;
    calibration_init(c);
    if (output && (io_join(path, output, "calibration.json", err) != STATUS_OK ||
                   io_make_dir(output, err) != STATUS_OK))
        return err->status;
    fprintf(stderr, "strata: measuring up to %d short cells, some seconds each\n",
            PIECES_MAX);
    if (calibration_measure(c, &context, &s->grid, err) != STATUS_OK)
        return err->status;
    if (c->n_pieces == 0)
        return error_set(err, STATUS_STUDY,
                         "nothing could be measured: every short cell diverged");
    gethostname(c->host, sizeof c->host - 1);
    host_cpu_model(c->cpu, sizeof c->cpu);
    gmtime_r(&now, &utc);
    strftime(c->date, sizeof c->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return output ? calibration_write(c, path, err) : STATUS_OK;
}

static void warn_host(const struct calibration *c)
{
    char cpu[CALIBRATION_TEXT_MAX];
    host_cpu_model(cpu, sizeof cpu);
    if (c->n_cells == 0 && c->n_pieces > 0 && strcmp(c->cpu, cpu) != 0)
        fprintf(stderr,
                "strata: calibration.json is of another CPU (%s on %s; here: %s): "
                "--calibrate measures this one\n",
                c->cpu, c->host, cpu);
}

/* ---- the plan ---- */

/* Cells that miss their predicted time and epochs by so much, the schedule must bear. */
static double spread_of(const struct calibration *c)
{
    return hypot(c->spread, c->epochs_spread);
}

static enum status simulate(const double *cost, size_t n_left,
                            const struct counts *counts, double spread,
                            struct plan_outlook *outlooks, struct error *err)
{
    for (int i = 0; i < counts->n && err->status == STATUS_OK; i++)
        plan_simulate(cost, n_left, counts->ranks[i], spread, &outlooks[i], err);
    return err->status;
}

static enum status plan(const struct session *s, const uint8_t *done,
                        const struct counts *counts, bool json, struct error *err)
{
    size_t n = s->grid.n_cells, n_left = 0;
    struct plan_outlook outlooks[MOST_COUNTS];
    size_t *left = memory_alloc(n, sizeof *left, err);
    double *cost = memory_alloc(n, sizeof *cost, err);
    int *owner = memory_alloc(n, sizeof *owner, err);
    double *load = memory_alloc((size_t)counts->ranks[0], sizeof *load, err);
    int *cells = memory_alloc((size_t)counts->ranks[0], sizeof *cells, err);
    for (size_t i = 0; err->status == STATUS_OK && i < n; i++)
        if (!done[i]) {
            cost[n_left] = s->seconds[i];
            left[n_left++] = i;
        }
    if (err->status == STATUS_OK &&
        plan_slices(cost, n_left, counts->ranks[0], owner, load, err) == STATUS_OK &&
        simulate(cost, n_left, counts, spread_of(&s->calibration), outlooks, err) ==
            STATUS_OK) {
        struct plan_report report = {.session = s,
                                     .left = left,
                                     .n_left = n_left,
                                     .outlooks = outlooks,
                                     .n_outlooks = counts->n,
                                     .load = load,
                                     .cells = cells};
        for (size_t i = 0; i < n_left; i++)
            cells[owner[i]]++;
        (json ? plan_report_json : plan_report_text)(&report, err);
    }
    free(left);
    free(cost);
    free(owner);
    free(load);
    free(cells);
    return err->status;
}

/* Everything that the prediction rests on. */
static enum status prepare(struct session *s, struct journal_index *index,
                           const struct args *args, struct error *err)
{
    const char *output = args->value[OPT_OUTPUT];
    if (output && !io_exists(output))
        fprintf(stderr, "strata: %s: not there yet, so no cell is done\n", output);
    if (session_prepare(s, NULL, err) != STATUS_OK)
        return err->status;
    if (output && (rundir_scan(index, output, err) != STATUS_OK ||
                   rundir_mark_lacking(index, &s->study, &s->grid, err) != STATUS_OK ||
                   session_read_calibration(s, output, err) != STATUS_OK))
        return err->status;
    if (args->value[OPT_CALIBRATE] && calibrate(s, output, err) != STATUS_OK)
        return err->status;
    if (session_predict(s, index, err) == STATUS_OK)
        warn_host(&s->calibration);
    return err->status;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct session session = {0};
    struct journal_index index = {0};
    struct counts counts = {.n = 0};
    if (parse_ranks(args->value[OPT_RANKS], &counts, err) != STATUS_OK ||
        session_read_study(&session.study, args->positional[0], args, err) != STATUS_OK)
        return err->status;
    struct rundir_past past = {.bytes = NULL};
    if (prepare(&session, &index, args, err) == STATUS_OK)
        rundir_progress(&past, &index, &session.grid, false, err);
    if (past.bytes)
        plan(&session, past.done, &counts, args->value[OPT_JSON], err);
    free(past.bytes);
    journal_index_fini(&index);
    session_fini(&session);
    return err->status;
}

const struct command cmd_plan = {
    .name = "plan",
    .operands = "[STUDY]",
    .summary = "expand a study: cells, wall time, memory, each rank's slice",
    .details =
        "Expands a study (the built-in quick study if none is given), checks it and its\n"
        "data, and predicts wall time, memory and the division among ranks. Rates come\n"
        "from the finished cells of DIR; before there are any, from "
        "DIR/calibration.json,\n"
        "which --calibrate writes after some seconds of training and probing; else they\n"
        "are nominal. Several numbers of ranks are compared: --ranks 8,64,1024.",
    .max_operands = 1,
    .options = rows,
    .run = run,
};
