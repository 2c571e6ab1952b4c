/* The progress display of a sweep, on standard error: a bar with a cost-weighted estimate
 * on a terminal, a line every ten seconds elsewhere. Only the collector shows anything.
 */
#ifndef STRATA_CLI_PROGRESS_H
#define STRATA_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "dist/dist.h"

struct progress;

/* `cost` is the predicted cost of all cells that this run is to compute. */
enum status progress_create(struct progress **out, struct dist *dist, int64_t n_cells,
                            double cost, struct error *err);
void progress_destroy(struct progress *progress);

/* Predicted cost of what this rank holds and has not begun; told with the next message.
 */
void progress_holds(struct progress *progress, double left);

/* The collector's latest view of all ranks [size]. The caller may correct it: a later
 * message of the rank replaces it. */
struct dist_progress *progress_ranks(struct progress *progress);

/* Called between minibatches: tells the collector, at most twice a second, how far this
 * rank is; the collector also shows it. `share` of a cell of cost `cost` is done. */
void progress_tick(struct progress *progress, double share, double cost);

/* A cell of that cost is finished. */
void progress_cell(struct progress *progress, double cost, bool complete);

/* Shows the final state and ends the line. */
void progress_end(struct progress *progress);

#endif
