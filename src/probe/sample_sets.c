/* Sample sets of nodes (Haasbroek & Davel 2020): activation fraction, predictability and
 * informativeness, from counts of active samples per class. */
#include <stdlib.h>

#include "base/memory.h"
#include "num/elementary.h"
#include "num/stats.h"
#include "probe/probe.h"

struct sample_sets {
    double *fraction, *predictability, *informativeness; /* [max_nodes] */
    double *live;      /* [max_nodes]: scratch of a mean over live nodes */
    int64_t *on, *off; /* [n_classes]: one node's counts */
};

static void sample_sets_destroy(void *workspace)
{
    struct sample_sets *s = workspace;
    free(s->fraction);
    free(s->predictability);
    free(s->informativeness);
    free(s->live);
    free(s->on);
    free(s->off);
    free(s);
}

static void *sample_sets_create(const struct probe_share *share, int max_nodes,
                                struct error *err)
{
    struct sample_sets *s = memory_alloc(1, sizeof *s, err);
    if (!s)
        return NULL;
    size_t nodes = (size_t)max_nodes, classes = (size_t)share->all.n_classes;
    s->fraction = memory_alloc(nodes, sizeof(double), err);
    s->predictability = memory_alloc(nodes, sizeof(double), err);
    s->informativeness = memory_alloc(nodes, sizeof(double), err);
    s->live = memory_alloc(nodes, sizeof(double), err);
    s->on = memory_alloc(classes, sizeof *s->on, err);
    s->off = memory_alloc(classes, sizeof *s->off, err);
    if (err->status != STATUS_OK) {
        sample_sets_destroy(s);
        return NULL;
    }
    return s;
}

static double sample_sets_bytes(const struct probe_size *size)
{
    return 32.0 * size->max_nodes + 16.0 * size->n_classes;
}

/* 1 - H(on | class) / ln 2, from counts of one node. */
static double predictability(const int64_t *on, const int64_t *off, int n_classes)
{
    double total = 0.0, conditional = 0.0;
    for (int c = 0; c < n_classes; c++) {
        int64_t pair[2] = {on[c], off[c]};
        double n = (double)(on[c] + off[c]);
        total += n;
        conditional += n * stats_entropy(pair, 2);
    }
    return 1.0 - conditional / total / elementary_log(2.0);
}

/* 1 - H(class | on) / ln C. */
static double informativeness(const int64_t *on, const int64_t *off, int n_classes)
{
    double n_on = 0.0, n_off = 0.0;
    for (int c = 0; c < n_classes; c++) {
        n_on += (double)on[c];
        n_off += (double)off[c];
    }
    size_t n = (size_t)n_classes;
    double conditional = n_on * stats_entropy(on, n) + n_off * stats_entropy(off, n);
    return 1.0 - conditional / (n_on + n_off) / elementary_log((double)n_classes);
}

/* Copies values of nodes with 0 < fraction < 1; returns how many. */
static size_t select_live(const double *fraction, const double *values, size_t n,
                          double *live)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (fraction[i] > 0.0 && fraction[i] < 1.0)
            live[count++] = values[i];
    return count;
}

static void run_split(struct sample_sets *s, const struct probe_view *view, int split,
                      struct probe_layer *out)
{
    const struct sample_groups *groups = &view->share->all;
    int n_classes = groups->n_classes;
    size_t n = (size_t)view->n_nodes;
    double total = groups_split_count(groups, split);
    out->dead_nodes[split] = out->saturated_nodes[split] = 0;
    for (size_t node = 0; node < n; node++) {
        const int32_t *active = view->active + node * (size_t)(PROBE_SPLITS * n_classes) +
                                (size_t)(split * n_classes);
        double sum = 0.0;
        for (int c = 0; c < n_classes; c++) {
            s->on[c] = active[c];
            s->off[c] = (int64_t)groups_count(groups, split, c) - active[c];
            sum += active[c];
        }
        s->fraction[node] = sum / total;
        s->predictability[node] = predictability(s->on, s->off, n_classes);
        s->informativeness[node] = informativeness(s->on, s->off, n_classes);
        if (out->nodes) {
            out->nodes->predictability[node * PROBE_SPLITS + (size_t)split] =
                s->predictability[node];
            out->nodes->informativeness[node * PROBE_SPLITS + (size_t)split] =
                s->informativeness[node];
        }
        out->dead_nodes[split] += sum == 0.0;
        out->saturated_nodes[split] += sum == total;
    }
    size_t live = select_live(s->fraction, s->predictability, n, s->live);
    out->predictability[split] = node_summarise(s->predictability, n, s->live, live);
    live = select_live(s->fraction, s->informativeness, n, s->live);
    out->informativeness[split] = node_summarise(s->informativeness, n, s->live, live);
    live = select_live(s->fraction, s->fraction, n, s->live);
    out->activation_fraction[split] = node_summarise(s->fraction, n, s->live, live);
}

static void sample_sets_run(void *workspace, const struct probe_view *view,
                            const struct probe_options *options, struct probe_layer *out)
{
    (void)options;
    for (int split = 0; split < PROBE_SPLITS; split++)
        run_split(workspace, view, split, out);
}

const struct probe probe_sample_sets = {
    .name = "sample-sets",
    .create = sample_sets_create,
    .destroy = sample_sets_destroy,
    .run = sample_sets_run,
    .bytes = sample_sets_bytes,
};
