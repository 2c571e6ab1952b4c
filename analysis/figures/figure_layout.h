/* Where everything of a figure goes: panels on the page, ranges of axes, ticks, labels.
 * Private to figure*.c. */
#ifndef STRATA_ANALYSIS_FIGURE_LAYOUT_H
#define STRATA_ANALYSIS_FIGURE_LAYOUT_H

#include "analysis/figures/figure_internal.h"

enum { FIGURE_ACROSS_MAX = 5 }; /* panels; more are wrapped */

struct figure_tick {
    double at;
    char text[TABLE_WORD_MAX];
};

/* Lengths are in pixels of a screen, 96 an inch, from the lower left corner. */
struct figure_box {
    double left, right, bottom, top;
    bool first_in_row, last_in_column; /* which have the axes' words */
    double y_low, y_high;
    bool y_log;
};

struct figure_label {
    int panel, curve;
    double at; /* of the panel's height */
};

struct figure_layout {
    double width, height;
    struct figure_box *boxes; /* [n_panels] */
    size_t title_length;      /* characters above a panel */
    double x_low, x_high;
    bool x_log;
    bool x_by_number;   /* values lie at 0, 1, 2 ... */
    double first_epoch; /* from which an axis of epochs is logarithmic; 0: it is not */
    struct figure_tick *ticks;
    int n_ticks; /* 0: gnuplot's own */
    bool direct; /* labels stand at the curves' ends; else in a list */
    struct figure_label *labels;
    int n_labels;
    double legend_left;
};

/* `heading` is its length: 0 for none. */
enum status figure_layout_init(struct figure_layout *layout, const struct figure_data *f,
                               size_t heading, struct error *err);
void figure_layout_fini(struct figure_layout *layout);

/* Where the first line of a title ends that may have so many characters. */
size_t figure_title_break(const char *title, size_t length);

/* Where a point lies on the horizontal axis. */
double figure_position(const struct figure_layout *layout, const struct figure_data *f,
                       const struct figure_point *point);

/* Where columns of panels stand: in bands, each from left to right. */
struct figure_bands {
    int across, n;
    int *slots; /* [n_columns], to be freed: band * across + place in it; -1 of a column
                 * without panels, as of a snapshot that no cell of the setting reached */
};
enum status figure_bands_init(struct figure_bands *bands, const struct figure_data *f,
                              struct error *err);

/* Colour (0xRRGGBB), dash and marker of a curve, as gnuplot numbers them. */
unsigned figure_curve_colour(const struct figure_data *f, int curve);
int figure_curve_dash(const struct figure_data *f, int curve);
int figure_curve_marker(const struct figure_data *f, int curve);

#endif
