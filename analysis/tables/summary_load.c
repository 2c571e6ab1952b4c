#include "analysis/tables/summary_load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "base/memory.h"

int summary_choose(struct summary *s, const struct record *record)
{
    int n = 0, n_layers = record->shape.n_layers;
    bool matches = true;
    for (int l = 0; l < n_layers; l++) {
        if (s->where && (l == 0 || s->by_layer))
            matches = where_matches(s->where, record, s->snapshot, l);
        s->counts[l] = matches;
        n += matches;
    }
    return s->by_layer ? n : n > 0;
}

static void count_record(struct summary *s, const struct record *record)
{
    int status = *record_int(record, FIELD_STATUS);
    if (status >= 0 && status <= CELL_QUARANTINED)
        s->status_count[status]++;
    if (s->class_size > 0 || status != CELL_COMPLETE)
        return;
    int n_classes = record->shape.n_classes;
    const int32_t *counts = record_int(record, FIELD_SAMPLE_COUNT) +
                            SPLIT_TEST * n_classes;
    for (int c = 0; c < n_classes; c++)
        s->class_size += (double)counts[c] / n_classes;
}

bool summary_next(struct summary *s, const struct record *record, size_t *at)
{
    count_record(s, record);
    if (summary_choose(s, record) == 0)
        return false;
    size_t seen = s->n_seen++;
    if (s->kept && !s->kept[seen])
        return false;
    *at = s->n_next++;
    s->n_parameters[*at] = *record_int(record, FIELD_N_PARAMETERS);
    return true;
}

static double test_accuracy_of(const struct summary *s, const struct record *record)
{
    size_t at = record_index(FIELD_NETWORK_ACCURACY, record->shape, s->snapshot,
                             SPLIT_TEST, 0, 0);
    double accuracy = record_real(record, FIELD_NETWORK_ACCURACY)[at];
    bool counts = *record_int(record, FIELD_STATUS) == CELL_COMPLETE &&
                  accuracy != RECORD_FILL_REAL;
    return counts ? accuracy : (double)NAN;
}

static void collect_cell(struct summary *s, const struct record *record)
{
    cells_options(record, s->options + s->n_chosen * OPTION_COUNT);
    s->marks[s->n_chosen++] = selection_mark(&s->selection, record, s->snapshot);
}

static enum status look_at_record(void *context, const struct record *record,
                                  struct error *err)
{
    struct summary *s = context;
    int n = summary_choose(s, record);
    s->n_rows += s->by_layer ? record->shape.n_layers : 1;
    s->n_matches += n;
    if (n > 0)
        collect_cell(s, record);
    return err->status;
}

struct stats_running *summary_network(const struct summary *s, int group)
{
    return s->network + (size_t)group * (size_t)s->n_layers;
}

struct summary_value summary_value(const struct summary *s, int group, enum field_id id,
                                   const int at[3])
{
    const struct group_stats *stats = &s->groups.fields[id];
    size_t k = (size_t)group * record_extent(id, s->groups.shape) +
               record_index(id, s->groups.shape, s->snapshot, at[0], at[1], at[2]);
    struct summary_value value = {stats->n[k], NAN, NAN, NAN};
    if (value.n > 0)
        value.mean = stats->mean[k];
    if (value.n > 1)
        value.sd = stats->sd[k];
    if (value.n >= INTERVAL_FEWEST)
        value.half_width = stats->high[k] - stats->mean[k];
    return value;
}

/* A cell that ended its training for another reason has not reached its rule to stop. */
static void count_rule(struct summary *s, const struct record *record)
{
    int reason = *record_int(record, FIELD_STOP_REASON);
    if (*record_int(record, FIELD_STATUS) != CELL_COMPLETE || reason == RECORD_FILL_INT)
        return;
    s->n_ruled++;
    s->n_unreached += reason != STOP_REASON_LOSS && reason != STOP_REASON_ACCURACY;
}

static enum status add_record(void *context, const struct record *record,
                              struct error *err)
{
    struct summary *s = context;
    size_t chosen;
    if (!summary_next(s, record, &chosen))
        return err->status;
    count_rule(s, record);
    aggregate_add(s->aggregate, chosen, record, s->counts);
    double accuracy = test_accuracy_of(s, record);
    s->test_accuracy[chosen] = accuracy;
    if (isnan(accuracy))
        return err->status;
    struct stats_running *network = summary_network(
        s, aggregate_group(s->aggregate, chosen));
    for (int l = 0; l < record->shape.n_layers; l++)
        if (s->counts[l])
            stats_add(&network[l], accuracy);
    return err->status;
}

static enum status parse_where(struct summary *s, struct error *err)
{
    struct where_scope scope = {.layers = s->request->parts == SUMMARY_LAYERS,
                                .for_layers = "--table layers"};
    const char **labels = cells_scope(s->archive, &scope, err);
    if (labels && s->request->where)
        where_parse(&s->where, s->request->where, &scope, err);
    s->by_layer = s->where && where_uses_layer(s->where);
    free(labels);
    return err->status;
}

/* Keeps the cells of the selected settings alone. */
static enum status keep_selected(struct summary *s, struct error *err)
{
    size_t n = 0;
    s->kept = memory_alloc(s->n_chosen, sizeof *s->kept, err);
    if (!s->kept)
        return err->status;
    memset(s->kept, true, s->n_chosen * sizeof *s->kept);
    if (selection_apply(&s->selection, s->options, s->marks, s->n_chosen, s->kept, err) !=
        STATUS_OK)
        return err->status;
    for (size_t i = 0; i < s->n_chosen; i++)
        if (s->kept[i])
            memmove(s->options + n++ * OPTION_COUNT, s->options + i * OPTION_COUNT,
                    OPTION_COUNT * sizeof *s->options);
    s->n_chosen = n;
    return STATUS_OK;
}

/* Only what chooses cells needs to look at their results. */
static enum status find_cells(struct summary *s, struct error *err)
{
    if (s->where || s->selection.active) {
        bool fields[FIELD_COUNT] = {false};
        cells_add_options(fields);
        if (s->where)
            where_add_fields(s->where, fields);
        selection_add_fields(&s->selection, fields);
        return cells_visit(s->archive, fields, look_at_record, s, err);
    }
    s->n_chosen = (size_t)archive_n_cells(s->archive);
    return archive_read_options(s->archive, s->options, err);
}

enum status summary_survey(struct summary *s, struct error *err)
{
    size_t n_cells = (size_t)archive_n_cells(s->archive);
    s->n_layers = archive_shape(s->archive).n_layers;
    s->options = memory_alloc(n_cells * OPTION_COUNT, sizeof *s->options, err);
    s->marks = memory_alloc(n_cells, sizeof *s->marks, err);
    s->n_parameters = memory_alloc(n_cells, sizeof *s->n_parameters, err);
    s->counts = memory_alloc((size_t)s->n_layers, sizeof *s->counts, err);
    if (err->status != STATUS_OK ||
        cells_find_snapshot(s->archive, s->request->snapshot, &s->snapshot, err) !=
            STATUS_OK ||
        selection_init(&s->selection, s->archive, s->request->select, err) != STATUS_OK ||
        parse_where(s, err) != STATUS_OK || find_cells(s, err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < s->n_chosen * OPTION_COUNT; i++)
        if (s->options[i] != s->options[i % OPTION_COUNT])
            s->varies[i % OPTION_COUNT] = true;
    if (s->where && s->n_chosen == 0)
        return error_set(err, STATUS_MISSING, "--where: none of %lld %s matches: %s",
                         (long long)s->n_rows, s->by_layer ? "layers" : "cells",
                         text_quote(where_text(s->where)).text);
    return s->selection.active ? keep_selected(s, err) : STATUS_OK;
}

void summary_put_selected(const struct summary *s, struct text *out)
{
    if (!s->selection.active)
        return;
    text_append(out, "; ");
    selection_put(&s->selection, s->options, NULL, s->n_chosen, out);
}

void summary_put_unreached(const struct summary *s, struct text *out)
{
    text_appendf(out, "%lld of %lld cell%s with a stop rule did not reach it",
                 (long long)s->n_unreached, (long long)s->n_ruled,
                 s->n_ruled == 1 ? "" : "s");
}

enum status summary_load(struct summary *s, struct error *err)
{
    if (summary_survey(s, err) != STATUS_OK)
        return err->status;
    struct aggregate_setup setup = {.shape = archive_shape(s->archive),
                                    .options = s->options,
                                    .n_cells = s->n_chosen};
    for (int i = 0; i < OPTION_COUNT; i++) {
        setup.apart[i] = !s->request->over[i];
        s->varies[i] = setup.apart[i] && (s->varies[i] || s->request->show_all);
    }
    s->test_accuracy = memory_alloc(s->n_chosen, sizeof *s->test_accuracy, err);
    if (!s->test_accuracy || aggregate_create(&s->aggregate, &setup, err) != STATUS_OK)
        return err->status;
    int n_groups = aggregate_n_groups(s->aggregate);
    s->network = memory_alloc((size_t)n_groups * (size_t)s->n_layers, sizeof *s->network,
                              err);
    if (s->network && cells_visit(s->archive, NULL, add_record, s, err) == STATUS_OK)
        aggregate_finish(s->aggregate, NULL, &s->groups, err);
    return err->status;
}

struct interval interval_kind(const struct summary *s, struct interval_maker *maker,
                              int group, struct error *err)
{
    struct interval interval = {NAN, NAN};
    size_t n = 0;
    double *values = memory_alloc(s->n_chosen, sizeof *values, err);
    for (size_t i = 0; values && i < s->n_chosen; i++)
        if (aggregate_group(s->aggregate, i) == group && !isnan(s->test_accuracy[i]))
            values[n++] = s->test_accuracy[i];
    if (values)
        interval = interval_make(maker, values, n, err);
    free(values);
    return interval;
}

int summary_option_headings(const struct summary *s, const char **headings)
{
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (s->varies[i])
            headings[n++] = field_get((enum field_id)i)->name;
    return n;
}

int summary_put_options(const struct summary *s, const double *options,
                        struct table_cell *row)
{
    int column = 0;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!s->varies[i])
            continue;
        char text[TABLE_WORD_MAX];
        field_format((enum field_id)i, options[i], text, sizeof text);
        if (field_get((enum field_id)i)->type == FIELD_TYPE_FLAG) {
            table_set_text(&row[column++], text);
        } else {
            table_set_number(&row[column], -1, options[i]);
            snprintf(row[column++].text, TABLE_WORD_MAX, "%s", text);
        }
    }
    return column;
}

void summary_fini(struct summary *s)
{
    group_table_fini(&s->groups);
    aggregate_destroy(s->aggregate);
    where_destroy(s->where);
    free(s->network);
    free(s->counts);
    free(s->marks);
    free(s->test_accuracy);
    free(s->kept);
    free(s->n_parameters);
    free(s->options);
}
