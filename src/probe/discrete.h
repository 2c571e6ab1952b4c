/* Sums of a node's constants over samples' on/off patterns: the discrete system. */
#ifndef STRATA_PROBE_DISCRETE_H
#define STRATA_PROBE_DISCRETE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct discrete;

/* For layers of up to max_nodes nodes; `row` >= classes, a multiple of 16. */
enum status discrete_create(struct discrete **out, int max_nodes, size_t row,
                            struct error *err);
void discrete_destroy(struct discrete *discrete);
double discrete_bytes(int max_nodes, size_t row);

/* What a node adds to each class: [n_nodes, row]. `on` and `off` are for the sums over
 * all nodes, `off_coarse` for the sum over those that are off, in units of its own. */
struct discrete_values {
    const int32_t *on, *off, *off_coarse;
};

void discrete_fit(struct discrete *discrete, int n_nodes,
                  const struct discrete_values *values);

/* all[class] = what the nodes add for the pattern `key`, off[class] = what those add that
 * are off; both [row]. */
void discrete_sum(const struct discrete *discrete, const uint64_t *key, int32_t *all,
                  int32_t *off);

#endif
