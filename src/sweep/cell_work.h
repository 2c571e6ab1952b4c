/* A cell at work, as its leader (cell.c) and a team's other members (cell_assist.c) see
 * it. */
#ifndef STRATA_SWEEP_CELL_WORK_H
#define STRATA_SWEEP_CELL_WORK_H

#include "sweep/cell.h"
#include "sweep/cell_probe.h"
#include "sweep/cell_updates.h"

struct cell_work {
    const struct cell_context *context;
    const struct spec *spec;
    const struct cell *cell;         /* not a member's */
    struct minibatches *minibatches; /* NULL: the trainer's own */
    struct net net;
    struct cell_samples samples;
    struct trainer *trainer;
    struct cell_probe *probe;
    struct cell_updates *updates; /* NULL: not measured */
    struct cell_result result;
    double seconds; /* of all that was done for this cell */
    double probe_seconds;
    bool diverged;
    bool timed_out;
    bool finished;
    bool called;          /* the leader's: its team is at this cell */
    struct error outcome; /* why it could not go on */
};

/* Samples and network: what training and probes both need. */
enum status cell_work_prepare(struct cell_work *work, struct error *err);

/* What takes the measurements of a snapshot. */
enum status cell_work_create_probe(struct cell_work *work, struct error *err);

/* A node set of the cell's network, at its fill. */
enum status cell_work_create_nodes(const struct cell_work *work, struct node_set *nodes,
                                   struct error *err);

/* Whether all members of a team are ready to probe. */
enum status cell_work_agree(const struct cell_team *team, struct error *err);

/* Ends the cell, for the leader's team too; the result stays. */
void cell_work_finish(struct cell_work *work);

#endif
