#include "probe/probe.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "num/kernel.h"

#define NEAR_ZERO 1e-6f

static const struct probe *const probes[PROBE_COUNT] = {
    [PROBE_PATTERNS] = &probe_patterns,
    [PROBE_CLASSIFIERS] = &probe_classifiers,
    [PROBE_SAMPLE_SETS] = &probe_sample_sets,
};

struct prober {
    struct sample_groups groups;
    struct probe_options options;
    int32_t *active;
    void *workspace[PROBE_COUNT];
};

uint32_t groups_total(const struct sample_groups *groups)
{
    return groups->start[PROBE_SPLITS * groups->n_classes];
}

uint32_t groups_count(const struct sample_groups *groups, int split, int class)
{
    const uint32_t *start = groups->start + split * groups->n_classes + class;
    return start[1] - start[0];
}

uint32_t groups_split_count(const struct sample_groups *groups, int split)
{
    const uint32_t *start = groups->start + split * groups->n_classes;
    return start[groups->n_classes] - start[0];
}

static bool chosen(unsigned measures, int probe)
{
    return (measures >> probe & 1) != 0;
}

double prober_bytes(unsigned measures, double n_samples, int n_classes, int max_nodes)
{
    double bytes = 4.0 * max_nodes * PROBE_SPLITS * n_classes;
    for (int i = 0; i < PROBE_COUNT; i++)
        if (chosen(measures, i))
            bytes += probes[i]->bytes(n_samples, n_classes, max_nodes);
    return bytes;
}

enum status prober_create(struct prober **out, const struct sample_groups *groups,
                          int max_nodes, const struct probe_options *options,
                          struct error *err)
{
    *out = NULL;
    struct prober *prober = memory_alloc(1, sizeof *prober, err);
    if (!prober)
        return err->status;
    prober->groups = *groups;
    prober->options = *options;
    prober->active = memory_alloc((size_t)max_nodes * PROBE_SPLITS *
                                      (size_t)groups->n_classes,
                                  sizeof *prober->active, err);
    for (int i = 0; i < PROBE_COUNT && err->status == STATUS_OK; i++)
        if (chosen(options->measures, i))
            prober->workspace[i] = probes[i]->create(&prober->groups, max_nodes, err);
    if (err->status != STATUS_OK) {
        prober_destroy(prober);
        return err->status;
    }
    *out = prober;
    return STATUS_OK;
}

void prober_destroy(struct prober *prober)
{
    if (!prober)
        return;
    for (int i = 0; i < PROBE_COUNT; i++)
        if (prober->workspace[i])
            probes[i]->destroy(prober->workspace[i]);
    free(prober->active);
    free(prober);
}

struct tally {
    int32_t active, near_zero, odd;
};

STRATA_KERNEL
static struct tally count_row(const float *z, size_t n)
{
    int32_t active = 0, near_zero = 0, odd = 0;
    for (size_t i = 0; i < n; i++) {
        active += z[i] > 0.0f;
        near_zero += fabsf(z[i]) < NEAR_ZERO;
        odd += !(fabsf(z[i]) < INFINITY);
    }
    return (struct tally){active, near_zero, odd};
}

/* Counts shared by all probes; false where a value is not finite. */
static bool count_active(struct prober *prober, const float *z, size_t stride,
                         int n_nodes, struct probe_layer *out)
{
    const struct sample_groups *groups = &prober->groups;
    int n_groups = PROBE_SPLITS * groups->n_classes;
    bool finite = true;
    for (int split = 0; split < PROBE_SPLITS; split++)
        out->near_zero[split] = 0;
    for (int node = 0; node < n_nodes; node++) {
        for (int g = 0; g < n_groups; g++) {
            struct tally tally = count_row(z + (size_t)node * stride + groups->start[g],
                                           groups->start[g + 1] - groups->start[g]);
            prober->active[node * n_groups + g] = tally.active;
            out->near_zero[g / groups->n_classes] += tally.near_zero;
            finite = finite && tally.odd == 0;
        }
    }
    return finite;
}

void prober_run(struct prober *prober, const float *z, size_t stride, int n_nodes,
                struct probe_layer *out)
{
    out->finite = count_active(prober, z, stride, n_nodes, out);
    if (!out->finite)
        return;
    struct probe_view view = {.z = z,
                              .stride = stride,
                              .n_nodes = n_nodes,
                              .groups = &prober->groups,
                              .active = prober->active};
    for (int i = 0; i < PROBE_COUNT; i++)
        if (prober->workspace[i])
            probes[i]->run(prober->workspace[i], &view, &prober->options, out);
}
