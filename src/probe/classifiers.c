/* Nodes as classifiers (Davel et al. 2020, section 5.1): for each node a discrete, a
 * continuous and a combined estimate of P(z | class); a layer's decision is the class
 * with the largest sum over nodes of ln P(class | z).
 *
 * The denominator of eq. 11 is the same for all classes and is left out. Scores are sums
 * of multiples of 2^-27 or coarser (kde.h) within 700 a node, so they are exact in double
 * for layers of up to 95,000 nodes: no decision depends on the order of nodes or samples.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/kde.h"
#include "num/kernel.h"
#include "probe/probe.h"

enum {
    NODE_BATCH = 8,    /* nodes whose tables are in cache together */
    SAMPLE_BLOCK = 512 /* samples whose scores are */
};

/* The classifier of one node. */
struct node {
    bool constant;
    int shift;          /* position >> shift is the grid interval */
    float *table;       /* [grid points, padded classes]: ln p */
    double *on, *off;   /* [padded classes]: ln r, ln (1 - r) */
    uint32_t *position; /* [n_samples] */
};

struct classifiers {
    struct sample_groups groups;
    size_t n_samples;
    int padded; /* classes, rounded up to 8 */
    struct node nodes[NODE_BATCH];
    uint64_t *histogram;
    float *convolution;
    double *prior;                 /* [padded]: ln P(class) */
    double *bandwidth;             /* [n_classes] */
    double *scores[PROBE_SYSTEMS]; /* [n_samples, padded] */
};

static int pad(int n_classes)
{
    return (n_classes + 7) / 8 * 8;
}

static void classifiers_destroy(void *workspace)
{
    struct classifiers *c = workspace;
    for (int i = 0; i < NODE_BATCH; i++) {
        free(c->nodes[i].table);
        free(c->nodes[i].on);
        free(c->nodes[i].off);
        free(c->nodes[i].position);
    }
    free(c->histogram);
    free(c->convolution);
    free(c->prior);
    free(c->bandwidth);
    for (int i = 0; i < PROBE_SYSTEMS; i++)
        free(c->scores[i]);
    free(c);
}

static const size_t max_points = ((size_t)1 << KDE_GRID_BITS_MAX) + 1;

static void *classifiers_create(const struct sample_groups *groups, int max_nodes,
                                struct error *err)
{
    (void)max_nodes;
    struct classifiers *c = memory_alloc(1, sizeof *c, err);
    if (!c)
        return NULL;
    c->groups = *groups;
    c->n_samples = groups_total(groups);
    c->padded = pad(groups->n_classes);
    size_t padded = (size_t)c->padded;
    for (int i = 0; i < NODE_BATCH; i++) {
        c->nodes[i].table = memory_alloc(max_points * padded, sizeof(float), err);
        c->nodes[i].on = memory_alloc(padded, sizeof(double), err);
        c->nodes[i].off = memory_alloc(padded, sizeof(double), err);
        c->nodes[i].position = memory_alloc(c->n_samples, sizeof(uint32_t), err);
    }
    c->histogram = memory_alloc(max_points, sizeof *c->histogram, err);
    c->convolution = memory_alloc(kde_workspace(KDE_GRID_BITS_MAX), sizeof(float), err);
    c->prior = memory_alloc(padded, sizeof(double), err);
    c->bandwidth = memory_alloc(padded, sizeof(double), err);
    for (int i = 0; i < PROBE_SYSTEMS; i++)
        c->scores[i] = memory_alloc(c->n_samples * padded, sizeof(double), err);
    if (err->status != STATUS_OK) {
        classifiers_destroy(c);
        return NULL;
    }
    return c;
}

static double classifiers_bytes(double n_samples, int n_classes, int max_nodes)
{
    (void)max_nodes;
    double padded = pad(n_classes);
    return n_samples * (padded * 8 * PROBE_SYSTEMS + 4 * NODE_BATCH) +
           (double)max_points * padded * 4 * NODE_BATCH;
}

/* Multiples of 2^-27, as fine as the interpolated log densities. */
static double quantise(double value)
{
    return rint(value * 0x1p27) * 0x1p-27;
}

/* r_n = (k + 1/2) / (N_n + 1): Jeffreys' prior keeps zero counts finite. */
static void fit_discrete(struct classifiers *c, struct node *node, const int32_t *active)
{
    for (int k = 0; k < c->groups.n_classes; k++) {
        double total = groups_count(&c->groups, PROBE_TRAIN, k);
        node->on[k] = quantise(log((active[k] + 0.5) / (total + 1.0)));
        node->off[k] = quantise(log((total - active[k] + 0.5) / (total + 1.0)));
    }
}

/* Bandwidth of every class and the grid that resolves the narrowest. */
static int choose_bandwidths(struct classifiers *c, const struct node *node,
                             struct kde_range range, const struct probe_options *options)
{
    struct kde_moments all = {0};
    double narrowest = INFINITY;
    for (int k = 0; k < c->groups.n_classes; k++) {
        struct kde_moments moments = {0};
        kde_add_moments(&moments, node->position + c->groups.start[k],
                        groups_count(&c->groups, PROBE_TRAIN, k));
        all.n += moments.n;
        all.sum += moments.sum;
        all.sum_squares += moments.sum_squares;
        c->bandwidth[k] = kde_moments_sd(&moments, range);
    }
    double sd_all = kde_moments_sd(&all, range);
    for (int k = 0; k < c->groups.n_classes; k++) {
        double n = groups_count(&c->groups, PROBE_TRAIN, k);
        c->bandwidth[k] = kde_bandwidth(options->bandwidth, options->bandwidth_fixed,
                                        c->bandwidth[k], n, sd_all);
        if (n > 0)
            narrowest = fmin(narrowest, c->bandwidth[k]);
    }
    return kde_grid_bits(range, narrowest);
}

static void fit_continuous(struct classifiers *c, struct node *node, const float *z,
                           const struct probe_options *options)
{
    struct kde_range range = kde_range(z, c->n_samples);
    node->constant = !(range.high > range.low);
    if (node->constant) {
        /* No density can be fitted, and none would tell classes apart: ln p = 0 for all.
         */
        node->shift = KDE_POSITION_BITS;
        memset(node->table, 0, 2 * (size_t)c->padded * sizeof *node->table);
        memset(node->position, 0, c->n_samples * sizeof *node->position);
        return;
    }
    kde_positions(z, c->n_samples, range, node->position);
    int bits = choose_bandwidths(c, node, range, options);
    node->shift = KDE_POSITION_BITS - bits;
    for (int k = 0; k < c->groups.n_classes; k++) {
        memset(c->histogram, 0, (((size_t)1 << bits) + 1) * sizeof *c->histogram);
        kde_add_histogram(c->histogram, bits, node->position + c->groups.start[k],
                          groups_count(&c->groups, PROBE_TRAIN, k));
        kde_log_table(c->histogram, bits, range, c->bandwidth[k], c->convolution,
                      node->table + k, (size_t)c->padded);
    }
}

/* Scores of n samples at one node; arrays start at the block's first sample. */
struct score_block {
    const float *z;
    const uint32_t *position;
    double *discrete, *continuous, *combined;
    size_t n;
};

static inline __attribute__((always_inline)) void
add_scores_padded(const struct node *node, const struct score_block *block, int padded)
{
    const uint32_t mask = (1u << node->shift) - 1;
    const double unit = 1.0 / (double)(1u << node->shift);
    for (size_t i = 0; i < block->n; i++) {
        bool on = block->z[i] > 0.0f;
        const double *state = on ? node->on : node->off;
        const float *left = node->table +
                            (size_t)(block->position[i] >> node->shift) * (size_t)padded;
        double part = (double)(block->position[i] & mask) * unit;
        double *restrict discrete = block->discrete + i * (size_t)padded;
        double *restrict continuous = block->continuous + i * (size_t)padded;
        double *restrict combined = block->combined + i * (size_t)padded;
        for (int k = 0; k < padded; k++) {
            double low = left[k];
            double density = low + part * ((double)left[k + padded] - low);
            discrete[k] += state[k];
            continuous[k] += density;
            combined[k] += on ? density : state[k];
        }
    }
}

/* The usual ten classes get a loop of fixed length. */
STRATA_KERNEL
static void add_scores(const struct node *node, const struct score_block *block,
                       int padded)
{
    if (padded == 16)
        add_scores_padded(node, block, 16);
    else
        add_scores_padded(node, block, padded);
}

static void add_batch(struct classifiers *c, const struct probe_view *view, int first,
                      int n_nodes)
{
    size_t padded = (size_t)c->padded;
    for (size_t start = 0; start < c->n_samples; start += SAMPLE_BLOCK) {
        size_t n = c->n_samples - start < SAMPLE_BLOCK ? c->n_samples - start
                                                       : SAMPLE_BLOCK;
        for (int i = 0; i < n_nodes; i++) {
            struct score_block block = {
                .z = view->z + (size_t)(first + i) * view->stride + start,
                .position = c->nodes[i].position + start,
                .discrete = c->scores[PROBE_DISCRETE] + start * padded,
                .continuous = c->scores[PROBE_CONTINUOUS] + start * padded,
                .combined = c->scores[PROBE_COMBINED] + start * padded,
                .n = n};
            add_scores(&c->nodes[i], &block, c->padded);
        }
    }
}

/* Scores start at the prior's share: s_l ln P(y) for the product of posteriors, once for
 * naive Bayes, or nothing. */
static void start_scores(struct classifiers *c, const struct probe_options *options,
                         int n_nodes)
{
    double weight = options->prior == PROBE_PRIOR_PER_NODE ? n_nodes
                    : options->prior == PROBE_PRIOR_ONCE   ? 1
                                                           : 0;
    double total = groups_split_count(&c->groups, PROBE_TRAIN);
    size_t padded = (size_t)c->padded;
    for (int k = 0; k < c->groups.n_classes; k++) {
        double share = groups_count(&c->groups, PROBE_TRAIN, k) / total;
        /* A class that corruption has emptied is never decided for, under any rule. */
        c->prior[k] = share > 0.0 ? quantise(weight * log(share)) : -INFINITY;
    }
    for (int s = 0; s < PROBE_SYSTEMS; s++)
        for (size_t i = 0; i < c->n_samples; i++)
            memcpy(c->scores[s] + i * padded, c->prior, padded * sizeof(double));
}

static int decide(const double *scores, int n_classes)
{
    int best = 0;
    for (int k = 1; k < n_classes; k++)
        if (scores[k] > scores[best])
            best = k;
    return best;
}

static void count_correct(const struct classifiers *c, struct probe_layer *out)
{
    int n_classes = c->groups.n_classes;
    memset(out->system_correct, 0, sizeof out->system_correct);
    for (int s = 0; s < PROBE_SYSTEMS; s++)
        for (int g = 0; g < PROBE_SPLITS * n_classes; g++)
            for (uint32_t i = c->groups.start[g]; i < c->groups.start[g + 1]; i++)
                out->system_correct[s][g / n_classes] += decide(c->scores[s] +
                                                                    i * (size_t)c->padded,
                                                                n_classes) ==
                                                         g % n_classes;
}

static void classifiers_run(void *workspace, const struct probe_view *view,
                            const struct probe_options *options, struct probe_layer *out)
{
    struct classifiers *c = workspace;
    start_scores(c, options, view->n_nodes);
    out->constant_nodes = 0;
    for (int first = 0; first < view->n_nodes; first += NODE_BATCH) {
        int n = view->n_nodes - first < NODE_BATCH ? view->n_nodes - first : NODE_BATCH;
        for (int i = 0; i < n; i++) {
            size_t node = (size_t)(first + i);
            fit_discrete(c, &c->nodes[i],
                         view->active +
                             node * (size_t)(PROBE_SPLITS * c->groups.n_classes));
            fit_continuous(c, &c->nodes[i], view->z + node * view->stride, options);
            out->constant_nodes += c->nodes[i].constant;
        }
        add_batch(c, view, first, n);
    }
    count_correct(c, out);
}

const struct probe probe_classifiers = {
    .name = "classifiers",
    .create = classifiers_create,
    .destroy = classifiers_destroy,
    .run = classifiers_run,
    .bytes = classifiers_bytes,
};
