/* Captions and alternative texts: sentences that hold for what is drawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure_words.h"
#include "analysis/tables/quote.h"
#include "analysis/rank/rank.h"
#include "analysis/rank/ranking_load.h"
#include "base/memory.h"

/* --- Where a point is ----------------------------------------------------------------
 */

static void put_location(const struct figure_data *f, const struct figure_series *s,
                         const struct figure_point *p, struct text *out)
{
    struct table_cell x;
    struct text column = {0};
    figure_set_x(f, p, &x);
    figure_put_x(f, out);
    text_appendf(out, " %s", x.text);
    if (f->n_curves > 1)
        text_appendf(out, ", %s", text_string(&f->curves[s->curve].label));
    figure_put_column(f, f->panels[s->panel].column, &column);
    if (column.length > 0)
        text_appendf(out, ", %s", text_string(&column));
    if (f->rows_by == ROWS_SPLITS && f->n_splits > 1)
        text_appendf(out, ", %s", split_names[f->splits[f->panels[s->panel].row]]);
    text_free(&column);
}

static const struct figure_point *points_of(const struct figure_data *f,
                                            const struct figure_series *s)
{
    return f->points + s->first;
}

/* Whether it is the network's own accuracy beside those of its layers. */
static bool is_network(const struct figure_data *f, const struct figure_series *s)
{
    return f->curves_by == CURVES_SYSTEMS && s->curve == N_SYSTEMS;
}

/* --- What is seen --------------------------------------------------------------------
 */

static void put_extremes(const struct figure_data *f, int row, struct text *out)
{
    const struct figure_series *low_on = NULL, *high_on = NULL;
    const struct figure_point *low = NULL, *high = NULL;
    struct text name = {0};
    for (size_t i = 0; i < f->n_series; i++) {
        const struct figure_series *s = &f->series[i];
        const struct figure_point *p = points_of(f, s);
        if (!s->mean || f->panels[s->panel].row != row || is_network(f, s))
            continue;
        for (size_t k = 0; k < s->n; k++) {
            if (!low || p[k].y < low->y)
                low = &p[k], low_on = s;
            if (!high || p[k].y > high->y)
                high = &p[k], high_on = s;
        }
    }
    if (!low)
        return;
    const char *words = figure_quantity_of(f, row)->words;
    if (f->curves_by != CURVES_QUANTITIES && words[0])
        text_append(&name, words);
    else
        figure_put_y(f, row, &name);
    if (low->y == high->y) {
        text_appendf(out, " Each mean %s is %.4g.", text_string(&name), low->y);
    } else {
        text_appendf(out, " Lowest mean %s: %.4g (", text_string(&name), low->y);
        put_location(f, low_on, low, out);
        text_appendf(out, "); highest: %.4g (", high->y);
        put_location(f, high_on, high, out);
        text_append(out, ").");
    }
    text_free(&name);
}

/* The largest fall of a mean from one layer to the next, as a factor. */
static void put_fall(const struct figure_data *f, struct text *out)
{
    const struct figure_series *on = NULL;
    const struct figure_point *before = NULL;
    double most = 1;
    for (size_t i = 0; i < f->n_series; i++) {
        const struct figure_series *s = &f->series[i];
        const struct figure_point *p = points_of(f, s);
        for (size_t k = 1; s->mean && k < s->n; k++)
            if (p[k].x == p[k - 1].x + 1 && p[k].y > 0 && p[k - 1].y / p[k].y > most) {
                most = p[k - 1].y / p[k].y;
                before = &p[k - 1];
                on = s;
            }
    }
    if (!before)
        return;
    text_appendf(out,
                 " Largest fall from one layer to the next: to 1/%.3g of %.4g (after ",
                 most, before->y);
    put_location(f, on, before, out);
    text_append(out, ").");
}

/* How far systems are apart in the first or the last layer of a panel, at most. */
static double spread(const struct figure_data *f, bool last)
{
    double most = 0;
    for (int panel = 0; panel < f->n_panels; panel++) {
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (size_t i = 0; i < f->n_series; i++) {
            const struct figure_series *s = &f->series[i];
            const struct figure_point *p = points_of(f, s);
            if (!s->mean || s->panel != panel || is_network(f, s))
                continue;
            low = fmin(low, p[last ? s->n - 1 : 0].y);
            high = fmax(high, p[last ? s->n - 1 : 0].y);
        }
        most = fmax(most, high - low);
    }
    return most;
}

static void put_spread(const struct figure_data *f, struct text *out)
{
    text_appendf(out,
                 " Systems differ by up to %.3g in the first layer, by up to %.3g in the "
                 "last.",
                 spread(f, false), spread(f, true));
}

/* Kendall's tau-b over the settings of each panel, as `rank` computes it. */
static void put_tau(const struct figure_data *f, struct text *out)
{
    struct error err = {0};
    double *x = memory_alloc(f->n_points, sizeof *x, &err);
    double *y = memory_alloc(f->n_points, sizeof *y, &err);
    for (int panel = 0; err.status == STATUS_OK && panel < f->n_panels; panel++) {
        size_t n = 0;
        struct text name = {0};
        for (size_t i = 0; i < f->n_series; i++) {
            const struct figure_point *p = points_of(f, &f->series[i]);
            for (size_t k = 0; k < f->series[i].n; k++) {
                int exponent;
                if (!f->series[i].mean || f->series[i].panel != panel)
                    continue;
                frexp(p[k].x, &exponent);
                x[n] = ranking_round(p[k].x, exponent);
                y[n++] = ranking_round(p[k].y, 0);
            }
        }
        double tau = rank_tau_b(x, y, n);
        figure_put_column(f, f->panels[panel].column, &name);
        text_appendf(out, " Kendall's tau-b over %zu settings%s%s: ", n,
                     name.length ? ", " : "", text_string(&name));
        if (isnan(tau))
            text_append(out, "not defined.");
        else
            text_appendf(out, "%.4f.", tau);
        text_free(&name);
    }
    free(x);
    free(y);
}

static void put_all_or_none(const struct figure_data *f, struct text *out)
{
    text_append(out,
                " Activated by at most 1 % or at least 99 % of a class, in snapshot ");
    quote_plain(
        out, archive_snapshot_label(f->archive, f->snapshots[f->all_or_none_snapshot]));
    text_appendf(out,
                 ", %s samples: %.3g %% of the pairs of node and class in the first "
                 "layer, %.3g %% in the last hidden layer.",
                 split_names[f->splits[f->all_or_none_split]], 100 * f->all_or_none_first,
                 100 * f->all_or_none_last);
}

static void put_seen(const struct figure_data *f, struct text *out)
{
    if (f->kind->x == X_MEASURE) {
        put_tau(f, out);
        return;
    }
    if (f->kind->x == X_NODE)
        put_all_or_none(f, out);
    if (figure_is_of_nodes(f))
        return;
    for (int row = 0; row < f->n_rows; row++)
        put_extremes(f, row, out);
    if (f->kind->x == X_LAYER && f->n_rows == 1 && figure_bounds_of(f, 0).log)
        put_fall(f, out);
    if (f->curves_by == CURVES_SYSTEMS)
        put_spread(f, out);
}

/* --- What is shown -------------------------------------------------------------------
 */

static void put_snapshots(const struct figure_data *f, struct text *out)
{
    text_append(out, f->n_snapshots > 1 ? "snapshots " : "snapshot ");
    for (int i = 0; i < f->n_snapshots; i++) {
        text_append(out, i ? ", " : "");
        quote_plain(out, archive_snapshot_label(f->archive, f->snapshots[i]));
    }
    if (f->n_snapshots < f->n_snapshots_all)
        text_appendf(out, " (evenly spread among %d)", f->n_snapshots_all);
}

static void put_splits(const struct figure_data *f, struct text *out)
{
    for (int i = 0; i < f->n_splits; i++)
        text_appendf(out, "%s%s", i ? " and " : "", split_names[f->splits[i]]);
    text_append(out, " samples");
}

/* Measures that were named, each with what it is. */
static void put_named(const struct figure_data *f, struct text *out)
{
    bool along_x = f->kind->x == X_LAYER;
    text_append(out, along_x ? "By hidden layer: " : "Through training: ");
    for (int i = 0; i < f->n_quantities; i++)
        text_appendf(out, "%s%s (%s)", i ? "; " : "", f->quantities[i].words,
                     field_get(f->quantities[i].field)->long_name);
    if (f->by_layer && !along_x)
        text_append(out, "; of each hidden layer");
    text_append(out, ", ");
}

static void put_shown(const struct figure_data *f, struct text *out)
{
    char name[TABLE_WORD_MAX];
    measure_name(&f->measure, name);
    if (f->kind->x == X_MEASURE)
        text_appendf(out,
                     "%s against the generalization gap (%s), a point a setting, seeds "
                     "averaged first%s; ",
                     name, figure_gap_words(f),
                     f->no_cloud ? "" : ", and a small one a network");
    else if (figure_is_heatmap(f))
        text_appendf(out, "%s over %s, mean over seeds and their number in each tile; ",
                     name, field_get(f->x_option)->name);
    else if (f->kind->x == X_OPTION)
        text_appendf(out, "Error of networks over %s, ", field_get(f->x_option)->name);
    else if (f->kind->x == X_NODE)
        text_appendf(out,
                     "Share of each class's samples that activate a node, for every "
                     "hidden and output node of one network (%s), ",
                     text_string(&f->network));
    else if (f->kind->x == X_BIN)
        text_appendf(out,
                     "How many samples of each class give node %d of layer %d which "
                     "pre-activation, in one network (%s), ",
                     f->node, f->layer, text_string(&f->network));
    else if (f->named)
        put_named(f, out);
    else
        text_append(out, f->kind->shows);
    if (f->by_split) {
        put_splits(f, out);
        text_append(out, ", ");
    }
    put_snapshots(f, out);
    text_append(out, ".");
}

static void put_seeds(const struct figure_data *f, struct text *out)
{
    int least = 0, most = 0;
    bool bands = false;
    for (size_t i = 0; i < f->n_series; i++)
        for (size_t k = 0; f->series[i].mean && k < f->series[i].n; k++) {
            const struct figure_point *p = points_of(f, &f->series[i]) + k;
            least = least == 0 || p->n < least ? p->n : least;
            most = p->n > most ? p->n : most;
            bands |= p->n >= FIGURE_FEWEST_FOR_BAND;
        }
    bool lines = f->kind->x != X_MEASURE && !figure_is_heatmap(f);
    text_appendf(out, " %zu network%s", f->n_drawn, f->n_drawn == 1 ? "" : "s");
    if (lines)
        text_append(out, most > 1
                             ? "; thick lines are means over seeds, thin lines single "
                               "seeds"
                             : ", one seed each");
    if (least == most)
        text_appendf(out, "; N = %d", most);
    else
        text_appendf(out, "; N from %d to %d", least, most);
    if (f->quartiles)
        text_append(out, ". Bands are the quartiles over a layer's nodes, mean over "
                         "seeds");
    else if (lines && bands)
        text_appendf(out,
                     ". Bands are 95 %% Student t intervals of the mean over N seeds%s",
                     least < FIGURE_FEWEST_FOR_BAND ? ", where N is at least 3" : "");
    else if (lines)
        text_append(out, ". No bands: an interval needs three seeds");
    text_append(out, ".");
}

static void put_sample(const struct figure_settings *s, const char *what,
                       struct text *out)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += s->drawn[i];
    if (s->n == s->n_all)
        return;
    text_appendf(out, " Of %d %s %d %s drawn%s: ", s->n_all, what, n,
                 n == 1 ? "is" : "are", s->spread ? ", evenly spread" : "");
    const char *before = "";
    for (int i = 0; i < s->n; i++)
        if (s->drawn[i]) {
            text_append(out, before);
            figure_put_setting(s, i, out);
            before = "; ";
        }
    text_append(out, ".");
}

static void put_left_out(const struct figure_data *f, struct text *out)
{
    size_t n = 0, missing = 0;
    for (int status = CELL_COMPLETE + 1; status <= CELL_QUARANTINED; status++)
        n += f->n_status[status];
    const char *before = " (";
    if (n > 0) {
        text_appendf(out, " Left out: %zu cell%s that %s not complete", n,
                     n == 1 ? "" : "s", n == 1 ? "is" : "are");
        for (int status = CELL_COMPLETE + 1; status <= CELL_QUARANTINED; status++) {
            char name[TABLE_WORD_MAX];
            if (f->n_status[status] == 0)
                continue;
            field_flag_name(FIELD_STATUS, status, name, sizeof name);
            text_appendf(out, "%s%zu %s", before, f->n_status[status], name);
            before = ", ";
        }
        text_append(out, ").");
    }
    if (f->n_empty > 0)
        text_appendf(out, " %zu complete cell%s not have what is drawn.", f->n_empty,
                     f->n_empty == 1 ? " does" : "s do");
    int64_t planned = archive_n_cells_planned(f->archive);
    if (planned > (int64_t)f->n_cells)
        missing = (size_t)planned - f->n_cells;
    if (missing > 0)
        text_appendf(out, " %zu of %lld planned cells are not in the archive.", missing,
                     (long long)planned);
}

static void put_reduced(const struct figure_data *f, struct text *out)
{
    int classes = archive_shape(f->archive).n_classes;
    if (f->curves_by == CURVES_CLASSES && classes > FIGURE_CURVES_MAX)
        text_appendf(out, " Of %d classes %d are drawn, evenly spread.", classes,
                     FIGURE_CURVES_MAX);
    int layers = archive_shape(f->archive).n_layers - 1;
    if (f->curves_by == CURVES_LAYERS && layers > FIGURE_CURVES_MAX)
        text_appendf(out, " Of %d layers %d are drawn, evenly spread.", layers,
                     FIGURE_CURVES_MAX);
}

void figure_put_caption(const struct figure *figure, struct text *out)
{
    const struct figure_data *f = figure->data;
    put_shown(f, out);
    if (!figure_is_of_nodes(f))
        put_seeds(f, out);
    if (f->where) {
        text_append(out, " Only cells where ");
        quote_plain(out, where_text(f->where));
        text_append(out, ".");
    }
    if (f->selected.length > 0)
        text_appendf(out, " With %s.", text_string(&f->selected));
    put_seen(f, out);
    put_sample(&f->groups, "settings with a panel", out);
    put_sample(&f->settings,
               figure_is_heatmap(f) ? "settings with a row" : "settings with a curve",
               out);
    put_sample(&f->along, "settings with a column", out);
    if (!figure_is_of_nodes(f)) /* which show one cell */
        put_left_out(f, out);
    put_reduced(f, out);
}

/* --- For those who cannot see it -----------------------------------------------------
 */

static const char *chart_words(const struct figure_data *f)
{
    return figure_is_heatmap(f)                              ? "Heat map"
           : f->kind->x == X_MEASURE || f->kind->x == X_NODE ? "Scatter plot"
                                                             : "Line chart";
}

/* From where to where each curve goes; of the first dozen. */
static void put_curves(const struct figure_data *f, struct text *out)
{
    int n = 0, more = 0;
    for (size_t i = 0; i < f->n_series; i++) {
        const struct figure_series *s = &f->series[i];
        const struct figure_point *p = points_of(f, s);
        if (!s->mean)
            continue;
        if (n++ >= FIGURE_CURVES_MAX) {
            more++;
            continue;
        }
        text_append(out, " ");
        if (s->n > 1) {
            text_appendf(out, "From %.4g to %.4g, ending at ", p[0].y, p[s->n - 1].y);
        } else {
            text_appendf(out, "%.4g at ", p[0].y);
        }
        put_location(f, s, &p[s->n - 1], out);
        text_append(out, ".");
    }
    if (more > 0)
        text_appendf(out, " %d more curves are in the table.", more);
}

void figure_put_alt(const struct figure *figure, struct text *out)
{
    const struct figure_data *f = figure->data;
    struct text x = {0}, y = {0};
    figure_put_x(f, &x);
    text_appendf(out, "%s", chart_words(f));
    if (f->n_panels > 1)
        text_appendf(out, " in %d panels", f->n_panels);
    text_appendf(out, ". Horizontal axis: %s. Vertical axis:", text_string(&x));
    if (figure_is_heatmap(f)) {
        struct text first = {0};
        figure_put_setting(&f->settings, 0, &first);
        text_appendf(out, " from %s upwards; colour:", text_string(&first));
        text_free(&first);
    }
    for (int row = 0; row < (f->rows_by == ROWS_QUANTITIES ? f->n_rows : 1); row++) {
        y.length = 0;
        figure_put_y(f, row, &y);
        text_appendf(out, "%s%s%s", row ? ", " : " ", text_string(&y),
                     figure_bounds_of(f, row).log ? " (logarithmic)" : "");
    }
    text_append(out, ".");
    if (f->kind->x != X_MEASURE && f->kind->x != X_NODE && !figure_is_heatmap(f))
        put_curves(f, out);
    else
        put_seen(f, out);
    text_free(&x);
    text_free(&y);
}
