/* Histograms of nodes: how many samples of each group fall into the equal parts of the
 * range of a node's values. Bins are the highest bits of the densities' positions, so
 * they are integers on every machine. */
#ifndef STRATA_PROBE_HISTOGRAMS_H
#define STRATA_PROBE_HISTOGRAMS_H

#include "probe/probe.h"

/* counts is [n_nodes, 3 * n_classes, PROBE_BINS]; a constant node has all samples in its
 * first bin. `words`, [3 * n_classes * PROBE_BINS], is what a team adds up; alone it may
 * be NULL. All members of a team call this and get the counts of all samples. */
void histograms_count(const struct probe_view *view, int32_t *counts, uint64_t *words);

#endif
