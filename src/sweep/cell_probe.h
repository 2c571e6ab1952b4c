/* Takes a snapshot's measurements: forward pass over all samples, layer by layer, probes
 * on each layer, results into the cell's record. */
#ifndef STRATA_SWEEP_CELL_PROBE_H
#define STRATA_SWEEP_CELL_PROBE_H

#include <stdbool.h>

#include "base/error.h"
#include "data/dataset.h"
#include "nn/loss.h"
#include "nn/net.h"
#include "record/node_set.h"
#include "record/record.h"
#include "sweep/cell_samples.h"

struct cell_probe;

/* Everything is borrowed for the prober's life. */
struct cell_probe_setup {
    const struct net *net;
    enum loss_kind loss;
    const struct dataset *dataset;
    const struct cell_samples *samples;
    struct input_corruption corruption; /* of training samples */
    const struct probe_team *team;      /* NULL: alone */
    struct probe_options options;
};

enum status cell_probe_create(struct cell_probe **out,
                              const struct cell_probe_setup *setup, struct error *err);
void cell_probe_destroy(struct cell_probe *probe);

/* Measures the network `parameters`, folded where it is normalised (net_fold), as
 * snapshot number `snapshot` of the record, which is NULL for a team's members other than
 * the leader. `nodes`, where it is not NULL, is of cell_node_shape (sweep/cell_nodes.h),
 * at its fill, and gets what each node does; members of a team agree on it. Returns false
 * where a pre-activation is not finite: that layer, those above it and the network's
 * accuracy stay fill, its loss is NaN. All members of a team call this. */
bool cell_probe_run(struct cell_probe *probe, const float *parameters, int snapshot,
                    struct record *record, struct node_set *nodes);

/* Bytes that a prober allocates, in a team of that size the leader's. */
double cell_probe_bytes(const struct net_shape *shape, const struct split_sizes *sizes,
                        unsigned measures, int team_size);

#endif
