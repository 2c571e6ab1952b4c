/* A cell that a team of ranks works on: the leader trains and calls the members to probe
 * with it (cell_run), the members do as they are told (cell_assist). How calls travel is
 * the caller's; nothing here knows MPI. */
#ifndef STRATA_SWEEP_CELL_TEAM_H
#define STRATA_SWEEP_CELL_TEAM_H

#include "probe/share.h"
#include "sweep/spec.h"

enum cell_call {
    CELL_CALL_START, /* a cell, of `spec` */
    CELL_CALL_PROBE, /* a snapshot of it, whose parameters follow */
    CELL_CALL_END,   /* of the cell */
    CELL_CALL_LEAVE  /* there are no more cells */
};

struct cell_order {
    enum cell_call call;
    struct spec spec;
    int snapshot; /* its number, at CELL_CALL_PROBE */
};

struct cell_team {
    struct probe_team probe;
    void *state;
    /* The leader's order to all members, and a member's wait for it. */
    void (*call)(void *state, const struct cell_order *order);
    void (*wait)(void *state, struct cell_order *order);
    /* The leader's values to all. */
    void (*broadcast)(void *state, float *values, size_t n);
};

#endif
