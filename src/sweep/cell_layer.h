/* What the probes found about a layer, into the cell's record. */
#ifndef STRATA_SWEEP_CELL_LAYER_H
#define STRATA_SWEEP_CELL_LAYER_H

#include "probe/probe.h"
#include "record/record.h"

/* Where it goes. */
struct cell_layer {
    struct record *record;
    const struct sample_groups *groups; /* of all the cell's samples */
    int snapshot, layer;
};

/* Stores what belongs to the measures (bits) that were taken; what does not exist stays
 * at its fill. */
void cell_layer_store(const struct cell_layer *to, unsigned measures,
                      const struct probe_layer *found);

#endif
