/* Combinations of options that would compute nothing of what they ask for. */
#ifndef STRATA_SWEEP_GRID_CHECK_H
#define STRATA_SWEEP_GRID_CHECK_H

#include "base/error.h"
#include "data/dataset.h"
#include "sweep/grid.h"
#include "sweep/study.h"

/* STATUS_STUDY names the options and their values. A cell may stand aside where another
 * has what is asked for: axes of kinds and fractions are a product. */
enum status grid_check(const struct grid *grid, const struct study *study,
                       const struct dataset *dataset, struct error *err);

#endif
