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
#include "dist/balance.h"

enum {
    OPT_OUTPUT,
    OPT_SET,
    OPT_TEAM,
    OPT_SHARD,
    OPT_RETRY,
    OPT_MAX_FAILURES,
    OPT_CELL_TIMEOUT,
    OPT_BUDGET,
    OPT_LOCK,
    OPT_KERNEL,
    OPT_QUIET
};

/* A cell that has ended so many processes is not tried again. */
enum { SWEEP_DEATHS_MAX = 3 };

/* Seconds beyond a cell's timeout after which a rank that gives no word is ended. */
enum { SWEEP_GRACE = 60 };

/* While it works a rank looks at the world so often. */
#define SWEEP_POLL_SECONDS 1e-3

/* What the command line allows. */
struct sweep_limits {
    int shard, n_shards;  /* cells whose number modulo n_shards is `shard` */
    double cell_timeout;  /* seconds; 0: none, below 0: by what is predicted */
    int64_t max_failures; /* cells that may fail before the run stops; -1: all */
};

struct sweep {
    const struct args *args;
    struct dist *dist;
    struct session session;
    struct rundir dir;
    char path[IO_PATH_MAX];
    struct sweep_limits limits;
    struct rundir_past past;
    int ranks_per_cell;
    struct dist_team *team; /* NULL where a rank has its cells alone */
    struct cell_team cell_team;
    size_t *tasks;      /* [n_left]: cells in this rank's hands, longest first */
    size_t n_tasks;     /* of them, */
    size_t begun;       /* how many are begun, */
    size_t n_risky;     /* and of the rest, at the end, have killed processes before */
    double *loads;      /* [slices]: predicted costs as first divided */
    size_t n_left;      /* cells of all ranks, before the work */
    size_t n_missing;   /* and after it */
    int32_t n_finished; /* by this rank */
    double cost_left;
    struct dist_balance balance;
    double busy;    /* seconds in which this rank worked on cells */
    uint64_t taken; /* cells that it took from other ranks */
    struct budget budget;
    struct journal *journal;
    struct progress *display;
    double current_cost;
    double seen_cost; /* the collector's: of all ranks, when it last looked */
    double polled;    /* when the world was last looked at */
};

/* Reads the options that set limits. */
enum status sweep_limits_parse(struct sweep_limits *limits, const struct args *args,
                               struct error *err);

/* Whether no further cell is to be begun, and those at work left. Not collective. */
bool sweep_must_stop(struct sweep *sweep);

/* Seconds after which a cell that is predicted to take so long is given up; 0: never. */
double sweep_cell_timeout(const struct sweep *sweep, double predicted);

/* Seconds within which any rank at work finishes something or is ended; 0: none is. */
double sweep_patience(const struct sweep *sweep);

/* The same for a step of the start or of the end of a run, where no cell is at work and a
 * disk may be slow. */
double sweep_patience_aside(const struct sweep *sweep);

/* Whether a cell is of this shard. */
bool sweep_includes(const struct sweep *sweep, size_t cell);

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
