/* Sums of interpolated log densities over nodes: the inner loop of the node classifiers.
 *
 * Sums are integers, so they depend on no order. A table's row i holds, for 16 classes, a
 * node's ln p at grid point i in units of 2^-bits as a float that is SCORES_ZERO more
 * than the value: near SCORES_ZERO floats are whole numbers, so adding the interpolated
 * difference rounds to a unit, and the float's own bits can be added as an integer. What
 * that adds too much is known from the number of nodes.
 */
#ifndef STRATA_PROBE_SCORES_H
#define STRATA_PROBE_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "num/kde.h"

enum { SCORES_CLASSES = 16 };

#define SCORES_ZERO 0x1.8p23f

struct scores_row {
    float value[SCORES_CLASSES];
};

struct scores_node {
    const float *z;         /* [n_samples] */
    struct kde_scale scale; /* of z */
    int shift;              /* position >> shift is the grid interval */
    size_t first;           /* its table's first row among all tables, below 2^31 */
};

/* Bits after the point of values and sums: the most, up to 12, that keep values, none
 * below -largest, near SCORES_ZERO, and sums over n_nodes of them within half of an int.
 */
int scores_bits(int n_nodes, double largest);

/* Fills tables from ln p [n_classes, n_points]: one table [n_points] for each 16 classes,
 * one behind the other. */
void scores_fill_tables(const float *logs, int n_classes, size_t n_points, int bits,
                        struct scores_row *tables);

/* Adds the nodes' interpolated values to all[i, class] of every sample and, where the
 * sample is active at the node, to active[i, class]; both are [n_samples, row], and start
 * at zero where they are `fresh`. Each value adds scores_excess(1) too much. */
void scores_add(const struct scores_row *tables, const struct scores_node *nodes,
                int n_nodes, size_t n_samples, bool fresh, int32_t *all, int32_t *active,
                size_t row);

uint32_t scores_excess(int n);

#endif
