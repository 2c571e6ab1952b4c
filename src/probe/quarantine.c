#include "probe/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "probe/scan.h"

enum { WORD = 64 };

/* Nodes, which of one's own corrupted samples activate each (bit k is corrupted->own[k]),
 * and how many nodes the longest path has that ends there. */
struct path_ends {
    size_t n;
    uint64_t *bits;  /* [n, words] */
    int32_t *length; /* [n] */
};

struct quarantine {
    const struct probe_share *share;
    const struct corrupted *corrupted;
    size_t words;
    struct path_ends before, here; /* quarantine nodes; room for [max_nodes] */
    uint64_t *shared; /* [max_nodes]: members with a sample that a node shares */
};

static size_t words_for(size_t n_samples)
{
    return (n_samples + WORD - 1) / WORD;
}

void quarantine_destroy(struct quarantine *q)
{
    if (!q)
        return;
    free(q->before.bits);
    free(q->before.length);
    free(q->here.bits);
    free(q->here.length);
    free(q->shared);
    free(q);
}

enum status quarantine_create(struct quarantine **out, const struct probe_share *share,
                              const struct corrupted *corrupted, int max_nodes,
                              struct error *err)
{
    *out = NULL;
    struct quarantine *q = memory_alloc(1, sizeof *q, err);
    if (!q)
        return err->status;
    size_t nodes = (size_t)max_nodes;
    q->share = share;
    q->corrupted = corrupted;
    q->words = words_for(corrupted->start[share->all.n_classes]);
    q->before.bits = memory_alloc(nodes * q->words, sizeof *q->before.bits, err);
    q->before.length = memory_alloc(nodes, sizeof *q->before.length, err);
    q->here.bits = memory_alloc(nodes * q->words, sizeof *q->here.bits, err);
    q->here.length = memory_alloc(nodes, sizeof *q->here.length, err);
    q->shared = memory_alloc(nodes, sizeof *q->shared, err);
    if (err->status != STATUS_OK) {
        quarantine_destroy(q);
        return err->status;
    }
    *out = q;
    return STATUS_OK;
}

/* At worst all samples are corrupted training samples. */
double quarantine_bytes(const struct probe_size *size)
{
    size_t own = (size_t)size->n_samples / (size_t)size->team_size + 1;
    return size->max_nodes * (2 * (8.0 * (double)words_for(own) + 4) + 8);
}

/* ---- which samples activate which nodes ---- */

/* Word `word` of the bits of nodes [first, first + WORD), from the samples' patterns. */
static void turn_patterns(struct quarantine *q, const struct probe_view *view,
                          size_t word, size_t first)
{
    const struct corrupted *corrupted = q->corrupted;
    size_t n = corrupted->start[q->share->all.n_classes], nodes = (size_t)view->n_nodes;
    uint64_t square[WORD] = {0};
    for (size_t s = 0; s < WORD && word * WORD + s < n; s++)
        square[s] =
            view->keys[corrupted->own[word * WORD + s] * view->words + first / WORD];
    scan_transpose(square);
    for (size_t b = 0; b < WORD && first + b < nodes; b++)
        q->here.bits[(first + b) * q->words + word] = square[b];
}

void quarantine_count(struct quarantine *q, const struct probe_view *view,
                      uint64_t *counts)
{
    struct path_ends freed = q->before;
    size_t nodes = (size_t)view->n_nodes, n_classes = (size_t)q->share->all.n_classes;
    q->before = q->here;
    q->here = freed;
    if (view->layer == 0)
        q->before.n = 0;
    for (size_t first = 0; first < nodes; first += WORD)
        for (size_t word = 0; word < q->words; word++)
            turn_patterns(q, view, word, first);
    for (size_t i = 0; i < nodes; i++)
        for (size_t c = 0; c < n_classes; c++)
            counts[i * n_classes + c] = (uint64_t)scan_count(q->here.bits + i * q->words,
                                                             q->corrupted->start[c],
                                                             q->corrupted->start[c + 1]);
}

/* ---- paths ---- */

/* Moves quarantine nodes to the front. */
static void keep_nodes(struct quarantine *q, int n_nodes, const bool *nodes)
{
    size_t bytes = q->words * sizeof *q->here.bits;
    q->here.n = 0;
    for (size_t i = 0; i < (size_t)n_nodes; i++)
        if (nodes[i])
            memmove(q->here.bits + q->here.n++ * q->words, q->here.bits + i * q->words,
                    bytes);
}

static bool any_common(const uint64_t *a, const uint64_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] & b[i])
            return true;
    return false;
}

/* Marks the nodes of the layer before that share a sample with the i-th one here. */
static void find_shared(struct quarantine *q, size_t i)
{
    const struct probe_team *team = q->share->team;
    for (size_t k = 0; k < q->before.n; k++)
        q->shared[k] = any_common(q->before.bits + k * q->words,
                                  q->here.bits + i * q->words, q->words);
    if (team)
        team->sum(team->state, q->shared, q->before.n);
}

void quarantine_link(struct quarantine *q, const struct probe_view *view,
                     const bool *nodes, struct layer_corruption *out)
{
    keep_nodes(q, view->n_nodes, nodes);
    out->quarantine_links = 0;
    out->quarantine_path_length = 0;
    for (size_t i = 0; i < q->here.n; i++) {
        int32_t length = 1;
        if (q->before.n > 0)
            find_shared(q, i);
        for (size_t k = 0; k < q->before.n; k++) {
            if (!q->shared[k])
                continue;
            out->quarantine_links++;
            if (q->before.length[k] >= length)
                length = q->before.length[k] + 1;
        }
        q->here.length[i] = length;
        if (length > out->quarantine_path_length)
            out->quarantine_path_length = length;
    }
}
