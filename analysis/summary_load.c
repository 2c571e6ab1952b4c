#include "analysis/summary_load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { READ_BATCH = 64 };

/* Calls `visit` with every record, in order. */
static enum status for_each_record(struct summary *s,
                                   void (*visit)(struct summary *s,
                                                 const struct record *record),
                                   struct error *err)
{
    struct record records[READ_BATCH];
    int64_t total = archive_n_cells(s->archive), batch = archive_batch(s->archive);
    batch = batch < READ_BATCH ? batch : READ_BATCH;
    for (int64_t first = 0; first < total; first += batch) {
        int64_t n = total - first < batch ? total - first : batch;
        if (archive_read(s->archive, first, n, records, err) != STATUS_OK)
            return err->status;
        for (int64_t i = 0; i < n; i++) {
            visit(s, &records[i]);
            record_fini(&records[i]);
        }
    }
    return STATUS_OK;
}

/* Sets which layers of a cell count; how many of its rows do. */
static int choose_layers(struct summary *s, const struct record *record)
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

static void collect_options(struct summary *s, const struct record *record)
{
    double *options = s->options + s->n_chosen * OPTION_COUNT;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        options[i] = field_get(id)->type == FIELD_TYPE_REAL ? *record_real(record, id)
                                                            : *record_int(record, id);
        if (options[i] != s->options[i])
            s->varies[i] = true;
    }
    s->n_parameters[s->n_chosen++] = *record_int(record, FIELD_N_PARAMETERS);
}

static void look_at_record(struct summary *s, const struct record *record)
{
    int n = choose_layers(s, record), status = *record_int(record, FIELD_STATUS);
    s->n_rows += s->by_layer ? record->shape.n_layers : 1;
    s->n_matches += n;
    if (n > 0)
        collect_options(s, record);
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

struct stats_running *summary_network(const struct summary *s, int group)
{
    return s->network + (size_t)group * (size_t)s->n_layers;
}

static void add_record(struct summary *s, const struct record *record)
{
    if (choose_layers(s, record) == 0)
        return;
    size_t chosen = s->n_added++;
    aggregate_add(s->aggregate, chosen, record, s->counts);
    size_t at = record_index(FIELD_NETWORK_ACCURACY, record->shape, s->snapshot,
                             SPLIT_TEST, 0, 0);
    double accuracy = record_real(record, FIELD_NETWORK_ACCURACY)[at];
    if (*record_int(record, FIELD_STATUS) != CELL_COMPLETE ||
        accuracy == RECORD_FILL_REAL || isnan(accuracy))
        return;
    struct stats_running *network = summary_network(
        s, aggregate_group(s->aggregate, chosen));
    for (int l = 0; l < record->shape.n_layers; l++)
        if (s->counts[l])
            stats_add(&network[l], accuracy);
}

static enum status choose_snapshot(struct summary *s, struct error *err)
{
    static const char *const preferred[] = {"best", "final"};
    int n = archive_shape(s->archive).n_snapshots;
    const char *wanted = s->request->snapshot;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < n; i++)
            if (strcmp(archive_snapshot_label(s->archive, i),
                       wanted ? wanted : preferred[k]) == 0) {
                s->snapshot = i;
                return STATUS_OK;
            }
    if (!wanted) {
        s->snapshot = n - 1;
        return STATUS_OK;
    }
    struct text known = {0};
    for (int i = 0; i < n; i++)
        text_appendf(&known, "%s%s", i ? ", " : "",
                     archive_snapshot_label(s->archive, i));
    error_set(err, STATUS_USAGE, "--snapshot %s: the archive has %s", wanted,
              text_string(&known));
    text_free(&known);
    return err->status;
}

static enum status parse_where(struct summary *s, struct error *err)
{
    struct where_scope scope = {.shape = archive_shape(s->archive),
                                .layers = s->request->parts == SUMMARY_LAYERS};
    const char **labels = memory_alloc((size_t)scope.shape.n_snapshots, sizeof *labels,
                                       err);
    for (int i = 0; labels && i < scope.shape.n_snapshots; i++)
        labels[i] = archive_snapshot_label(s->archive, i);
    scope.snapshot_labels = labels;
    if (labels && s->request->where)
        where_parse(&s->where, s->request->where, &scope, err);
    s->by_layer = s->where && where_uses_layer(s->where);
    free(labels);
    return err->status;
}

/* Looks at all cells: which count, and what is to be known before statistics. */
static enum status survey(struct summary *s, struct error *err)
{
    size_t n_cells = (size_t)archive_n_cells(s->archive);
    s->n_layers = archive_shape(s->archive).n_layers;
    s->options = memory_alloc(n_cells * OPTION_COUNT, sizeof *s->options, err);
    s->n_parameters = memory_alloc(n_cells, sizeof *s->n_parameters, err);
    s->counts = memory_alloc((size_t)s->n_layers, sizeof *s->counts, err);
    if (err->status != STATUS_OK || choose_snapshot(s, err) != STATUS_OK ||
        parse_where(s, err) != STATUS_OK ||
        for_each_record(s, look_at_record, err) != STATUS_OK)
        return err->status;
    if (s->where && s->n_chosen == 0)
        return error_set(err, STATUS_MISSING, "--where: none of %lld %s matches: %s",
                         (long long)s->n_rows, s->by_layer ? "layers" : "cells",
                         text_quote(where_text(s->where)).text);
    return STATUS_OK;
}

enum status summary_load(struct summary *s, struct error *err)
{
    if (survey(s, err) != STATUS_OK)
        return err->status;
    struct aggregate_setup setup = {.shape = archive_shape(s->archive),
                                    .options = s->options,
                                    .n_cells = s->n_chosen};
    aggregate_by_all(setup.apart);
    for (int i = 0; i < OPTION_COUNT; i++) {
        setup.apart[i] = s->request->all_options ? setup.apart[i] : s->request->apart[i];
        s->varies[i] = s->request->all_options ? s->varies[i] && setup.apart[i]
                                               : s->request->apart[i];
    }
    if (aggregate_create(&s->aggregate, &setup, err) != STATUS_OK)
        return err->status;
    int n_groups = aggregate_n_groups(s->aggregate);
    s->network = memory_alloc((size_t)n_groups * (size_t)s->n_layers, sizeof *s->network,
                              err);
    if (s->network && for_each_record(s, add_record, err) == STATUS_OK)
        aggregate_finish(s->aggregate, &s->groups, err);
    return err->status;
}

void summary_fini(struct summary *s)
{
    group_table_fini(&s->groups);
    aggregate_destroy(s->aggregate);
    where_destroy(s->where);
    free(s->network);
    free(s->counts);
    free(s->n_parameters);
    free(s->options);
}
