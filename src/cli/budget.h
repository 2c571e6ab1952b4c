/* The time that a sweep may take: a cell starts only where it is predicted to end in
 * time.
 *
 * A rank decides for itself, by its own clock. What it has finished corrects the
 * predictions of what it may start. */
#ifndef STRATA_CLI_BUDGET_H
#define STRATA_CLI_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct dist;

/* Zero-initialised it limits nothing. */
struct budget {
    bool limited, refused;   /* refused: some cell did not fit */
    double end;              /* of cells, by clock_seconds() */
    double start, predicted; /* of the work that was admitted last */
    double finished_seconds, finished_predicted;
};

/* Takes --time-budget (NULL: no limit). For `auto` the collector asks Slurm what the job
 * has left, and warns where there is no answer: then nothing is limited. A tenth of the
 * time, at most two minutes, is kept for gathering and publishing. Collective. */
enum status budget_init(struct budget *budget, const char *option, struct dist *dist,
                        struct error *err);

/* How many of the first n tasks, run side by side, end in time; it is they that start
 * now. seconds[task] are predicted. */
int budget_admit(struct budget *budget, const double *seconds, const size_t *tasks,
                 int n);

/* What was admitted has ended. */
void budget_learn(struct budget *budget);

/* STATUS_STOPPED where cells were left for want of time. */
enum status budget_outcome(const struct budget *budget, struct error *err);

#endif
