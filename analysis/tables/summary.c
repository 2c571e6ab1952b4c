#include "analysis/tables/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/tables/paired.h"
#include "analysis/tables/quote.h"
#include "analysis/tables/summary_load.h"

enum { SHOWN_LAYER_GROUPS = 4, BAR_WIDTH = 16 };

bool summary_for_people(enum table_format format)
{
    return format == TABLE_TEXT || format == TABLE_MARKDOWN;
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

/* Of the group's mean test accuracy: Student's t is in the statistics. */
static struct interval test_interval(const struct summary *s, int group, size_t at,
                                     struct interval_maker *maker, struct error *err)
{
    const struct group_stats *stats = &s->groups.fields[FIELD_NETWORK_ACCURACY];
    if (maker->kind != INTERVAL_T)
        return interval_kind(s, maker, group, err);
    if (stats->n[at] < INTERVAL_FEWEST)
        return (struct interval){NAN, NAN};
    return (struct interval){stats->low[at], stats->high[at]};
}

static struct network_row network_row(const struct summary *s, int group,
                                      struct interval_maker *maker, struct error *err)
{
    const struct group_stats *stats = &s->groups.fields[FIELD_NETWORK_ACCURACY];
    const int test[3] = {SPLIT_TEST, 0, 0};
    size_t at = stat_index(s, group, FIELD_NETWORK_ACCURACY, test);
    struct interval interval = test_interval(s, group, at, maker, err);
    bool exists = !isnan(interval.low);
    return (struct network_row){
        .n = stats->n[at],
        .train_accuracy = mean_of(s, group, FIELD_NETWORK_ACCURACY, SPLIT_TRAIN, 0, 0),
        .validation_error = error_of(
            mean_of(s, group, FIELD_NETWORK_ACCURACY, SPLIT_VALIDATION, 0, 0)),
        .test_error = error_of(stats->mean[at]),
        .test_sd = stats->sd[at],
        .test_low = exists ? 1 - interval.high : RECORD_FILL_REAL,
        .test_high = exists ? 1 - interval.low : RECORD_FILL_REAL};
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

/* For people: percentages, and a t interval as its half width. */
static void put_row_text(const struct network_row *r, bool symmetric,
                         struct table_cell *cells)
{
    table_set_number(&cells[0], 0, r->n);
    set_if(&cells[1], 2, 100, r->train_accuracy);
    set_if(&cells[2], 2, 100, r->validation_error);
    set_if(&cells[3], 2, 100, r->test_error);
    set_if(&cells[4], 2, 100, r->test_sd);
    if (r->test_high == RECORD_FILL_REAL)
        return;
    if (symmetric) {
        table_set_number(&cells[5], 2, 100 * (r->test_high - r->test_error));
    } else {
        table_set_number(&cells[5], 2, 100 * r->test_low);
        table_set_number(&cells[6], 2, 100 * r->test_high);
    }
}

static enum status network_rows(const struct summary *s, struct interval_maker *maker,
                                struct table *table, struct error *err)
{
    bool people = summary_for_people(s->request->format);
    for (int g = 0; g < s->groups.n_groups; g++) {
        struct table_cell *cells = table_add_row(table, err);
        if (!cells)
            return err->status;
        struct network_row row = network_row(s, g, maker, err);
        cells += summary_put_options(s, s->groups.options + (size_t)g * OPTION_COUNT,
                                     cells);
        if (people)
            put_row_text(&row, maker->kind == INTERVAL_T, cells);
        else
            put_row_data(&row, cells);
    }
    return err->status;
}

static bool is_over_seeds(const struct summary_request *request)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (request->over[i] != (i == FIELD_SEED))
            return false;
    return true;
}

static enum status put_network_table(const struct summary *s,
                                     struct interval_maker *maker, struct text *out,
                                     struct error *err)
{
    static const char *const data[] = {"n",
                                       "train_accuracy",
                                       "validation_error",
                                       "test_error",
                                       "test_error_sd",
                                       "test_error_low",
                                       "test_error_high"};
    static const char *const percent[] = {"seeds",      "train acc %", "val err %",
                                          "test err %", "sd",          "± 95% t"};
    static const char *const with_ends[] = {
        "seeds", "train acc %", "val err %", "test err %", "sd", "95% low", "95% high"};
    bool symmetric = maker->kind == INTERVAL_T;
    bool people = summary_for_people(s->request->format);
    const char *headings[OPTION_COUNT + 8];
    int n = summary_option_headings(s, headings), first = n;
    n = !people     ? append_headings(headings, n, data, 7)
        : symmetric ? append_headings(headings, n, percent, 6)
                    : append_headings(headings, n, with_ends, 7);
    if (people && !is_over_seeds(s->request))
        headings[first] = "cells"; /* more than seeds may differ within a group */
    struct table table;
    if (table_init(&table, n, headings, err) != STATUS_OK)
        return err->status;
    if (network_rows(s, maker, &table, err) == STATUS_OK)
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
        row += summary_put_options(s, s->groups.options + (size_t)group * OPTION_COUNT,
                                   row);
        table_set_number(row++, 0, layer + 1);
        set_if(row++, 1, 1, perplexity);
        if (bars)
            put_bar(row++, perplexity / s->class_size);
        for (int system = 0; system < N_SYSTEMS; system++)
            set_if(row++, 4, 1,
                   mean_of(s, group, FIELD_SYSTEM_ACCURACY, system, SPLIT_TEST, layer));
        const struct stats_running *network = &summary_network(s, group)[layer];
        if (network->n > 0)
            table_set_number(row, 4, network->mean);
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
    int n = summary_option_headings(s, headings);
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
    bool titled = summary_for_people(s->request->format) &&
                  s->request->parts != SUMMARY_LAYERS;
    if (table.n_rows > 0 && titled)
        text_append(out, "\ntest set, by layer (the last is the output layer):\n\n");
    if (table.n_rows > 0 || !summary_for_people(s->request->format))
        table_render(&table, s->request->format, out);
    if (people && shown < s->groups.n_groups)
        text_append(out, "(the deepest networks; --table layers --format csv has all)\n");
    table_fini(&table);
    return err->status;
}

void summary_put_heading(const struct summary *s, enum table_format format,
                         struct text *out)
{
    long long planned = (long long)archive_n_cells_planned(s->archive);
    bool markdown = format == TABLE_MARKDOWN;
    (markdown ? quote_markdown : quote_plain)(out,
                                              archive_attribute(s->archive, "title"));
    text_appendf(out, ": %lld of %lld cells", (long long)archive_n_cells(s->archive),
                 planned);
    for (int status = CELL_FAILED; status <= CELL_QUARANTINED; status++) {
        char name[32];
        if (s->status_count[status] > 0 &&
            field_flag_name(FIELD_STATUS, status, name, sizeof name))
            text_appendf(out, ", %lld %s", (long long)s->status_count[status], name);
    }
    text_append(out, "; snapshot ");
    (markdown ? quote_markdown
              : quote_plain)(out, archive_snapshot_label(s->archive, s->snapshot));
    const char *quote = markdown ? "`" : "";
    if (s->where)
        text_appendf(out, "; %lld of %lld %s where %s%s%s", (long long)s->n_matches,
                     (long long)s->n_rows, s->by_layer ? "layers" : "cells", quote,
                     where_text(s->where), quote);
    summary_put_selected(s, out);
    text_append(out, "\n");
}

static void put_rule_note(const struct summary *s, struct text *out)
{
    if (s->n_unreached == 0)
        return;
    text_append(out, "\n");
    summary_put_unreached(s, out);
    text_append(out, "\n");
}

static void put_interval_note(const struct summary *s, const struct interval_maker *maker,
                              struct text *out)
{
    const int test[3] = {SPLIT_TEST, 0, 0};
    int fewest = INTERVAL_FEWEST;
    for (int g = 0; g < s->groups.n_groups; g++) {
        size_t at = stat_index(s, g, FIELD_NETWORK_ACCURACY, test);
        int n = s->groups.fields[FIELD_NETWORK_ACCURACY].n[at];
        fewest = n < fewest ? n : fewest;
    }
    /* behind a blank line: right after a markdown table it would be a row of it */
    if (fewest < INTERVAL_FEWEST || interval_is_mixed(maker))
        text_append(out, "\n");
    if (fewest < INTERVAL_FEWEST)
        text_append(out, "no interval where there are fewer than three seeds\n");
    interval_put_note(maker, out);
}

enum status summary_render(struct archive *archive, const struct summary_request *request,
                           struct text *out, struct error *err)
{
    if (request->compare)
        return paired_render(archive, request, out, err);
    struct summary s = {.archive = archive, .request = request};
    bool people = summary_for_people(request->format);
    if (summary_load(&s, err) == STATUS_OK && people) {
        summary_put_heading(&s, request->format, out);
        text_append(out, "\n");
    }
    if (err->status == STATUS_OK && (request->parts & SUMMARY_NETWORK)) {
        struct interval_maker maker = {.kind = request->interval};
        put_network_table(&s, &maker, out, err);
        if (people && err->status == STATUS_OK) {
            put_rule_note(&s, out);
            put_interval_note(&s, &maker, out);
        }
        interval_maker_fini(&maker);
    }
    if (err->status == STATUS_OK && (request->parts & SUMMARY_LAYERS))
        put_layer_table(&s, out, err);
    summary_fini(&s);
    return err->status;
}
