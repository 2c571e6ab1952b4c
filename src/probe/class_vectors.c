#include "probe/class_vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/elementary.h"
#include "num/kernel.h"

/* Bits of an activation, those that a mean has more, and those of a cosine in a sum. Of
 * 2^24 samples and 2^16 nodes, sums over samples have 60 bits and products of means
 * summed over nodes 112. */
enum { VALUE_BITS = 36, MEAN_BITS = 12, COSINE_BITS = 36 };
enum { CLEAN, CORRUPT, PARTS };
enum { BLOCK = 512 }; /* corrupted samples whose cosines are found together */

/* Adding this to a double below 2^51 rounds it to a whole number, which then stands in
 * the low bits. */
#define SHIFT 0x1.8p52

struct class_vectors {
    const struct probe_share *share;
    const struct corrupted *corrupted;
    float *values;   /* [own training samples]: one node's activations */
    uint64_t *sums;  /* [max_nodes, PARTS * n_classes]: two's complement */
    int64_t *means;  /* [PARTS * n_classes, max_nodes] */
    double *squares; /* [PARTS * n_classes]: products of means with themselves */
    double scale;    /* of the layer at hand */
    __int128 dot[BLOCK], square[BLOCK];
};

static size_t n_vectors(const struct class_vectors *v)
{
    return PARTS * (size_t)v->share->all.n_classes;
}

void class_vectors_destroy(struct class_vectors *v)
{
    if (!v)
        return;
    free(v->values);
    free(v->sums);
    free(v->means);
    free(v->squares);
    free(v);
}

enum status class_vectors_create(struct class_vectors **out,
                                 const struct probe_share *share,
                                 const struct corrupted *corrupted, int max_nodes,
                                 struct error *err)
{
    *out = NULL;
    struct class_vectors *v = memory_alloc(1, sizeof *v, err);
    if (!v)
        return err->status;
    v->share = share;
    v->corrupted = corrupted;
    size_t n = n_vectors(v), own = groups_split_count(&share->own, PROBE_TRAIN);
    v->values = memory_alloc(own > BLOCK ? own : BLOCK, sizeof *v->values, err);
    v->sums = memory_alloc(n * (size_t)max_nodes, sizeof *v->sums, err);
    v->means = memory_alloc(n * (size_t)max_nodes, sizeof *v->means, err);
    v->squares = memory_alloc(n, sizeof *v->squares, err);
    if (err->status != STATUS_OK) {
        class_vectors_destroy(v);
        return err->status;
    }
    *out = v;
    return STATUS_OK;
}

double class_vectors_bytes(const struct probe_size *size)
{
    return sizeof(struct class_vectors) +
           4.0 * fmax(size->n_samples / size->team_size, BLOCK) +
           PARTS * size->n_classes * (16.0 * size->max_nodes + 8.0);
}

/* ---- whole numbers ---- */

static const float *activate(const struct probe_view *view, const float *z, float *room,
                             size_t n)
{
    if (!view->activate)
        return z;
    view->activate(z, room, n);
    return room;
}

/* What activations are multiplied with. An activation function is monotone, so no value
 * lies beyond those at the ends of a node's range. */
static double find_scale(const struct probe_view *view)
{
    float largest = 0.0f;
    int exponent;
    for (int i = 0; i < view->n_nodes; i++) {
        const float ends[2] = {(float)view->range[i].low, (float)view->range[i].high};
        float room[2];
        const float *a = activate(view, ends, room, 2);
        largest = fmaxf(largest, fmaxf(fabsf(a[0]), fabsf(a[1])));
    }
    frexpf(largest, &exponent);
    return ldexp(1.0, VALUE_BITS - exponent);
}

static inline int64_t whole(double value)
{
    return (int64_t)(elementary_bits(value + SHIFT) - elementary_bits(SHIFT));
}

STRATA_KERNEL
static int64_t sum_values(const float *values, size_t n, double scale)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += whole((double)values[i] * scale);
    return sum;
}

/* ---- class vectors ---- */

/* One node's sums over own samples of every class. */
static void sum_node(struct class_vectors *v, const struct probe_view *view, int node)
{
    const struct corrupted *corrupted = v->corrupted;
    const uint32_t *start = v->share->own.start;
    const int n_classes = v->share->all.n_classes;
    uint64_t *sums = v->sums + (size_t)node * n_vectors(v);
    const float *a = activate(view, view->z + (size_t)node * view->stride, v->values,
                              start[n_classes]);
    for (int c = 0; c < n_classes; c++) {
        int64_t all = sum_values(a + start[c], start[c + 1] - start[c], v->scale);
        int64_t corrupt = 0;
        for (uint32_t i = corrupted->start[c]; i < corrupted->start[c + 1]; i++)
            corrupt += whole((double)a[corrupted->own[i]] * v->scale);
        sums[CLEAN * n_classes + c] = (uint64_t)(all - corrupt);
        sums[CORRUPT * n_classes + c] = (uint64_t)corrupt;
    }
}

/* Samples of a class vector, of all members. */
static uint32_t vector_count(const struct class_vectors *v, int part, int class)
{
    uint32_t corrupt = v->corrupted->count[class];
    return part == CORRUPT ? corrupt
                           : groups_count(&v->share->all, PROBE_TRAIN, class) - corrupt;
}

static const int64_t *mean_of(const struct class_vectors *v, int part, int class,
                              int n_nodes)
{
    size_t row = (size_t)part * (size_t)v->share->all.n_classes + (size_t) class;
    return v->means + row * (size_t)n_nodes;
}

static double product(const int64_t *a, const int64_t *b, int n)
{
    __int128 sum = 0;
    for (int i = 0; i < n; i++)
        sum += (__int128)a[i] * b[i];
    return (double)sum;
}

static void find_means(struct class_vectors *v, int n_nodes)
{
    const int n_classes = v->share->all.n_classes;
    for (int part = 0; part < PARTS; part++)
        for (int c = 0; c < n_classes; c++) {
            int row = part * n_classes + c;
            uint32_t n = vector_count(v, part, c);
            int64_t *mean = v->means + (size_t)row * (size_t)n_nodes;
            for (int i = 0; i < n_nodes; i++) {
                int64_t sum = (int64_t)v->sums[(size_t)i * n_vectors(v) + (size_t)row];
                mean[i] = n ? (int64_t)((__int128)sum * (1 << MEAN_BITS) / n) : 0;
            }
            v->squares[row] = product(mean, mean, n_nodes);
        }
}

/* 0 where a vector is. */
static double cosine(double dot, double square_a, double square_b)
{
    return square_a > 0.0 && square_b > 0.0 ? dot / sqrt(square_a * square_b) : 0.0;
}

/* ---- means of cosines ---- */

/* A running mean; NaN of nothing. */
struct mean {
    double sum;
    int n;
};

static double mean_value(struct mean mean)
{
    return mean.n > 0 ? mean.sum / mean.n : (double)NAN;
}

/* Adds the cosine of two class vectors, if both have samples. */
static void add_cosine(const struct class_vectors *v, const int part[2],
                       const int class[2], int n_nodes, struct mean *mean)
{
    const int64_t *vector[2];
    double square[2];
    for (int k = 0; k < 2; k++) {
        if (vector_count(v, part[k], class[k]) == 0)
            return;
        vector[k] = mean_of(v, part[k], class[k], n_nodes);
        square[k] = v->squares[part[k] * v->share->all.n_classes + class[k]];
    }
    mean->sum += cosine(product(vector[0], vector[1], n_nodes), square[0], square[1]);
    mean->n++;
}

static double between_parts(const struct class_vectors *v, int n_nodes)
{
    struct mean mean = {0};
    for (int c = 0; c < v->share->all.n_classes; c++)
        add_cosine(v, (const int[]){CLEAN, CORRUPT}, (const int[]){c, c}, n_nodes, &mean);
    return mean_value(mean);
}

static double between_classes(const struct class_vectors *v, int part, int n_nodes)
{
    struct mean mean = {0};
    for (int c = 0; c < v->share->all.n_classes; c++)
        for (int d = c + 1; d < v->share->all.n_classes; d++)
            add_cosine(v, (const int[]){part, part}, (const int[]){c, d}, n_nodes, &mean);
    return mean_value(mean);
}

/* What a team adds up over corrupted samples. */
struct sample_sums {
    uint64_t cosines; /* multiples of 2^-COSINE_BITS, two's complement */
    uint64_t zeros;
};

/* Corrupted samples own[first] .. own[first + n - 1], of a class: n <= BLOCK. */
static void add_samples(struct class_vectors *v, const struct probe_view *view, int class,
                        uint32_t first, uint32_t n, struct sample_sums *sums)
{
    const int64_t *mean = mean_of(v, CLEAN, class, view->n_nodes);
    const uint32_t *own = v->corrupted->own + first;
    memset(v->dot, 0, sizeof v->dot);
    memset(v->square, 0, sizeof v->square);
    for (int node = 0; node < view->n_nodes; node++) {
        const float *z = view->z + (size_t)node * view->stride;
        for (uint32_t i = 0; i < n; i++)
            v->values[i] = z[own[i]];
        const float *a = activate(view, v->values, v->values, n);
        for (uint32_t i = 0; i < n; i++) {
            int64_t value = whole((double)a[i] * v->scale);
            v->dot[i] += (__int128)value * mean[node];
            v->square[i] += (__int128)value * value;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        double value = cosine((double)v->dot[i], (double)v->square[i], v->squares[class]);
        sums->cosines += (uint64_t)whole(ldexp(value, COSINE_BITS));
        sums->zeros += v->square[i] == 0;
    }
}

/* Mean over corrupted samples whose class has clean ones. */
static double over_samples(struct class_vectors *v, const struct probe_view *view,
                           int64_t *zeros)
{
    const struct probe_team *team = v->share->team;
    const struct corrupted *corrupted = v->corrupted;
    struct sample_sums sums = {0};
    double n_samples = 0;
    for (int c = 0; c < v->share->all.n_classes; c++) {
        uint32_t end = corrupted->start[c + 1];
        for (uint32_t i = corrupted->start[c]; i < end; i += BLOCK)
            add_samples(v, view, c, i, end - i < BLOCK ? end - i : BLOCK, &sums);
        n_samples += vector_count(v, CLEAN, c) > 0 ? corrupted->count[c] : 0;
    }
    if (team) {
        uint64_t words[2] = {sums.cosines, sums.zeros};
        team->sum(team->state, words, 2);
        sums = (struct sample_sums){words[0], words[1]};
    }
    *zeros = (int64_t)sums.zeros;
    return n_samples > 0 ? ldexp((double)(int64_t)sums.cosines, -COSINE_BITS) / n_samples
                         : (double)NAN;
}

void class_vectors_run(struct class_vectors *v, const struct probe_view *view,
                       struct layer_corruption *out)
{
    const struct probe_team *team = v->share->team;
    const int n_nodes = view->n_nodes;
    v->scale = find_scale(view);
    for (int i = 0; i < n_nodes; i++)
        sum_node(v, view, i);
    if (team)
        team->sum(team->state, v->sums, (size_t)n_nodes * n_vectors(v));
    find_means(v, n_nodes);
    out->sample_cosine = over_samples(v, view, &out->zero_vectors);
    out->clean_corrupt_cosine = between_parts(v, n_nodes);
    out->clean_class_cosine = between_classes(v, CLEAN, n_nodes);
    out->corrupt_class_cosine = between_classes(v, CORRUPT, n_nodes);
    for (int part = 0; part < PARTS; part++)
        for (int c = 0; c < v->share->all.n_classes; c++)
            out->zero_vectors += vector_count(v, part, c) > 0 &&
                                 v->squares[part * v->share->all.n_classes + c] == 0.0;
}
