#include "probe/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "probe/histograms.h"
#include "probe/scan.h"

static const struct probe *const probes[PROBE_COUNT] = {
    [PROBE_PATTERNS] = &probe_patterns,
    [PROBE_CLASSIFIERS] = &probe_classifiers,
    [PROBE_SAMPLE_SETS] = &probe_sample_sets,
    [PROBE_CORRUPTION] = &probe_corruption,
};

enum { WORD = 64 };

/* What a team counts of a layer beside active samples. */
enum { COUNT_NEAR_ZERO, COUNT_NOT_FINITE = PROBE_SPLITS, COUNTS };

struct prober {
    struct probe_share share;
    struct probe_options options;
    int32_t *active; /* these three: see struct probe_view */
    struct kde_range *range;
    uint64_t *keys;
    uint64_t *signs; /* [WORD, sign_words]: bits of one node after another */
    size_t sign_words;
    uint64_t *sums; /* what a team adds up, and compares: [max_nodes * groups + */
    float *largest; /* COUNTS] or [groups, PROBE_BINS], [max_nodes, 2] */
    void *workspace[PROBE_COUNT];
};

static bool chosen(unsigned measures, int probe)
{
    return (measures >> probe & 1) != 0;
}

double prober_bytes(unsigned measures, const struct probe_size *size)
{
    double n = size->n_samples / size->team_size, nodes = size->max_nodes;
    double n_groups = (double)PROBE_SPLITS * size->n_classes;
    double bytes = nodes * (4 * n_groups + sizeof(struct kde_range)) +
                   n * (8.0 * ((size->max_nodes + WORD - 1) / WORD) + WORD / 8.0);
    if (size->team_size > 1)
        bytes += 8 * n_groups * fmax(nodes, PROBE_BINS) + 8 * nodes;
    for (int i = 0; i < PROBE_COUNT; i++)
        if (chosen(measures, i))
            bytes += probes[i]->bytes(size);
    return bytes;
}

static void allocate(struct prober *prober, size_t max_nodes, struct error *err)
{
    const struct probe_share *share = &prober->share;
    size_t n_groups = PROBE_SPLITS * (size_t)share->all.n_classes;
    size_t words = (max_nodes + WORD - 1) / WORD;
    prober->sign_words = (groups_total(&share->own) + WORD - 1) / WORD;
    prober->active = memory_alloc(max_nodes * n_groups, sizeof *prober->active, err);
    prober->range = memory_alloc(max_nodes, sizeof *prober->range, err);
    prober->keys = memory_alloc(prober->sign_words * WORD * words, sizeof *prober->keys,
                                err);
    prober->signs = memory_alloc(WORD * prober->sign_words, sizeof *prober->signs, err);
    if (!share->team)
        return;
    size_t rows = max_nodes > PROBE_BINS ? max_nodes : PROBE_BINS;
    prober->sums = memory_alloc(rows * n_groups + COUNTS, sizeof *prober->sums, err);
    prober->largest = memory_alloc(2 * max_nodes, sizeof *prober->largest, err);
}

enum status prober_create(struct prober **out, const struct probe_share *share,
                          int max_nodes, const struct probe_options *options,
                          struct error *err)
{
    *out = NULL;
    struct prober *prober = memory_alloc(1, sizeof *prober, err);
    if (!prober)
        return err->status;
    prober->share = *share;
    prober->options = *options;
    allocate(prober, (size_t)max_nodes, err);
    for (int i = 0; i < PROBE_COUNT && err->status == STATUS_OK; i++)
        if (chosen(options->measures, i))
            prober->workspace[i] = probes[i]->create(&prober->share, max_nodes, err);
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
    free(prober->sums);
    free(prober->largest);
    free(prober);
}

/* Range, values near zero and signs of one node; false where a value is not finite. */
static bool scan_node(struct prober *prober, const float *z, int node, uint64_t *signs,
                      struct probe_layer *out)
{
    const struct sample_groups *groups = &prober->share.own;
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

static bool scan_layer(struct prober *prober, const struct probe_values *values,
                       struct probe_layer *out)
{
    size_t nodes = (size_t)values->n_nodes, words = (nodes + WORD - 1) / WORD;
    bool finite = true;
    for (int split = 0; split < PROBE_SPLITS; split++)
        out->near_zero[split] = 0;
    for (size_t word = 0; word < words; word++) {
        size_t first = word * WORD;
        size_t n = nodes - first < WORD ? nodes - first : WORD;
        for (size_t b = 0; b < n; b++)
            finite &= scan_node(prober, values->z + (first + b) * values->stride,
                                (int)(first + b), prober->signs + b * prober->sign_words,
                                out);
        pack_keys(prober, word, words, n);
    }
    return finite;
}

/* Counts and ranges of one's own samples become those of all. */
static void merge_scans(struct prober *prober, int n_nodes, struct probe_layer *out)
{
    const struct probe_team *team = prober->share.team;
    size_t nodes = (size_t)n_nodes;
    size_t n = nodes * PROBE_SPLITS * (size_t)prober->share.all.n_classes;
    uint64_t *active = prober->sums, *counts = active + n;
    for (size_t i = 0; i < n; i++)
        active[i] = (uint64_t)prober->active[i];
    for (int split = 0; split < PROBE_SPLITS; split++)
        counts[COUNT_NEAR_ZERO + split] = (uint64_t)out->near_zero[split];
    counts[COUNT_NOT_FINITE] = !out->finite;
    for (size_t i = 0; i < nodes; i++) {
        prober->largest[2 * i] = (float)-prober->range[i].low;
        prober->largest[2 * i + 1] = (float)prober->range[i].high;
    }
    team->sum(team->state, prober->sums, n + COUNTS);
    team->largest(team->state, prober->largest, 2 * nodes);
    for (size_t i = 0; i < n; i++)
        prober->active[i] = (int32_t)active[i];
    for (int split = 0; split < PROBE_SPLITS; split++)
        out->near_zero[split] = (int64_t)counts[COUNT_NEAR_ZERO + split];
    out->finite = counts[COUNT_NOT_FINITE] == 0;
    for (size_t i = 0; i < nodes; i++)
        prober->range[i] = (struct kde_range){-(double)prober->largest[2 * i],
                                              prober->largest[2 * i + 1]};
}

/* What the scan found about each node, and how its values are spread. */
static void store_nodes(struct prober *prober, const struct probe_view *view,
                        struct probe_nodes *nodes)
{
    size_t n_groups = PROBE_SPLITS * (size_t)view->share->all.n_classes;
    memcpy(nodes->active, view->active,
           (size_t)view->n_nodes * n_groups * sizeof *nodes->active);
    for (int i = 0; i < view->n_nodes; i++) {
        nodes->low[i] = view->range[i].low;
        nodes->high[i] = view->range[i].high;
    }
    if (nodes->histogram)
        histograms_count(view, nodes->histogram, prober->sums);
}

void prober_run(struct prober *prober, const struct probe_values *values,
                struct probe_layer *out)
{
    out->finite = scan_layer(prober, values, out);
    if (prober->share.team)
        merge_scans(prober, values->n_nodes, out);
    if (!out->finite)
        return;
    struct probe_view view = {.z = values->z,
                              .stride = values->stride,
                              .n_nodes = values->n_nodes,
                              .layer = values->layer,
                              .activate = values->activate,
                              .share = &prober->share,
                              .active = prober->active,
                              .range = prober->range,
                              .keys = prober->keys,
                              .words = ((size_t)values->n_nodes + WORD - 1) / WORD};
    if (out->nodes)
        store_nodes(prober, &view, out->nodes);
    for (int i = 0; i < PROBE_COUNT; i++)
        if (prober->workspace[i])
            probes[i]->run(prober->workspace[i], &view, &prober->options, out);
}
