/* Cells that a rank trains side by side.
 *
 * A small network spends up to a quarter of its time on pixels: gathering them,
 * converting them, turning them over. Cells with the same seed and batch size take the
 * same minibatches, so that pixels can be loaded once for several. Results are those of
 * cell_run.
 */
#ifndef STRATA_SWEEP_CELL_GROUP_H
#define STRATA_SWEEP_CELL_GROUP_H

#include "sweep/cell.h"

/* More save little more, and all of them are lost together. */
enum { CELL_GROUP_MAX = 4 };

/* Whether a cell of this kind gains by company. */
bool cell_group_joins(const struct cell_context *context, const struct spec *spec);

/* Reorders tasks (indices of the grid's cells): those that run beside tasks[0] come right
 * behind it, the order is kept otherwise. Returns their number, tasks[0] included. Cells
 * with attempts[task] > 0 were begun before and not finished: they may have ended their
 * process, so they get no company. */
int cell_group_gather(const struct cell_context *context, const struct grid *grid,
                      const uint8_t *attempts, size_t *tasks, size_t n_tasks);

/* Takes cell `index` of the group when it has ended; it owns the result. */
typedef enum status cell_group_take_fn(void *state, int index, struct cell_result *result,
                                       struct error *err);

/* Runs n <= CELL_GROUP_MAX cells that were gathered. An error is that of `take`, or
 * STATUS_STOPPED where poll asked to stop; cells that were not taken leave nothing. */
enum status cell_group_run(const struct cell_context *context,
                           const struct cell *const *cells, int n,
                           cell_group_take_fn *take, void *state, struct error *err);

#endif
