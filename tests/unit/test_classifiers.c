/* Node classifiers against an independent implementation and golden values. */
#include <math.h>

#include "num/stats.h"
#include "probe_layer.h"

/* ---- node classifiers: an independent implementation, exact and in double ---- */

struct reference {
    const struct layer *layer;
    struct probe_options options;
    double *scores; /* [samples][PROBE_SYSTEMS][CLASSES] */
};

static double bandwidth(const struct reference *r, int node, int c)
{
    double n = group_sizes[c], mean = 0, ss = 0, all_mean = 0, all_ss = 0;
    uint32_t total = r->layer->start[CLASSES];
    for (uint32_t i = 0; i < total; i++)
        all_mean += (double)value(r->layer, node, i) / total;
    for (uint32_t i = 0; i < total; i++)
        all_ss += pow((double)value(r->layer, node, i) - all_mean, 2);
    for (uint32_t i = r->layer->start[c]; i < r->layer->start[c + 1]; i++)
        mean += (double)value(r->layer, node, i) / n;
    for (uint32_t i = r->layer->start[c]; i < r->layer->start[c + 1]; i++)
        ss += pow((double)value(r->layer, node, i) - mean, 2);
    return kde_bandwidth(r->options.bandwidth, r->options.bandwidth_fixed,
                         sqrt(ss / (n - 1)), n, sqrt(all_ss / (total - 1)));
}

static void add_node(struct reference *r, int node)
{
    const struct layer *layer = r->layer;
    for (int c = 0; c < CLASSES; c++) {
        const float *train = &layer->z[(size_t)node * layer->stride + layer->start[c]];
        double n = group_sizes[c], on = 0, h = bandwidth(r, node, c);
        for (uint32_t i = 0; i < group_sizes[c]; i++)
            on += train[i] > 0;
        double rate = (on + 0.5) / (n + 1);
        double prior = r->options.prior == PROBE_PRIOR_PER_NODE
                           ? log(n / layer->start[CLASSES])
                           : 0;
        for (uint32_t i = 0; i < layer->start[N_GROUPS]; i++) {
            double *score = r->scores + i * PROBE_SYSTEMS * CLASSES;
            float z = value(layer, node, i);
            double discrete = log(z > 0 ? rate : 1 - rate);
            double continuous = fmax(
                kde_log_density_exact(train, group_sizes[c], h, (double)z), -700);
            score[PROBE_DISCRETE * CLASSES + c] += prior + discrete;
            score[PROBE_CONTINUOUS * CLASSES + c] += prior + continuous;
            score[PROBE_COMBINED * CLASSES + c] += prior +
                                                   (z > 0 ? continuous : discrete);
        }
    }
}

static void reference_correct(struct reference *r,
                              int correct[PROBE_SYSTEMS][PROBE_SPLITS])
{
    uint32_t total = r->layer->start[N_GROUPS];
    memset(correct, 0, sizeof(int) * PROBE_SYSTEMS * PROBE_SPLITS);
    r->scores = calloc((size_t)total * PROBE_SYSTEMS * CLASSES, sizeof *r->scores);
    for (uint32_t i = 0; r->options.prior == PROBE_PRIOR_ONCE && i < total; i++)
        for (int s = 0; s < PROBE_SYSTEMS; s++)
            for (int c = 0; c < CLASSES; c++)
                r->scores[(i * PROBE_SYSTEMS + (uint32_t)s) * CLASSES + (uint32_t)c] =
                    log((double)group_sizes[c] / r->layer->start[CLASSES]);
    for (int node = 0; node < r->layer->n_nodes; node++)
        add_node(r, node);
    for (int g = 0; g < N_GROUPS; g++)
        for (uint32_t i = r->layer->start[g]; i < r->layer->start[g + 1]; i++)
            for (int s = 0; s < PROBE_SYSTEMS; s++) {
                const double *score = r->scores +
                                      (i * PROBE_SYSTEMS + (uint32_t)s) * CLASSES;
                int best = 0;
                for (int c = 1; c < CLASSES; c++)
                    best = score[c] > score[best] ? c : best;
                correct[s][g / CLASSES] += best == g % CLASSES;
            }
    free(r->scores);
}

static void check_classifiers(const struct probe_options *options, int n_nodes)
{
    struct layer layer = {0};
    int expected[PROBE_SYSTEMS][PROBE_SPLITS];
    make_layer(&layer, n_nodes, 0.35);
    run(&layer, options);
    struct reference r = {.layer = &layer, .options = *options};
    reference_correct(&r, expected);
    for (int s = 0; s < PROBE_SYSTEMS; s++)
        for (int split = 0; split < PROBE_SPLITS; split++)
            /* The binned densities may turn a sample that lies on the fence. */
            if (abs(layer.out.system_correct[s][split] - expected[s][split]) >
                (s == PROBE_DISCRETE ? 0 : 1))
                fail_msg("system %d split %d: %d correct, the reference has %d", s, split,
                         layer.out.system_correct[s][split], expected[s][split]);
    free(layer.z);
}

static void test_classifiers_against_reference(void **state)
{
    (void)state;
    for (int prior = PROBE_PRIOR_PER_NODE; prior <= PROBE_PRIOR_NONE; prior++)
        for (int rule = KDE_SCOTT; rule <= KDE_FIXED; rule++) {
            struct probe_options options = all_probes;
            options.prior = (enum probe_prior)prior;
            options.bandwidth = (enum kde_rule)rule;
            options.bandwidth_fixed = 0.3;
            check_classifiers(&options, 1);
            check_classifiers(&options, 13); /* more than a batch of nodes */
            options.grid_bits = KDE_GRID_BITS_MAX;
            check_classifiers(&options, 1);
        }
}

/* The golden node classifiers: two nodes, two classes, a test sample at (0.3, -0.2), all
 * three systems, priors per node and once. They pin the formulae that the reference above
 * uses; the probe is held to the reference. */
static void golden_likelihoods(double out[PROBE_SYSTEMS][2][2])
{
    static const float z0[2][4] = {{-1, .5f, 1, 2}, {.4f, .9f, -.3f, 1.5f}};
    static const float z1[2][5] = {{-2, -.7f, .2f, -1.4f, .6f},
                                   {-.5f, .2f, -1.1f, -.9f, .8f}};
    static const double at[2] = {0.3, -0.2};
    for (int node = 0; node < 2; node++)
        for (int c = 0; c < 2; c++) {
            const float *v = c ? z1[node] : z0[node];
            int n = c ? 5 : 4, on = 0;
            struct stats_running running = {0};
            for (int i = 0; i < n; i++) {
                stats_add(&running, (double)v[i]);
                on += v[i] > 0;
            }
            double sd = stats_sd(&running), rate = (on + 0.5) / (n + 1);
            double h = kde_bandwidth(KDE_SCOTT, 0, sd, n, sd);
            double density = exp(kde_log_density_exact(v, (size_t)n, h, at[node]));
            double state = at[node] > 0 ? rate : 1 - rate;
            out[PROBE_DISCRETE][node][c] = state;
            out[PROBE_CONTINUOUS][node][c] = density;
            out[PROBE_COMBINED][node][c] = at[node] > 0 ? density : state;
        }
}

static void test_golden_node_classifiers(void **state)
{
    (void)state;
    static const double priors[2] = {4.0 / 9, 5.0 / 9};
    static const double per_node[PROBE_SYSTEMS][2] = {
        {-1.7889308, -1.1964612}, {-1.7523002, -1.0801207}, {-2.0585552, -0.9206247}};
    static const double once[PROBE_SYSTEMS][2] = {
        {-2.3715780, -2.0022519}, {-3.4169068, -2.9678709}, {-3.4206196, -2.5058327}};
    static const double densities[2][2] = {{0.2451912865, 0.2518177784},
                                           {0.3011159096, 0.3674989895}};
    double p[PROBE_SYSTEMS][2][2];
    golden_likelihoods(p);
    for (int node = 0; node < 2; node++)
        for (int c = 0; c < 2; c++)
            assert_true(fabs(p[PROBE_CONTINUOUS][node][c] - densities[node][c]) < 1e-7);
    for (int s = 0; s < PROBE_SYSTEMS; s++)
        for (int c = 0; c < 2; c++) {
            double posterior = 0, joint = log(priors[c]);
            for (int node = 0; node < 2; node++) {
                double evidence = p[s][node][0] * priors[0] + p[s][node][1] * priors[1];
                posterior += log(p[s][node][c] * priors[c] / evidence);
                joint += log(p[s][node][c]);
            }
            assert_true(fabs(posterior - per_node[s][c]) < 1e-6);
            assert_true(fabs(joint - once[s][c]) < 1e-6);
        }
}

/* Corruption may leave a class without a training sample: it is never decided for, and
 * decides nothing, whatever the prior. */
static void test_empty_class(void **state)
{
    (void)state;
    for (int prior = PROBE_PRIOR_PER_NODE; prior <= PROBE_PRIOR_NONE; prior++) {
        struct layer layer = {0};
        struct probe_options options = all_probes;
        options.prior = (enum probe_prior)prior;
        make_layer(&layer, 12, 1.5);
        /* Class 0 of the training split joins class 1. */
        layer.start[1] = layer.start[0];
        layer.start[7] =
            layer.start[6]; /* and in the test split, to see decisions for it */
        run(&layer, &options);
        for (int s = 0; s < PROBE_SYSTEMS; s++) {
            int correct = layer.out.system_correct[s][2];
            if (correct < 70) /* 75 of the 125 are of class 1 */
                fail_msg("prior %d system %d: %d of 125 correct", prior, s, correct);
        }
        free(layer.z);
    }
}

/* ---- constant nodes ---- */

static void test_constant_nodes(void **state)
{
    (void)state;
    struct layer a = {0}, b = {0};
    make_layer(&a, 10, 0.5);
    make_layer(&b, 10, 0.5);
    for (uint32_t i = 0; i < a.start[N_GROUPS]; i++)
        a.z[4 * a.stride + i] = -1.25f; /* always off, no spread */
    struct probe_options options = all_probes;
    options.prior = PROBE_PRIOR_NONE;
    run(&a, &options);
    assert_int_equal(a.out.constant_nodes, 1);
    assert_true(a.out.finite);
    /* It decides nothing in the continuous system: as a layer without it. */
    memmove(b.z + 4 * b.stride, b.z + 5 * b.stride, 5 * b.stride * sizeof *b.z);
    b.n_nodes = 9;
    run(&b, &options);
    for (int split = 0; split < PROBE_SPLITS; split++)
        assert_int_equal(a.out.system_correct[PROBE_CONTINUOUS][split],
                         b.out.system_correct[PROBE_CONTINUOUS][split]);
    free(a.z);
    free(b.z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classifiers_against_reference),
        cmocka_unit_test(test_golden_node_classifiers),
        cmocka_unit_test(test_empty_class),
        cmocka_unit_test(test_constant_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
