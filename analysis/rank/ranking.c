#include "analysis/rank/ranking.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rank/ranking_load.h"
#include "base/memory.h"

enum { AXIS_HEADING_MAX = TABLE_WORD_MAX + 8, SETTING_COLUMNS = 5 };

static bool for_people(enum table_format format)
{
    return format == TABLE_TEXT || format == TABLE_MARKDOWN;
}

static const char *const gap_texts[] = {
    "train accuracy on given labels - test accuracy",
    "train accuracy on clean samples - test accuracy",
    "1 - test accuracy",
};
const char *ranking_gap_text(enum ranking_gap gap)
{
    return gap_texts[gap];
}

static void set_number(struct table_cell *cell, int decimals, double value)
{
    if (!isnan(value))
        table_set_number(cell, decimals, value);
}

/* --- the settings themselves --- */

/* Whether the measure is an option that has a column already. */
static bool has_column(const struct ranking *r, const struct ranked_measure *measure)
{
    enum field_id id = field_find(measure->name);
    return (int)id < OPTION_COUNT && r->varies[id];
}

static enum status setting_rows(const struct ranking *r, bool people, struct table *table,
                                struct error *err)
{
    int decimals = people ? 4 : -1;
    for (size_t k = 0; k < r->n_settings; k++) {
        const struct setting *setting = &r->settings[k];
        struct table_cell *cell = table_add_row(table, err);
        if (!cell)
            return err->status;
        for (int i = 0; i < OPTION_COUNT; i++) {
            if (!r->varies[i])
                continue;
            enum field_id id = (enum field_id)i;
            double value = ranking_option(r, setting, id);
            char text[TABLE_WORD_MAX];
            field_format(id, value, text, sizeof text);
            if (field_get(id)->type == FIELD_TYPE_FLAG)
                table_set_text(cell++, text);
            else
                table_set_number(cell++, -1, value);
        }
        table_set_number(cell++, 0, setting->seeds);
        set_number(cell++, decimals, setting->train);
        set_number(cell++, decimals, setting->clean);
        set_number(cell++, decimals, setting->test);
        set_number(cell++, decimals, setting->gap);
        for (size_t m = 0; m < r->n_measures; m++)
            if (!has_column(r, &r->measures[m]))
                set_number(cell++, -1, r->measures[m].values[k]);
    }
    return STATUS_OK;
}

static enum status put_settings(const struct ranking *r, struct text *out,
                                struct error *err)
{
    static const char *const outcomes[SETTING_COLUMNS] = {
        "seeds", "train_accuracy", "train_accuracy_on_clean", "test_accuracy", "gap"};
    const char **headings = memory_alloc(OPTION_COUNT + SETTING_COLUMNS + r->n_measures,
                                         sizeof *headings, err);
    if (!headings)
        return err->status;
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (r->varies[i])
            headings[n++] = field_get((enum field_id)i)->name;
    for (int i = 0; i < SETTING_COLUMNS; i++)
        headings[n++] = outcomes[i];
    for (size_t m = 0; m < r->n_measures; m++)
        if (!has_column(r, &r->measures[m]))
            headings[n++] = r->measures[m].name;
    struct table table = {0};
    if (table_init(&table, n, headings, err) == STATUS_OK &&
        setting_rows(r, for_people(r->request->format), &table, err) == STATUS_OK)
        table_render(&table, r->request->format, out);
    table_fini(&table);
    free(headings);
    return err->status;
}

/* --- the judgement --- */

/* What a measure is judged by: those settings that have it. */
struct judged {
    size_t n;
    int n_axes;
    double *values, *gap; /* [n] */
    double *axes;         /* [n_axes][n] */
};

static enum status judged_init(struct judged *judged, const struct ranking *r,
                               const struct ranked_measure *measure, struct error *err)
{
    memset(judged, 0, sizeof *judged);
    judged->values = memory_alloc(measure->n, sizeof *judged->values, err);
    judged->gap = memory_alloc(measure->n, sizeof *judged->gap, err);
    judged->axes = memory_alloc(measure->n * OPTION_COUNT, sizeof *judged->axes, err);
    for (size_t k = 0; err->status == STATUS_OK && k < r->n_settings; k++) {
        if (isnan(measure->values[k]))
            continue;
        judged->values[judged->n] = measure->values[k];
        judged->gap[judged->n++] = r->settings[k].gap;
    }
    return err->status;
}

static void judged_fini(struct judged *judged)
{
    free(judged->values);
    free(judged->gap);
    free(judged->axes);
}

/* Takes an option for an axis where it differs among the settings. */
static bool add_axis(struct judged *judged, const struct ranking *r,
                     const struct ranked_measure *measure, enum field_id id)
{
    double *column = judged->axes + (size_t)judged->n_axes * judged->n;
    size_t at = 0;
    bool differs = false;
    for (size_t k = 0; k < r->n_settings; k++) {
        if (isnan(measure->values[k]))
            continue;
        column[at] = ranking_option(r, &r->settings[k], id);
        differs |= column[at++] != column[0];
    }
    judged->n_axes += differs;
    return differs;
}

static enum status judge(const struct ranking *r, struct ranked_measure *measure,
                         struct error *err)
{
    struct judged judged;
    struct rank_design *design = NULL;
    if (judged_init(&judged, r, measure, err) == STATUS_OK) {
        for (int i = 0; i < OPTION_COUNT; i++)
            if (r->axes[i])
                measure->axes[i] = add_axis(&judged, r, measure, (enum field_id)i);
        rank_design_create(&design, judged.axes, judged.n_axes, judged.n, err);
    }
    if (design) {
        struct rank_question question = {design, judged.gap, r->n_samples,
                                         r->request->permutations};
        rank_judge(&measure->judgement, &question, judged.values, err);
    }
    rank_design_destroy(design);
    judged_fini(&judged);
    return err->status;
}

/* The most informative first; what has no information last; then by name. */
static int by_information(const void *a, const void *b)
{
    const struct ranked_measure *x = a, *y = b;
    bool judged_x = x->n >= RANKING_FEWEST, judged_y = y->n >= RANKING_FEWEST;
    double cmi_x = judged_x ? x->judgement.value[RANK_CMI] : NAN;
    double cmi_y = judged_y ? y->judgement.value[RANK_CMI] : NAN;
    cmi_x = isnan(cmi_x) ? -1 : cmi_x;
    cmi_y = isnan(cmi_y) ? -1 : cmi_y;
    return cmi_x != cmi_y ? (cmi_x < cmi_y) - (cmi_x > cmi_y) : strcmp(x->name, y->name);
}

static const struct {
    const char *heading, *for_people;
    enum rank_statistic statistic;
} columns[] = {
    {"tau", "tau-b", RANK_TAU},
    {"granulated", "Psi", RANK_GRANULATED},
    {"cmi", "CMI", RANK_CMI},
    {"contest_cmi", "contest", RANK_CONTEST},
    {"sign_error", "sign err", RANK_SIGN_MEAN},
    {"sign_error_worst", "worst", RANK_SIGN_WORST},
};
enum { N_STATISTICS = sizeof columns / sizeof *columns };

/* People do without the chance of the worst sign error, which is 1 for most measures. */
static bool shows_p(int column, bool people)
{
    return !people || columns[column].statistic != RANK_SIGN_WORST;
}

struct headings {
    const char *text[OPTION_COUNT * 2 + N_STATISTICS * 2 + 16];
    int n;
    char axes[OPTION_COUNT][AXIS_HEADING_MAX], axes_p[OPTION_COUNT][AXIS_HEADING_MAX];
    char p[N_STATISTICS][AXIS_HEADING_MAX];
};

static void add_heading(struct headings *h, const char *text)
{
    h->text[h->n++] = text;
}

static void make_headings(const struct ranking *r, bool people, struct headings *h)
{
    memset(h, 0, sizeof *h);
    add_heading(h, "measure");
    if (people) {
        add_heading(h, "n");
    } else {
        add_heading(h, "kind");
        add_heading(h, "gap_definition");
        add_heading(h, "settings");
        add_heading(h, "left_out");
        add_heading(h, "permutations");
    }
    for (int s = 0; s < N_STATISTICS; s++) {
        snprintf(h->p[s], AXIS_HEADING_MAX, "%s_p", columns[s].heading);
        add_heading(h, people ? columns[s].for_people : columns[s].heading);
        if (shows_p(s, people))
            add_heading(h, people ? "p" : h->p[s]);
    }
    add_heading(h, "pairs");
    if (!people) {
        add_heading(h, "pairs_kept");
        add_heading(h, "constant_groups");
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!r->axes[i])
            continue;
        const char *name = field_get((enum field_id)i)->name;
        snprintf(h->axes[i], AXIS_HEADING_MAX, people ? "psi:%s" : "psi_%s", name);
        snprintf(h->axes_p[i], AXIS_HEADING_MAX, "psi_%s_p", name);
        add_heading(h, h->axes[i]);
        if (!people)
            add_heading(h, h->axes_p[i]);
    }
}

static struct table_cell *put_statistic(const struct rank_judgement *j, int statistic,
                                        bool people, bool with_p, struct table_cell *cell)
{
    set_number(cell++, people ? 3 : -1, j->value[statistic]);
    if (with_p)
        set_number(cell++, people ? 3 : -1, j->p[statistic]);
    return cell;
}

static void put_axes(const struct ranking *r, const struct ranked_measure *m, bool people,
                     struct table_cell *cell)
{
    int psi = RANK_PSI;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!r->axes[i])
            continue;
        if (m->axes[i])
            cell = put_statistic(&m->judgement, psi++, people, !people, cell);
        else
            cell += people ? 1 : 2;
    }
}

static void put_measure(const struct ranking *r, const struct ranked_measure *m,
                        bool people, struct table_cell *cell)
{
    const struct rank_judgement *j = &m->judgement;
    char text[TABLE_WORD_MAX];
    snprintf(text, sizeof text, "%.61s%s", m->name, people && m->baseline ? " *" : "");
    table_set_text(cell++, text);
    if (!people) {
        table_set_text(cell++, m->baseline ? "baseline" : "measure");
        table_set_text(cell++, ranking_gap_name(r->request->gap));
    }
    table_set_number(cell++, 0, (double)m->n);
    if (!people) {
        table_set_number(cell++, 0, (double)(r->n_settings + r->n_left_out - m->n));
        table_set_number(cell++, 0, r->request->permutations);
    }
    if (m->n < RANKING_FEWEST)
        return;
    for (int s = 0; s < N_STATISTICS; s++)
        cell = put_statistic(j, columns[s].statistic, people, shows_p(s, people), cell);
    if (people) {
        snprintf(text, sizeof text, "%zu/%zu", j->n_kept, j->n_pairs);
        table_set_text(cell++, text);
    } else {
        table_set_number(cell++, 0, (double)j->n_pairs);
        table_set_number(cell++, 0, (double)j->n_kept);
        table_set_number(cell++, 0, (double)j->n_constant);
    }
    put_axes(r, m, people, cell);
}

enum status ranking_judge(struct ranking *r, struct error *err)
{
    for (size_t m = 0; m < r->n_measures; m++)
        if (r->measures[m].n >= RANKING_FEWEST &&
            judge(r, &r->measures[m], err) != STATUS_OK)
            return err->status;
    qsort(r->measures, r->n_measures, sizeof *r->measures, by_information);
    return STATUS_OK;
}

static enum status put_judgement(struct ranking *r, struct text *out, struct error *err)
{
    if (ranking_judge(r, err) != STATUS_OK)
        return err->status;
    bool people = for_people(r->request->format);
    struct headings headings;
    make_headings(r, people, &headings);
    struct table table = {0};
    table_init(&table, headings.n, headings.text, err);
    for (size_t m = 0; err->status == STATUS_OK && m < r->n_measures; m++) {
        struct table_cell *cells = table_add_row(&table, err);
        if (cells)
            put_measure(r, &r->measures[m], people, cells);
    }
    if (err->status == STATUS_OK)
        table_render(&table, r->request->format, out);
    table_fini(&table);
    return err->status;
}

/* --- for people --- */

static void put_heading(const struct ranking *r, struct text *out)
{
    summary_put_heading(&r->summary, r->request->format, out);
    int fewest = r->settings[0].seeds, most = fewest;
    double low = r->settings[0].gap, high = low;
    for (size_t k = 0; k < r->n_settings; k++) {
        const struct setting *setting = &r->settings[k];
        fewest = setting->seeds < fewest ? setting->seeds : fewest;
        most = setting->seeds > most ? setting->seeds : most;
        low = fmin(low, setting->gap);
        high = fmax(high, setting->gap);
    }
    text_appendf(out, "gap: %s; %.4f to %.4f over %zu settings, ",
                 gap_texts[r->request->gap], low, high, r->n_settings);
    if (most == 1)
        text_append(out, "one seed each");
    else if (fewest == most)
        text_appendf(out, "means of %d seeds", most);
    else
        text_appendf(out, "means of %d to %d seeds", fewest, most);
    if (r->n_left_out > 0)
        text_appendf(out, "; %zu without a gap left out", r->n_left_out);
    text_append(out, "\n\n");
}

static void put_notes(const struct ranking *r, struct text *out)
{
    text_append(out,
                "\n* baseline; last, mean: the last hidden layer, the mean over hidden "
                "layers\n");
    text_appendf(
        out,
        "p: (1 + #) / (1 + N), # of N = %d permutations of the measure that do as "
        "well\n",
        r->request->permutations);
    text_appendf(
        out,
        "pairs: of settings that differ in one option, those whose gaps differ by "
        "more than noise\n(%.0f test samples); worst: between two values of one "
        "option\n",
        r->n_samples);
    bool few = false;
    for (size_t m = 0; m < r->n_measures; m++)
        few |= r->measures[m].n < RANKING_FEWEST;
    if (few)
        text_appendf(out, "fewer than %d settings: not judged\n", RANKING_FEWEST);
}

static enum status check(const struct ranking *r, struct error *err)
{
    size_t fewest = r->request->settings ? 1 : RANKING_FEWEST;
    if (r->n_settings >= fewest)
        return STATUS_OK;
    const char *label = archive_snapshot_label(r->summary.archive, r->summary.snapshot);
    return error_set(
        err, STATUS_MISSING,
        "%zu of %zu settings have a gap (%s) at snapshot %s: fewer than %zu, "
        "so nothing can be judged",
        r->n_settings, r->n_settings + r->n_left_out, gap_texts[r->request->gap], label,
        fewest);
}

enum status ranking_render(struct archive *archive, const struct ranking_request *request,
                           struct text *out, struct error *err)
{
    struct ranking r;
    bool people = for_people(request->format);
    if (ranking_load(&r, archive, request, err) == STATUS_OK &&
        check(&r, err) == STATUS_OK && people)
        put_heading(&r, out);
    if (err->status == STATUS_OK)
        (request->settings ? put_settings(&r, out, err) : put_judgement(&r, out, err));
    if (err->status == STATUS_OK && people && !request->settings)
        put_notes(&r, out);
    ranking_fini(&r);
    return err->status;
}
