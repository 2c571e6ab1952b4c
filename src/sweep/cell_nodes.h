/* The nodes of a cell's network as a node set: which there are, and where the probes put
 * what they find about them. */
#ifndef STRATA_SWEEP_CELL_NODES_H
#define STRATA_SWEEP_CELL_NODES_H

#include <stdbool.h>

#include "nn/net.h"
#include "probe/probe.h"
#include "record/node_set.h"

/* All nodes of such a network, hidden and output. */
struct node_shape cell_node_shape(const struct net_shape *shape, bool histograms);

/* Writes what is known before probing: layers, indices, samples of each group. */
void cell_nodes_name(struct node_set *set, const struct net *net,
                     const struct sample_groups *groups);

/* The values of the nodes from number `first` on. */
struct probe_nodes cell_nodes_at(const struct node_set *set, size_t first);

#endif
