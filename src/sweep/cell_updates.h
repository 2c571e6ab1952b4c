/* Whom a step of training adds to a node's sample set, and whom it removes: the update
 * condition and the node-supported cost of Haasbroek & Davel 2020, docs/measures.md.
 *
 * Two streams of samples pass the layers side by side, one through the network as it is
 * and one through the network after a step.
 */
#ifndef STRATA_SWEEP_CELL_UPDATES_H
#define STRATA_SWEEP_CELL_UPDATES_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/train.h"
#include "record/record.h"
#include "sweep/cell_samples.h"
#include "sweep/cell_team.h"

struct cell_updates;

/* Whether a cell's updates are measured: the study asks for them, and its network has no
 * batch normalisation, under which a node's pre-activation is not the condition's. */
bool cell_updates_taken(const struct study *study, const struct spec *spec);

/* Everything is borrowed for the measure's life. */
struct cell_updates_setup {
    const struct net *net;
    enum loss_kind loss;
    struct train_data data;       /* what training has; samples are taken without noise */
    const struct cell_team *team; /* NULL: alone */
};

enum status cell_updates_create(struct cell_updates **out,
                                const struct cell_updates_setup *setup,
                                struct error *err);
void cell_updates_destroy(struct cell_updates *updates);

/* Measures the step from the network `parameters`, whose pre-activations are finite, to
 * the network `stepped`, into snapshot number `snapshot` of the record. A layer where the
 * stepped network is not finite and those above it stay fill. */
void cell_updates_compare(struct cell_updates *updates, const float *parameters,
                          const float *stepped, int snapshot, struct record *record);

/* The same for the plain step on the minibatch of step number `step`. All members of a
 * team call this; trainer and record are NULL for those other than the leader. */
void cell_updates_run(struct cell_updates *updates, const float *parameters,
                      struct trainer *trainer, int64_t step, int snapshot,
                      struct record *record);

/* Bytes that one allocates. */
double cell_updates_bytes(const struct net_shape *shape, const struct split_sizes *sizes);

#endif
