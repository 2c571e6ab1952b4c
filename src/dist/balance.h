/* Rebalancing: a rank that has run dry asks the collector, who names the rank that has
 * most left; that rank gives tasks away. All of it is small messages that are answered
 * between other work. Only the rank that has nothing to do waits.
 *
 * Which tasks a rank holds only it knows: a task is in one rank's hands or in a message,
 * so it is done once.
 */
#ifndef STRATA_DIST_BALANCE_H
#define STRATA_DIST_BALANCE_H

#include <stddef.h>
#include <stdint.h>

#include "dist/dist.h"

/* Tasks that one message takes. */
enum { DIST_TASKS_MAX = 1024 };

struct dist_balance {
    void *state;
    /* At the collector: the rank to take from for rank `to`, -1 if nobody has anything.
     * It may be mistaken. */
    int (*choose)(void *state, int to);
    /* At the collector: rank `rank` turned out to have nothing. */
    void (*found_empty)(void *state, int rank);
    /* Takes up to DIST_TASKS_MAX tasks out of this rank's hands; returns how many. */
    size_t (*give)(void *state, uint64_t *tasks);
};

/* Answers what the others have asked; call it often. Not collective. */
void dist_balance_serve(struct dist *dist, const struct dist_balance *balance);

/* Gets tasks[DIST_TASKS_MAX] from another rank and returns how many: 0 when nobody has
 * any that are not begun. Serves, and calls `poll` (may be NULL) with the balance's state
 * about every millisecond, while it waits. Not collective. */
size_t dist_balance_take(struct dist *dist, const struct dist_balance *balance,
                         uint64_t *tasks, void (*poll)(void *state));

#endif
