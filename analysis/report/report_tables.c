/* Tables of means over seeds, and the judgement of measures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/report/report_internal.h"
#include "base/memory.h"

enum { NETWORK_COLUMNS = 6, LAYER_COLUMNS = 10, JUDGED_COLUMNS = 13 };

static void set_number(struct table_cell *cell, int decimals, double value)
{
    if (!isnan(value))
        table_set_number(cell, decimals, value);
}

static enum status start_table(const struct summary *s, const char *const *more, int n,
                               struct table *table, struct error *err)
{
    const char *headings[OPTION_COUNT + LAYER_COLUMNS];
    int first = summary_option_headings(s, headings);
    for (int i = 0; i < n; i++)
        headings[first + i] = more[i];
    return table_init(table, first + n, headings, err);
}

static int put_options(const struct summary *s, int group, struct table_cell *row)
{
    return summary_put_options(s, s->groups.options + (size_t)group * OPTION_COUNT, row);
}

/* --- networks --- */

struct ranked_group {
    int group;
    double error;
};

static int by_error(const void *a, const void *b)
{
    const struct ranked_group *x = a, *y = b;
    if (isnan(x->error) || isnan(y->error))
        return isnan(x->error) - isnan(y->error);
    return x->error != y->error ? (x->error > y->error) - (x->error < y->error)
                                : x->group - y->group;
}

static struct summary_value accuracy(const struct summary *s, int group, int split)
{
    const int at[3] = {split, 0, 0};
    return summary_value(s, group, FIELD_NETWORK_ACCURACY, at);
}

static void put_network(const struct summary *s, int group, struct table_cell *cell)
{
    struct summary_value test = accuracy(s, group, SPLIT_TEST);
    cell += put_options(s, group, cell);
    table_set_number(cell++, 0, test.n);
    set_number(cell++, 4, accuracy(s, group, SPLIT_TRAIN).mean);
    set_number(cell++, 4, 1 - accuracy(s, group, SPLIT_VALIDATION).mean);
    set_number(cell++, 4, 1 - test.mean);
    set_number(cell++, 4, test.half_width);
    set_number(cell++, 4, test.sd);
}

static enum status add_networks(struct report *r, struct error *err)
{
    static const char *const headings[NETWORK_COLUMNS] = {
        "N", "train accuracy", "validation error", "test error", "± 95 %", "sd"};
    const struct summary *s = &r->ranking.summary;
    size_t n = (size_t)s->groups.n_groups;
    struct ranked_group *order = memory_alloc(n, sizeof *order, err);
    if (!order)
        return err->status;
    for (size_t i = 0; i < n; i++) {
        order[i].group = (int)i;
        order[i].error = 1 - accuracy(s, (int)i, SPLIT_VALIDATION).mean;
    }
    qsort(order, n, sizeof *order, by_error);
    struct block *block = document_add(&r->document, BLOCK_TABLE);
    text_append(&block->title,
                "Networks: means over N seeds, lowest validation error first");
    report_put_command(r, "summarize", "--table network --format csv", &block->body);
    report_put_choice(r, false, &block->body);
    start_table(s, headings, NETWORK_COLUMNS, &block->table, err);
    for (size_t i = 0; err->status == STATUS_OK && i < n; i++) {
        struct table_cell *row = table_add_row(&block->table, err);
        if (row)
            put_network(s, order[i].group, row);
    }
    free(order);
    return err->status;
}

/* --- layers --- */

static bool put_layer(const struct summary *s, int group, int layer,
                      struct table_cell *cell)
{
    const int of_patterns[3] = {SPLIT_TEST, layer, 0};
    struct summary_value value[1 + N_SYSTEMS];
    value[0] = summary_value(s, group, FIELD_MEAN_PERPLEXITY, of_patterns);
    for (int system = 0; system < N_SYSTEMS; system++) {
        const int at[3] = {system, SPLIT_TEST, layer};
        value[1 + system] = summary_value(s, group, FIELD_SYSTEM_ACCURACY, at);
    }
    int n = value[0].n > value[1].n ? value[0].n : value[1].n;
    if (n == 0 || !cell)
        return n > 0;
    cell += put_options(s, group, cell);
    table_set_number(cell++, 0, layer + 1);
    table_set_number(cell++, 0, n);
    for (int i = 0; i <= N_SYSTEMS; i++) {
        set_number(cell++, i ? 4 : 1, value[i].mean);
        set_number(cell++, i ? 4 : 1, value[i].half_width);
    }
    return true;
}

static enum status add_layers(struct report *r, struct error *err)
{
    static const char *const headings[LAYER_COLUMNS] = {
        "layer",      "N",          "perplexity",   "± perplexity", "discrete",
        "± discrete", "continuous", "± continuous", "combined",     "± combined"};
    const struct summary *s = &r->ranking.summary;
    struct block *block = document_add(&r->document, BLOCK_TABLE);
    text_append(&block->title,
                "Layers, on the test set: means over N seeds, in the order of the grid");
    report_put_command(r, "summarize", "--table layers --format csv", &block->body);
    report_put_choice(r, false, &block->body);
    start_table(s, headings, LAYER_COLUMNS, &block->table, err);
    for (int g = 0; err->status == STATUS_OK && g < s->groups.n_groups; g++)
        for (int layer = 0; err->status == STATUS_OK && layer < s->n_layers; layer++) {
            if (!put_layer(s, g, layer, NULL))
                continue;
            struct table_cell *row = table_add_row(&block->table, err);
            if (row)
                put_layer(s, g, layer, row);
        }
    return err->status;
}

/* --- measures --- */

static void put_measure(const struct ranked_measure *m, struct table_cell *cell)
{
    static const enum rank_statistic shown[] = {RANK_TAU, RANK_GRANULATED, RANK_CMI,
                                                RANK_SIGN_MEAN};
    const struct rank_judgement *j = &m->judgement;
    table_set_text(cell++, m->name);
    table_set_text(cell++, m->baseline ? "baseline" : "measure");
    table_set_number(cell++, 0, (double)m->n);
    if (m->n < RANKING_FEWEST)
        return;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        set_number(cell++, 3, j->value[shown[i]]);
        set_number(cell++, 3, j->p[shown[i]]);
    }
    table_set_number(cell++, 0, (double)j->n_kept);
    table_set_number(cell++, 0, (double)j->n_pairs);
}

static enum status add_judgement(struct report *r, struct error *err)
{
    static const char *const headings[JUDGED_COLUMNS] = {
        "measure",  "kind", "settings", "tau-b",      "p of tau-b",      "Psi",
        "p of Psi", "CMI",  "p of CMI", "sign error", "p of sign error", "pairs kept",
        "pairs"};
    struct block *block = document_add(&r->document, BLOCK_TABLE);
    text_append(&block->title,
                "Measures of training samples against the gap, most informative first");
    report_put_command(r, "rank", "--format csv", &block->body);
    report_put_choice(r, true, &block->body);
    text_appendf(&block->body, " --permutations %d", r->judged.permutations);
    table_init(&block->table, JUDGED_COLUMNS, headings, err);
    for (size_t m = 0; err->status == STATUS_OK && m < r->ranking.n_measures; m++) {
        struct table_cell *row = table_add_row(&block->table, err);
        if (row)
            put_measure(&r->ranking.measures[m], row);
    }
    return err->status;
}

static void say_judgement(struct report *r)
{
    struct text how = {0}, command = {0};
    if (r->judged.permutations > 0)
        text_appendf(&how,
                     ", of one measure, not of the best of many; from %d permutations",
                     r->judged.permutations);
    else
        text_append(&how, ", left out here, as so many settings take long");
    document_addf(&r->document, BLOCK_PARAGRAPH, "",
                  "%zu settings, seeds averaged; the gap is %s. CMI is "
                  "what a measure says about the order of gaps beyond the options; p is "
                  "the chance that a measure which has nothing to do with the gap does "
                  "as well%s.",
                  r->ranking.n_settings, ranking_gap_text(r->request->gap),
                  text_string(&how));
    report_put_command(r, "rank", "", &command);
    report_put_choice(r, true, &command);
    document_addf(&r->document, BLOCK_COMMAND, "", "%s", text_string(&command));
    text_free(&how);
    text_free(&command);
}

enum status report_tables(struct report *r, struct error *err)
{
    struct document *d = &r->document;
    document_addf(d, BLOCK_SECTION, "Tables", "%s", "");
    document_addf(d, BLOCK_HEADING, "Networks", "%s", "");
    document_addf(
        d, BLOCK_PARAGRAPH, "",
        "± is the half width of the test error's 95 %% interval, sd its standard "
        "deviation over seeds.");
    if (add_networks(r, err) != STATUS_OK)
        return err->status;
    document_addf(d, BLOCK_HEADING, "Layers", "%s", "");
    document_addf(
        d, BLOCK_PARAGRAPH, "",
        "Perplexity of a class's activation patterns, mean over classes, and "
        "accuracy of the layer's nodes as three systems of classifiers; ± is the "
        "half width of the 95 %% interval. A network's last layer is its output.");
    if (add_layers(r, err) != STATUS_OK)
        return err->status;
    document_addf(d, BLOCK_HEADING, "Which measures predict the gap", "%s", "");
    if (r->ranking.n_settings < RANKING_FEWEST) {
        document_addf(d, BLOCK_PARAGRAPH, "",
                      "Not judged: that takes %d settings with a gap, and here are %zu.",
                      RANKING_FEWEST, r->ranking.n_settings);
        return STATUS_OK;
    }
    say_judgement(r);
    return add_judgement(r, err);
}
