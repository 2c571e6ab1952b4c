/* The best setting of options that are to be chosen, as a learning rate is. */
#ifndef STRATA_ANALYSIS_SELECT_H
#define STRATA_ANALYSIS_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "record/record.h"

/* What settings are judged by: a complete cell's validation error, else NaN. Nothing of
 * the test set. */
double select_error(const struct record *record, int snapshot);

/* Of the cells that `kept` has true, and for every setting of the other options but the
 * seed, keeps the cells of one setting of the options `among`: of those with the most
 * cells that have an error, as networks that diverged have none, the one with the lowest
 * mean over seeds; the first of equals. options are [n_cells][OPTION_COUNT], error and
 * kept [n_cells]; NaN is no error. */
enum status select_best(const double *options, const double *error, size_t n_cells,
                        const bool among[OPTION_COUNT], bool *kept, struct error *err);

#endif
