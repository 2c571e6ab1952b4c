/* Nodes as classifiers (Davel et al. 2020, section 5.1): for each node a discrete, a
 * continuous and a combined estimate of P(z | class); a layer's decision is the class
 * with the largest sum over nodes of ln P(class | z).
 *
 * The denominator of eq. 11 is the same for all classes and is left out. Logarithms are
 * rounded to multiples of a power of two and summed as integers, so no decision depends
 * on the order of nodes or samples.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/elementary.h"
#include "num/kde.h"
#include "num/kernel.h"
#include "probe/densities.h"
#include "probe/discrete.h"
#include "probe/probe.h"
#include "probe/scores.h"

enum { BLOCK = 64 }; /* samples that are judged together */

struct classifiers {
    const struct probe_share *share;
    size_t n_samples;          /* own */
    size_t row;                /* classes, rounded up to 16 */
    int batch;                 /* nodes that are fitted before they are added */
    struct scores_row *tables; /* row / 16 of each node of a batch */
    struct scores_node *nodes; /* [batch] */
    struct densities *densities;
    double *bandwidth; /* [n_nodes, n_classes]: the caller's; NULL: not asked for */
    float *zeros;      /* [row, 2]: ln p of a constant node */
    /* Integers: of the discrete system in units of 2^-discrete_bits ("fine"), of the
     * others in units of 2^-score_bits ("coarse"). */
    int discrete_bits, score_bits;
    int32_t *on, *off, *off_coarse;     /* [max_nodes, row]: ln r, ln (1 - r) twice */
    int32_t *prior_fine, *prior_coarse; /* [row]: ln P(class) */
    int32_t *possible;                  /* [row]: -1 for classes with training samples */
    int32_t *before;       /* [row]: 1 for classes before that in judgement */
    int32_t *all, *active; /* [n_samples, row]: sums of log densities, with excess */
    uint32_t *rest_of_all; /* [row]: what makes them the continuous system's scores */
    /* [BLOCK, row]: of some samples the scores of the discrete system, and what makes the
     * sums over active nodes those of the combined one. */
    int32_t *discrete_scores;
    uint32_t *rest_of_active;
    struct discrete *discrete;
};

static size_t pad(int n_classes)
{
    return ((size_t)n_classes + SCORES_CLASSES - 1) / SCORES_CLASSES * SCORES_CLASSES;
}

/* About as many tables as a shared cache holds. */
static int batch_size(size_t row)
{
    enum { FLOATS_OF_ROWS = 512 };
    return row < FLOATS_OF_ROWS / 4 ? (int)(FLOATS_OF_ROWS / row) : 4;
}

static void classifiers_destroy(void *workspace)
{
    struct classifiers *c = workspace;
    free(c->tables);
    free(c->nodes);
    densities_destroy(c->densities);
    free(c->zeros);
    free(c->on);
    free(c->off);
    free(c->off_coarse);
    free(c->prior_fine);
    free(c->prior_coarse);
    free(c->possible);
    free(c->before);
    free(c->all);
    free(c->active);
    free(c->rest_of_all);
    free(c->discrete_scores);
    free(c->rest_of_active);
    discrete_destroy(c->discrete);
    free(c);
}

static const size_t max_points = ((size_t)1 << KDE_GRID_BITS_MAX) + 1;

static void allocate(struct classifiers *c, size_t max_nodes, struct error *err)
{
    size_t batch = (size_t)c->batch;
    c->tables = memory_alloc(batch * max_points * (c->row / SCORES_CLASSES),
                             sizeof *c->tables, err);
    c->nodes = memory_alloc(batch, sizeof *c->nodes, err);
    c->zeros = memory_alloc(2 * c->row, sizeof *c->zeros, err);
    c->on = memory_alloc(max_nodes * c->row, sizeof(int32_t), err);
    c->off = memory_alloc(max_nodes * c->row, sizeof(int32_t), err);
    c->off_coarse = memory_alloc(max_nodes * c->row, sizeof(int32_t), err);
    c->prior_fine = memory_alloc(c->row, sizeof(int32_t), err);
    c->prior_coarse = memory_alloc(c->row, sizeof(int32_t), err);
    c->possible = memory_alloc(c->row, sizeof(int32_t), err);
    c->before = memory_alloc(c->row, sizeof(int32_t), err);
    c->all = memory_alloc(c->n_samples * c->row, sizeof(int32_t), err);
    c->active = memory_alloc(c->n_samples * c->row, sizeof(int32_t), err);
    c->rest_of_all = memory_alloc(c->row, sizeof(int32_t), err);
    c->discrete_scores = memory_alloc(BLOCK * c->row, sizeof(int32_t), err);
    c->rest_of_active = memory_alloc(BLOCK * c->row, sizeof(int32_t), err);
}

static void *classifiers_create(const struct probe_share *share, int max_nodes,
                                struct error *err)
{
    struct classifiers *c = memory_alloc(1, sizeof *c, err);
    if (!c)
        return NULL;
    c->share = share;
    c->n_samples = groups_total(&share->own);
    c->row = pad(c->share->all.n_classes);
    c->batch = batch_size(c->row);
    allocate(c, (size_t)max_nodes, err);
    if (err->status != STATUS_OK ||
        densities_create(&c->densities, share, c->batch, err) != STATUS_OK ||
        discrete_create(&c->discrete, max_nodes, c->row, err) != STATUS_OK) {
        classifiers_destroy(c);
        return NULL;
    }
    return c;
}

static double classifiers_bytes(const struct probe_size *size)
{
    size_t row = pad(size->n_classes);
    int batch = batch_size(row);
    return 8.0 * size->n_samples / size->team_size * (double)row +
           4.0 * (double)max_points * (double)(row * (size_t)batch) +
           12.0 * size->max_nodes * (double)row + 8.0 * BLOCK * (double)row +
           densities_bytes(size, batch) + discrete_bytes(size->max_nodes, row);
}

/* Bits after the point of the discrete estimate's logarithms: as many as keep sums over
 * the layer's nodes within half of an int, at most 24. None is below -ln(2 N + 2). */
static int discrete_bits(const struct classifiers *c, int n_nodes)
{
    double largest = elementary_log(
        2.0 * groups_split_count(&c->share->all, PROBE_TRAIN) + 2);
    int bits = 24;
    while (largest * n_nodes * ldexp(1.0, bits) >= 0x1p30)
        bits--;
    return bits;
}

/* r_n = (k + 1/2) / (N_n + 1): Jeffreys' prior keeps zero counts finite. */
static void fit_discrete(struct classifiers *c, const struct probe_view *view)
{
    const double fine = ldexp(1.0, c->discrete_bits), coarse = ldexp(1.0, c->score_bits);
    for (size_t node = 0; node < (size_t)view->n_nodes; node++) {
        const int32_t *active = view->active +
                                node * (size_t)(PROBE_SPLITS * c->share->all.n_classes);
        for (int k = 0; k < c->share->all.n_classes; k++) {
            double total = groups_count(&c->share->all, PROBE_TRAIN, k);
            double on = elementary_log((active[k] + 0.5) / (total + 1.0));
            double off = elementary_log((total - active[k] + 0.5) / (total + 1.0));
            size_t at = node * c->row + (size_t)k;
            c->on[at] = (int32_t)rint(on * fine);
            c->off[at] = (int32_t)rint(off * fine);
            c->off_coarse[at] = (int32_t)rint(off * coarse);
        }
    }
    discrete_fit(c->discrete, view->n_nodes,
                 &(struct discrete_values){.prior = c->prior_fine,
                                           .prior_coarse = c->prior_coarse,
                                           .on = c->on,
                                           .off = c->off,
                                           .off_coarse = c->off_coarse,
                                           .on_constant = -scores_excess(1)});
}

/* Rows of one of a node's tables. */
static size_t table_rows(const struct scores_node *node)
{
    return ((size_t)1 << (KDE_POSITION_BITS - node->shift)) + 1;
}

static void store_bandwidth(struct classifiers *c, size_t index, const double *bandwidth)
{
    int n_classes = c->share->all.n_classes;
    for (int k = 0; c->bandwidth && k < n_classes; k++)
        if (groups_count(&c->share->all, PROBE_TRAIN, k) > 0)
            c->bandwidth[index * (size_t)n_classes + (size_t)k] = bandwidth[k];
}

/* Fits node number `index`, the i-th of its batch; its tables begin at row `first`. A
 * constant node has one interval in which no density tells classes apart: ln p = 0. */
static void fit_continuous(struct classifiers *c, const struct probe_view *view,
                           size_t index, int i, size_t first)
{
    struct kde_range range = view->range[index];
    const float *logs = c->zeros;
    int bits = 0;
    if (!densities_is_constant(range)) {
        logs = densities_logs(c->densities, i, &bits);
        store_bandwidth(c, index, densities_bandwidth(c->densities, i));
    }
    c->nodes[i] = (struct scores_node){.z = view->z + index * view->stride,
                                       .scale = kde_scale(range),
                                       .shift = KDE_POSITION_BITS - bits,
                                       .first = first};
    scores_fill_tables(logs, c->share->all.n_classes, table_rows(&c->nodes[i]),
                       c->score_bits, c->tables + first);
}

/* Adds n nodes from number `start`; returns how many are constant. */
static int32_t add_nodes(struct classifiers *c, const struct probe_view *view,
                         const struct probe_options *options, int start, int n)
{
    int32_t constant = 0;
    size_t used = 0;
    densities_start(c->densities, view, options, start, n);
    for (int i = 0; i < n; i++) {
        fit_continuous(c, view, (size_t)(start + i), i, used);
        used += table_rows(&c->nodes[i]) * (c->row / SCORES_CLASSES);
        constant += densities_is_constant(view->range[start + i]);
    }
    for (size_t first = 0; first < c->row; first += SCORES_CLASSES) {
        scores_add(c->tables, c->nodes, n, c->n_samples, start == 0, c->all + first,
                   c->active + first, c->row);
        for (int i = 0; i < n; i++)
            c->nodes[i].first += table_rows(&c->nodes[i]);
    }
    return constant;
}

/* Sums of log densities of own samples over all nodes; returns how many are constant. */
static int32_t sum_continuous(struct classifiers *c, const struct probe_view *view,
                              const struct probe_options *options)
{
    int32_t constant = 0;
    for (int start = 0; start < view->n_nodes; start += c->batch) {
        int n = view->n_nodes - start < c->batch ? view->n_nodes - start : c->batch;
        constant += add_nodes(c, view, options, start, n);
    }
    return constant;
}

/* Scores start at the prior's share: s_l ln P(y) for the product of posteriors, once for
 * naive Bayes, or nothing. */
static void set_prior(struct classifiers *c, const struct probe_options *options,
                      int n_nodes)
{
    double weight = options->prior == PROBE_PRIOR_PER_NODE ? n_nodes
                    : options->prior == PROBE_PRIOR_ONCE   ? 1
                                                           : 0;
    double total = groups_split_count(&c->share->all, PROBE_TRAIN);
    for (int k = 0; k < c->share->all.n_classes; k++) {
        double share = groups_count(&c->share->all, PROBE_TRAIN, k) / total;
        double prior = share > 0.0 ? weight * elementary_log(share) : 0.0;
        /* A class that corruption has emptied is never decided for, under any rule. */
        c->possible[k] = -(share > 0.0);
        c->prior_fine[k] = (int32_t)rint(prior * ldexp(1.0, c->discrete_bits));
        c->prior_coarse[k] = (int32_t)rint(prior * ldexp(1.0, c->score_bits));
        c->rest_of_all[k] = (uint32_t)c->prior_coarse[k] - scores_excess(n_nodes);
    }
}

typedef int32_t ints __attribute__((vector_size(SCORES_CLASSES * sizeof(int32_t))));
typedef uint32_t uints __attribute__((vector_size(SCORES_CLASSES * sizeof(uint32_t))));

static inline __attribute__((always_inline)) ints load(const void *from)
{
    ints values;
    memcpy(&values, from, sizeof values);
    return values;
}

static inline __attribute__((always_inline)) ints add(const void *a, const void *b)
{
    return (ints)((uints)load(a) + (uints)load(b)); /* may wrap on the way */
}

static inline __attribute__((always_inline)) int32_t any_bits(ints lanes)
{
    const ints lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int half = SCORES_CLASSES / 2; half > 0; half /= 2)
        lanes |= __builtin_shuffle(lanes, (lane + half) & (SCORES_CLASSES - 1));
    return lanes[0];
}

/* A sample's scores are sums of two. */
struct sums {
    const void *score, *rest;
};

/* A system decides for a class if no possible one has more, nor as much where it stands
 * before (`before` is 1 there). Bit s of the result: system s does not. */
static inline __attribute__((always_inline)) int32_t
find_beaten(const struct classifiers *c, const struct sums sums[PROBE_SYSTEMS],
            size_t row, int class_index)
{
    ints beaten = {0};
    for (int s = 0; s < PROBE_SYSTEMS; s++) {
        const uint32_t *score = sums[s].score, *rest = sums[s].rest;
        const int32_t own = (int32_t)(score[class_index] + rest[class_index]);
        for (size_t k = 0; k < row; k += SCORES_CLASSES)
            beaten |= (add(score + k, rest + k) + load(c->before + k) > own) &
                      load(c->possible + k) & 1 << s;
    }
    return any_bits(beaten);
}

/* Samples [start, start + n) of a class, n <= BLOCK. Up to 16 classes get loops of fixed
 * length. */
STRATA_KERNEL
static void judge_block(struct classifiers *c, size_t start, size_t n, int class_index,
                        int32_t correct[PROBE_SYSTEMS])
{
    for (size_t i = 0; i < n; i++) {
        const size_t at = (start + i) * c->row, here = i * c->row;
        const struct sums sums[PROBE_SYSTEMS] = {
            [PROBE_DISCRETE] = {c->discrete_scores + here, c->zeros},
            [PROBE_CONTINUOUS] = {c->all + at, c->rest_of_all},
            [PROBE_COMBINED] = {c->active + at, c->rest_of_active + here}};
        int32_t beaten = c->row == SCORES_CLASSES
                             ? find_beaten(c, sums, SCORES_CLASSES, class_index)
                             : find_beaten(c, sums, c->row, class_index);
        for (int s = 0; s < PROBE_SYSTEMS; s++)
            correct[s] += ~beaten >> s & 1;
    }
}

static void judge_group(struct classifiers *c, const struct probe_view *view, int group,
                        int32_t correct[PROBE_SYSTEMS])
{
    int class_index = group % c->share->all.n_classes;
    const size_t end = c->share->own.start[group + 1];
    if (!c->possible[class_index])
        return;
    for (int k = 0; k < c->share->all.n_classes; k++)
        c->before[k] = k < class_index;
    for (size_t at = c->share->own.start[group]; at < end; at += BLOCK) {
        size_t n = end - at < BLOCK ? end - at : BLOCK;
        discrete_sum(c->discrete, view->keys + at * view->words, view->words, n,
                     c->discrete_scores, c->rest_of_active);
        judge_block(c, at, n, class_index, correct);
    }
}

static void count_correct(struct classifiers *c, const struct probe_view *view,
                          struct probe_layer *out)
{
    const struct probe_team *team = c->share->team;
    uint64_t sums[PROBE_SYSTEMS][PROBE_SPLITS] = {{0}};
    for (int g = 0; g < PROBE_SPLITS * c->share->all.n_classes; g++) {
        int32_t correct[PROBE_SYSTEMS] = {0};
        judge_group(c, view, g, correct);
        for (int s = 0; s < PROBE_SYSTEMS; s++)
            sums[s][g / c->share->all.n_classes] += (uint64_t)correct[s];
    }
    if (team)
        team->sum(team->state, sums[0], sizeof sums / sizeof **sums);
    for (int s = 0; s < PROBE_SYSTEMS; s++)
        for (int split = 0; split < PROBE_SPLITS; split++)
            out->system_correct[s][split] = (int32_t)sums[s][split];
}

static void classifiers_run(void *workspace, const struct probe_view *view,
                            const struct probe_options *options, struct probe_layer *out)
{
    struct classifiers *c = workspace;
    c->score_bits = scores_bits(view->n_nodes, -KDE_LOG_FLOOR);
    c->discrete_bits = discrete_bits(c, view->n_nodes);
    c->bandwidth = out->nodes ? out->nodes->bandwidth : NULL;
    set_prior(c, options, view->n_nodes);
    fit_discrete(c, view);
    out->constant_nodes = sum_continuous(c, view, options);
    count_correct(c, view, out);
}

const struct probe probe_classifiers = {
    .name = "classifiers",
    .create = classifiers_create,
    .destroy = classifiers_destroy,
    .run = classifiers_run,
    .bytes = classifiers_bytes,
};
