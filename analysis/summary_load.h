/* What a summary is made of: the cells of an archive that its request chooses, in groups.
 */
#ifndef STRATA_ANALYSIS_SUMMARY_LOAD_H
#define STRATA_ANALYSIS_SUMMARY_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/aggregate.h"
#include "analysis/summary.h"
#include "analysis/where.h"
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
    double *options;           /* [n_chosen][OPTION_COUNT] */
    int32_t *n_parameters;     /* [n_chosen] */
    bool varies[OPTION_COUNT]; /* options that differ and are kept apart */
    int64_t status_count[CELL_QUARANTINED + 1];
    int snapshot;
    double class_size; /* test samples in a class, mean */
    struct group_table groups;
    struct aggregate *aggregate;
    size_t n_added;                /* to the aggregate */
    struct stats_running *network; /* [groups][n_layers]: summary_network() */
};

/* Reads the archive, twice; archive and request are set. */
enum status summary_load(struct summary *summary, struct error *err);

/* Test accuracy of a group's networks, [n_layers]: of those of which the layer counts. */
struct stats_running *summary_network(const struct summary *summary, int group);

/* One line: the archive, its cells by outcome, the snapshot, and how many are chosen. */
void summary_put_heading(const struct summary *summary, enum table_format format,
                         struct text *out);

void summary_fini(struct summary *summary);

#endif
