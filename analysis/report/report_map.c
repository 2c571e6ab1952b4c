/* The second section: which cells there are, and what became of the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/tables/quote.h"
#include "analysis/report/report_internal.h"
#include "base/memory.h"

/* A larger grid is counted by the values of its options instead. */
enum { MOST_SETTINGS = 240, MOST_SEEDS = 40, SHOWN_MESSAGES = 12, SHOWN_CELLS = 4 };

static const char *const marks[N_STATES] = {"✓", "F", "D", "T", "Q", "–"};

/* --- the map: a row a setting, a column a seed --- */

static size_t find_value(const double *values, size_t n, double value)
{
    size_t at = 0;
    while (at < n && values[at] != value)
        at++;
    return at;
}

static int put_option_headings(const struct report_survey *s, const char **headings)
{
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (s->varies[i] && i != FIELD_SEED)
            headings[n++] = field_get((enum field_id)i)->name;
    if (n == 0)
        headings[n++] = "setting";
    return n;
}

static void set_options(const struct report_survey *s, size_t place,
                        struct table_cell *cell)
{
    struct table_cell *first = cell;
    for (int i = 0; i < OPTION_COUNT; i++) {
        char word[TABLE_WORD_MAX];
        enum field_id id = (enum field_id)i;
        double value = s->options[place * OPTION_COUNT + (size_t)i];
        if (!s->varies[i] || i == FIELD_SEED)
            continue;
        field_format(id, value, word, sizeof word);
        if (field_get(id)->type == FIELD_TYPE_FLAG)
            table_set_text(cell++, word);
        else
            table_set_number(cell++, -1, value);
    }
    if (cell == first)
        table_set_text(cell, "all");
}

static enum status fill_map(const struct report_survey *s, const double *seeds,
                            size_t n_seeds, int first_mark, struct table *table,
                            struct error *err)
{
    for (int i = 0; i < s->n_settings; i++)
        if (!table_add_row(table, err))
            return err->status;
    for (size_t i = 0; i < s->n_places; i++) {
        struct table_cell *row = table->cells +
                                 (size_t)s->setting[i] * (size_t)table->n_columns;
        double seed = s->options[i * OPTION_COUNT + FIELD_SEED];
        if (row->is_missing)
            set_options(s, i, row);
        if (s->state[i] >= 0 && s->state[i] < N_STATES)
            table_set_text(row + first_mark + find_value(seeds, n_seeds, seed),
                           marks[s->state[i]]);
    }
    return STATUS_OK;
}

static enum status add_map(struct report *r, const double *seeds, size_t n_seeds,
                           struct error *err)
{
    const char *headings[OPTION_COUNT + MOST_SEEDS];
    int n = put_option_headings(&r->survey, headings);
    r->seeds = memory_alloc(n_seeds, sizeof *r->seeds, err);
    if (!r->seeds)
        return err->status;
    for (size_t i = 0; i < n_seeds; i++) {
        snprintf(r->seeds[i], sizeof r->seeds[i], "%.0f", seeds[i]);
        headings[n + (int)i] = r->seeds[i];
    }
    struct block *map = document_add(&r->document, BLOCK_MAP);
    map->first_mark = n;
    text_append(&map->title, "Cells: rows are settings, further columns seeds");
    report_put_command(r, "export", "--variables status", &map->body);
    if (table_init(&map->table, n + (int)n_seeds, headings, err) == STATUS_OK)
        fill_map(&r->survey, seeds, n_seeds, n, &map->table, err);
    return err->status;
}

/* --- counts by the values of each option --- */

static enum status add_count_row(const struct report_survey *s, enum field_id id,
                                 double value, struct table *table, struct error *err)
{
    size_t count[N_STATES] = {0}, n = 0;
    char word[TABLE_WORD_MAX];
    struct table_cell *cell = table_add_row(table, err);
    if (!cell)
        return err->status;
    for (size_t i = 0; i < s->n_places; i++) {
        if (s->options[i * OPTION_COUNT + (size_t)id] != value)
            continue;
        n++;
        if (s->state[i] >= 0 && s->state[i] < N_STATES)
            count[s->state[i]]++;
    }
    field_format(id, value, word, sizeof word);
    table_set_text(cell++, field_get(id)->name);
    table_set_text(cell++, word);
    table_set_number(cell++, 0, (double)n);
    for (int state = 0; state < N_STATES; state++)
        table_set_number(cell++, 0, (double)count[state]);
    return STATUS_OK;
}

static enum status add_counts(struct report *r, struct error *err)
{
    static const char *const headings[] = {"option",   "value",       "cells",
                                           "complete", "failed",      "diverged",
                                           "timeout",  "quarantined", "missing"};
    enum { SHOWN_VALUES = 40 };
    const struct report_survey *s = &r->survey;
    struct block *block = document_add(&r->document, BLOCK_TABLE);
    text_append(&block->title, "Cells by the values of each option");
    report_put_command(r, "export", "--variables status", &block->body);
    table_init(&block->table, 3 + N_STATES, headings, err);
    for (int i = 0; i < OPTION_COUNT && err->status == STATUS_OK; i++) {
        size_t n = 0;
        if (!s->varies[i])
            continue;
        double *values = report_values(s, (enum field_id)i, &n, err);
        for (size_t k = 0; k < n && k < SHOWN_VALUES && err->status == STATUS_OK; k++)
            add_count_row(s, (enum field_id)i, values[k], &block->table, err);
        free(values);
    }
    return err->status;
}

/* --- cells without a result --- */

static bool is_alike(const struct report_failure *a, const struct report_failure *b)
{
    return a->state == b->state && strcmp(a->message, b->message) == 0;
}

/* One item: how many cells, what became of them, why, and which they are. */
static void say_failures(struct report *r, const struct report_failure *like)
{
    const struct report_survey *s = &r->survey;
    char state[32] = "of unknown outcome";
    size_t n = 0;
    struct text text = {0}, which = {0};
    field_flag_name(FIELD_STATUS, like->state, state, sizeof state);
    for (size_t i = 0; i < s->n_failures; i++) {
        if (!is_alike(&s->failures[i], like))
            continue;
        if (n++ < SHOWN_CELLS) {
            text_append(&which, which.length ? "; " : "");
            report_put_place(s, s->failures[i].place, true, &which);
        }
    }
    text_appendf(&text, "%s %s", report_count(n, "cell").text, state);
    if (*like->message)
        text_appendf(&text, ": %s", like->message);
    text_appendf(&text, " (%s", text_string(&which));
    if (n > SHOWN_CELLS)
        text_appendf(&text, "; and %zu more", n - SHOWN_CELLS);
    document_addf(&r->document, BLOCK_ITEM, "", "%s)", text_string(&text));
    text_free(&text);
    text_free(&which);
}

static void list_failures(struct report *r)
{
    const struct report_survey *s = &r->survey;
    int shown = 0;
    for (size_t i = 0; i < s->n_failures && shown < SHOWN_MESSAGES; i++) {
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = !is_alike(&s->failures[k], &s->failures[i]);
        if (!first)
            continue;
        say_failures(r, &s->failures[i]);
        shown++;
    }
    struct text command = {0};
    report_put_command(r, "export",
                       "--variables status,message --where 'status != "
                       "complete'",
                       &command);
    document_addf(&r->document, BLOCK_PARAGRAPH, "", "%s", "Every one of them:");
    document_addf(&r->document, BLOCK_COMMAND, "", "%s", text_string(&command));
    text_free(&command);
}

/* What computes the cells that are not there, or not complete. */
static void say_remedy(struct report *r)
{
    const struct report_survey *s = &r->survey;
    bool retry = s->count[CELL_FAILED] + s->count[CELL_TIMEOUT] +
                     s->count[CELL_QUARANTINED] >
                 0;
    if (!r->request->directory || (!retry && s->count[STATE_MISSING] == 0))
        return;
    struct text command = {0}, path = {0};
    text_appendf(&path, "%s/study.yaml", r->request->directory);
    text_append(&command, "mpirun strata sweep ");
    quote_shell(&command, text_string(&path));
    text_append(&command, " -o ");
    quote_shell(&command, r->request->directory);
    text_append(&command, retry ? " --retry failed" : "");
    document_addf(&r->document, BLOCK_PARAGRAPH, "", "%s",
                  retry ? "This tries failed cells again, and computes missing ones:"
                        : "This computes the missing cells:");
    document_addf(&r->document, BLOCK_COMMAND, "", "%s", text_string(&command));
    text_free(&command);
    text_free(&path);
}

enum status report_map(struct report *r, struct error *err)
{
    struct report_survey *s = &r->survey;
    document_addf(&r->document, BLOCK_SECTION, "Completeness", "%s", "");
    size_t n_seeds = 0;
    double *seeds = report_values(s, FIELD_SEED, &n_seeds, err);
    if (!seeds)
        return err->status;
    if (s->n_places == 0) {
        document_addf(&r->document, BLOCK_PARAGRAPH, "", "%s",
                      "There are no cells in the archive.");
    } else if (s->n_settings <= MOST_SETTINGS && n_seeds <= MOST_SEEDS) {
        document_addf(&r->document, BLOCK_PARAGRAPH, "", "%s",
                      "✓ complete, F failed, D diverged, T out of time, Q quarantined "
                      "after it ended its process, – missing; empty: not asked for.");
        add_map(r, seeds, n_seeds, err);
    } else {
        add_counts(r, err);
    }
    free(seeds);
    if (s->n_planned == 0 && s->count[STATE_MISSING] > 0)
        document_addf(&r->document, BLOCK_PARAGRAPH, "", "%s",
                      "Which cells are missing is not known: the study in the archive "
                      "cannot be read here.");
    if (s->n_failures > 0)
        list_failures(r);
    say_remedy(r);
    return err->status;
}
