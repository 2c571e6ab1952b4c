/* Values of a layer's nodes in a few numbers. */
#ifndef STRATA_PROBE_SUMMARY_H
#define STRATA_PROBE_SUMMARY_H

#include <stddef.h>

enum { PROBE_QUANTILES = 5 };

/* Mean over nodes, quantiles (0, .25, .5, .75, 1) over nodes, and mean over the nodes
 * that are neither always off nor always on; NaN where there are none. */
struct node_summary {
    double mean, live;
    double quantile[PROBE_QUANTILES];
};

/* Sorts `values`, so that sums do not depend on the order of nodes. `live` holds the
 * values of the live nodes. */
struct node_summary node_summarise(double *values, size_t n, double *live, size_t n_live);

#endif
