#include "probe/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "probe/scan.h"

static const struct probe *const probes[PROBE_COUNT] = {
    [PROBE_PATTERNS] = &probe_patterns,
    [PROBE_CLASSIFIERS] = &probe_classifiers,
    [PROBE_SAMPLE_SETS] = &probe_sample_sets,
};

enum { WORD = 64 };

struct prober {
    struct sample_groups groups;
    struct probe_options options;
    int32_t *active; /* these three: see struct probe_view */
    struct kde_range *range;
    uint64_t *keys;
    uint64_t *signs; /* [WORD, sign_words]: bits of one node after another */
    size_t sign_words;
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
    double bytes = max_nodes *
                       (4.0 * PROBE_SPLITS * n_classes + sizeof(struct kde_range)) +
                   n_samples * (8.0 * ((max_nodes + WORD - 1) / WORD) + WORD / 8.0);
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
    size_t n_samples = groups_total(groups);
    prober->sign_words = (n_samples + WORD - 1) / WORD;
    prober->range = memory_alloc((size_t)max_nodes, sizeof *prober->range, err);
    prober->keys = memory_alloc(prober->sign_words * WORD *
                                    (((size_t)max_nodes + WORD - 1) / WORD),
                                sizeof *prober->keys, err);
    prober->signs = memory_alloc(WORD * prober->sign_words, sizeof *prober->signs, err);
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
    free(prober->range);
    free(prober->keys);
    free(prober->signs);
    free(prober);
}

/* Range, values near zero and signs of one node; false where a value is not finite. */
static bool scan_node(struct prober *prober, const float *z, int node, uint64_t *signs,
                      struct probe_layer *out)
{
    const struct sample_groups *groups = &prober->groups;
    const int n_classes = groups->n_classes, n_groups = PROBE_SPLITS * n_classes;
    struct kde_range range = {INFINITY, -INFINITY};
    bool finite = true;
    for (int split = 0; split < PROBE_SPLITS; split++) {
        uint32_t n = groups_split_count(groups, split);
        if (n == 0)
            continue;
        struct scan scan = scan_values(z + groups->start[split * n_classes], n);
        out->near_zero[split] += scan.near_zero;
        finite = finite && scan.odd == 0.0f;
        range.low = fmin(range.low, (double)scan.low);
        range.high = fmax(range.high, (double)scan.high);
    }
    prober->range[node] = range;
    scan_signs(z, groups_total(groups), signs);
    for (int g = 0; g < n_groups; g++)
        prober->active[node * n_groups + g] = scan_count(signs, groups->start[g],
                                                         groups->start[g + 1]);
    return finite;
}

/* Word `word` of all keys from the signs of its n nodes. */
static void pack_keys(struct prober *prober, size_t word, size_t words, size_t n)
{
    uint64_t square[WORD];
    for (size_t i = 0; i < prober->sign_words; i++) {
        for (size_t b = 0; b < WORD; b++)
            square[b] = b < n ? prober->signs[b * prober->sign_words + i] : 0;
        scan_transpose(square);
        for (size_t s = 0; s < WORD; s++)
            prober->keys[(i * WORD + s) * words + word] = square[s];
    }
}

static bool scan_layer(struct prober *prober, const float *z, size_t stride, int n_nodes,
                       struct probe_layer *out)
{
    size_t words = ((size_t)n_nodes + WORD - 1) / WORD;
    bool finite = true;
    for (int split = 0; split < PROBE_SPLITS; split++)
        out->near_zero[split] = 0;
    for (size_t word = 0; word < words; word++) {
        size_t first = word * WORD;
        size_t n = (size_t)n_nodes - first < WORD ? (size_t)n_nodes - first : WORD;
        for (size_t b = 0; b < n; b++)
            finite &= scan_node(prober, z + (first + b) * stride, (int)(first + b),
                                prober->signs + b * prober->sign_words, out);
        pack_keys(prober, word, words, n);
    }
    return finite;
}

void prober_run(struct prober *prober, const float *z, size_t stride, int n_nodes,
                struct probe_layer *out)
{
    out->finite = scan_layer(prober, z, stride, n_nodes, out);
    if (!out->finite)
        return;
    struct probe_view view = {.z = z,
                              .stride = stride,
                              .n_nodes = n_nodes,
                              .groups = &prober->groups,
                              .active = prober->active,
                              .range = prober->range,
                              .keys = prober->keys,
                              .words = ((size_t)n_nodes + WORD - 1) / WORD};
    for (int i = 0; i < PROBE_COUNT; i++)
        if (prober->workspace[i])
            probes[i]->run(prober->workspace[i], &view, &prober->options, out);
}
