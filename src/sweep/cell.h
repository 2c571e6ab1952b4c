/* Runs one cell: data, network, training and probes meet here. */
#ifndef STRATA_SWEEP_CELL_H
#define STRATA_SWEEP_CELL_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "data/dataset.h"
#include "nn/net.h"
#include "nn/train.h"
#include "record/record.h"
#include "sweep/cell_samples.h"
#include "sweep/cell_team.h"
#include "sweep/grid.h"
#include "sweep/study.h"

/* What all cells of a sweep share; borrowed. */
struct cell_context {
    const struct study *study;
    const struct dataset *dataset;
    struct split_sizes sizes;
    /* Called between minibatches and probes with the share of the cell's epochs that is
     * done; true asks to stop soon. May be NULL. */
    bool (*poll)(void *poll_state, double share);
    void *poll_state;
    /* Ranks that work on each cell together; NULL: alone. */
    const struct cell_team *team;
};

/* A snapshot whose parameters are kept. */
struct kept_network {
    int snapshot;
    int32_t step;
    float *parameters; /* [n_parameters] */
};

struct cell_result {
    struct record record;
    size_t n_parameters;
    struct kept_network *networks; /* in the order in which they were taken */
    int n_networks;
};

/* Trains and probes a cell. Bits of the record but for provenance depend on the cell and
 * the data alone. A loss that is not finite, or memory that runs out, is the cell's
 * outcome (in its status and message), not a failure of the call; STATUS_STOPPED where
 * poll asked to stop. The caller releases the result after STATUS_OK. The leader of a
 * team calls this. */
enum status cell_run(const struct cell_context *context, const struct cell *cell,
                     struct cell_result *result, struct error *err);

/* A team's members other than the leader: probe with it until it has no more cells. */
void cell_assist(const struct cell_context *context);

void cell_result_fini(struct cell_result *result);

/* Shape of a cell's network, of its record, and its training options. */
struct net_shape cell_net_shape(const struct spec *spec, const struct dataset *dataset);
struct record_shape cell_record_shape(const struct spec *spec, const struct study *study,
                                      int n_classes);
struct train_options cell_train_options(const struct spec *spec);

/* The journal's form of a kept network: label, step, count, parameters. */
void kept_network_pack(const struct kept_network *network, const char *label,
                       size_t n_parameters, struct bytes *out);

struct kept_view {
    char label[SNAPSHOT_LABEL_MAX];
    int32_t step;
    size_t n_parameters;
    const float *parameters; /* into the payload */
};
enum status kept_network_view(struct kept_view *view, const void *payload, size_t length,
                              struct error *err);

#endif
