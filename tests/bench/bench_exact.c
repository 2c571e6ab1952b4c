/* Row 6: decisions of the continuous system, and what exact densities decide.
 *
 * The product's densities are asked through the probe itself. It is given the training
 * samples, all others (so that its grid spans what it spans in a sweep), and some samples
 * once more as a test set whose "class" is what the exact densities decide: its count of
 * correct answers is the count of equal decisions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "density.h"
#include "subject.h"

enum { POINTS = 10000, POINTS_QUICK = 50, CLASSES_MAX = 10 };

struct exact {
    struct subject subject;
    int n_points, n_classes;
    uint32_t *column; /* [n_points]: the sample that a point is */
    double *scores;   /* [n_points, n_classes]: sums over nodes of ln p */
    double *values;   /* [training samples]: of the node at hand */
    size_t stride;    /* of layer */
    float *layer;     /* [widest, stride]: all samples, then the points by decision */
    uint32_t start[PROBE_SPLITS * CLASSES_MAX + 1];
};

static enum status exact_init(struct exact *e, const struct bench *bench,
                              struct error *err)
{
    if (subject_init(&e->subject, bench, err) != STATUS_OK)
        return err->status;
    const struct subject *s = &e->subject;
    e->n_points = bench->quick ? POINTS_QUICK : POINTS;
    e->n_classes = s->samples.groups.n_classes;
    if (e->n_classes > CLASSES_MAX)
        return error_set(err, STATUS_DATA, "fashion-mnist has %d classes, not %d",
                         e->n_classes, CLASSES_MAX);
    size_t n_points = (size_t)e->n_points;
    e->stride = net_stride((int)s->total + e->n_points);
    e->column = memory_alloc(n_points, sizeof *e->column, err);
    e->scores = memory_alloc(n_points * (size_t)e->n_classes, sizeof *e->scores, err);
    e->values = memory_alloc(bench->sizes.train, sizeof *e->values, err);
    e->layer = memory_alloc((size_t)s->net.widest * e->stride, sizeof *e->layer, err);
    for (size_t i = 0; err->status == STATUS_OK && i < n_points; i++)
        e->column[i] = (uint32_t)(i * s->total / n_points);
    return err->status;
}

static void exact_fini(struct exact *e)
{
    subject_fini(&e->subject);
    free(e->column);
    free(e->scores);
    free(e->values);
    free(e->layer);
}

static double standard_deviation(const double *values, size_t n)
{
    double mean = 0.0, squares = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / ((double)n - 1.0));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ln p of every class at a point, summed over nodes. */
static double *scores_of(const struct exact *e, int point)
{
    return e->scores + (size_t)point * (size_t)e->n_classes;
}

/* Adds ln p of every class at one node to the points' scores: Scott's bandwidth with the
 * floor of docs/measures.md, and no floor of ln p. */
static void add_node(struct exact *e, const float *row)
{
    const uint32_t *start = e->subject.samples.start;
    uint32_t n_train = e->subject.bench->sizes.train;
    for (uint32_t i = 0; i < n_train; i++)
        e->values[i] = (double)row[i];
    double sd_all = standard_deviation(e->values, n_train);
    if (!(sd_all > 0.0))
        return; /* a constant node has no density */
    for (int c = 0; c < e->n_classes; c++) {
        double *values = e->values + start[c];
        size_t n = start[c + 1] - start[c];
        qsort(values, n, sizeof *values, ascending);
        double h = standard_deviation(values, n) * pow((double)n, -0.2);
        h = fmax(h, fmax(1e-3 * sd_all, 1e-8));
        for (int i = 0; i < e->n_points; i++)
            scores_of(e, i)[c] += density_log(values, n, h, (double)row[e->column[i]]);
    }
}

static int decide(const double *scores, int n)
{
    int best = 0;
    for (int k = 1; k < n; k++)
        best = scores[k] > scores[best] ? k : best;
    return best;
}

/* Makes the test set: points in the order of their exact decision. */
static void order_points(struct exact *e, int n_nodes)
{
    const struct subject *s = &e->subject;
    uint32_t at = s->total;
    memcpy(e->start, s->samples.start, ((size_t)e->n_classes + 1) * sizeof *e->start);
    for (int c = 0; c < e->n_classes; c++) /* all others are in one group */
        e->start[e->n_classes + c + 1] = s->total;
    for (int c = 0; c < e->n_classes; c++) {
        for (int i = 0; i < e->n_points; i++) {
            if (decide(scores_of(e, i), e->n_classes) != c)
                continue;
            for (size_t j = 0; j < (size_t)n_nodes; j++)
                e->layer[j * e->stride + at] = s->z[j * s->stride + e->column[i]];
            at++;
        }
        e->start[2 * e->n_classes + c + 1] = at;
    }
}

/* Points whose exact decision is the probe's, 0 on failure. */
static int count_equal(struct exact *e, int n_nodes, struct error *err)
{
    struct sample_groups groups = {.n_classes = e->n_classes, .start = e->start};
    struct probe_options options = subject_options(&e->subject, MEASURE_CLASSIFIERS);
    struct probe_layer out = {0};
    struct prober *prober;
    options.prior = PROBE_PRIOR_NONE;
    struct probe_share share = probe_share_alone(&groups);
    if (prober_create(&prober, &share, n_nodes, &options, err) != STATUS_OK)
        return 0;
    struct probe_values values = {.z = e->layer, .stride = e->stride, .n_nodes = n_nodes};
    prober_run(prober, &values, &out);
    prober_destroy(prober);
    return out.system_correct[PROBE_CONTINUOUS][2];
}

static enum status compare_layer(struct exact *e, int layer, struct error *err)
{
    struct subject *s = &e->subject;
    int n_nodes = s->net.layers[layer].n_out;
    char name[64];
    if (subject_forward(s, layer, err) != STATUS_OK)
        return err->status;
    memset(e->scores, 0, (size_t)e->n_points * (size_t)e->n_classes * sizeof *e->scores);
    for (size_t j = 0; j < (size_t)n_nodes; j++) {
        add_node(e, s->z + j * s->stride);
        memcpy(e->layer + j * e->stride, s->z + j * s->stride, s->total * sizeof *s->z);
    }
    order_points(e, n_nodes);
    double share = (double)count_equal(e, n_nodes, err) / e->n_points;
    snprintf(name, sizeof name, "equal decisions %d", layer + 1);
    if (err->status == STATUS_OK)
        bench_print(name, &share, 1);
    return err->status;
}

enum status bench_exact(const struct bench *bench, struct error *err)
{
    struct exact e = {0};
    exact_init(&e, bench, err);
    for (int l = 0; l < SUBJECT_DEPTH && err->status == STATUS_OK; l++)
        compare_layer(&e, l, err);
    exact_fini(&e);
    return err->status;
}
