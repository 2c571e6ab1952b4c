/* Log densities of nodes on their grids, for every class: fitted by one member, or by a
 * team that adds up moments and histograms, divides the nodes of a batch among its
 * members and shares what they computed. Sums are of integers, so both give the same
 * bits. */
#ifndef STRATA_PROBE_DENSITIES_H
#define STRATA_PROBE_DENSITIES_H

#include "base/error.h"
#include "probe/probe.h"

struct densities;

/* For batches of up to `batch` nodes. The share is borrowed. */
enum status densities_create(struct densities **out, const struct probe_share *share,
                             int batch, struct error *err);
void densities_destroy(struct densities *densities);
double densities_bytes(const struct probe_size *size, int batch);

/* Turns to nodes [first, first + n) of a view, which is borrowed until the next call. */
void densities_start(struct densities *densities, const struct probe_view *view,
                     const struct probe_options *options, int first, int n);

/* ln p of the i-th of them, which is not constant: [n_classes, 2^bits + 1], valid until
 * the next call. */
const float *densities_logs(struct densities *densities, int i, int *bits);

/* The bandwidths that these were fitted with: [n_classes], valid as long. */
const double *densities_bandwidth(const struct densities *densities, int i);

/* All samples have the same value: no density can be fitted. */
static inline bool densities_is_constant(struct kde_range range)
{
    return !(range.high > range.low);
}

#endif
