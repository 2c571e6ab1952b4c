/* The first section: what was asked, what there is of it, and where it comes from. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/report/report_internal.h"
#include "base/memory.h"

enum { SHOWN_VALUES = 12, SHOWN_RUNS = 12 };

static const char *const state_words[N_STATES] = {
    "complete", "failed", "diverged", "out of time", "quarantined", "missing"};

/* "72 complete, 3 diverged": states from `first` on that occur. */
static void put_states(const size_t count[N_STATES], int first, struct text *out)
{
    const char *before = "";
    for (int state = first; state < N_STATES; state++) {
        if (count[state] == 0)
            continue;
        text_appendf(out, "%s%zu %s", before, count[state], state_words[state]);
        before = ", ";
    }
}

/* Of the cells that the study asks for, where it is known which these are. */
static void say_verdict(struct report *r)
{
    const size_t *count = r->survey.count_asked;
    struct text text = {0};
    size_t missing = count[STATE_MISSING], complete = count[CELL_COMPLETE], asked = 0;
    for (int state = 0; state < N_STATES; state++)
        asked += count[state];
    if (missing > 0) {
        text_appendf(&text, "Not complete: %zu of the %s that the study asks for ",
                     missing, report_count(asked, "cell").text);
        text_appendf(&text, "%s missing (", missing == 1 ? "is" : "are");
        put_states(count, CELL_COMPLETE, &text);
        text_append(&text, ").");
    } else if (complete < asked) {
        text_appendf(&text, "Every cell was tried, but %zu of %zu have no result (",
                     asked - complete, asked);
        put_states(count, CELL_FAILED, &text);
        text_append(&text, ").");
    } else {
        text_append(&text, "Complete: ");
        if (complete == 1)
            text_append(&text, "the one cell that the study asks for has a result.");
        else
            text_appendf(&text, "all %zu cells that the study asks for have results.",
                         complete);
    }
    document_addf(&r->document, BLOCK_VERDICT, "", "%s", text_string(&text));
    text_free(&text);
}

/* --- the question --- */

static bool is_run_of_integers(const double *values, size_t n)
{
    bool run = n > 2;
    for (size_t i = 0; i < n; i++)
        run &= values[i] == values[0] + (double)i && values[i] == floor(values[i]);
    return run;
}

/* "1..6", "0.1, 0.5", "0.1, 0.2, ... 9.9 (99 values)". */
static void put_values(enum field_id id, const double *values, size_t n, struct text *out)
{
    char value[TABLE_WORD_MAX], last[TABLE_WORD_MAX];
    bool flag = field_get(id)->type == FIELD_TYPE_FLAG;
    field_format(id, values[n - 1], last, sizeof last);
    size_t shown = n <= SHOWN_VALUES ? n : SHOWN_VALUES / 2;
    if (!flag && is_run_of_integers(values, n)) {
        field_format(id, values[0], value, sizeof value);
        text_appendf(out, "%s..%s", value, last);
        return;
    }
    for (size_t i = 0; i < shown; i++) {
        field_format(id, values[i], value, sizeof value);
        text_appendf(out, "%s%s", i ? ", " : "", value);
    }
    if (shown < n)
        text_appendf(out, ", ... %s (%zu values)", last, n);
}

static enum status say_question(struct report *r, struct error *err)
{
    const struct report_survey *s = &r->survey;
    struct text axes = {0}, same = {0};
    double product = 1;
    for (int i = 0; i < OPTION_COUNT && s->n_places > 0; i++) {
        enum field_id id = (enum field_id)i;
        size_t n;
        double *values = report_values(s, id, &n, err);
        if (!values)
            break;
        struct text *list = s->varies[i] ? &axes : &same;
        text_appendf(list, "%s%s ",
                     list->length == 0 ? ""
                     : s->varies[i]    ? " × "
                                       : ", ",
                     field_get(id)->name);
        put_values(id, values, n, list);
        product *= (double)n;
        free(values);
    }
    if (axes.length > 0 && product != (double)s->n_places)
        text_appendf(&axes, "; %zu of these %.0f combinations", s->n_places, product);
    if (axes.length > 0)
        document_addf(&r->document, BLOCK_FACT, "Varied", "%s", text_string(&axes));
    document_addf(&r->document, BLOCK_FACT, "The same in all cells", "%s",
                  text_string(&same));
    text_free(&axes);
    text_free(&same);
    if (r->request->data)
        document_addf(&r->document, BLOCK_FACT, "Data", "%s", r->request->data);
    return err->status;
}

/* --- what there is --- */

static void say_cells(struct report *r)
{
    const struct report_survey *s = &r->survey;
    struct text text = {0};
    put_states(s->count, CELL_COMPLETE, &text);
    if (s->n_unplanned > 0)
        text_appendf(&text, "; of them %zu that its study does not ask for",
                     s->n_unplanned);
    document_addf(&r->document, BLOCK_FACT, "Cells", "%s", text_string(&text));
    text_free(&text);
}

/* In every combination that the study asks for, also those that have none. */
static enum status say_seeds(struct report *r, struct error *err)
{
    const struct report_survey *s = &r->survey;
    size_t n = (size_t)s->n_settings, fewest = SIZE_MAX, most = 0;
    size_t *seeds = memory_alloc(n, sizeof *seeds, err);
    struct text text = {0};
    if (!seeds)
        return err->status;
    for (size_t i = 0; i < s->n_places; i++)
        seeds[s->setting[i]] += s->state[i] == CELL_COMPLETE;
    for (size_t i = 0; i < n; i++) {
        fewest = seeds[i] < fewest ? seeds[i] : fewest;
        most = seeds[i] > most ? seeds[i] : most;
    }
    free(seeds);
    text_appendf(&text, "%zu", n > 0 ? fewest : 0);
    if (most > fewest)
        text_appendf(&text, " to %zu", most);
    text_appendf(&text, " with results in each of %s of the other options",
                 report_count(n, "combination").text);
    document_addf(&r->document, BLOCK_FACT, "Seeds", "%s", text_string(&text));
    text_free(&text);
    return STATUS_OK;
}

static void say_best(struct report *r)
{
    static const int validation[3] = {SPLIT_VALIDATION}, test[3] = {SPLIT_TEST};
    const struct summary *s = &r->ranking.summary;
    int best = -1;
    double most = 0;
    for (int g = 0; g < s->groups.n_groups; g++) {
        double mean = summary_value(s, g, FIELD_NETWORK_ACCURACY, validation).mean;
        if (!isnan(mean) && (best < 0 || mean > most)) {
            best = g;
            most = mean;
        }
    }
    if (best < 0)
        return;
    struct summary_value value = summary_value(s, best, FIELD_NETWORK_ACCURACY, test);
    struct text text = {0};
    const char *before = "";
    for (int i = 0; i < OPTION_COUNT; i++) {
        char word[TABLE_WORD_MAX];
        if (!r->survey.varies[i] || i == FIELD_SEED)
            continue;
        field_format((enum field_id)i,
                     s->groups.options[(size_t)best * OPTION_COUNT + (size_t)i], word,
                     sizeof word);
        text_appendf(&text, "%s%s %s", before, field_get((enum field_id)i)->name, word);
        before = ", ";
    }
    text_appendf(&text, "%svalidation error %.4f", *before ? ": " : "", 1 - most);
    if (value.n > 0)
        text_appendf(&text, "; test error %.4f", 1 - value.mean);
    if (!isnan(value.half_width))
        text_appendf(&text, " ± %.4f", value.half_width);
    text_appendf(&text, " (N = %d)", value.n);
    document_addf(&r->document, BLOCK_FACT, "Lowest mean validation error", "%s",
                  text_string(&text));
    text_free(&text);
}

/* They count like all others. */
static void say_unreached(struct report *r)
{
    const struct summary *s = &r->ranking.summary;
    struct text text = {0};
    if (s->n_unreached == 0)
        return;
    summary_put_unreached(s, &text);
    document_addf(&r->document, BLOCK_FACT, "Stop rules", "%s", text_string(&text));
    text_free(&text);
}

static void say_conventions(struct report *r)
{
    const struct summary *s = &r->ranking.summary;
    document_addf(&r->document, BLOCK_FACT, "Tables are of snapshot", "%s",
                  archive_snapshot_label(r->archive, s->snapshot));
    if (s->where)
        document_addf(&r->document, BLOCK_FACT, "Figures and tables count",
                      "%lld of %lld cells, those where %s", (long long)s->n_matches,
                      (long long)s->n_rows, where_text(s->where));
    if (s->selection.active) {
        struct text selected = {0};
        selection_put(&s->selection, s->options, NULL, s->n_chosen, &selected);
        document_addf(&r->document, BLOCK_FACT, "Selection",
                      "%s; other settings count in no figure and no table",
                      text_string(&selected));
        text_free(&selected);
    }
    say_unreached(r);
    document_addf(&r->document, BLOCK_FACT, "Bands and ±",
                  "95 %% interval of Student's t for the mean over N seeds; none where N "
                  "is less than %d",
                  INTERVAL_FEWEST);
    document_addf(&r->document, BLOCK_FACT, "Generalization gap", "%s",
                  ranking_gap_text(r->request->gap));
}

/* --- where it comes from --- */

static void say_attribute(struct report *r, const char *title, const char *name)
{
    const char *value = archive_attribute(r->archive, name);
    if (*value)
        document_addf(&r->document, BLOCK_FACT, title, "%s", value);
}

static void say_time(struct report *r)
{
    char train[40], probe[40];
    text_format_duration(train, sizeof train, r->survey.train_seconds);
    text_format_duration(probe, sizeof probe, r->survey.probe_seconds);
    document_addf(&r->document, BLOCK_FACT, "Time",
                  "%s of training and %s of probing, summed over cells", train, probe);
}

static void say_run(struct report *r, int number)
{
    const struct run_info *run = &r->survey.runs[number];
    struct text title = {0}, text = {0};
    text_appendf(&title, "Run %d", number + 1);
    text_appendf(&text, "%s: %s; %s on %s from %s; %s; %s; %s", run->command,
                 report_count(r->survey.run_cells[number], "cell").text,
                 report_count((size_t)run->n_ranks, "rank").text, run->host,
                 run->start_time, run->versions, run->mpi, run->blas);
    if (*run->slurm_job)
        text_appendf(&text, "; Slurm job %s, restart %d", run->slurm_job,
                     run->restart_count);
    document_addf(&r->document, BLOCK_FACT, text_string(&title), "%s",
                  text_string(&text));
    text_free(&title);
    text_free(&text);
}

static void say_origin(struct report *r)
{
    struct document *d = &r->document;
    document_addf(d, BLOCK_HEADING, "Where it comes from", "%s", "");
    say_time(r);
    for (int i = 0; i < r->survey.n_runs && i < SHOWN_RUNS; i++)
        say_run(r, i);
    if (r->survey.n_runs > SHOWN_RUNS)
        document_addf(d, BLOCK_FACT, "Further runs", "%d; variables run_* of the archive",
                      r->survey.n_runs - SHOWN_RUNS);
    say_attribute(r, "Written by", "source");
    say_attribute(r, "Content hash", "content_hash");
    say_attribute(r, "Hash of the data", "data_hash");
    say_attribute(r, "Schema of the archive", "schema_version");
    say_attribute(r, "Random numbers", "rng");
    struct block *study = document_add(d, BLOCK_VERBATIM);
    text_append(&study->title, "The study as the archive keeps it");
    text_append(&study->body, archive_attribute(r->archive, "study"));
}

enum status report_verdict(struct report *r, struct error *err)
{
    document_addf(&r->document, BLOCK_SECTION, "Verdict", "%s", "");
    say_verdict(r);
    if (say_question(r, err) != STATUS_OK)
        return err->status;
    say_cells(r);
    if (say_seeds(r, err) != STATUS_OK)
        return err->status;
    say_best(r);
    say_conventions(r);
    say_origin(r);
    return STATUS_OK;
}
