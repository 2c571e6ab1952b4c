/* Shared by figure*.c.
 *
 * A figure is made of observations: the value y that one cell has at x, in a panel and on
 * a curve. A kind says which of a cell's numbers these are; everything else, from means
 * and bands to captions and scripts, is the same for all kinds. */
#ifndef STRATA_ANALYSIS_FIGURE_INTERNAL_H
#define STRATA_ANALYSIS_FIGURE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/cells/selection.h"
#include "analysis/figures/figure.h"
#include "analysis/rank/measure.h"
#include "analysis/where/where.h"
#include "archive/nodes.h"
#include "record/record.h"

enum {
    FIGURE_CURVES_MAX = 12,
    FIGURE_PANELS_MAX = 24,
    FIGURE_PANELS_SAMPLED = 8, /* where a sample will do */
    FIGURE_CLOUD_MAX = 3000,   /* points of single networks, where a sample will do */
    FIGURE_SIDE_MAX = 24,      /* tiles of a heat map along each side */
    FIGURE_QUANTITIES_MAX = 6,
    FIGURE_FEWEST_FOR_BAND = 3
};

enum figure_x { X_LAYER, X_EPOCH, X_OPTION, X_MEASURE, X_NODE, X_BIN };
enum figure_curves {
    CURVES_SETTINGS,
    CURVES_SYSTEMS,
    CURVES_LAYERS,
    CURVES_CLASSES,
    CURVES_QUANTITIES,
    CURVES_SNAPSHOTS
};
enum figure_rows { ROWS_NONE, ROWS_SPLITS, ROWS_QUANTITIES };

/* What is drawn upwards. */
struct figure_quantity {
    enum field_id field;
    const char *label, *words; /* on the axis, or of the curve; within a sentence */
};

/* How a quantity is drawn. */
struct figure_bounds {
    bool log;
    double floor, ceiling; /* that it cannot pass: where bands are cut */
};

/* One figure of this program. */
struct figure_kind {
    const char *name, *title, *summary;
    const char *template; /* of figures/, as text */
    enum figure_x x;
    enum figure_curves curves;
    enum figure_rows rows;
    const char *splits;
    int n_quantities;
    struct figure_quantity quantities[FIGURE_QUANTITIES_MAX];
    int essential;     /* the quantity without which there is nothing to see */
    bool any_measure;  /* a request may name others */
    const char *axis;  /* its label where curves are quantities */
    const char *shows; /* beginning of the caption, where it is the same for all */
    const char *lacks; /* why there is nothing to see */
};

enum figure_when {
    WHEN_ONE,        /* best, else final, else the last */
    WHEN_EPOCHS,     /* after whole epochs */
    WHEN_FIRST_EPOCH /* before the end of the first */
};

/* A figure of the paper: a kind with some of its choices made. */
struct figure_alias {
    const char *name, *kind, *splits, *where;
    enum figure_when when;
    unsigned systems;    /* bits of enum system_id; 0: all */
    enum field_id needs; /* an option with several values; FIELD_COUNT: none */
    const char *instead; /* why there is nothing to draw; NULL: there is */
};

extern const struct figure_kind figure_kinds[];
extern const int figure_n_kinds;
extern const struct figure_alias figure_aliases[];
extern const int figure_n_aliases;

/* Combinations of some options' values, ascending. */
struct figure_settings {
    bool apart[OPTION_COUNT];
    int n, n_all;   /* now, and before a sample was taken */
    bool spread;    /* the sample is some of those that could be drawn, evenly spread */
    double *values; /* [n][OPTION_COUNT] */
    int *of_cell;   /* [n_cells], -1 where the cell is not drawn */
    bool *drawn;    /* [n]: whether a cell of it has what is drawn */
};

struct figure_observation {
    int panel, curve, key; /* equal keys are one x */
    int32_t seed;
    double x, y;
    double low, high; /* quartiles over nodes, where they are drawn */
};

struct figure_point {
    int key; /* of its observations */
    double x, y;
    double low, high; /* of the band; NaN where there is none */
    int n;            /* seeds */
};

struct figure_series {
    int panel, curve;
    bool mean; /* over seeds; else one seed's own */
    int32_t seed;
    size_t first, n; /* of the points */
};

struct figure_panel {
    int row, column;
};

struct figure_curve {
    struct text label;
    bool drawn;
};

struct figure_data {
    const struct figure_kind *kind;
    const struct figure_alias *alias; /* NULL: the kind as it is */
    struct figure_request request;
    struct archive *archive;
    const char *operand;

    /* cells */
    struct where *where;
    struct text where_text;
    int where_snapshot; /* of results that it does not give a snapshot, and of what
                         * cells are selected by */
    struct selection selection;
    double *marks;        /* [n_cells]: what cells are selected by */
    struct text selected; /* what was selected, for the caption */
    bool *matches;        /* [n_cells] */
    const bool *complete; /* [n_cells], of the set */
    size_t n_cells, n_matches;
    bool varies[OPTION_COUNT]; /* among the cells that match; never the seed, or what is
                                * selected */
    size_t n_status[CELL_QUARANTINED + 1];
    size_t n_drawn, n_empty; /* complete cells with and without what is drawn */

    /* columns are groups x snapshots x splits, unless these are rows or lie along x */
    enum field_id x_option;
    struct figure_settings groups;   /* what tells panels apart */
    struct figure_settings settings; /* what tells curves, or rows of tiles, apart */
    struct figure_settings along;    /* the option along x; of a scatter, its points */
    double *epochs;                  /* [of the archive's snapshots], in the first cell
                                      * that matches and reached it, else NaN; NULL
                                      * where snapshots are not chosen by their time */
    int *snapshots, n_snapshots, n_snapshots_all; /* all: before a sample was taken */
    int splits[N_SPLITS], n_splits;
    unsigned systems;
    struct measure measure; /* of figures without quantities */

    /* what is drawn upwards: the kind's quantities, or the measures that were named */
    struct figure_quantity quantities[FIGURE_QUANTITIES_MAX];
    int n_quantities;
    struct measure measures[FIGURE_QUANTITIES_MAX]; /* of named ones */
    char names[FIGURE_QUANTITIES_MAX][TABLE_WORD_MAX];
    char axis[TABLE_WORD_MAX]; /* label where curves are quantities */
    bool named, by_layer;      /* measures that were named; each layer has a value */
    bool by_split;             /* splits are chosen, not part of names */
    bool quartiles;            /* bands are quartiles over nodes, not t intervals */
    enum figure_curves curves_by;
    enum figure_rows rows_by;
    const char *curve_options; /* list of options; NULL: the figure's choice */
    bool seen[FIGURE_QUANTITIES_MAX];
    int n_rows, n_columns;
    bool no_cloud; /* single networks are not drawn */

    /* of figures of one network's nodes */
    struct nodes *nodes;
    struct text network;         /* which network: "seed 1, depth 4" */
    int layer, node;             /* of X_BIN */
    int *layer_starts, n_layers; /* the first node of each layer, of X_NODE */
    double all_or_none_first, all_or_none_last;  /* share of pairs of node and class */
    int all_or_none_snapshot, all_or_none_split; /* where, in the lists above */

    struct figure_observation *observations;
    size_t n_observations, observations_capacity;
    size_t cell; /* number of the record at hand */

    /* what is drawn */
    struct figure_panel *panels;
    int n_panels;
    struct figure_curve *curves;
    int n_curves;
    struct figure_series *series;
    size_t n_series, series_capacity;
    struct figure_point *points;
    size_t n_points, points_capacity;
    struct text x_heading, y_heading; /* of the table */
};

/* --- figure_names.c: what a request names --------------------------------------------
 */

/* Resolves splits, snapshots, the cells' expression and the measure. What the archive
 * lacks is told by figure->why. */
enum status figure_choose_names(struct figure *figure, struct error *err);

/* Notes when a cell that matches reached its snapshots, where they are chosen by that. */
void figure_note_epochs(struct figure_data *f, const struct record *record);

/* Chooses snapshots by their time; all cells that match are noted. */
enum status figure_choose_times(struct figure *figure, struct error *err);

/* The next word of a list with commas between; false behind the last. */
bool figure_next_word(const char **list, char *word, size_t size);

/* --- figure_quantities.c: what is drawn upwards ---------------------------------------
 */

/* Chooses quantities and bands, and what curves and rows are where not options tell. */
enum status figure_choose_quantities(struct figure_data *f, struct error *err);

/* What a row of panels shows; of quantities as curves, the first. */
const struct figure_quantity *figure_quantity_of(const struct figure_data *f, int row);

struct figure_bounds figure_bounds_of(const struct figure_data *f, int row);

/* The quantiles over nodes of a mean over them; FIELD_COUNT where there are none. */
enum field_id figure_quantiles_of(enum field_id id);

/* --- figure_settings.c: panels and curves --------------------------------------------
 */

/* The cells that match are known; options are [n_cells][OPTION_COUNT]. */
enum status figure_choose_settings(struct figure *figure, const double *options,
                                   struct error *err);

/* "depth 2, width 8": the values of the options that are apart. */
void figure_put_setting(const struct figure_settings *s, int i, struct text *out);

/* Whether the cell is of a panel, a curve and a place along x that are drawn. */
bool figure_has_cell(const struct figure_data *f, size_t cell);

/* Which of `most` evenly spread ones of n the i-th is, -1 for none of them. */
int figure_sample(int i, int n, int most);

bool figure_is_heatmap(const struct figure_data *f);

/* Whether snapshots tell columns of panels apart. */
bool figure_has_snapshot_columns(const struct figure_data *f);

/* --- figure_collect.c: observations of one cell ------------------------------------- */

enum status figure_collect(struct figure_data *f, const struct record *record,
                           struct error *err);

/* --- figure_nodes.c: what nodes.nc says of one network -------------------------------
 */

bool figure_is_of_nodes(const struct figure_data *f);

/* Opens nodes.nc beside the archive. */
enum status figure_open_nodes(struct figure *figure, struct error *err);

/* Takes the network of the first cell that nodes.nc has; later cells are not looked at.
 */
enum status figure_collect_nodes(struct figure_data *f, const struct record *record,
                                 struct error *err);

/* An observation of the record at hand: snapshot, split and quantity by their numbers in
 * the figure's lists. */
struct figure_place {
    int snapshot, split, quantity;
    int system, layer; /* where the quantity has several */
    int curve, key;
    double x;
    double low, high; /* of the observation */
};
enum status figure_observe(struct figure_data *f, const struct record *record,
                           const struct figure_place *at, double y, struct error *err);

/* --- figure_series.c: means, bands, seeds' own curves ------------------------------- */

enum status figure_make_series(struct figure_data *f, struct error *err);

#endif
