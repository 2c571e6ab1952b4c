/* Figures of an archive: what to draw and what to say of it. What is drawn here is
 * numbers and words; figure_draw.h has gnuplot draw them, and the report writes the same
 * numbers as a table. */
#ifndef STRATA_ANALYSIS_FIGURE_H
#define STRATA_ANALYSIS_FIGURE_H

#include <stdbool.h>

#include "analysis/rank/ranking.h"
#include "analysis/tables/table.h"
#include "archive/archive.h"
#include "base/error.h"
#include "base/text.h"

/* NULL where the figure's own choice will do. */
struct figure_request {
    const char *figure;    /* "perplexity", "systems" ..., or "figure-3" of the paper */
    const char *where;     /* cells that count (where.h) */
    const char *where_at;  /* snapshot of the results in `where` that name none, and of
                            * `select` */
    const char *select;    /* options that are selected (selection.h) */
    const char *snapshots; /* labels with commas between */
    const char *splits;    /* train, validation, test, with commas between */
    const char *measure;   /* of a heat map and of the scatter: a name of measure.h; of
                            * dynamics and layers a list of them */
    const char *bands;     /* interval, quartiles */
    const char *x;         /* the option along the axis: of error and heat map */
    const char *curves;    /* options that tell curves apart, rows of a heat map; or
                            * measure, snapshot */
    const char *panels;    /* options that tell panels apart, with commas between */
    const char *node;      /* "2:17", layer, from 1, and node, from 0; of "node" */
    enum ranking_gap gap;  /* of the scatter */
    bool sample; /* where there are more settings than can be drawn, draw some and
                  * say which, in place of an error: the report's way */
};

struct figure_data; /* panels, curves, points: figure_internal.h */

struct figure {
    const char *name;    /* "perplexity": of the kind, not of an alias */
    bool drawn;          /* false: the archive lacks what it shows, `why` says what */
    char why[256];       /* plain text, as everything here: escape it */
    struct text title;   /* "Perplexity of each layer" */
    struct text caption; /* from the data: what is seen, seeds, what bands are, N */
    struct text alt;     /* for who cannot see it: axes, curves, ranges, trend */
    struct text command; /* the strata plot line that draws it again */
    struct table table;  /* what is drawn, means without seeds' own curves */
    struct figure_data *data;
};

struct figure_set;

/* Makes figures in two passes over the archive, however many there are. STATUS_USAGE for
 * a request that names what is not there; what a figure lacks is told by the figure. */
enum status figure_set_create(struct figure_set **set, struct archive *archive,
                              const char *operand, const struct figure_request *requests,
                              int n_requests, struct error *err);
void figure_set_destroy(struct figure_set *set);
const struct figure *figure_set_get(const struct figure_set *set, int i);

/* Names and one-line summaries of all figures, in the order of the report; false behind
 * the last. */
bool figure_kind_get(int i, const char **name, const char **summary);

/* The paper's figures: of which kind they are, NULL where nothing can be drawn. */
bool figure_alias_get(int i, const char **name, const char **kind);

#endif
