/* What a figure says of itself. Every sentence is made from what is drawn. */
#include "analysis/figures/figure_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/tables/quote.h"
#include "base/memory.h"

/* --- Names of parts ------------------------------------------------------------------
 */

static const char *const gap_labels[] = {[RANKING_GIVEN] = "train - test accuracy",
                                         [RANKING_CLEAN] = "clean train - test accuracy",
                                         [RANKING_TEST] = "test error"};
static const char *const gap_words[] = {
    [RANKING_GIVEN] = "train accuracy on the labels trained with, less test accuracy",
    [RANKING_CLEAN] = "train accuracy on clean samples, less test accuracy",
    [RANKING_TEST] = "test error, 1 less test accuracy"};

void figure_put_x(const struct figure_data *f, struct text *out)
{
    char name[TABLE_WORD_MAX];
    switch (f->kind->x) {
    case X_LAYER:
        text_append(out, "layer");
        break;
    case X_EPOCH:
        text_append(out, "epoch");
        break;
    case X_OPTION:
        text_append(out, field_get(f->x_option)->name);
        break;
    case X_NODE:
        text_append(out, "node, from layer to layer");
        break;
    case X_BIN:
        text_append(out, "pre-activation");
        break;
    case X_MEASURE:
        measure_name(&f->measure, name);
        text_append(out, name);
        break;
    }
}

void figure_put_y(const struct figure_data *f, int row, struct text *out)
{
    char name[TABLE_WORD_MAX];
    const char *label = f->curves_by == CURVES_QUANTITIES
                            ? f->axis
                            : figure_quantity_of(f, row)->label;
    measure_name(&f->measure, name);
    if (f->kind->x == X_MEASURE)
        label = gap_labels[f->request.gap];
    else if (figure_is_heatmap(f))
        label = name;
    text_append(out, label);
    if (f->rows_by == ROWS_SPLITS && f->n_splits > 1)
        text_appendf(out, ", %s", split_names[f->splits[row]]);
}

void figure_put_column(const struct figure_data *f, int column, struct text *out)
{
    int split = 0, snapshot = 0;
    if (f->rows_by != ROWS_SPLITS) {
        split = column % f->n_splits;
        column /= f->n_splits;
    }
    if (figure_has_snapshot_columns(f)) {
        snapshot = column % f->n_snapshots;
        column /= f->n_snapshots;
    }
    size_t start = out->length;
    figure_put_setting(&f->groups, column, out);
    if (figure_has_snapshot_columns(f) && f->n_snapshots > 1) {
        text_append(out, out->length > start ? ", " : "");
        quote_plain(out, archive_snapshot_label(f->archive, f->snapshots[snapshot]));
    }
    if (f->rows_by != ROWS_SPLITS && f->n_splits > 1)
        text_appendf(out, "%s%s", out->length > start ? ", " : "",
                     split_names[f->splits[split]]);
}

static void put_panel(const struct figure_data *f, int panel, struct text *out)
{
    size_t start = out->length;
    const struct figure_panel *p = &f->panels[panel];
    figure_put_column(f, p->column, out);
    if (f->n_rows > 1) {
        text_append(out, out->length > start ? ", " : "");
        if (f->rows_by == ROWS_SPLITS)
            text_append(out, split_names[f->splits[p->row]]);
        else
            text_append(out, figure_quantity_of(f, p->row)->words);
    }
}

static void put_curve(const struct figure_data *f, int curve, struct text *out)
{
    if (f->curves_by == CURVES_SYSTEMS)
        text_append(out, curve < N_SYSTEMS ? system_names[curve] : "network");
    else if (f->curves_by == CURVES_QUANTITIES)
        text_append(out, f->quantities[curve].label);
    else if (f->curves_by == CURVES_SNAPSHOTS)
        quote_plain(out, archive_snapshot_label(f->archive, f->snapshots[curve]));
    else
        figure_put_setting(&f->settings, curve, out);
}

/* "layer 2", "class 3": of many, some evenly spread. */
static void name_sample(struct figure_data *f, const char *what, int n, int first)
{
    for (int i = 0; i < n; i++) {
        int at = figure_sample(i, n, FIGURE_CURVES_MAX);
        if (at >= 0)
            text_appendf(&f->curves[at].label, "%s %d", what, first + i);
    }
}

static int count_curves(const struct figure_data *f)
{
    struct record_shape shape = archive_shape(f->archive);
    int layers = shape.n_layers - 1, classes = shape.n_classes, most = FIGURE_CURVES_MAX;
    switch (f->curves_by) {
    case CURVES_SYSTEMS:
        return N_SYSTEMS + 1;
    case CURVES_LAYERS:
        return layers < most ? layers : most;
    case CURVES_CLASSES:
        return classes < most ? classes : most;
    case CURVES_QUANTITIES:
        return f->n_quantities;
    case CURVES_SNAPSHOTS:
        return f->n_snapshots;
    case CURVES_SETTINGS:
        break;
    }
    return f->settings.n;
}

enum status figure_name_curves(struct figure_data *f, struct error *err)
{
    struct record_shape shape = archive_shape(f->archive);
    f->n_curves = count_curves(f);
    f->curves = memory_alloc((size_t)f->n_curves, sizeof *f->curves, err);
    if (!f->curves)
        return err->status;
    if (f->curves_by == CURVES_LAYERS)
        name_sample(f, "layer", shape.n_layers - 1, 1);
    else if (f->curves_by == CURVES_CLASSES)
        name_sample(f, "class", shape.n_classes, 0);
    else
        for (int i = 0; i < f->n_curves; i++)
            put_curve(f, i, &f->curves[i].label);
    for (size_t i = 0; i < f->n_series; i++)
        f->curves[f->series[i].curve].drawn = true;
    return STATUS_OK;
}

const char *figure_gap_words(const struct figure_data *f)
{
    return gap_words[f->request.gap];
}

/* --- Title, command, table -----------------------------------------------------------
 */

/* The measures that were named, as many as a heading has room for. */
static void put_named(const struct figure_data *f, struct text *out)
{
    enum { MOST = 60 };
    size_t length = strlen(f->quantities[0].words);
    int n = 1;
    while (n < f->n_quantities && length + strlen(f->quantities[n].words) < MOST)
        length += strlen(f->quantities[n++].words);
    for (int i = 0; i < n; i++)
        text_appendf(out, "%s%s", i ? "; " : ": ", f->quantities[i].words);
    if (n < f->n_quantities)
        text_appendf(out, " and %d more", f->n_quantities - n);
}

static void put_title(const struct figure *figure, struct text *out)
{
    const struct figure_data *f = figure->data;
    text_append(out, f->kind->title);
    if (f->kind->x == X_BIN)
        text_appendf(out, " (layer %d, node %d)", f->layer, f->node);
    const char *before = ": ";
    if (figure_is_heatmap(f) || f->kind->x == X_MEASURE) {
        char name[TABLE_WORD_MAX];
        measure_name(&f->measure, name);
        text_appendf(out, "%s%s", before, name);
        before = ", ";
    } else if (f->named) {
        put_named(f, out);
        before = ", ";
    } else if (f->n_splits == 1 && f->by_split) {
        text_appendf(out, "%s%s samples", before, split_names[f->splits[0]]);
        before = ", ";
    }
    if (figure_has_snapshot_columns(f) && f->n_snapshots == 1) {
        text_appendf(out, "%ssnapshot ", before);
        quote_plain(out, archive_snapshot_label(f->archive, f->snapshots[0]));
    }
}

static void put_command(const struct figure *figure, struct text *out)
{
    const struct figure_request *r = &figure->data->request;
    const char *gap = r->gap == RANKING_GIVEN ? NULL : ranking_gap_name(r->gap);
    const struct {
        const char *name, *value;
    } options[] = {{"where", r->where},   {"where-at", r->where_at},
                   {"select", r->select}, {"snapshots", r->snapshots},
                   {"splits", r->splits}, {"measure", r->measure},
                   {"x", r->x},           {"curves", r->curves},
                   {"panels", r->panels}, {"node", r->node},
                   {"gap", gap},          {"bands", r->bands}};
    text_append(out, "strata plot ");
    quote_shell(out, figure->data->operand);
    text_append(out, " ");
    quote_shell(out, r->figure);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].value) {
            text_appendf(out, " --%s ", options[i].name);
            quote_shell(out, options[i].value);
        }
    if (r->sample)
        text_append(out, " --sample");
}

static const char *curve_heading(const struct figure_data *f)
{
    const char *only = NULL;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (f->settings.apart[i])
            only = only ? "setting" : field_get((enum field_id)i)->name;
    return f->curves_by == CURVES_SYSTEMS      ? "system"
           : f->curves_by == CURVES_LAYERS     ? "layer"
           : f->curves_by == CURVES_CLASSES    ? "class"
           : f->curves_by == CURVES_QUANTITIES ? "measure"
           : f->curves_by == CURVES_SNAPSHOTS  ? "snapshot"
           : only                              ? only
                                               : "setting";
}

/* Whether an option that differs has a column of its own in the table of a scatter. */
static bool is_column(const struct figure_data *f, int option)
{
    return f->along.apart[option] && !(f->groups.apart[option] && f->n_panels > 1);
}

/* The value alone where the heading says of what. */
static const char *short_label(const char *label, const char *heading)
{
    size_t length = strlen(heading);
    return strncmp(label, heading, length) == 0 && label[length] == ' '
               ? label + length + 1
               : label;
}

static void set_option(struct table_cell *cell, enum field_id option, double value)
{
    char words[TABLE_WORD_MAX];
    table_set_number(cell, -1, value);
    field_format(option, value, words, sizeof words);
    if (field_get(option)->type == FIELD_TYPE_FLAG)
        table_set_text(cell, words);
    else
        snprintf(cell->text, sizeof cell->text, "%s", words);
}

/* The options of a scatter's point, where panels do not name them: curves are colours,
 * and may be one. Returns the cell behind them. */
static struct table_cell *set_point_options(const struct figure_data *f,
                                            const struct figure_point *p,
                                            struct table_cell *cell)
{
    const double *values = f->along.values + (size_t)p->key * OPTION_COUNT;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (is_column(f, i))
            set_option(cell++, (enum field_id)i, values[i]);
    return cell;
}

static enum status make_table(struct figure *figure, struct error *err)
{
    struct figure_data *f = figure->data;
    const char *heading = curve_heading(f), *headings[OPTION_COUNT + 7] = {0};
    bool panels = f->n_panels > 1, scatter = f->kind->x == X_MEASURE;
    bool curves = f->n_curves > 1 && !scatter;
    int n = 0;
    figure_put_x(f, &f->x_heading);
    figure_put_y(f, 0, &f->y_heading);
    if (panels)
        headings[n++] = "panel";
    if (curves)
        headings[n++] = heading;
    for (int i = 0; scatter && i < OPTION_COUNT; i++)
        if (is_column(f, i))
            headings[n++] = field_get((enum field_id)i)->name;
    headings[n++] = text_string(&f->x_heading);
    headings[n++] = f->n_rows > 1 ? "mean" : text_string(&f->y_heading);
    headings[n++] = "low";
    headings[n++] = "high";
    headings[n++] = "n";
    if (table_init(&figure->table, n, headings, err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < f->n_series; i++) {
        const struct figure_series *s = &f->series[i];
        for (size_t k = 0; s->mean && k < s->n; k++) {
            const struct figure_point *p = &f->points[s->first + k];
            struct table_cell *row = table_add_row(&figure->table, err);
            struct text panel = {0};
            if (!row)
                return err->status;
            put_panel(f, s->panel, &panel);
            if (panels)
                table_set_text(row++, text_string(&panel));
            if (curves)
                table_set_text(
                    row++, short_label(text_string(&f->curves[s->curve].label), heading));
            text_free(&panel);
            if (scatter)
                row = set_point_options(f, p, row);
            figure_set_x(f, p, row++);
            table_set_number(row++, -1, p->y);
            if (!isnan(p->low))
                table_set_number(row, -1, p->low);
            if (!isnan(p->high))
                table_set_number(row + 1, -1, p->high);
            table_set_number(row + 2, 0, p->n);
        }
    }
    return STATUS_OK;
}

void figure_set_x(const struct figure_data *f, const struct figure_point *p,
                  struct table_cell *cell)
{
    table_set_number(cell, -1, p->x);
    if (f->kind->x == X_EPOCH)
        snprintf(cell->text, sizeof cell->text, "%.6g", p->x);
    if (f->kind->x == X_OPTION)
        set_option(cell, f->x_option, p->x);
}

enum status figure_describe(struct figure *figure, struct error *err)
{
    put_title(figure, &figure->title);
    put_command(figure, &figure->command);
    figure_put_caption(figure, &figure->caption);
    figure_put_alt(figure, &figure->alt);
    return make_table(figure, err);
}
