#include "analysis/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/aggregate.h"
#include "base/memory.h"

enum { READ_BATCH = 64, SHOWN_LAYER_GROUPS = 4, FEWEST_FOR_INTERVAL = 3, BAR_WIDTH = 16 };

struct summary {
    struct archive *archive;
    const struct summary_request *request;
    size_t n_cells;
    double *options;           /* [n_cells][OPTION_COUNT] */
    bool varies[OPTION_COUNT]; /* options that differ and are kept apart */
    int64_t status_count[CELL_QUARANTINED + 1];
    int snapshot;
    double class_size; /* test samples in a class, mean */
    struct group_table groups;
};

static bool for_people(enum table_format format)
{
    return format == TABLE_TEXT || format == TABLE_MARKDOWN;
}

/* Calls `visit` with every record, in order. */
static enum status for_each_record(struct archive *archive,
                                   void (*visit)(void *state, size_t cell,
                                                 const struct record *record),
                                   void *state, struct error *err)
{
    struct record records[READ_BATCH];
    int64_t total = archive_n_cells(archive), batch = archive_batch(archive);
    batch = batch < READ_BATCH ? batch : READ_BATCH;
    for (int64_t first = 0; first < total; first += batch) {
        int64_t n = total - first < batch ? total - first : batch;
        if (archive_read(archive, first, n, records, err) != STATUS_OK)
            return err->status;
        for (int64_t i = 0; i < n; i++) {
            visit(state, (size_t)(first + i), &records[i]);
            record_fini(&records[i]);
        }
    }
    return STATUS_OK;
}

static void collect_options(void *state, size_t cell, const struct record *record)
{
    struct summary *s = state;
    double *options = s->options + cell * OPTION_COUNT;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        options[i] = field_get(id)->type == FIELD_TYPE_REAL ? *record_real(record, id)
                                                            : *record_int(record, id);
        if (cell > 0 && options[i] != s->options[i])
            s->varies[i] = true;
    }
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

static void add_record(void *state, size_t cell, const struct record *record)
{
    aggregate_add(state, cell, record);
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

static enum status load(struct summary *s, struct error *err)
{
    s->n_cells = (size_t)archive_n_cells(s->archive);
    s->options = memory_alloc(s->n_cells * OPTION_COUNT, sizeof *s->options, err);
    if (!s->options || choose_snapshot(s, err) != STATUS_OK ||
        for_each_record(s->archive, collect_options, s, err) != STATUS_OK)
        return err->status;
    struct aggregate_setup setup = {
        .shape = archive_shape(s->archive), .options = s->options, .n_cells = s->n_cells};
    aggregate_by_all(setup.apart);
    for (int i = 0; i < OPTION_COUNT; i++) {
        setup.apart[i] = s->request->all_options ? setup.apart[i] : s->request->apart[i];
        s->varies[i] = s->request->all_options ? s->varies[i] && setup.apart[i]
                                               : s->request->apart[i];
    }
    struct aggregate *aggregate;
    if (aggregate_create(&aggregate, &setup, err) != STATUS_OK)
        return err->status;
    if (for_each_record(s->archive, add_record, aggregate, err) == STATUS_OK)
        aggregate_finish(aggregate, &s->groups, err);
    aggregate_destroy(aggregate);
    return err->status;
}

/* One statistic of a group at the summary's snapshot. */
static size_t stat_index(const struct summary *s, int group, enum field_id id,
                         const int at[3])
{
    return (size_t)group * record_extent(id, s->groups.shape) +
           record_index(id, s->groups.shape, s->snapshot, at[0], at[1], at[2]);
}

static double mean_of(const struct summary *s, int group, enum field_id id, int i, int j,
                      int k)
{
    const int at[3] = {i, j, k};
    return s->groups.fields[id].mean[stat_index(s, group, id, at)];
}

static void set_if(struct table_cell *cell, int decimals, double scale, double value)
{
    if (value != RECORD_FILL_REAL)
        table_set_number(cell, decimals, scale * value);
}

static int put_options(const struct summary *s, int group, struct table_cell *row)
{
    int column = 0;
    const double *options = s->groups.options + (size_t)group * OPTION_COUNT;
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

static int option_headings(const struct summary *s, const char **headings)
{
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (s->varies[i])
            headings[n++] = field_get((enum field_id)i)->name;
    return n;
}

static int append_headings(const char **headings, int n, const char *const *more,
                           int count)
{
    for (int i = 0; i < count; i++)
        headings[n + i] = more[i];
    return n + count;
}

/* What a row says of a group's networks; fill where there is nothing to say. */
struct network_row {
    int n;
    double train_accuracy, validation_error, test_error;
    double test_sd, test_low, test_high; /* low and high only from enough seeds on */
};

static double error_of(double accuracy)
{
    return accuracy == RECORD_FILL_REAL ? accuracy : 1 - accuracy;
}

static struct network_row network_row(const struct summary *s, int group)
{
    const struct group_stats *stats = &s->groups.fields[FIELD_NETWORK_ACCURACY];
    const int test[3] = {SPLIT_TEST, 0, 0};
    size_t at = stat_index(s, group, FIELD_NETWORK_ACCURACY, test);
    bool enough = stats->n[at] >= FEWEST_FOR_INTERVAL;
    double fill = RECORD_FILL_REAL;
    return (struct network_row){
        .n = stats->n[at],
        .train_accuracy = mean_of(s, group, FIELD_NETWORK_ACCURACY, SPLIT_TRAIN, 0, 0),
        .validation_error = error_of(
            mean_of(s, group, FIELD_NETWORK_ACCURACY, SPLIT_VALIDATION, 0, 0)),
        .test_error = error_of(stats->mean[at]),
        .test_sd = stats->sd[at],
        .test_low = enough ? error_of(stats->high[at]) : fill,
        .test_high = enough ? error_of(stats->low[at]) : fill};
}

/* For programs: fractions in full precision. */
static void put_row_data(const struct network_row *r, struct table_cell *cells)
{
    table_set_number(&cells[0], 0, r->n);
    set_if(&cells[1], -1, 1, r->train_accuracy);
    set_if(&cells[2], -1, 1, r->validation_error);
    set_if(&cells[3], -1, 1, r->test_error);
    set_if(&cells[4], -1, 1, r->test_sd);
    set_if(&cells[5], -1, 1, r->test_low);
    set_if(&cells[6], -1, 1, r->test_high);
}

/* For people: percentages, and the interval as a half width. */
static void put_row_text(const struct network_row *r, struct table_cell *cells)
{
    table_set_number(&cells[0], 0, r->n);
    set_if(&cells[1], 2, 100, r->train_accuracy);
    set_if(&cells[2], 2, 100, r->validation_error);
    set_if(&cells[3], 2, 100, r->test_error);
    if (r->test_high != RECORD_FILL_REAL)
        table_set_number(&cells[4], 2, 100 * (r->test_high - r->test_error));
}

static enum status network_rows(const struct summary *s, bool people, struct table *table,
                                struct error *err)
{
    for (int g = 0; g < s->groups.n_groups; g++) {
        struct table_cell *cells = table_add_row(table, err);
        if (!cells)
            return err->status;
        struct network_row row = network_row(s, g);
        cells += put_options(s, g, cells);
        (people ? put_row_text : put_row_data)(&row, cells);
    }
    return STATUS_OK;
}

static enum status put_network_table(const struct summary *s, struct text *out,
                                     struct error *err)
{
    static const char *const data[] = {"n",
                                       "train_accuracy",
                                       "validation_error",
                                       "test_error",
                                       "test_error_sd",
                                       "test_error_low",
                                       "test_error_high"};
    static const char *const percent[] = {"seeds", "train acc %", "val err %",
                                          "test err %", "± 95% t"};
    bool people = for_people(s->request->format);
    const char *headings[OPTION_COUNT + 8];
    int n = option_headings(s, headings), first = n;
    n = people ? append_headings(headings, n, percent, 5)
               : append_headings(headings, n, data, 7);
    if (people && !s->request->all_options)
        headings[first] = "cells"; /* more than seeds may differ within a group */
    struct table table;
    if (table_init(&table, n, headings, err) != STATUS_OK)
        return err->status;
    if (network_rows(s, people, &table, err) == STATUS_OK)
        table_render(&table, s->request->format, out);
    table_fini(&table);
    return err->status;
}

/* Perplexity as a share of its largest value, in eighths of a character. */
static void put_bar(struct table_cell *cell, double share)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    char text[TABLE_WORD_MAX] = "";
    int units = (int)(fmin(fmax(share, 0), 1) * BAR_WIDTH * 8 + 0.5);
    for (int i = 0; i < units / 8; i++)
        strcat(text, "█");
    strcat(text, eighths[units % 8]);
    table_set_text(cell, text);
}

static enum status layer_rows(const struct summary *s, int group, bool bars,
                              struct table *table, struct error *err)
{
    for (int layer = 0; layer < s->groups.shape.n_layers; layer++) {
        double perplexity = mean_of(s, group, FIELD_MEAN_PERPLEXITY, SPLIT_TEST, layer,
                                    0);
        double discrete = mean_of(s, group, FIELD_SYSTEM_ACCURACY, SYSTEM_DISCRETE,
                                  SPLIT_TEST, layer);
        if (perplexity == RECORD_FILL_REAL && discrete == RECORD_FILL_REAL)
            continue;
        struct table_cell *row = table_add_row(table, err);
        if (!row)
            return err->status;
        row += put_options(s, group, row);
        table_set_number(row++, 0, layer + 1);
        set_if(row++, 1, 1, perplexity);
        if (bars)
            put_bar(row++, perplexity / s->class_size);
        for (int system = 0; system < N_SYSTEMS; system++)
            set_if(row++, 4, 1,
                   mean_of(s, group, FIELD_SYSTEM_ACCURACY, system, SPLIT_TEST, layer));
        set_if(row, 4, 1, mean_of(s, group, FIELD_NETWORK_ACCURACY, SPLIT_TEST, 0, 0));
    }
    return STATUS_OK;
}

static enum status put_layer_table(struct summary *s, struct text *out, struct error *err)
{
    static const char *const with_bars[] = {"layer",    "perplexity", "of class",
                                            "discrete", "continuous", "combined",
                                            "network"};
    static const char *const plain[] = {"layer",      "perplexity", "discrete",
                                        "continuous", "combined",   "network"};
    bool people = s->request->format == TABLE_TEXT;
    double deepest = 0;
    for (int g = 0; g < s->groups.n_groups; g++)
        deepest = fmax(deepest,
                       s->groups.options[(size_t)g * OPTION_COUNT + FIELD_DEPTH]);
    const char *headings[OPTION_COUNT + 8];
    int n = option_headings(s, headings);
    n = people ? append_headings(headings, n, with_bars, 7)
               : append_headings(headings, n, plain, 6);
    struct table table;
    if (table_init(&table, n, headings, err) != STATUS_OK)
        return err->status;
    int shown = 0;
    for (int g = 0; g < s->groups.n_groups && err->status == STATUS_OK; g++) {
        double depth = s->groups.options[(size_t)g * OPTION_COUNT + FIELD_DEPTH];
        if (people && (depth < deepest || shown == SHOWN_LAYER_GROUPS))
            continue;
        layer_rows(s, g, people, &table, err);
        shown++;
    }
    bool titled = for_people(s->request->format) && s->request->parts != SUMMARY_LAYERS;
    if (table.n_rows > 0 && titled)
        text_append(out, "\ntest set, by layer (the last is the output layer):\n\n");
    if (table.n_rows > 0 || !for_people(s->request->format))
        table_render(&table, s->request->format, out);
    if (people && shown < s->groups.n_groups)
        text_append(out, "(the deepest networks; --table layers --format csv has all)\n");
    table_fini(&table);
    return err->status;
}

static void put_heading(const struct summary *s, struct text *out)
{
    long long planned = (long long)archive_n_cells_planned(s->archive);
    text_appendf(out, "%s: %lld of %lld cells", archive_attribute(s->archive, "title"),
                 (long long)s->n_cells, planned);
    for (int status = CELL_FAILED; status <= CELL_QUARANTINED; status++) {
        char name[32];
        if (s->status_count[status] > 0 &&
            field_flag_name(FIELD_STATUS, status, name, sizeof name))
            text_appendf(out, ", %lld %s", (long long)s->status_count[status], name);
    }
    text_appendf(out, "; snapshot %s\n\n",
                 archive_snapshot_label(s->archive, s->snapshot));
}

static void put_interval_note(const struct summary *s, struct text *out)
{
    const int test[3] = {SPLIT_TEST, 0, 0};
    int fewest = FEWEST_FOR_INTERVAL;
    for (int g = 0; g < s->groups.n_groups; g++) {
        size_t at = stat_index(s, g, FIELD_NETWORK_ACCURACY, test);
        int n = s->groups.fields[FIELD_NETWORK_ACCURACY].n[at];
        fewest = n < fewest ? n : fewest;
    }
    /* behind a blank line: right after a markdown table it would be a row of it */
    if (fewest < FEWEST_FOR_INTERVAL)
        text_append(out, "\nno interval where there are fewer than three seeds\n");
}

enum status summary_render(struct archive *archive, const struct summary_request *request,
                           struct text *out, struct error *err)
{
    struct summary s = {.archive = archive, .request = request};
    bool people = for_people(request->format);
    if (load(&s, err) == STATUS_OK && people)
        put_heading(&s, out);
    if (err->status == STATUS_OK && (request->parts & SUMMARY_NETWORK)) {
        put_network_table(&s, out, err);
        if (people)
            put_interval_note(&s, out);
    }
    if (err->status == STATUS_OK && (request->parts & SUMMARY_LAYERS))
        put_layer_table(&s, out, err);
    group_table_fini(&s.groups);
    free(s.options);
    return err->status;
}
