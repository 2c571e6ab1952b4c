#include "sweep/cell_nodes.h"

_Static_assert((int)NODE_BINS == (int)PROBE_BINS, "one number of bins");

struct node_shape cell_node_shape(const struct net_shape *shape, bool histograms)
{
    return (struct node_shape){.n_nodes = shape->depth * shape->width + shape->n_outputs,
                               .n_classes = shape->n_outputs,
                               .n_bins = histograms ? NODE_BINS : 0};
}

void cell_nodes_name(struct node_set *set, const struct net *net,
                     const struct sample_groups *groups)
{
    int32_t *layers = node_ints(set, NODE_LAYER), *indices = node_ints(set, NODE_INDEX);
    int32_t *samples = node_ints(set, NODE_SAMPLE_COUNT);
    for (int layer = 0; layer < net->n_layers; layer++)
        for (int i = 0; i < net->layers[layer].n_out; i++) {
            *layers++ = layer + 1;
            *indices++ = i;
        }
    for (int split = 0; split < N_SPLITS; split++)
        for (int k = 0; k < groups->n_classes; k++)
            *samples++ = (int32_t)groups_count(groups, split, k);
}

struct probe_nodes cell_nodes_at(const struct node_set *set, size_t first)
{
    size_t n_classes = (size_t)set->shape.n_classes, groups = N_SPLITS * n_classes;
    struct probe_nodes nodes = {
        .active = node_ints(set, NODE_ACTIVE_COUNT) + first * groups,
        .low = node_reals(set, NODE_LOW) + first,
        .high = node_reals(set, NODE_HIGH) + first,
        .predictability = node_reals(set, NODE_PREDICTABILITY) + first * N_SPLITS,
        .informativeness = node_reals(set, NODE_INFORMATIVENESS) + first * N_SPLITS,
        .bandwidth = node_reals(set, NODE_BANDWIDTH) + first * n_classes};
    if (set->shape.n_bins > 0)
        nodes.histogram = node_ints(set, NODE_HISTOGRAM) + first * groups * NODE_BINS;
    return nodes;
}
