/* A layer of pre-activations with structure, for the tests of probes: three classes whose
 * means differ from node to node. */
#ifndef STRATA_TESTS_PROBE_LAYER_H
#define STRATA_TESTS_PROBE_LAYER_H

#include <stdlib.h>
#include <string.h>

#include "num/rng.h"
#include "probe/probe.h"
#include "unit.h"

enum { CLASSES = 3, NODES = 70, N_GROUPS = PROBE_SPLITS * CLASSES };
static const uint32_t group_sizes[N_GROUPS] = {120, 90, 60, 30, 0, 25, 40, 35, 50};

struct layer {
    uint32_t start[N_GROUPS + 1];
    struct sample_groups groups;
    size_t stride;
    int n_nodes;
    float *z;
    int32_t pattern_count[N_GROUPS];
    double pattern_entropy[N_GROUPS];
    struct probe_layer out;
    struct probe_nodes nodes; /* used where `active` is set */
};

static inline void make_layer(struct layer *layer, int n_nodes, double separation)
{
    for (int g = 0; g < N_GROUPS; g++)
        layer->start[g + 1] = layer->start[g] + group_sizes[g];
    layer->groups = (struct sample_groups){CLASSES, layer->start};
    layer->stride = layer->start[N_GROUPS] + 5;
    layer->n_nodes = n_nodes;
    layer->z = calloc((size_t)n_nodes * layer->stride, sizeof *layer->z);
    for (int node = 0; node < n_nodes; node++) {
        struct rng noise = {1, RNG_TEST, (uint64_t)node}, mean = {2, RNG_TEST, 0};
        for (int g = 0; g < N_GROUPS; g++)
            for (uint32_t i = layer->start[g]; i < layer->start[g + 1]; i++)
                layer->z[(size_t)node * layer->stride + i] =
                    (float)(separation * rng_normal(&mean, (uint64_t)(node * CLASSES +
                                                                      g % CLASSES)) +
                            rng_normal(&noise, i));
    }
}

static inline void run(struct layer *layer, const struct probe_options *options)
{
    struct error err = {0};
    struct prober *prober;
    struct probe_share share = probe_share_alone(&layer->groups);
    struct probe_values values = {
        .z = layer->z, .stride = layer->stride, .n_nodes = layer->n_nodes};
    prober_create(&prober, &share, layer->n_nodes, options, &err);
    assert_ok(err);
    memset(&layer->out, 0, sizeof layer->out);
    layer->out.pattern_count = layer->pattern_count;
    layer->out.pattern_entropy = layer->pattern_entropy;
    layer->out.nodes = layer->nodes.active ? &layer->nodes : NULL;
    prober_run(prober, &values, &layer->out);
    prober_destroy(prober);
}

static const struct probe_options all_probes = {.measures = (1 << PROBE_COUNT) - 1,
                                                .bandwidth = KDE_SCOTT,
                                                .prior = PROBE_PRIOR_PER_NODE};

static inline float value(const struct layer *layer, int node, uint32_t sample)
{
    return layer->z[(size_t)node * layer->stride + sample];
}

#endif
