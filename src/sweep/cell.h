/* Runs one cell: data, network, training and probes meet here. */
#ifndef STRATA_SWEEP_CELL_H
#define STRATA_SWEEP_CELL_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "data/dataset.h"
#include "nn/net.h"
#include "nn/train.h"
#include "record/node_set.h"
#include "record/record.h"
#include "sweep/cell_samples.h"
#include "sweep/cell_team.h"
#include "sweep/grid.h"
#include "sweep/kept_network.h"
#include "sweep/study.h"

/* What all cells of a sweep share; borrowed. */
struct cell_context {
    const struct study *study;
    const struct dataset *dataset;
    struct split_sizes sizes;
    const struct normals *normals; /* for cells with noise or Gaussian inputs */
    /* Called between minibatches and probes with the share of the cell's epochs that is
     * done; true asks to stop soon. May be NULL. */
    bool (*poll)(void *poll_state, double share);
    void *poll_state;
    /* A cell that takes longer, in seconds of its own, is given up: status timeout. 0: as
     * long as it takes. */
    double timeout;
    /* Ranks that work on each cell together; NULL: alone. */
    const struct cell_team *team;
};

struct cell_result {
    struct record record;
    size_t n_parameters;
    struct kept_network *networks; /* in the order in which they were taken */
    int n_networks;
    struct node_set *node_sets; /* likewise */
    int n_node_sets;
};

/* Trains and probes a cell. Bits of the record but for provenance depend on the cell and
 * the data alone. A loss that is not finite, memory or time that runs out is the cell's
 * outcome (in its status and message), not a failure of the call; STATUS_STOPPED where
 * poll asked to stop. The caller releases the result after STATUS_OK. The leader of a
 * team calls this. */
enum status cell_run(const struct cell_context *context, const struct cell *cell,
                     struct cell_result *result, struct error *err);

/* The same in steps, for cells that run side by side (sweep/cell_group.h). Everything is
 * borrowed until cell_work_end; `minibatches` as in struct train_data, NULL: its own. */
struct cell_work;
enum status cell_work_begin(struct cell_work **out, const struct cell_context *context,
                            const struct cell *cell, struct minibatches *minibatches,
                            struct error *err);

/* A minibatch with what is due before and after it; false once there is no more to do. */
bool cell_work_advance(struct cell_work *work);

/* Ends it, finished or not: result and status are those of cell_run. */
enum status cell_work_end(struct cell_work *work, struct cell_result *result,
                          struct error *err);

/* The result of a cell that is not run: its identity, this status and message. */
enum status cell_give_up(const struct cell_context *context, const struct cell *cell,
                         enum cell_status status, const char *message,
                         struct cell_result *result, struct error *err);

/* A team's members other than the leader: probe with it until it has no more cells. */
void cell_assist(const struct cell_context *context);

void cell_result_fini(struct cell_result *result);

/* Shape of a cell's network, of its record, and its training options. */
struct net_shape cell_net_shape(const struct spec *spec, const struct dataset *dataset);
struct record_shape cell_record_shape(const struct spec *spec, const struct study *study,
                                      int n_classes);
struct train_options cell_train_options(const struct spec *spec);

/* Whether its epochs are a maximum. */
bool cell_may_stop_early(const struct spec *spec);

/* What ended its training, as FIELD_STOP_REASON: fill where it did not end, and in a cell
 * without a stop rule, so that it is what it was before there were rules. */
int32_t cell_stop_reason(const struct spec *spec, const struct train_progress *progress);

/* What a cell trains with; `labels` [sizes.train] are those that it trains on. */
struct train_data cell_train_data(const struct cell_context *context,
                                  const struct spec *spec, const uint8_t *labels);

#endif
