#include "analysis/figures/figure_script.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/figures/figure_templates.h"
#include "analysis/figures/figure_words.h"
#include "analysis/tables/quote.h"

/* --- Data ----------------------------------------------------------------------------
 */

static void put_number(struct text *out, double number)
{
    char digits[64];
    if (isnan(number)) {
        text_append(out, "NaN");
        return;
    }
    text_format_double(digits, sizeof digits, number);
    text_append(out, digits);
}

static void put_block_head(const struct figure_data *f, const struct figure_series *s,
                           size_t number, struct text *out)
{
    const struct figure_panel *panel = &f->panels[s->panel];
    struct text words = {0};
    text_appendf(out, "# block %zu", number);
    figure_put_column(f, panel->column, &words);
    if (words.length > 0)
        text_appendf(out, "; %s", text_string(&words));
    words.length = 0;
    figure_put_y(f, panel->row, &words);
    text_appendf(out, "; %s", text_string(&words));
    if (f->curves[s->curve].label.length > 0)
        text_appendf(out, "; %s", text_string(&f->curves[s->curve].label));
    text_free(&words);
    if (s->mean)
        text_append(out, "; mean over seeds\n");
    else
        text_appendf(out, "; seed %d\n", (int)s->seed);
}

void figure_put_data(const struct figure *figure, const struct figure_layout *layout,
                     struct text *out)
{
    const struct figure_data *f = figure->data;
    struct text x = {0};
    text_append(out, "# ");
    figure_put_heading(figure, out);
    text_appendf(out, "\n# %s\n# ", text_string(&figure->command));
    quote_plain(out, text_string(&figure->caption));
    figure_put_x(f, &x);
    text_appendf(
        out,
        "\n# Columns: place on the axis, %s, value, low and high of the %s (NaN: "
        "none), N\n",
        text_string(&x), f->quartiles ? "quartiles over nodes" : "t interval");
    text_free(&x);
    for (size_t i = 0; i < f->n_series; i++) {
        const struct figure_series *s = &f->series[i];
        text_append(out, i ? "\n\n" : "");
        put_block_head(f, s, i, out);
        for (size_t k = 0; k < s->n; k++) {
            const struct figure_point *p = &f->points[s->first + k];
            const double columns[] = {figure_position(layout, f, p), p->x, p->y, p->low,
                                      p->high};
            for (int c = 0; c < 5; c++) {
                put_number(out, columns[c]);
                text_append(out, " ");
            }
            text_appendf(out, "%d\n", p->n);
        }
    }
}

/* --- Script --------------------------------------------------------------------------
 */

struct script {
    const struct figure *figure;
    const struct figure_data *f;
    const struct figure_layout *layout;
    enum figure_format format;
    struct text *out;
};

/* A string: nothing within single quotes is looked at but another one, so that there is
 * none. TeX's own characters are taken from it where TeX will read it. */
static void put_string(const struct script *s, const char *string)
{
    struct text plain = {0};
    quote_plain(&plain, string);
    text_append(s->out, "'");
    for (const char *c = text_string(&plain); *c; c++) {
        if (*c == '\'') /* as printers set it */
            text_append(s->out, "\xe2\x80\x99");
        else if (s->format != FIGURE_TEX || !strchr("\\{}$&#_%^~", *c))
            text_append_bytes(s->out, c, 1);
        else if (*c == '\\')
            text_append(s->out, "\\textbackslash{}");
        else if (*c == '^' || *c == '~')
            text_appendf(s->out, "\\%c{}", *c);
        else
            text_appendf(s->out, "\\%c", *c);
    }
    text_append(s->out, "'");
    text_free(&plain);
}

static void set_number(const struct script *s, const char *name, double number)
{
    text_appendf(s->out, "%s = ", name);
    put_number(s->out, number);
    text_append(s->out, "\n");
}

static void set_string(const struct script *s, const char *name, const char *string)
{
    text_appendf(s->out, "%s = ", name);
    put_string(s, string);
    text_append(s->out, "\n");
}

/* An array; gnuplot has none without elements. */
static void declare(const struct script *s, const char *name, size_t n)
{
    text_appendf(s->out, "array %s[%zu]\n", name, n > 0 ? n : 1);
}

static void set_element(const struct script *s, const char *name, int i, double number)
{
    text_appendf(s->out, "%s[%d] = ", name, i + 1);
    put_number(s->out, number);
    text_append(s->out, "\n");
}

static void set_text_element(const struct script *s, const char *name, int i,
                             const char *string)
{
    text_appendf(s->out, "%s[%d] = ", name, i + 1);
    put_string(s, string);
    text_append(s->out, "\n");
}

static void put_terminal(const struct script *s, const char *output)
{
    double w = s->layout->width, h = s->layout->height;
    switch (s->format) {
    case FIGURE_SVG:
    case FIGURE_SVG_INLINE:
        text_appendf(s->out,
                     "set terminal svg noenhanced size %.0f,%.0f%s "
                     "font 'sans-serif,12'\n",
                     w, h, s->format == FIGURE_SVG ? " background '#ffffff'" : "");
        break;
    case FIGURE_PDF:
        text_appendf(s->out,
                     "set terminal pdfcairo noenhanced size %.3fin,%.3fin "
                     "font 'sans,9' linewidth 0.75 pointscale 0.9\n",
                     w / 96, h / 96);
        break;
    case FIGURE_PNG:
        text_appendf(s->out,
                     "set terminal pngcairo noenhanced size %.0f,%.0f "
                     "font 'sans,9' fontscale 2 linewidth 2 pointscale 2\n",
                     2 * w, 2 * h);
        break;
    case FIGURE_TEX:
        text_appendf(
            s->out, "set terminal tikz size %.3fin,%.3fin linewidth 1.5 pointscale 1.5\n",
            w / 96, h / 96);
        break;
    }
    text_appendf(s->out, "set output '%s'\ndata = '%s.dat'\n", output, s->figure->name);
}

/* Where the heading and the list of curves stand, as parts of the page. */
static void put_page(const struct script *s)
{
    const struct figure_layout *l = s->layout;
    struct text words = {0};
    if (s->format != FIGURE_SVG_INLINE && s->format != FIGURE_TEX)
        figure_put_heading(s->figure, &words);
    set_string(s, "heading", text_string(&words));
    set_number(s, "heading_x", 12 / l->width);
    set_number(s, "heading_y", 1 - 16 / l->height);
    set_string(s, "heading_font", s->format == FIGURE_TEX ? "" : ",11");
    words.length = 0;
    figure_put_x(s->f, &words);
    set_string(s, "x_label", text_string(&words));
    text_free(&words);
    set_number(s, "x_low", l->x_low);
    set_number(s, "x_high", l->x_high);
    set_number(s, "x_log", l->x_log);
    set_number(s, "n_ticks", l->n_ticks);
    declare(s, "tick_at", (size_t)l->n_ticks);
    declare(s, "tick_text", (size_t)l->n_ticks);
    for (int i = 0; i < l->n_ticks; i++) {
        set_element(s, "tick_at", i, l->ticks[i].at);
        set_text_element(s, "tick_text", i, l->ticks[i].text);
    }
}

static void put_curves(const struct script *s)
{
    static const char *const names[] = {"curve_label", "curve_colour", "curve_dash",
                                        "curve_marker"};
    set_number(s, "n_curves", s->f->n_curves);
    for (int i = 0; i < 4; i++)
        declare(s, names[i], (size_t)s->f->n_curves);
    for (int i = 0; i < s->f->n_curves; i++) {
        set_text_element(s, "curve_label", i, text_string(&s->f->curves[i].label));
        text_appendf(s->out, "curve_colour[%d] = 0x%06x\n", i + 1,
                     figure_curve_colour(s->f, i));
        set_element(s, "curve_dash", i, figure_curve_dash(s->f, i));
        set_element(s, "curve_marker", i, figure_curve_marker(s->f, i));
    }
}

/* Labels at the ends of curves, or the list of them. */
static void put_labels(const struct script *s)
{
    const struct figure_layout *l = s->layout;
    size_t n = (size_t)l->n_labels;
    double top = 0;
    for (int i = 0; i < s->f->n_panels; i++)
        top = fmax(top, l->boxes[i].top);
    set_number(s, "n_ends", l->direct ? l->n_labels : 0);
    set_number(s, "end_x", 1 + 9 / (l->boxes[0].right - l->boxes[0].left));
    set_number(s, "n_listed", l->direct ? 0 : l->n_labels);
    set_number(s, "has_lines", s->f->kind->x != X_MEASURE && s->f->kind->x != X_NODE);
    set_number(s, "list_x", l->legend_left / l->width);
    set_number(s, "list_line", 22 / l->width);
    declare(s, "end_panel", n);
    declare(s, "end_curve", n);
    declare(s, "end_y", n);
    declare(s, "listed_curve", n);
    declare(s, "listed_y", n);
    for (int i = 0; i < l->n_labels; i++) {
        set_element(s, l->direct ? "end_curve" : "listed_curve", i,
                    l->labels[i].curve + 1);
        if (l->direct) {
            set_element(s, "end_panel", i, l->labels[i].panel + 1);
            set_element(s, "end_y", i, l->labels[i].at);
        } else {
            set_element(s, "listed_y", i, (top - 8 - 15 * i) / l->height);
        }
    }
}

static bool has_band(const struct figure_data *f, const struct figure_series *series)
{
    for (size_t k = 0; k < series->n; k++)
        if (!isnan(f->points[series->first + k].low))
            return true;
    return false;
}

enum list { LIST_MEANS, LIST_SEEDS, LIST_BANDS, LIST_BARS, N_LISTS };

/* Numbers of a panel's blocks that are drawn in one way. */
static void put_list(const struct script *s, int panel, enum list list)
{
    static const char *const names[N_LISTS] = {"panel_means", "panel_seeds",
                                               "panel_bands", "panel_bars"};
    const char *before = "";
    text_appendf(s->out, "%s[%d] = '", names[list], panel + 1);
    for (size_t i = 0; i < s->f->n_series; i++) {
        const struct figure_series *series = &s->f->series[i];
        bool band = has_band(s->f, series);
        const bool listed[N_LISTS] = {
            [LIST_MEANS] = series->mean,
            [LIST_SEEDS] = !series->mean,
            [LIST_BANDS] = series->mean && band && series->n > 1,
            [LIST_BARS] = series->mean && band && series->n == 1};
        if (series->panel != panel || !listed[list])
            continue;
        text_appendf(s->out, "%s%zu", before, i);
        before = " ";
    }
    text_append(s->out, "'\n");
}

/* A title in lines, with newlines between. */
static void put_title(const struct script *s, int panel, const char *title)
{
    text_appendf(s->out, "panel_title[%d] = ", panel + 1);
    do {
        char line[256];
        size_t length = figure_title_break(title, s->layout->title_length);
        snprintf(line, sizeof line, "%.*s", (int)length, title);
        title += length;
        put_string(s, line);
        text_append(s->out, *title ? " . \"\\n\" . " : "\n");
    } while (*title);
}

static void put_panels(const struct script *s)
{
    static const char *const names[] = {
        "panel_left",    "panel_right", "panel_top",   "panel_bottom", "panel_low",
        "panel_high",    "panel_least", "panel_most",  "panel_log",    "panel_words_x",
        "panel_words_y", "panel_title", "panel_label", "panel_means",  "panel_seeds",
        "panel_bands",   "panel_bars"};
    double w = s->layout->width, h = s->layout->height;
    set_number(s, "n_panels", s->f->n_panels);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        declare(s, names[i], (size_t)s->f->n_panels);
    for (int p = 0; p < s->f->n_panels; p++) {
        const struct figure_box *box = &s->layout->boxes[p];
        struct figure_bounds bounds = figure_bounds_of(s->f, s->f->panels[p].row);
        const double values[] = {box->left / w,
                                 box->right / w,
                                 box->top / h,
                                 box->bottom / h,
                                 box->y_low,
                                 box->y_high,
                                 fmax(box->y_low, bounds.floor),
                                 fmin(box->y_high, bounds.ceiling),
                                 box->y_log,
                                 box->last_in_column,
                                 box->first_in_row};
        struct text words = {0};
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            set_element(s, names[i], p, values[i]);
        if (s->f->panels[p].row == 0)
            figure_put_column(s->f, s->f->panels[p].column, &words);
        put_title(s, p, text_string(&words));
        words.length = 0;
        figure_put_y(s->f, s->f->panels[p].row, &words);
        set_text_element(s, "panel_label", p, text_string(&words));
        text_free(&words);
        for (int list = 0; list < N_LISTS; list++)
            put_list(s, p, (enum list)list);
    }
}

/* Means' range, and which curve each block is of. */
static void put_blocks(const struct script *s)
{
    const struct figure_data *f = s->f;
    double low = HUGE_VAL, high = -HUGE_VAL;
    declare(s, "block_curve", f->n_series);
    for (size_t i = 0; i < f->n_series; i++) {
        set_element(s, "block_curve", (int)i, f->series[i].curve + 1);
        for (size_t k = 0; f->series[i].mean && k < f->series[i].n; k++) {
            low = fmin(low, f->points[f->series[i].first + k].y);
            high = fmax(high, f->points[f->series[i].first + k].y);
        }
    }
    set_number(s, "z_low", low);
    set_number(s, "z_high", high);
}

void figure_put_script(const struct figure *figure, const struct figure_layout *layout,
                       enum figure_format format, const char *output, struct text *out)
{
    const struct script s = {.figure = figure,
                             .f = figure->data,
                             .layout = layout,
                             .format = format,
                             .out = out};
    text_append(out, "# ");
    figure_put_heading(figure, out);
    text_appendf(out, "\n# %s\n\n", text_string(&figure->command));
    put_terminal(&s, output);
    put_page(&s);
    put_curves(&s);
    put_labels(&s);
    put_panels(&s);
    put_blocks(&s);
    text_append(out, "\n");
    text_append(out, figure_template_style);
    text_append(out, "\n");
    text_append(out, figure->data->kind->template);
}
