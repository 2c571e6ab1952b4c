/* Cells by their options: which are of one setting. */
#ifndef STRATA_ANALYSIS_GROUPING_H
#define STRATA_ANALYSIS_GROUPING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "record/field.h"

/* Numbers the settings of the options that keep groups apart, in order of first
 * appearance: group[i] is that of cell i, options are [n_cells][OPTION_COUNT]. */
enum status grouping_assign(const double *options, size_t n_cells,
                            const bool apart[OPTION_COUNT], int *group, int *n_groups,
                            struct error *err);

#endif
