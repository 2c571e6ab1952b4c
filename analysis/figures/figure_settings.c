/* Which panels and curves a figure has. Options that differ between its cells are never
 * averaged over: what neither x nor curves tell apart tells panels apart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure_internal.h"
#include "base/memory.h"

/* Sets the options that a list names. */
static enum status parse_options(const struct figure_data *f, const char *option,
                                 const char *list, bool set[OPTION_COUNT],
                                 struct error *err)
{
    char name[TABLE_WORD_MAX];
    while (list && figure_next_word(&list, name, sizeof name)) {
        enum field_id id = field_find(name);
        const char *names[OPTION_COUNT];
        for (int i = 0; i < OPTION_COUNT; i++)
            names[i] = field_get((enum field_id)i)->name;
        if ((int)id >= OPTION_COUNT)
            return error_set(err, STATUS_USAGE, "--%s %s: no such option%s", option,
                             text_quote(name).text,
                             text_suggest(name, names, OPTION_COUNT).text);
        if (id == FIELD_SEED)
            return error_set(err, STATUS_USAGE,
                             "--%s seed: seeds are drawn as thin lines, and averaged",
                             option);
        if (selection_check_free(&f->selection, option, id, err) != STATUS_OK)
            return err->status;
        set[id] = true;
    }
    return STATUS_OK;
}

/* --- Settings of options ------------------------------------------------------------ */

enum { ROW_SIZE = OPTION_COUNT * sizeof(double) };

static double *row_at(double *rows, int i)
{
    return rows + (size_t)i * OPTION_COUNT;
}

static int compare_settings(const void *a, const void *b)
{
    const double *x = a, *y = b;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* A cell's values of the options that are apart; 0 for the others. */
static void mask_row(const struct figure_settings *s, const double *options, double *row)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        row[i] = s->apart[i] ? options[i] : 0;
}

/* Keeps the first of equal rows, which stand beside each other. */
static int keep_distinct(double *rows, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (i == 0 || compare_settings(row_at(rows, i), row_at(rows, kept - 1)) != 0)
            memmove(row_at(rows, kept++), row_at(rows, i), ROW_SIZE);
    return kept;
}

bool figure_has_cell(const struct figure_data *f, size_t cell)
{
    return f->groups.of_cell[cell] >= 0 && f->settings.of_cell[cell] >= 0 &&
           f->along.of_cell[cell] >= 0;
}

/* Numbers the settings of the options that are apart, ascending. */
static enum status number_settings(struct figure_settings *s, const struct figure_data *f,
                                   const double *options, struct error *err)
{
    s->values = memory_alloc(f->n_matches, ROW_SIZE, err);
    s->of_cell = memory_alloc(f->n_cells, sizeof *s->of_cell, err);
    s->drawn = memory_alloc(f->n_matches, sizeof *s->drawn, err);
    if (err->status != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < f->n_cells; i++)
        if (f->matches[i])
            mask_row(s, options + i * OPTION_COUNT, row_at(s->values, s->n++));
    qsort(s->values, (size_t)s->n, ROW_SIZE, compare_settings);
    s->n = s->n_all = keep_distinct(s->values, s->n);
    for (size_t i = 0; i < f->n_cells; i++) {
        double row[OPTION_COUNT], *found = NULL;
        mask_row(s, options + i * OPTION_COUNT, row);
        if (f->matches[i])
            found = bsearch(row, s->values, (size_t)s->n, ROW_SIZE, compare_settings);
        /* an option of a damaged file may be NaN, which is found nowhere */
        s->of_cell[i] = found ? (int)((found - s->values) / OPTION_COUNT) : -1;
    }
    return STATUS_OK;
}

int figure_sample(int i, int n, int most)
{
    if (n <= most)
        return i;
    for (int at = 0; at < most; at++)
        if ((most > 1 ? at * (n - 1) / (most - 1) : 0) == i)
            return at;
    return -1;
}

/* Keeps `most` of the settings of which a cell can be drawn, evenly spread from the first
 * to the last. Panels, curves and columns are sampled in turn, each among the cells that
 * the one before left, so that something is in each. */
static enum status take_sample(struct figure_settings *s, const struct figure_data *f,
                               int most, struct error *err)
{
    int *number = memory_alloc((size_t)s->n, sizeof *number, err), n = 0, kept = 0;
    if (!number)
        return err->status;
    for (size_t i = 0; i < f->n_cells; i++)
        if (f->complete[i] && figure_has_cell(f, i))
            number[s->of_cell[i]] = 1;
    for (int i = 0; i < s->n; i++)
        n += number[i];
    for (int i = 0, at = 0; i < s->n; i++) {
        number[i] = number[i] ? figure_sample(at++, n, most) : -1;
        if (number[i] >= 0)
            memmove(row_at(s->values, kept++), row_at(s->values, i), ROW_SIZE);
    }
    for (size_t i = 0; i < f->n_cells; i++)
        s->of_cell[i] = s->of_cell[i] < 0 ? -1 : number[s->of_cell[i]];
    s->spread = kept < n;
    s->n = kept;
    free(number);
    return STATUS_OK;
}

void figure_put_setting(const struct figure_settings *s, int i, struct text *out)
{
    const char *before = "";
    for (int k = 0; k < OPTION_COUNT; k++) {
        char value[TABLE_WORD_MAX];
        if (!s->apart[k])
            continue;
        field_format((enum field_id)k, row_at(s->values, i)[k], value, sizeof value);
        text_appendf(out, "%s%s %s", before, field_get((enum field_id)k)->name, value);
        before = ", ";
    }
}

static int count_set(const bool set[OPTION_COUNT])
{
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        n += set[i];
    return n;
}

static void put_names(const bool set[OPTION_COUNT], const char *between, struct text *out)
{
    const char *before = "";
    for (int i = 0; i < OPTION_COUNT; i++)
        if (set[i]) {
            text_appendf(out, "%s%s", before, field_get((enum field_id)i)->name);
            before = between;
        }
}

/* The first of the options that differ that is a number, else any; FIELD_COUNT. */
static enum field_id first_option(const bool varies[OPTION_COUNT])
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < OPTION_COUNT; i++)
            if (varies[i] &&
                (pass == 1 || field_get((enum field_id)i)->type != FIELD_TYPE_FLAG))
                return (enum field_id)i;
    return FIELD_COUNT;
}

/* --- Who is told apart by what ------------------------------------------------------ */

bool figure_is_heatmap(const struct figure_data *f)
{
    return f->kind->x == X_OPTION && f->n_quantities == 0;
}

bool figure_has_snapshot_columns(const struct figure_data *f)
{
    return f->kind->x != X_EPOCH && f->curves_by != CURVES_SNAPSHOTS;
}

static enum status choose_x(struct figure *figure, bool left[OPTION_COUNT],
                            struct error *err)
{
    struct figure_data *f = figure->data;
    bool asked[OPTION_COUNT] = {false}, free_ones[OPTION_COUNT];
    if (parse_options(f, "x", f->request.x, asked, err) != STATUS_OK ||
        parse_options(f, "curves", f->curve_options, f->settings.apart, err) !=
            STATUS_OK ||
        parse_options(f, "panels", f->request.panels, f->groups.apart, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < OPTION_COUNT; i++)
        free_ones[i] = left[i] && !f->settings.apart[i] && !f->groups.apart[i];
    f->x_option = f->request.x ? first_option(asked) : first_option(free_ones);
    if (f->request.x && count_set(asked) != 1)
        return error_set(err, STATUS_USAGE, "--x %s: name one option",
                         text_quote(f->request.x).text);
    if (f->x_option == FIELD_COUNT || !left[f->x_option])
        snprintf(figure->why, sizeof figure->why, "it needs %s with several values",
                 f->request.x ? "that option" : "an option other than the seed");
    else
        f->along.apart[f->x_option] = true;
    return STATUS_OK;
}

/* Options that nothing tells apart yet become curves, or panels beside curves. */
static void share_out(struct figure_data *f, bool left[OPTION_COUNT])
{
    bool asked_curves = count_set(f->settings.apart) > 0;
    bool asked_panels = count_set(f->groups.apart) > 0;
    for (int i = 0; i < OPTION_COUNT; i++) {
        f->settings.apart[i] &= left[i];
        f->groups.apart[i] &= left[i] && !f->settings.apart[i];
        left[i] &= !f->settings.apart[i] && !f->groups.apart[i];
    }
    bool curves = f->curves_by == CURVES_SETTINGS && f->kind->x != X_MEASURE;
    if (curves && asked_panels && !asked_curves && !figure_is_heatmap(f)) {
        memcpy(f->settings.apart, left, sizeof f->settings.apart);
        return;
    }
    enum field_id first = first_option(left);
    bool one = f->curves_by == CURVES_SETTINGS && !asked_curves;
    if (one && first != FIELD_COUNT) {
        f->settings.apart[first] = true;
        left[first] = false;
    }
    for (int i = 0; i < OPTION_COUNT && f->kind->x != X_MEASURE; i++)
        f->groups.apart[i] |= left[i];
}

static enum status fail_many(const struct figure_data *f, int n, const char *what,
                             int most, const bool apart[OPTION_COUNT], struct error *err)
{
    struct text names = {0};
    put_names(apart, ", ", &names);
    error_set(err, STATUS_USAGE,
              "%s: %d %s are more than the %d that can be drawn; choose by --where%s%s%s",
              f->kind->name, n, what, most, names.length ? " among the values of " : "",
              text_string(&names),
              f->n_snapshots * f->n_splits > 1 ? ", or by --snapshots and --splits" : "");
    text_free(&names);
    return err->status;
}

/* Panels beside each other, and under each other. */
static void count_panels(struct figure_data *f)
{
    f->n_rows = f->rows_by == ROWS_SPLITS       ? f->n_splits
                : f->rows_by == ROWS_QUANTITIES ? f->n_quantities
                                                : 1;
    f->n_columns = f->groups.n * (figure_has_snapshot_columns(f) ? f->n_snapshots : 1) *
                   (f->rows_by == ROWS_SPLITS ? 1 : f->n_splits);
}

/* Keeps evenly spread snapshots, so that the panels of one setting can be drawn. */
static void sample_snapshots(struct figure_data *f, int most)
{
    int n = f->n_snapshots, kept = 0;
    for (int i = 0; i < n; i++)
        if (figure_sample(i, n, most) >= 0)
            f->snapshots[kept++] = f->snapshots[i];
    f->n_snapshots = kept;
}

static enum status limit_panels(struct figure_data *f, struct error *err)
{
    count_panels(f);
    int n = f->n_rows * f->n_columns, each = n / f->groups.n;
    int most = f->request.sample ? FIGURE_PANELS_SAMPLED : FIGURE_PANELS_MAX;
    if (n <= most)
        return STATUS_OK;
    if (!f->request.sample)
        return fail_many(f, n, "panels", FIGURE_PANELS_MAX, f->groups.apart, err);
    if (each > FIGURE_PANELS_MAX && figure_has_snapshot_columns(f))
        sample_snapshots(f, FIGURE_PANELS_MAX / (each / f->n_snapshots));
    if (f->groups.n > 1)
        take_sample(&f->groups, f, each < most ? most / each : 1, err);
    count_panels(f);
    return err->status;
}

static enum status limit(struct figure_settings *s, const struct figure_data *f,
                         const char *what, int most, struct error *err)
{
    if (s->n <= most)
        return STATUS_OK;
    if (!f->request.sample)
        return fail_many(f, s->n, what, most, s->apart, err);
    return take_sample(s, f, most, err);
}

/* One curve of all: tau wants every setting, whether there are colours for them or not.
 */
static void unite(struct figure_settings *s, const struct figure_data *f)
{
    memset(s->apart, 0, sizeof s->apart);
    s->n = s->n_all = 1;
    for (size_t i = 0; i < f->n_cells; i++)
        s->of_cell[i] = s->of_cell[i] < 0 ? -1 : 0;
}

/* Reads what the request names, and shares out the options that differ. */
static enum status choose_options(struct figure *figure, struct error *err)
{
    struct figure_data *f = figure->data;
    bool left[OPTION_COUNT];
    memcpy(left, f->varies, sizeof left);
    f->x_option = FIELD_COUNT;
    if (f->curves_by != CURVES_SETTINGS && f->curve_options)
        return error_set(err, STATUS_USAGE, "--curves: those of %s are %s", f->kind->name,
                         f->curves_by == CURVES_LAYERS       ? "layers"
                         : f->curves_by == CURVES_CLASSES    ? "classes"
                         : f->curves_by == CURVES_QUANTITIES ? "measures"
                                                             : "systems");
    if (f->kind->x == X_OPTION)
        choose_x(figure, left, err);
    else if (parse_options(f, "curves", f->curve_options, f->settings.apart, err) ==
             STATUS_OK)
        parse_options(f, "panels", f->request.panels, f->groups.apart, err);
    if (err->status != STATUS_OK || figure->why[0])
        return err->status;
    if (f->x_option != FIELD_COUNT)
        left[f->x_option] = false;
    if (!figure_is_of_nodes(f))
        share_out(f, left);
    if (figure_is_heatmap(f) && count_set(f->settings.apart) == 0)
        snprintf(figure->why, sizeof figure->why,
                 "it needs two options other than the seed with several values");
    if (f->kind->x == X_MEASURE) /* a point a setting */
        memcpy(f->along.apart, f->varies, sizeof f->along.apart);
    return STATUS_OK;
}

/* Snapshots that are curves. */
static enum status limit_snapshots(struct figure_data *f, struct error *err)
{
    static const bool none[OPTION_COUNT];
    if (f->curves_by != CURVES_SNAPSHOTS || f->n_snapshots <= FIGURE_CURVES_MAX)
        return STATUS_OK;
    if (!f->request.sample)
        return fail_many(f, f->n_snapshots, "curves", FIGURE_CURVES_MAX, none, err);
    sample_snapshots(f, FIGURE_CURVES_MAX);
    return STATUS_OK;
}

static enum status limit_settings(struct figure_data *f, struct error *err)
{
    bool tiles = figure_is_heatmap(f);
    int most = tiles ? FIGURE_SIDE_MAX : FIGURE_CURVES_MAX;
    if (f->kind->x == X_MEASURE && f->settings.n > most && !f->request.curves)
        unite(&f->settings, f);
    if (limit_panels(f, err) == STATUS_OK && limit_snapshots(f, err) == STATUS_OK &&
        limit(&f->settings, f, tiles ? "rows" : "curves", most, err) == STATUS_OK &&
        tiles)
        limit(&f->along, f, "columns of tiles", most, err);
    return err->status;
}

enum status figure_choose_settings(struct figure *figure, const double *options,
                                   struct error *err)
{
    struct figure_data *f = figure->data;
    if (f->alias && f->alias->needs != FIELD_COUNT && !f->varies[f->alias->needs])
        snprintf(figure->why, sizeof figure->why, "it needs several values of %s",
                 field_get(f->alias->needs)->name);
    if (choose_options(figure, err) != STATUS_OK || figure->why[0])
        return err->status;
    if (number_settings(&f->groups, f, options, err) != STATUS_OK ||
        number_settings(&f->settings, f, options, err) != STATUS_OK ||
        number_settings(&f->along, f, options, err) != STATUS_OK)
        return err->status;
    return limit_settings(f, err);
}
