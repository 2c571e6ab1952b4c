#include "analysis/tables/paired.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/tables/contrast.h"
#include "analysis/cells/grouping.h"
#include "analysis/tables/quote.h"
#include "analysis/tables/summary_load.h"
#include "base/memory.h"

#define TARGET_P 0.05 /* what a p that cannot fall below it is not printed for */

/* What is compared: of networks, then of each layer. */
static const struct measure {
    const char *name, *percent_name; /* for programs; for people */
    enum field_id field;
    int first, second; /* index behind the snapshot: split, or system and split */
    bool is_error;     /* 1 - accuracy */
    int decimals;
} measures[] = {
    {"train_accuracy", "train acc %", FIELD_NETWORK_ACCURACY, SPLIT_TRAIN, 0, false, 2},
    {"validation_error", "val err %", FIELD_NETWORK_ACCURACY, SPLIT_VALIDATION, 0, true,
     2},
    {"test_error", "test err %", FIELD_NETWORK_ACCURACY, SPLIT_TEST, 0, true, 2},
    {"perplexity", NULL, FIELD_MEAN_PERPLEXITY, SPLIT_TEST, 0, false, 1},
    {"discrete", NULL, FIELD_SYSTEM_ACCURACY, SYSTEM_DISCRETE, SPLIT_TEST, false, 4},
    {"continuous", NULL, FIELD_SYSTEM_ACCURACY, SYSTEM_CONTINUOUS, SPLIT_TEST, false, 4},
    {"combined", NULL, FIELD_SYSTEM_ACCURACY, SYSTEM_COMBINED, SPLIT_TEST, false, 4},
};
enum { N_NETWORK = 3, N_MEASURES = sizeof measures / sizeof *measures };
enum { N_LAYER = N_MEASURES - N_NETWORK };

/* A cell that may be half of a pair. */
struct half {
    int group, side; /* side 0 or 1: which of the two values */
    double seed;
    size_t at; /* among the chosen cells */
};

struct paired {
    struct summary summary;
    struct contrast contrast;
    struct interval_maker intervals;
    size_t n_values;     /* of a cell: networks' measures, then each layer's */
    double *measured;    /* [chosen cells][n_values], NaN where missing */
    struct half *halves; /* sorted: the two of a pair are neighbours */
    int *groups;         /* [chosen cells]: of one setting of the others */
    size_t n_halves, n_pairs;
};

/* One row of the table. */
struct comparison {
    const double *options; /* of a cell of the setting */
    const struct measure *measure;
    int layer; /* from 0; -1 for networks */
    size_t n;
    double first, second; /* means */
    struct stats_running difference;
    struct interval interval; /* of the mean difference */
    double p, p_adjusted;
};

/* --- Pairs ------------------------------------------------------------------------ */

static double measure_value(const struct measure *m, const struct record *record,
                            int snapshot, int layer)
{
    const struct field *field = field_get(m->field);
    int at[FIELD_DIMS_MAX] = {snapshot, m->first, m->second, 0};
    if (layer >= 0)
        at[field->n_dims - 1] = layer;
    double value = record_real(
        record,
        m->field)[record_index(m->field, record->shape, at[0], at[1], at[2], at[3])];
    if (value == RECORD_FILL_REAL)
        return NAN;
    return m->is_error ? 1 - value : value;
}

static void measure_cell(struct paired *p, const struct record *record, double *values)
{
    const struct summary *s = &p->summary;
    for (size_t i = 0; i < p->n_values; i++)
        values[i] = NAN;
    for (int m = 0; m < N_NETWORK && !s->by_layer; m++)
        values[m] = measure_value(&measures[m], record, s->snapshot, -1);
    for (int l = 0; l < record->shape.n_layers; l++)
        for (int m = 0; m < N_LAYER && s->counts[l]; m++)
            values[N_NETWORK + l * N_LAYER + m] = measure_value(&measures[N_NETWORK + m],
                                                                record, s->snapshot, l);
}

static enum status add_cell(void *context, const struct record *record, struct error *err)
{
    struct paired *p = context;
    struct summary *s = &p->summary;
    size_t at;
    if (!summary_next(s, record, &at))
        return err->status;
    const double *options = s->options + at * OPTION_COUNT;
    int side = contrast_side(&p->contrast, options);
    if (side < 0 || *record_int(record, FIELD_STATUS) != CELL_COMPLETE)
        return err->status;
    p->halves[p->n_halves++] = (struct half){
        .group = p->groups[at], .side = side, .seed = options[FIELD_SEED], .at = at};
    measure_cell(p, record, p->measured + at * p->n_values);
    return err->status;
}

static int compare_halves(const void *a, const void *b)
{
    const struct half *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->seed != y->seed)
        return x->seed < y->seed ? -1 : 1;
    if (x->side != y->side)
        return x->side < y->side ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static bool is_pair(const struct half *a, const struct half *b)
{
    return a->group == b->group && a->seed == b->seed && a->side < b->side;
}

static enum status load_pairs(struct paired *p, struct error *err)
{
    struct summary *s = &p->summary;
    if (summary_survey(s, err) != STATUS_OK)
        return err->status;
    bool apart[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++)
        if (p->contrast.has[i] &&
            selection_check_free(&s->selection, "compare", (enum field_id)i, err) !=
                STATUS_OK)
            return err->status;
    for (int i = 0; i < OPTION_COUNT; i++) {
        bool differs = i == FIELD_SEED || p->contrast.has[i] || s->selection.over[i];
        apart[i] = !differs;
        s->varies[i] = s->varies[i] && apart[i];
    }
    int n_groups;
    p->n_values = N_NETWORK + (size_t)s->n_layers * N_LAYER;
    p->groups = memory_alloc(s->n_chosen, sizeof *p->groups, err);
    if (!p->groups || grouping_assign(s->options, s->n_chosen, apart, p->groups,
                                      &n_groups, err) != STATUS_OK)
        return err->status;
    p->measured = memory_alloc(s->n_chosen * p->n_values, sizeof *p->measured, err);
    p->halves = memory_alloc(s->n_chosen, sizeof *p->halves, err);
    if (err->status != STATUS_OK ||
        cells_visit(s->archive, NULL, add_cell, p, err) != STATUS_OK)
        return err->status;
    qsort(p->halves, p->n_halves, sizeof *p->halves, compare_halves);
    for (size_t i = 0; i + 1 < p->n_halves; i++)
        p->n_pairs += is_pair(&p->halves[i], &p->halves[i + 1]);
    if (p->n_pairs == 0)
        return error_set(err, STATUS_MISSING,
                         "--compare %s: no two complete cells differ in that alone",
                         s->request->compare);
    return STATUS_OK;
}

/* --- Comparisons ------------------------------------------------------------------ */

/* Of value `at` of the pairs [first, end), which are of one setting. `differences` has
 * room for as many. */
static struct comparison compare_pairs(struct paired *p, size_t first, size_t end,
                                       size_t at, double *differences, struct error *err)
{
    const struct summary *s = &p->summary;
    bool network = at < N_NETWORK;
    struct stats_running side[2] = {{0}, {0}};
    struct comparison c = {
        .options = s->options + p->halves[first].at * OPTION_COUNT,
        .measure = &measures[network ? at : N_NETWORK + (at - N_NETWORK) % N_LAYER],
        .layer = network ? -1 : (int)((at - N_NETWORK) / N_LAYER),
        .p = NAN};
    for (size_t i = first; i + 1 < end; i++) {
        if (!is_pair(&p->halves[i], &p->halves[i + 1]))
            continue;
        double a = p->measured[p->halves[i].at * p->n_values + at];
        double b = p->measured[p->halves[i + 1].at * p->n_values + at];
        if (isnan(a) || isnan(b))
            continue;
        stats_add(&side[0], a);
        stats_add(&side[1], b);
        stats_add(&c.difference, b - a);
        differences[c.n++] = b - a;
    }
    c.first = side[0].mean;
    c.second = side[1].mean;
    if (c.n > 0 && ldexp(1, 1 - (int)c.n) <= TARGET_P)
        c.p = stats_sign_flip_p(differences, c.n);
    c.interval = interval_make(&p->intervals, differences, c.n, err);
    return c;
}

/* All comparisons of values [from, to); the caller frees *list. */
static enum status compare_all(struct paired *p, size_t from, size_t to,
                               struct comparison **list, size_t *n, struct error *err)
{
    size_t capacity = 0, end;
    double *differences = memory_alloc(p->n_halves, sizeof *differences, err);
    for (size_t first = 0; differences && first < p->n_halves; first = end) {
        for (end = first; end < p->n_halves; end++)
            if (p->halves[end].group != p->halves[first].group)
                break;
        for (size_t at = from; at < to; at++) {
            struct comparison c = compare_pairs(p, first, end, at, differences, err);
            if (c.n > 0 &&
                memory_grow(list, &capacity, *n + 1, sizeof **list, err) == STATUS_OK)
                (*list)[(*n)++] = c;
        }
    }
    free(differences);
    double *values = memory_alloc(2 * *n, sizeof *values, err);
    for (size_t i = 0; values && i < *n; i++)
        values[i] = (*list)[i].p;
    if (values)
        (p->summary.request->adjustment == SUMMARY_BH ? stats_bh : stats_holm)(
            values, values + *n, *n, err);
    for (size_t i = 0; values && i < *n; i++)
        (*list)[i].p_adjusted = values[*n + i];
    free(values);
    return err->status;
}

/* --- The table -------------------------------------------------------------------- */

static void set_value(struct table_cell *cell, int decimals, double scale, double value)
{
    if (!isnan(value))
        table_set_number(cell, decimals, scale * value);
}

/* People read a t interval as its half width. */
static bool has_half_width(const struct summary_request *request)
{
    return summary_for_people(request->format) && request->interval == INTERVAL_T;
}

static void put_comparison(const struct summary *s, const struct comparison *c,
                           struct table_cell *row)
{
    const struct measure *m = c->measure;
    bool people = summary_for_people(s->request->format);
    bool percent = people && m->percent_name;
    double scale = percent ? 100 : 1;
    int decimals = people ? m->decimals : -1;
    row += summary_put_options(s, c->options, row);
    if (c->layer >= 0)
        table_set_number(row++, 0, c->layer + 1);
    table_set_text(row++, percent ? m->percent_name : m->name);
    table_set_number(row++, 0, (double)c->n);
    set_value(row++, decimals, scale, c->first);
    set_value(row++, decimals, scale, c->second);
    set_value(row++, decimals, scale, c->difference.mean);
    set_value(row++, decimals, scale, stats_sd(&c->difference));
    if (has_half_width(s->request)) {
        set_value(row++, decimals, scale, c->interval.high - c->difference.mean);
    } else {
        set_value(row++, decimals, scale, c->interval.low);
        set_value(row++, decimals, scale, c->interval.high);
    }
    set_value(row++, people ? 4 : -1, 1, c->p);
    set_value(row, people ? 4 : -1, 1, c->p_adjusted);
}

static int put_headings(const struct paired *p, bool layers, const char **headings)
{
    const struct summary_request *request = p->summary.request;
    bool people = summary_for_people(request->format);
    bool holm = request->adjustment == SUMMARY_HOLM;
    bool named = people && p->contrast.n_options == 1; /* more would be too wide */
    int n = summary_option_headings(&p->summary, headings);
    if (layers)
        headings[n++] = "layer";
    headings[n++] = "measure";
    headings[n++] = people ? "seeds" : "n";
    headings[n++] = named ? text_string(&p->contrast.names[0]) : "first";
    headings[n++] = named ? text_string(&p->contrast.names[1]) : "second";
    headings[n++] = "difference";
    headings[n++] = "sd";
    if (has_half_width(request)) {
        headings[n++] = "± 95% t";
    } else {
        headings[n++] = people ? "95% low" : "low";
        headings[n++] = people ? "95% high" : "high";
    }
    headings[n++] = "p";
    if (people)
        headings[n++] = holm ? "p (Holm)" : "p (BH)";
    else
        headings[n++] = holm ? "p_holm" : "p_bh";
    return n;
}

/* Why intervals and p values are missing, or of no use. */
static void put_notes(const struct paired *p, const struct comparison *list, size_t n,
                      struct text *out)
{
    bool holm = p->summary.request->adjustment == SUMMARY_HOLM;
    size_t n_tests = 0, most = 0, few = 0, fewest = SIZE_MAX, largest = 0;
    for (size_t i = 0; i < n; i++) {
        n_tests += !isnan(list[i].p);
        most = !isnan(list[i].p) && list[i].n > most ? list[i].n : most;
        if (list[i].n > largest)
            largest = list[i].n;
        fewest = list[i].n < fewest ? list[i].n : fewest;
        if (isnan(list[i].p) && list[i].n <= STATS_SIGN_FLIP_MAX && list[i].n > few)
            few = list[i].n;
    }
    text_append(out, "\n");
    if (few > 0)
        text_appendf(
            out,
            "no p: %zu seed%s cannot reach %g, as the exact sign-flip test gives "
            "%g at least; 6 can\n",
            few, few == 1 ? "" : "s", TARGET_P, ldexp(1, 1 - (int)few));
    if (largest > STATS_SIGN_FLIP_MAX)
        text_appendf(out, "no p where there are more than %d seeds: see the interval\n",
                     STATS_SIGN_FLIP_MAX);
    if (fewest < INTERVAL_FEWEST)
        text_append(out, "no interval where there are fewer than three seeds\n");
    interval_put_note(&p->intervals, out);
    if (n_tests > 0)
        text_appendf(out,
                     "p: exact sign-flip test over seeds, two-sided; %s: of %zu "
                     "comparisons\n",
                     holm ? "Holm" : "BH (Benjamini-Hochberg)", n_tests);
    if (holm && n_tests > 1 && (double)n_tests * ldexp(1, 1 - (int)most) > TARGET_P)
        text_appendf(out,
                     "with %zu seeds no single one of %zu comparisons can reach %g "
                     "after Holm\n",
                     most, n_tests, TARGET_P);
}

static enum status put_table(struct paired *p, bool layers, struct text *out,
                             struct error *err)
{
    const struct summary *s = &p->summary;
    bool people = summary_for_people(s->request->format);
    const char *headings[OPTION_COUNT + 12];
    int n_columns = put_headings(p, layers, headings);
    struct comparison *list = NULL;
    size_t n = 0;
    struct table table;
    if (table_init(&table, n_columns, headings, err) != STATUS_OK)
        return err->status;
    compare_all(p, layers ? N_NETWORK : 0, layers ? p->n_values : N_NETWORK, &list, &n,
                err);
    for (size_t i = 0; i < n && err->status == STATUS_OK; i++) {
        struct table_cell *row = table_add_row(&table, err);
        if (row)
            put_comparison(s, &list[i], row);
    }
    if (err->status == STATUS_OK) {
        table_render(&table, s->request->format, out);
        if (people)
            put_notes(p, list, n, out);
    }
    table_fini(&table);
    free(list);
    return err->status;
}

static void put_title(const struct paired *p, struct text *out)
{
    const struct summary *s = &p->summary;
    bool markdown = s->request->format == TABLE_MARKDOWN;
    (markdown ? quote_markdown : quote_plain)(out,
                                              archive_attribute(s->archive, "title"));
    text_appendf(out, ": %s minus %s, %zu pairs of cells",
                 text_string(&p->contrast.names[1]), text_string(&p->contrast.names[0]),
                 p->n_pairs);
    if (p->n_halves > 2 * p->n_pairs)
        text_appendf(out, ", %zu without a partner", p->n_halves - 2 * p->n_pairs);
    text_append(out, "; snapshot ");
    (markdown ? quote_markdown
              : quote_plain)(out, archive_snapshot_label(s->archive, s->snapshot));
    const char *quote = markdown ? "`" : "";
    if (s->where)
        text_appendf(out, "; where %s%s%s", quote, where_text(s->where), quote);
    summary_put_selected(s, out);
    text_append(out, "\n\n");
}

enum status paired_render(struct archive *archive, const struct summary_request *request,
                          struct text *out, struct error *err)
{
    struct paired p = {.summary = {.archive = archive, .request = request},
                       .intervals = {.kind = request->interval}};
    bool people = summary_for_people(request->format);
    if (contrast_parse(&p.contrast, request->compare, err) == STATUS_OK &&
        load_pairs(&p, err) == STATUS_OK && people)
        put_title(&p, out);
    if (err->status == STATUS_OK && (request->parts & SUMMARY_NETWORK))
        put_table(&p, false, out, err);
    if (err->status == STATUS_OK && people &&
        request->parts == (SUMMARY_NETWORK | SUMMARY_LAYERS))
        text_append(out, "\n");
    if (err->status == STATUS_OK && (request->parts & SUMMARY_LAYERS))
        put_table(&p, true, out, err);
    contrast_fini(&p.contrast);
    interval_maker_fini(&p.intervals);
    free(p.groups);
    free(p.measured);
    free(p.halves);
    summary_fini(&p.summary);
    return err->status;
}
