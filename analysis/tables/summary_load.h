/* What a summary is made of: the cells of an archive that its request chooses, in groups.
 */
#ifndef STRATA_ANALYSIS_SUMMARY_LOAD_H
#define STRATA_ANALYSIS_SUMMARY_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/cells/aggregate.h"
#include "analysis/cells/interval.h"
#include "analysis/cells/selection.h"
#include "analysis/tables/summary.h"
#include "analysis/where/where.h"
#include "num/stats.h"

struct summary {
    struct archive *archive;
    const struct summary_request *request;
    int n_layers;              /* of the deepest network */
    struct where *where;       /* NULL: all cells count */
    bool by_layer;             /* its rows are layers, not cells */
    bool *counts;              /* [n_layers] of the record at hand, which layers count */
    int64_t n_rows, n_matches; /* cells, or layers of cells: in the archive; that count */
    size_t n_chosen;           /* cells of which anything counts */
    struct selection selection;
    double *marks;             /* [n_chosen]: what cells are selected by */
    double *test_accuracy;     /* [n_chosen], NaN where there is none */
    bool *kept;                /* NULL, or which of the cells that count are selected */
    double *options;           /* [n_chosen][OPTION_COUNT] */
    int32_t *n_parameters;     /* [n_chosen] */
    bool varies[OPTION_COUNT]; /* options that differ and are kept apart */
    int64_t status_count[CELL_QUARANTINED + 1];
    int64_t n_ruled, n_unreached; /* of those kept, with a stop rule; that missed it */
    int snapshot;
    double class_size; /* test samples in a class, mean */
    struct group_table groups;
    struct aggregate *aggregate;
    size_t n_seen, n_next;         /* of the cells that count; of them, those kept */
    struct stats_running *network; /* [groups][n_layers]: summary_network() */
};

/* Looks at all cells: which count, and what is to be known before statistics. Archive and
 * request are set. */
enum status summary_survey(struct summary *summary, struct error *err);

/* Sets which layers of a cell count; how many of its rows do. */
int summary_choose(struct summary *summary, const struct record *record);

/* To be called with every record, after the survey: whether the cell is among those that
 * `options` are of, and which. */
bool summary_next(struct summary *summary, const struct record *record, size_t *at);

/* Appends which options were selected, and their values, for a title. */
void summary_put_selected(const struct summary *summary, struct text *out);

/* Appends how many of the cells with a stop rule missed it: "6 of 12 cells ...". */
void summary_put_unreached(const struct summary *summary, struct text *out);

/* Columns of the options that vary; both return how many there are. */
int summary_option_headings(const struct summary *summary, const char **headings);
int summary_put_options(const struct summary *summary, const double *options,
                        struct table_cell *row);

/* Whether a format is read by people, who get notes and rounded numbers. */
bool summary_for_people(enum table_format format);

/* Reads the archive, twice; archive and request are set. */
enum status summary_load(struct summary *summary, struct error *err);

/* Test accuracy of a group's networks, [n_layers]: of those of which the layer counts. */
struct stats_running *summary_network(const struct summary *summary, int group);

/* Of the mean test accuracy of a group's networks. */
struct interval interval_kind(const struct summary *s, struct interval_maker *maker,
                              int group, struct error *err);

/* A group's statistic at [i][j][k] behind the snapshot; NaN where there is none. The
 * interval is given from INTERVAL_FEWEST values on. */
struct summary_value {
    int n;
    double mean, sd, half_width;
};
struct summary_value summary_value(const struct summary *summary, int group,
                                   enum field_id id, const int at[3]);

/* One line: the archive, its cells by outcome, the snapshot, and how many are chosen. */
void summary_put_heading(const struct summary *summary, enum table_format format,
                         struct text *out);

void summary_fini(struct summary *summary);

#endif
