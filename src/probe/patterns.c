/* Activation patterns and layer perplexity (Davel et al. 2020, eq. 1 and 2).
 *
 * A sample's pattern is the vector of on/off states of a layer's nodes, kept as an exact
 * bit string; the hash only finds the slot. The entropy is summed over the multiset of
 * occurrence counts in ascending order, so it depends neither on the order of samples nor
 * of nodes, and tables of several ranks could be merged before it is taken.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/memory.h"
#include "probe/probe.h"

struct patterns {
    uint32_t *slots;        /* [n_slots]: index of a pattern + 1, 0 for empty */
    uint32_t *first;        /* [largest group]: a sample that has the pattern */
    uint32_t *counts;       /* [largest group]: occurrences of the pattern */
    uint32_t *multiplicity; /* [largest group + 1]: patterns that occur so often */
    uint32_t n_slots;
};

static uint32_t largest_group(const struct sample_groups *groups)
{
    uint32_t largest = 1;
    for (int g = 0; g < PROBE_SPLITS * groups->n_classes; g++)
        if (groups->start[g + 1] - groups->start[g] > largest)
            largest = groups->start[g + 1] - groups->start[g];
    return largest;
}

static uint32_t slots_for(uint32_t n)
{
    uint32_t slots = 16;
    while (slots < 2 * n)
        slots *= 2;
    return slots;
}

static void patterns_destroy(void *workspace)
{
    struct patterns *p = workspace;
    free(p->slots);
    free(p->first);
    free(p->counts);
    free(p->multiplicity);
    free(p);
}

static void *patterns_create(const struct sample_groups *groups, int max_nodes,
                             struct error *err)
{
    struct patterns *p = memory_alloc(1, sizeof *p, err);
    if (!p)
        return NULL;
    size_t n = largest_group(groups);
    (void)max_nodes;
    p->n_slots = slots_for((uint32_t)n);
    p->slots = memory_alloc(p->n_slots, sizeof *p->slots, err);
    p->first = memory_alloc(n, sizeof *p->first, err);
    p->counts = memory_alloc(n, sizeof *p->counts, err);
    p->multiplicity = memory_alloc(n + 1, sizeof *p->multiplicity, err);
    if (err->status != STATUS_OK) {
        patterns_destroy(p);
        return NULL;
    }
    return p;
}

static double patterns_bytes(double n_samples, int n_classes, int max_nodes)
{
    (void)n_classes; /* at worst all samples are of one class */
    (void)max_nodes;
    return n_samples * (4 * 4 + 4 * 3);
}

/* Fills first and counts; returns the number of distinct keys. */
static uint32_t count_distinct(struct patterns *p, const uint64_t *keys, uint32_t n,
                               size_t words)
{
    uint32_t distinct = 0, mask = slots_for(n) - 1;
    size_t bytes = words * sizeof *keys;
    memset(p->slots, 0, ((size_t)mask + 1) * sizeof *p->slots);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *key = keys + i * words;
        uint32_t slot = (uint32_t)XXH3_64bits(key, bytes) & mask;
        while (p->slots[slot] &&
               memcmp(keys + p->first[p->slots[slot] - 1] * words, key, bytes) != 0)
            slot = (slot + 1) & mask;
        if (!p->slots[slot]) {
            p->first[distinct] = i;
            p->counts[distinct] = 0;
            p->slots[slot] = ++distinct;
        }
        p->counts[p->slots[slot] - 1]++;
    }
    return distinct;
}

static double entropy(struct patterns *p, uint32_t distinct, uint32_t n)
{
    memset(p->multiplicity, 0, ((size_t)n + 1) * sizeof *p->multiplicity);
    for (uint32_t i = 0; i < distinct; i++)
        p->multiplicity[p->counts[i]]++;
    double sum = 0.0;
    for (uint32_t k = 1; k <= n; k++) {
        if (!p->multiplicity[k])
            continue;
        double share = (double)k / n;
        sum -= p->multiplicity[k] * share * log(share);
    }
    return sum > 0.0 ? sum : 0.0; /* one pattern gives -0 */
}

static void patterns_run(void *workspace, const struct probe_view *view,
                         const struct probe_options *options, struct probe_layer *out)
{
    (void)options;
    struct patterns *p = workspace;
    for (int g = 0; g < PROBE_SPLITS * view->groups->n_classes; g++) {
        uint32_t start = view->groups->start[g], n = view->groups->start[g + 1] - start;
        uint32_t distinct = count_distinct(p, view->keys + start * view->words, n,
                                           view->words);
        out->pattern_count[g] = (int32_t)distinct;
        out->pattern_entropy[g] = entropy(p, distinct, n);
    }
}

const struct probe probe_patterns = {
    .name = "patterns",
    .create = patterns_create,
    .destroy = patterns_destroy,
    .run = patterns_run,
    .bytes = patterns_bytes,
};
