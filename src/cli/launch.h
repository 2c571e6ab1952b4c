/* How the ranks were started, as the environment tells it before MPI changes that. */
#ifndef STRATA_CLI_LAUNCH_H
#define STRATA_CLI_LAUNCH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

struct launch {
    bool by_mpirun;
    int slurm_tasks; /* that srun started; 0: it did not */
};

/* Call it before MPI starts. */
struct launch launch_read(void);

/* "mpirun within Slurm". */
const char *launch_name(const struct launch *launch);

/* STATUS_USAGE where srun started other tasks than MPI has ranks: each task would take
 * itself for the only one. */
enum status launch_check(const struct launch *launch, int n_ranks, struct error *err);

/* Sentences about flags of the launcher under which a rank that dies would not end the
 * run, or end it without a word; none where there is nothing to say. */
void launch_warn(struct text *out);

#endif
