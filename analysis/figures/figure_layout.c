#include "analysis/figures/figure_layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure_words.h"
#include "base/memory.h"

enum {
    DIRECT_ACROSS_MAX = 2,
    LETTER = 7, /* width of a character, and height of a line */
    LINE = 15,
    TITLE_LINE = 17,
    TILE_WIDTH = 62,
    TILE_HEIGHT = 38,
    MARGIN = 12,
    X_WORDS = 44, /* ticks' numbers and the axis' name */
    Y_WORDS = 74
};

/* --- Ranges --------------------------------------------------------------------------
 */

double figure_position(const struct figure_layout *layout, const struct figure_data *f,
                       const struct figure_point *point)
{
    if (layout->first_epoch > 0)
        return log1p(point->x / layout->first_epoch);
    for (int i = 0; layout->x_by_number && i < f->along.n; i++)
        if (f->along.values[i * OPTION_COUNT + (int)f->x_option] == point->x)
            return i;
    return point->x;
}

static void widen(double *low, double *high, double share, bool is_log)
{
    double a = is_log ? log(*low) : *low, b = is_log ? log(*high) : *high;
    double margin = b > a ? share * (b - a) : fmax(0.1, 0.1 * fabs(a));
    *low = is_log ? exp(a - margin) : a - margin;
    *high = is_log ? exp(b + margin) : b + margin;
}

/* Whether a quantity that may be logarithmic is drawn so. */
static bool y_is_log(const struct figure_data *f, int row)
{
    bool is_log = figure_bounds_of(f, row).log;
    for (size_t i = 0; i < f->n_series; i++)
        for (size_t k = 0; k < f->series[i].n; k++)
            is_log &= f->panels[f->series[i].panel].row != row ||
                      f->points[f->series[i].first + k].y > 0;
    return is_log;
}

/* Of what is drawn in a row of panels: curves, then bands up to where they are cut. Where
 * that is 0 a logarithmic axis goes a decade below the curves at most, and bands leave it
 * at the bottom. */
static void find_y_extremes(const struct figure_data *f, int row, bool is_log,
                            double *low, double *high)
{
    struct figure_bounds bounds = figure_bounds_of(f, row);
    const struct figure_series *end = f->series + f->n_series;
    for (const struct figure_series *s = f->series; s < end; s++)
        for (size_t k = 0; f->panels[s->panel].row == row && k < s->n; k++) {
            *low = fmin(*low, f->points[s->first + k].y);
            *high = fmax(*high, f->points[s->first + k].y);
        }
    if (f->kind->x == X_MEASURE)
        return;
    if (is_log && bounds.floor <= 0)
        bounds.floor = *low / 10;
    for (const struct figure_series *s = f->series; s < end; s++)
        for (size_t k = 0; f->panels[s->panel].row == row && k < s->n; k++) {
            const struct figure_point *p = &f->points[s->first + k];
            if (!isnan(p->low))
                *low = fmin(*low, fmax(p->low, bounds.floor));
            if (!isnan(p->high))
                *high = fmax(*high, fmin(p->high, bounds.ceiling));
        }
}

static void find_y_range(struct figure_layout *layout, const struct figure_data *f,
                         int row)
{
    struct figure_bounds bounds = figure_bounds_of(f, row);
    double low = HUGE_VAL, high = -HUGE_VAL;
    bool is_log = !figure_is_heatmap(f) && y_is_log(f, row);
    if (figure_is_heatmap(f)) {
        low = -0.5;
        high = f->settings.n - 0.5;
    } else {
        find_y_extremes(f, row, is_log, &low, &high);
        bool flat = low == high;
        widen(&low, &high, 0.05, is_log);
        if (flat && !is_log) { /* beyond a bound there is nothing to show */
            double margin = 0.05 * (high - low);
            low = fmax(low, bounds.floor - margin);
            high = fmin(high, bounds.ceiling + margin);
        }
    }
    for (int i = 0; i < f->n_panels; i++)
        if (f->panels[i].row == row) {
            layout->boxes[i].y_low = low;
            layout->boxes[i].y_high = high;
            layout->boxes[i].y_log = is_log;
        }
}

static bool is_named(const struct figure_data *f)
{
    return figure_is_heatmap(f) ||
           (f->kind->x == X_OPTION && field_get(f->x_option)->type == FIELD_TYPE_FLAG);
}

static void find_x_range(struct figure_layout *layout, const struct figure_data *f)
{
    double least = HUGE_VAL, most = -HUGE_VAL, first = HUGE_VAL;
    for (size_t i = 0; i < f->n_points; i++) {
        double x = f->points[i].x;
        least = fmin(least, x);
        most = fmax(most, x);
        first = x > 0 ? fmin(first, x) : first;
    }
    layout->x_by_number = is_named(f);
    layout->first_epoch = f->kind->x == X_EPOCH && first < 1 ? first : 0;
    double ratio = f->kind->x == X_OPTION ? 20 : f->kind->x == X_MEASURE ? 100 : HUGE_VAL;
    layout->x_log = !is_named(f) && least > 0 && most / least >= ratio;
    struct figure_point low = {.x = least}, high = {.x = most};
    layout->x_low = figure_position(layout, f, &low);
    layout->x_high = figure_position(layout, f, &high);
    widen(&layout->x_low, &layout->x_high, 0.05, layout->x_log);
    if (f->kind->x == X_LAYER || figure_is_heatmap(f)) {
        layout->x_low = figure_position(layout, f, &low) - 0.5;
        layout->x_high = figure_position(layout, f, &high) + 0.5;
    }
}

/* --- Ticks ---------------------------------------------------------------------------
 */

static double share_of_x(const struct figure_layout *layout, double at)
{
    double low = layout->x_low, high = layout->x_high;
    return layout->x_log ? log(at / low) / log(high / low) : (at - low) / (high - low);
}

/* Adds a tick where its text does not touch the one before. */
static void add_tick(struct figure_layout *layout, double at, const char *text)
{
    double width = layout->boxes[0].right - layout->boxes[0].left;
    if (layout->n_ticks > 0) {
        const struct figure_tick *last = &layout->ticks[layout->n_ticks - 1];
        double apart = width * (share_of_x(layout, at) - share_of_x(layout, last->at));
        if (apart < LETTER * (double)(strlen(text) + strlen(last->text)) / 2 + LETTER)
            return;
    }
    struct figure_tick *tick = &layout->ticks[layout->n_ticks++];
    tick->at = at;
    snprintf(tick->text, sizeof tick->text, "%s", text);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* An epoch in as few digits as tell it from the one before, without an exponent where it
 * is a number of an ordinary size. */
static void shorten_epoch(double epoch, double before, char *out, size_t size)
{
    char other[32];
    for (int digits = epoch < 1 ? 2 : 3; digits <= 6; digits++) {
        snprintf(out, size, "%.*g", digits, epoch);
        snprintf(other, sizeof other, "%.*g", digits, before);
        if (!strchr(out, 'e') && strcmp(out, other) != 0)
            return;
    }
}

/* Ticks where there are values: few enough that one can read them. */
static enum status make_ticks(struct figure_layout *layout, const struct figure_data *f,
                              struct error *err)
{
    for (int l = 0; f->kind->x == X_NODE && l < f->n_layers; l++) {
        char text[32];
        snprintf(text, sizeof text, "%s%d", l ? "" : "layer ", l + 1);
        if (!layout->ticks)
            layout->ticks = memory_alloc((size_t)f->n_layers, sizeof *layout->ticks, err);
        if (layout->ticks)
            add_tick(layout, f->layer_starts[l], text);
    }
    if (figure_is_of_nodes(f))
        return err->status;
    if (f->kind->x == X_MEASURE || (f->kind->x == X_EPOCH && layout->first_epoch == 0))
        return STATUS_OK;
    double *x = memory_alloc(f->n_points, sizeof *x, err);
    layout->ticks = memory_alloc(f->n_points, sizeof *layout->ticks, err);
    for (size_t i = 0; err->status == STATUS_OK && i < f->n_points; i++)
        x[i] = f->points[i].x;
    if (err->status == STATUS_OK)
        qsort(x, f->n_points, sizeof *x, compare_doubles);
    for (size_t i = 0; err->status == STATUS_OK && i < f->n_points; i++) {
        struct figure_point point = {.x = x[i]};
        struct table_cell cell;
        if (i > 0 && x[i] == x[i - 1])
            continue;
        figure_set_x(f, &point, &cell);
        if (f->kind->x == X_EPOCH)
            shorten_epoch(x[i], i > 0 ? x[i - 1] : NAN, cell.text, sizeof cell.text);
        add_tick(layout, figure_position(layout, f, &point), cell.text);
    }
    free(x);
    return err->status;
}

/* --- The page ------------------------------------------------------------------------
 */

static size_t widest_label(const struct figure_data *f)
{
    size_t widest = 0;
    for (int i = 0; i < f->n_curves; i++)
        if (f->curves[i].drawn && f->curves[i].label.length > widest)
            widest = f->curves[i].label.length;
    return widest;
}

static void choose_panel_size(const struct figure_data *f, int across, double *width,
                              double *height)
{
    static const double widths[FIGURE_ACROSS_MAX] = {430, 280, 215, 180, 165};
    static const double heights[FIGURE_ACROSS_MAX] = {290, 210, 170, 155, 145};
    *width = widths[across - 1];
    *height = heights[across - 1];
    if (f->n_rows > 1)
        *height = fmin(*height, 180);
    if (figure_is_heatmap(f)) {
        *width = fmax(3, f->along.n) * TILE_WIDTH;
        *height = f->settings.n * TILE_HEIGHT;
    }
}

size_t figure_title_break(const char *title, size_t length)
{
    size_t most = length ? length : 1, end = 0;
    if (strlen(title) <= most)
        return strlen(title);
    for (size_t i = 0; title[i]; i++)
        if (strncmp(title + i, ", ", 2) == 0 && (i + 1 <= most || end == 0))
            end = i + 2;
    return end ? end : strlen(title);
}

/* Lines of the longest title above a column. */
static int count_title_lines(const struct figure_data *f, size_t length)
{
    int most = 0;
    for (int column = 0; f->n_columns > 1 && column < f->n_columns; column++) {
        struct text title = {0};
        int lines = 0;
        figure_put_column(f, column, &title);
        for (const char *at = text_string(&title); *at; lines++)
            at += figure_title_break(at, length);
        most = lines > most ? lines : most;
        text_free(&title);
    }
    return most;
}

/* Whether the curves of each panel end at one x, so that labels can stand there. */
static bool ends_together(const struct figure_data *f)
{
    bool together = true;
    for (size_t i = 1; i < f->n_series && f->series[i].mean; i++) {
        const struct figure_series *a = &f->series[i - 1], *b = &f->series[i];
        together &= a->panel != b->panel ||
                    f->points[a->first + a->n - 1].x == f->points[b->first + b->n - 1].x;
    }
    return together;
}

static bool labels_are_direct(const struct figure_data *f, int across)
{
    return across <= DIRECT_ACROSS_MAX && !figure_is_heatmap(f) &&
           f->kind->x != X_MEASURE && !figure_is_of_nodes(f) &&
           f->curves_by != CURVES_SNAPSHOTS && /* in a list they are in order */
           ends_together(f);
}

/* The first panel of a band and the last of a column have the axes' words. Panels are in
 * the order of rows, then of columns. */
static void place_words(struct figure_layout *layout, const struct figure_data *f,
                        const struct figure_bands *bands)
{
    for (int i = 0, row = -1, band = -1; i < f->n_panels; i++) {
        const struct figure_panel *panel = &f->panels[i];
        int before = row, above = band;
        row = panel->row;
        band = bands->slots[panel->column] / bands->across;
        layout->boxes[i].first_in_row = row != before || band != above;
        layout->boxes[i].last_in_column = true;
        for (int k = i + 1; k < f->n_panels; k++)
            if (f->panels[k].column == panel->column)
                layout->boxes[i].last_in_column = false;
    }
}

static void place_boxes(struct figure_layout *layout, const struct figure_data *f,
                        const struct figure_bands *bands, bool heading)
{
    double width, height, labels = LETTER * (double)widest_label(f);
    double y_words = Y_WORDS + (figure_is_heatmap(f) ? fmax(0, labels - 30) : 0);
    double above = MARGIN + (heading ? 24 : 0);
    choose_panel_size(f, bands->across, &width, &height);
    layout->title_length = (size_t)(width / LETTER);
    int lines = count_title_lines(f, layout->title_length);
    double titles = lines > 0 ? lines * TITLE_LINE + 10 : 0;
    layout->direct = labels_are_direct(f, bands->across);
    double right = labels > 0 && layout->direct ? labels + 30 : 14;
    double band = titles + f->n_rows * (height + MARGIN) + X_WORDS;
    layout->width = y_words + bands->across * (width + right) + MARGIN;
    layout->height = above + bands->n * band;
    for (int i = 0; i < f->n_panels; i++) {
        int row = f->panels[i].row, slot = bands->slots[f->panels[i].column];
        struct figure_box *box = &layout->boxes[i];
        box->left = y_words + slot % bands->across * (width + right);
        box->right = box->left + width;
        box->top = layout->height - above - slot / bands->across * band - titles -
                   row * (height + MARGIN);
        box->bottom = box->top - height;
    }
    place_words(layout, f, bands);
}

/* --- Labels --------------------------------------------------------------------------
 */

static const struct figure_series *mean_series(const struct figure_data *f, int panel,
                                               int curve)
{
    for (size_t i = 0; i < f->n_series; i++)
        if (f->series[i].mean && f->series[i].panel == panel &&
            f->series[i].curve == curve)
            return &f->series[i];
    return NULL;
}

static int by_height(const void *a, const void *b)
{
    const struct figure_label *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* Moves labels apart: halfway between pushing them up and pushing them down. */
static void spread_labels(struct figure_label *labels, int n, double apart)
{
    double up[FIGURE_CURVES_MAX], down[FIGURE_CURVES_MAX];
    qsort(labels, (size_t)n, sizeof *labels, by_height);
    for (int i = 0; i < n; i++)
        up[i] = i ? fmax(labels[i].at, up[i - 1] + apart) : labels[i].at;
    for (int i = n - 1; i >= 0; i--)
        down[i] = i < n - 1 ? fmin(labels[i].at, down[i + 1] - apart) : labels[i].at;
    for (int i = 0; i < n; i++)
        labels[i].at = (up[i] + down[i]) / 2;
    double over = n ? labels[n - 1].at - 1 : 0, under = n ? -labels[0].at : 0;
    for (int i = 0; i < n; i++)
        labels[i].at += (under > 0 ? under : 0) - (over > 0 ? over : 0);
}

/* Labels of one panel at its curves' ends. */
static void label_panel(struct figure_layout *layout, const struct figure_data *f,
                        int panel)
{
    const struct figure_box *box = &layout->boxes[panel];
    struct figure_label *labels = layout->labels + layout->n_labels;
    int n = 0;
    for (int curve = 0; curve < f->n_curves; curve++) {
        const struct figure_series *s = mean_series(f, panel, curve);
        if (!s)
            continue;
        const struct figure_point *last = &f->points[s->first + s->n - 1];
        double low = box->y_low, high = box->y_high;
        labels[n++] = (struct figure_label){
            .panel = panel,
            .curve = curve,
            .at = box->y_log ? log(last->y / low) / log(high / low)
                             : (last->y - low) / (high - low)};
    }
    spread_labels(labels, n, (LINE - 1) / (box->top - box->bottom));
    layout->n_labels += n;
}

static enum status make_labels(struct figure_layout *layout, const struct figure_data *f,
                               struct error *err)
{
    size_t n = (size_t)f->n_panels * (size_t)f->n_curves;
    layout->labels = memory_alloc(n, sizeof *layout->labels, err);
    bool none = figure_is_heatmap(f) || widest_label(f) == 0;
    layout->direct &= !none;
    for (int i = 0; layout->labels && layout->direct && i < f->n_panels; i++)
        label_panel(layout, f, i);
    if (!layout->labels || layout->direct || none)
        return err->status;
    for (int i = 0; i < f->n_curves; i++)
        if (f->curves[i].drawn)
            layout->labels[layout->n_labels++] = (struct figure_label){.curve = i};
    return STATUS_OK;
}

/* Room for the list of curves on the right. */
static void place_legend(struct figure_layout *layout, const struct figure_data *f)
{
    double wanted = LINE * (layout->n_labels + 2), right = 0,
           labels = (double)widest_label(f);
    for (int i = 0; i < f->n_panels; i++)
        right = fmax(right, layout->boxes[i].right);
    layout->legend_left = right + 14;
    layout->width = right + MARGIN + 6;
    if (layout->n_labels > 0)
        layout->width += 40 + LETTER * labels;
    if (layout->n_labels > 0 && layout->height < wanted) {
        for (int i = 0; i < f->n_panels; i++) {
            layout->boxes[i].top += wanted - layout->height;
            layout->boxes[i].bottom += wanted - layout->height;
        }
        layout->height = wanted;
    }
}

enum status figure_layout_init(struct figure_layout *layout, const struct figure_data *f,
                               size_t heading, struct error *err)
{
    struct figure_bands bands = {0};
    memset(layout, 0, sizeof *layout);
    layout->boxes = memory_alloc((size_t)f->n_panels, sizeof *layout->boxes, err);
    if (!layout->boxes || figure_bands_init(&bands, f, err) != STATUS_OK)
        return err->status;
    place_boxes(layout, f, &bands, heading > 0);
    free(bands.slots);
    for (int row = 0; row < f->n_rows; row++)
        find_y_range(layout, f, row);
    find_x_range(layout, f);
    if (make_ticks(layout, f, err) == STATUS_OK &&
        make_labels(layout, f, err) == STATUS_OK && !layout->direct)
        place_legend(layout, f);
    layout->width = fmax(layout->width, 2 * MARGIN + 8.5 * (double)heading);
    return err->status;
}

void figure_layout_fini(struct figure_layout *layout)
{
    free(layout->boxes);
    free(layout->ticks);
    free(layout->labels);
}
