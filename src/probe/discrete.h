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

/* What two sums have for each class: they start at the priors [row]; nodes add to `score`
 * on or off, and to `rest` off_coarse where they are off, on_constant, the same for all
 * classes, where they are on. `rest` may wrap. on, off and off_coarse are
 * [n_nodes, row]. */
struct discrete_values {
    const int32_t *prior, *prior_coarse;
    const int32_t *on, *off, *off_coarse;
    uint32_t on_constant;
};

void discrete_fit(struct discrete *discrete, int n_nodes,
                  const struct discrete_values *values);

/* Both sums for n patterns, keys[n, words]: score and rest are [n, row]. */
void discrete_sum(const struct discrete *discrete, const uint64_t *keys, size_t words,
                  size_t n, int32_t *score, uint32_t *rest);

#endif
