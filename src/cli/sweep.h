/* A sweep at work: what the parts of the command share. */
#ifndef STRATA_CLI_SWEEP_H
#define STRATA_CLI_SWEEP_H

#include "base/io.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "cli/team.h"
#include "dist/balance.h"

enum { OPT_OUTPUT, OPT_SET, OPT_TEAM, OPT_RETRY, OPT_LOCK, OPT_KERNEL, OPT_QUIET };

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
    size_t *tasks;  /* [n_left]: cells in this rank's hands, longest first */
    size_t n_tasks; /* of them, */
    size_t begun;   /* and how many are begun */
    double *loads;  /* [slices]: predicted costs as first divided */
    size_t n_left;  /* cells of all ranks */
    double cost_left;
    struct dist_balance balance;
    double busy;    /* seconds in which this rank worked on cells */
    uint64_t taken; /* cells that it took from other ranks */
    struct journal *journal;
    struct progress *display;
    double current_cost;
};

/* Finds what is left to do, and divides it among the ranks or teams of them:
 * ranks_per_cell, team, tasks. Everyone has the same picture afterwards. Collective. */
enum status sweep_divide(struct sweep *sweep, struct error *err);

/* Runs this rank's cells, or helps with its team's, until no rank has any; a rank that
 * must stop or fails waits for the others without disturbing them. Afterwards everyone
 * has the same outcome. Collective. */
enum status sweep_work(struct sweep *sweep, struct error *err);

/* Prepares to pass cells between ranks. Not collective, like the next three. */
void sweep_balance_start(struct sweep *sweep);

/* Answers ranks that have run dry; called between minibatches. */
void sweep_balance_serve(struct sweep *sweep);

/* Gets cells from another rank once none is left here; false when nobody has any. */
bool sweep_balance_take(struct sweep *sweep);

/* Says what this rank still holds. */
void sweep_balance_tell(struct sweep *sweep);

/* Prints how busy the ranks were in these seconds. Collective. */
void sweep_balance_report(struct sweep *sweep, double seconds);

/* Number of the slice of cells that this rank computes; -1 where it only helps. */
int sweep_slice(const struct sweep *sweep);

#endif
