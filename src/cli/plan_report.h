/* What `plan` found, for people and for programs. */
#ifndef STRATA_CLI_PLAN_REPORT_H
#define STRATA_CLI_PLAN_REPORT_H

#include "cli/session.h"
#include "sweep/plan.h"

struct plan_report {
    const struct session *session;
    const size_t *left; /* [n_left]: cells that are not done */
    size_t n_left;
    const struct plan_outlook *outlooks; /* one a number of ranks */
    int n_outlooks;
    /* Slices of the first number of ranks. */
    const double *load; /* [n_ranks] */
    const int *cells;   /* [n_ranks]: how many */
};

enum status plan_report_text(const struct plan_report *report, struct error *err);
enum status plan_report_json(const struct plan_report *report, struct error *err);

#endif
