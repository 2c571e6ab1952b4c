/* What of the study is there: one pass over the archive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/cells/grouping.h"
#include "analysis/report/report_internal.h"
#include "base/memory.h"

/* Cells as they are read, before it is known which places they are. */
struct reading {
    struct report_survey *survey;
    size_t n_cells;
    double *options; /* [n_planned + cells][OPTION_COUNT]: the study's, the archive's */
    int *state;      /* [cells] */
};

static enum status add_failure(struct report_survey *s, size_t cell, int state,
                               const struct record *record, struct error *err)
{
    if (memory_grow(&s->failures, &s->failures_capacity, s->n_failures + 1,
                    sizeof *s->failures, err) != STATUS_OK)
        return err->status;
    struct report_failure *failure = &s->failures[s->n_failures++];
    *failure = (struct report_failure){.place = cell, .state = state};
    memcpy(failure->message, record_text(record, FIELD_MESSAGE), MESSAGE_LENGTH);
    return STATUS_OK;
}

static void add_seconds(double *sum, const struct record *record, enum field_id id)
{
    double seconds = *record_real(record, id);
    if (seconds != RECORD_FILL_REAL)
        *sum += seconds;
}

static enum status read_cell(void *context, const struct record *record,
                             struct error *err)
{
    struct reading *reading = context;
    struct report_survey *s = reading->survey;
    size_t cell = reading->n_cells++;
    int state = *record_int(record, FIELD_STATUS),
        run = *record_int(record, FIELD_CELL_RUN);
    cells_options(record, reading->options + (s->n_planned + cell) * OPTION_COUNT);
    reading->state[cell] = state;
    add_seconds(&s->train_seconds, record, FIELD_TRAIN_SECONDS);
    add_seconds(&s->probe_seconds, record, FIELD_PROBE_SECONDS);
    if (run >= 0 && run < s->n_runs)
        s->run_cells[run]++;
    return state == CELL_COMPLETE ? STATUS_OK : add_failure(s, cell, state, record, err);
}

/* A first look: the ranking and the figures read the same cells whole. */
static enum status read_cells(struct reading *reading, struct archive *archive,
                              struct error *err)
{
    bool fields[FIELD_COUNT] = {[FIELD_STATUS] = true,
                                [FIELD_MESSAGE] = true,
                                [FIELD_CELL_RUN] = true,
                                [FIELD_TRAIN_SECONDS] = true,
                                [FIELD_PROBE_SECONDS] = true};
    cells_add_options(fields);
    return cells_visit(archive, fields, read_cell, reading, err);
}

/* Numbers the places; those of the study come first, in its order. */
static enum status find_places(struct reading *reading, struct error *err)
{
    struct report_survey *s = reading->survey;
    size_t n = s->n_planned + reading->n_cells;
    bool all[OPTION_COUNT];
    int *place = memory_alloc(n, sizeof *place, err), n_places = 0;
    s->state = memory_alloc(n, sizeof *s->state, err);
    s->options = memory_alloc(n * OPTION_COUNT, sizeof *s->options, err);
    memset(all, true, sizeof all);
    if (err->status == STATUS_OK)
        grouping_assign(reading->options, n, all, place, &n_places, err);
    for (size_t i = 0; err->status == STATUS_OK && i < n; i++) {
        size_t at = (size_t)place[i];
        if (at == s->n_places) {
            memcpy(s->options + at * OPTION_COUNT, reading->options + i * OPTION_COUNT,
                   OPTION_COUNT * sizeof *s->options);
            s->state[at] = STATE_MISSING;
            s->n_places++;
            s->n_unplanned += s->n_planned > 0 && i >= s->n_planned;
        }
        if (i >= s->n_planned)
            s->state[at] = reading->state[i - s->n_planned];
    }
    for (size_t i = 0; err->status == STATUS_OK && i < s->n_failures; i++)
        s->failures[i].place = (size_t)place[s->n_planned + s->failures[i].place];
    free(place);
    return err->status;
}

static enum status describe_places(struct report_survey *s, struct error *err)
{
    bool apart[OPTION_COUNT];
    aggregate_by_all(apart);
    s->setting = memory_alloc(s->n_places, sizeof *s->setting, err);
    if (!s->setting || grouping_assign(s->options, s->n_places, apart, s->setting,
                                       &s->n_settings, err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < s->n_places; i++)
        if (s->state[i] >= 0 && s->state[i] < N_STATES) {
            s->count[s->state[i]]++;
            s->count_asked[s->state[i]] += i < s->n_places - s->n_unplanned;
        }
    for (size_t i = 0; i < s->n_places * OPTION_COUNT; i++)
        s->varies[i % OPTION_COUNT] |= s->options[i] != s->options[i % OPTION_COUNT];
    return STATUS_OK;
}

enum status report_survey_init(struct report_survey *s, struct archive *archive,
                               const struct report_request *request, struct error *err)
{
    memset(s, 0, sizeof *s);
    size_t n_cells = (size_t)archive_n_cells(archive);
    s->n_planned = request->planned ? request->n_planned : 0;
    struct reading reading = {.survey = s};
    reading.options = memory_alloc((s->n_planned + n_cells) * OPTION_COUNT,
                                   sizeof *reading.options, err);
    reading.state = memory_alloc(n_cells, sizeof *reading.state, err);
    if (err->status == STATUS_OK &&
        archive_read_runs(archive, &s->runs, &s->n_runs, err) == STATUS_OK)
        s->run_cells = memory_alloc((size_t)s->n_runs, sizeof *s->run_cells, err);
    if (err->status == STATUS_OK && request->planned)
        memcpy(reading.options, request->planned,
               s->n_planned * OPTION_COUNT * sizeof *reading.options);
    if (err->status == STATUS_OK && read_cells(&reading, archive, err) == STATUS_OK &&
        find_places(&reading, err) == STATUS_OK)
        describe_places(s, err);
    if (s->n_planned == 0) { /* which are missing is not known, but how many */
        int64_t missing = archive_n_cells_planned(archive) - (int64_t)n_cells;
        s->count[STATE_MISSING] = missing > 0 ? (size_t)missing : 0;
        s->count_asked[STATE_MISSING] = s->count[STATE_MISSING];
    }
    free(reading.options);
    free(reading.state);
    return err->status;
}

void report_survey_fini(struct report_survey *s)
{
    free(s->options);
    free(s->state);
    free(s->setting);
    free(s->failures);
    free(s->run_cells);
    free(s->runs);
    memset(s, 0, sizeof *s);
}

void report_put_place(const struct report_survey *s, size_t place, bool seed,
                      struct text *out)
{
    const char *before = "";
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!s->varies[i] || (i == FIELD_SEED && !seed))
            continue;
        char value[TABLE_WORD_MAX];
        field_format((enum field_id)i, s->options[place * OPTION_COUNT + (size_t)i],
                     value, sizeof value);
        text_appendf(out, "%s%s %s", before, field_get((enum field_id)i)->name, value);
        before = ", ";
    }
    if (!*before)
        text_append(out, "the only setting");
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double *report_values(const struct report_survey *s, enum field_id id, size_t *n,
                      struct error *err)
{
    double *values = memory_alloc(s->n_places, sizeof *values, err);
    *n = 0;
    if (!values)
        return NULL;
    for (size_t i = 0; i < s->n_places; i++)
        values[i] = s->options[i * OPTION_COUNT + (size_t)id];
    qsort(values, s->n_places, sizeof *values, ascending);
    for (size_t i = 0; i < s->n_places; i++)
        if (i == 0 || values[i] != values[i - 1])
            values[(*n)++] = values[i];
    return values;
}

struct report_count report_count(size_t n, const char *noun)
{
    struct report_count count;
    snprintf(count.text, sizeof count.text, "%zu %s%s", n, noun, n == 1 ? "" : "s");
    return count;
}
