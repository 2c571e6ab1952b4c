#include "probe/scores.h"

#include <math.h>
#include <string.h>

#include "num/kernel.h"

enum {
    TOGETHER = 16, /* samples that are looked up together */
    BATCH = 16,    /* nodes that are added to them: their tables stay in a core's cache */
    AHEAD = 2 * TOGETHER
};

typedef float floats __attribute__((vector_size(SCORES_CLASSES * sizeof(float))));
/* Unsigned, as sums may wrap until their excess is taken off. */
typedef uint32_t uints __attribute__((vector_size(SCORES_CLASSES * sizeof(uint32_t))));

int scores_bits(int n_nodes, double largest)
{
    int bits = 12;
    while (bits > 0 && (largest * ldexp(1.0, bits) >= 0x1p22 ||
                        largest * n_nodes * ldexp(1.0, bits) >= 0x1p30))
        bits--;
    return bits;
}

uint32_t scores_excess(int n)
{
    const float zero = SCORES_ZERO;
    uint32_t bits;
    memcpy(&bits, &zero, sizeof bits);
    return bits * (uint32_t)n; /* sums wrap, and so does this */
}

STRATA_KERNEL
void scores_fill_tables(const float *logs, int n_classes, size_t n_points, int bits,
                        struct scores_row *tables)
{
    const float unit = (float)(1 << bits);
    for (int k = 0; k < n_classes; k++) {
        struct scores_row *table = tables + (size_t)(k / SCORES_CLASSES) * n_points;
        const float *from = logs + (size_t)k * n_points;
        for (size_t i = 0; i < n_points; i++)
            table[i].value[k % SCORES_CLASSES] = from[i] * unit + SCORES_ZERO;
    }
}

/* Where TOGETHER samples are in a node's table. */
struct lookup {
    int32_t point[TOGETHER];   /* row of the left end of the interval */
    float part[TOGETHER];      /* of the way to the next */
    uint32_t active[TOGETHER]; /* all bits or none */
};

/* A batch of nodes at TOGETHER samples. */
struct batch {
    const struct scores_row *tables;
    const struct scores_node *nodes;
    int n_nodes;
    bool fresh;        /* sums start here */
    float unit[BATCH]; /* 2^-shift */
    struct lookup lookup[BATCH];
};

static inline __attribute__((always_inline)) void look_up(struct batch *batch, int b,
                                                          size_t start, int n)
{
    const struct scores_node *node = &batch->nodes[b];
    struct lookup *lookup = &batch->lookup[b];
    const float *restrict z = node->z + start;
    const struct kde_scale scale = node->scale;
    const int shift = node->shift;
    const int32_t mask = (1 << shift) - 1;
    const int32_t first = (int32_t)node->first;
    const float unit = batch->unit[b];
    __builtin_prefetch(z + AHEAD, 0, 3);
#pragma GCC unroll 1 /* a loop that is unrolled first does not vectorise */
    for (int i = 0; i < n; i++) {
        int32_t position = kde_position(z[i], scale);
        lookup->point[i] = first + (position >> shift);
        lookup->part[i] = (float)(position & mask) * unit;
        lookup->active[i] = z[i] > 0.0f ? UINT32_MAX : 0;
    }
}

static inline __attribute__((always_inline)) void
add_sample(const struct batch *batch, int n_nodes, int i, int32_t *all, int32_t *active)
{
    uints sum_all = {0}, sum_active = {0}, bits;
    floats left, right;
    if (!batch->fresh) {
        memcpy(&sum_all, all, sizeof sum_all);
        memcpy(&sum_active, active, sizeof sum_active);
    }
    for (int b = 0; b < n_nodes; b++) {
        const struct lookup *lookup = &batch->lookup[b];
        const struct scores_row *at = batch->tables + lookup->point[i];
        memcpy(&left, at, sizeof left);
        memcpy(&right, at + 1, sizeof right);
        floats value = left + lookup->part[i] * (right - left);
        memcpy(&bits, &value, sizeof bits);
        sum_all += bits;
        sum_active += bits & lookup->active[i];
    }
    memcpy(all, &sum_all, sizeof sum_all);
    memcpy(active, &sum_active, sizeof sum_active);
}

/* Samples [start, start + n), n <= TOGETHER. Whole batches get loops of fixed length. */
STRATA_KERNEL
static void add_batch(struct batch *batch, size_t start, int n, int32_t *all,
                      int32_t *active, size_t row)
{
    for (int b = 0; b < batch->n_nodes; b++) {
        if (n == TOGETHER)
            look_up(batch, b, start, TOGETHER);
        else
            look_up(batch, b, start, n);
    }
    for (int i = 0; i < n; i++, all += row, active += row) {
        __builtin_prefetch(all + TOGETHER * row, 1, 3);
        __builtin_prefetch(active + TOGETHER * row, 1, 3);
        if (batch->n_nodes == BATCH)
            add_sample(batch, BATCH, i, all, active);
        else
            add_sample(batch, batch->n_nodes, i, all, active);
    }
}

void scores_add(const struct scores_row *tables, const struct scores_node *nodes,
                int n_nodes, size_t n_samples, bool fresh, int32_t *all, int32_t *active,
                size_t row)
{
    struct batch batch = {.tables = tables};
    for (int first = 0; first < n_nodes; first += BATCH) {
        batch.nodes = nodes + first;
        batch.n_nodes = n_nodes - first < BATCH ? n_nodes - first : BATCH;
        batch.fresh = fresh && first == 0;
        for (int b = 0; b < batch.n_nodes; b++)
            batch.unit[b] = 1.0f / (float)(1 << batch.nodes[b].shift);
        for (size_t i = 0; i < n_samples; i += TOGETHER)
            add_batch(&batch, i,
                      n_samples - i < TOGETHER ? (int)(n_samples - i) : TOGETHER,
                      all + i * row, active + i * row, row);
    }
}
