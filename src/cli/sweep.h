/* A sweep at work: what the parts of the command share. */
#ifndef STRATA_CLI_SWEEP_H
#define STRATA_CLI_SWEEP_H

#include "base/io.h"
#include "cli/budget.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "cli/team.h"
#include "dist/dist.h"

enum {
    OPT_OUTPUT,
    OPT_SET,
    OPT_TEAM,
    OPT_RETRY,
    OPT_LOCK,
    OPT_KERNEL,
    OPT_BUDGET,
    OPT_QUIET
};

struct sweep {
    const struct args *args;
    struct dist *dist;
    struct session session;
    struct rundir dir;
    char path[IO_PATH_MAX];
    uint8_t *progress; /* [n_cells], as rundir_progress gives it */
    int ranks_per_cell;
    struct dist_team *team; /* NULL where a rank has its cells alone */
    struct cell_team cell_team;
    size_t *tasks; /* cells of this rank, longest first */
    size_t n_tasks;
    size_t n_left; /* cells of all ranks */
    double cost_left;
    struct budget budget;
    struct journal *journal;
    struct progress *display;
    double current_cost;
};

/* Finds what is left to do, and divides it among the ranks or teams of them:
 * ranks_per_cell, team, tasks. Everyone has the same picture afterwards. Collective. */
enum status sweep_divide(struct sweep *sweep, struct error *err);

/* Number of the slice of cells that this rank computes; -1 where it only helps. */
int sweep_slice(const struct sweep *sweep);

#endif
