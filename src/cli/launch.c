#include "cli/launch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct launch launch_read(void)
{
    struct launch launch = {.by_mpirun = getenv("OMPI_COMM_WORLD_SIZE") != NULL};
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    /* mpirun is itself a step of Slurm: then they count its helpers. */
    if (tasks && !launch.by_mpirun)
        launch.slurm_tasks = atoi(tasks);
    return launch;
}

const char *launch_name(const struct launch *launch)
{
    if (launch->by_mpirun)
        return getenv("SLURM_JOB_ID") ? "mpirun within Slurm" : "mpirun";
    return launch->slurm_tasks > 0 ? "srun" : "none (one rank)";
}

enum status launch_check(const struct launch *launch, int n_ranks, struct error *err)
{
    if (launch->slurm_tasks == 0 || launch->slurm_tasks == n_ranks)
        return STATUS_OK;
    return error_set(
        err, STATUS_USAGE,
        "srun started %d tasks, but MPI has %d rank%s: use srun --mpi=pmix, or "
        "mpirun",
        launch->slurm_tasks, n_ranks, n_ranks == 1 ? "" : "s");
}

static bool is_on(const char *name)
{
    const char *value = getenv(name);
    return value && strcmp(value, "0") != 0 && strcasecmp(value, "false") != 0;
}

static void add_sentence(struct text *out, const char *sentence)
{
    text_appendf(out, "%s%s", out->length > 0 ? " " : "", sentence);
}

void launch_warn(struct text *out)
{
    if (is_on("OMPI_MCA_orte_enable_recovery"))
        add_sentence(out,
                     "mpirun --enable-recovery: the others wait for a rank that dies, "
                     "and the exit code is always 0.");
    if (getenv("OMPI_MCA_orte_abort_on_non_zero_status") &&
        !is_on("OMPI_MCA_orte_abort_on_non_zero_status"))
        add_sentence(out,
                     "orte_abort_on_non_zero_status 0: ranks that fail do not end the "
                     "run.");
}
