/* Quarantine paths: which corrupted training samples activate which nodes, and how nodes
 * that few others activate follow each other from layer to layer. */
#ifndef STRATA_PROBE_QUARANTINE_H
#define STRATA_PROBE_QUARANTINE_H

#include <stdbool.h>

#include "base/error.h"
#include "probe/corrupted.h"
#include "probe/probe.h"

struct quarantine;

/* Both are borrowed. */
enum status quarantine_create(struct quarantine **out, const struct probe_share *share,
                              const struct corrupted *corrupted, int max_nodes,
                              struct error *err);
void quarantine_destroy(struct quarantine *quarantine);
double quarantine_bytes(const struct probe_size *size);

/* Looks at the next layer, and gives how many of one's own corrupted samples of each
 * class activate each node: [n_nodes, n_classes]. */
void quarantine_count(struct quarantine *quarantine, const struct probe_view *view,
                      uint64_t *counts);

/* Links that layer's quarantine nodes, [n_nodes] flags that all members agree on, to
 * those of the layer before. */
void quarantine_link(struct quarantine *quarantine, const struct probe_view *view,
                     const bool *nodes, struct layer_corruption *out);

#endif
