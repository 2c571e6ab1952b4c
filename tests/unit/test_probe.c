/* Probes against brute force, golden values, and what must not change them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/rng.h"
#include "num/stats.h"
#include "probe/probe.h"
#include "unit.h"

/* ---- a layer with structure: class means differ from node to node ---- */

enum { CLASSES = 3, NODES = 70, N_GROUPS = PROBE_SPLITS * CLASSES };
static const uint32_t group_sizes[N_GROUPS] = {120, 90, 60, 30, 0, 25, 40, 35, 50};

struct layer {
    uint32_t start[N_GROUPS + 1];
    struct sample_groups groups;
    size_t stride;
    int n_nodes;
    float *z;
    int32_t pattern_count[N_GROUPS];
    double pattern_entropy[N_GROUPS];
    struct probe_layer out;
};

static void make_layer(struct layer *layer, int n_nodes, double separation)
{
    for (int g = 0; g < N_GROUPS; g++)
        layer->start[g + 1] = layer->start[g] + group_sizes[g];
    layer->groups = (struct sample_groups){CLASSES, layer->start};
    layer->stride = layer->start[N_GROUPS] + 5;
    layer->n_nodes = n_nodes;
    layer->z = calloc((size_t)n_nodes * layer->stride, sizeof *layer->z);
    for (int node = 0; node < n_nodes; node++) {
        struct rng noise = {1, RNG_TEST, (uint64_t)node}, mean = {2, RNG_TEST, 0};
        for (int g = 0; g < N_GROUPS; g++)
            for (uint32_t i = layer->start[g]; i < layer->start[g + 1]; i++)
                layer->z[(size_t)node * layer->stride + i] =
                    (float)(separation * rng_normal(&mean, (uint64_t)(node * CLASSES +
                                                                      g % CLASSES)) +
                            rng_normal(&noise, i));
    }
}

static void run(struct layer *layer, const struct probe_options *options)
{
    struct error err = {0};
    struct prober *prober;
    prober_create(&prober, &layer->groups, layer->n_nodes, options, &err);
    assert_ok(err);
    memset(&layer->out, 0, sizeof layer->out);
    layer->out.pattern_count = layer->pattern_count;
    layer->out.pattern_entropy = layer->pattern_entropy;
    prober_run(prober, layer->z, layer->stride, layer->n_nodes, &layer->out);
    prober_destroy(prober);
}

static const struct probe_options all_probes = {.measures = (1 << PROBE_COUNT) - 1,
                                                .bandwidth = KDE_SCOTT,
                                                .prior = PROBE_PRIOR_PER_NODE};

static float value(const struct layer *layer, int node, uint32_t sample)
{
    return layer->z[(size_t)node * layer->stride + sample];
}

/* ---- patterns ---- */

static bool same_pattern(const struct layer *layer, uint32_t a, uint32_t b)
{
    for (int node = 0; node < layer->n_nodes; node++)
        if ((value(layer, node, a) > 0) != (value(layer, node, b) > 0))
            return false;
    return true;
}

/* Counts by comparing every sample with every other. */
static void check_patterns(struct layer *layer)
{
    for (int g = 0; g < N_GROUPS; g++) {
        uint32_t n = group_sizes[g], distinct = 0;
        double entropy = 0;
        for (uint32_t i = layer->start[g]; i < layer->start[g + 1]; i++) {
            uint32_t same = 0, earlier = 0;
            for (uint32_t j = layer->start[g]; j < layer->start[g + 1]; j++) {
                bool equal = same_pattern(layer, i, j);
                same += equal;
                earlier += equal && j < i;
            }
            distinct += earlier == 0;
            entropy -= log((double)same / n) / n;
        }
        assert_int_equal(layer->pattern_count[g], distinct);
        assert_true(fabs(layer->pattern_entropy[g] - entropy) < 1e-12);
    }
}

static void test_patterns_by_brute_force(void **state)
{
    (void)state;
    static const int widths[] = {1, 3, 6, 63, 64, 65, 70};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct layer layer = {0};
        make_layer(&layer, widths[i], 2);
        run(&layer, &all_probes);
        check_patterns(&layer);
        free(layer.z);
    }
}

/* A zero is off: T(z) = 1 for z > 0 only. */
static void test_zero_is_off(void **state)
{
    (void)state;
    struct layer layer = {0};
    make_layer(&layer, 2, 1);
    for (uint32_t i = 0; i < layer.start[N_GROUPS]; i++)
        layer.z[i] = layer.z[layer.stride + i] = i % 2 ? 0.0f : -0.0f;
    run(&layer, &all_probes);
    for (int split = 0; split < PROBE_SPLITS; split++) {
        assert_int_equal(layer.out.dead_nodes[split], 2);
        assert_int_equal(layer.out.saturated_nodes[split], 0);
    }
    assert_int_equal(layer.pattern_count[0], 1);
    assert_true(layer.pattern_entropy[0] == 0);
    assert_int_equal(layer.out.near_zero[0], 2 * 270);
    free(layer.z);
}

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

static void test_not_finite(void **state)
{
    (void)state;
    struct layer layer = {0};
    make_layer(&layer, 4, 1);
    layer.z[2 * layer.stride + 17] = INFINITY;
    run(&layer, &all_probes);
    assert_false(layer.out.finite);
    layer.z[2 * layer.stride + 17] = NAN;
    run(&layer, &all_probes);
    assert_false(layer.out.finite);
    free(layer.z);
}

/* ---- sample sets ---- */

/* Golden: counts (off, on) {8, 2}, {3, 7}, {0, 10} of one node. */
static void test_golden_sample_sets(void **state)
{
    (void)state;
    uint32_t start[N_GROUPS + 1];
    float z[90];
    const int on[CLASSES] = {2, 7, 10};
    for (int g = 0; g <= N_GROUPS; g++)
        start[g] = (uint32_t)(10 * g);
    for (int g = 0; g < N_GROUPS; g++)
        for (int i = 0; i < 10; i++)
            z[10 * g + i] = i < on[g % CLASSES] ? 1.0f + (float)i : -1.0f - (float)i;
    struct sample_groups groups = {CLASSES, start};
    struct error err = {0};
    struct prober *prober;
    int32_t counts[N_GROUPS];
    double entropies[N_GROUPS];
    struct probe_layer out = {.pattern_count = counts, .pattern_entropy = entropies};
    prober_create(&prober, &groups, 1, &all_probes, &err);
    assert_ok(err);
    prober_run(prober, z, 90, 1, &out);
    for (int split = 0; split < PROBE_SPLITS; split++) {
        assert_true(fabs(out.predictability[split].mean - 0.4655936686273) < 1e-12);
        assert_true(fabs(out.informativeness[split].mean - 0.2609979176372) < 1e-12);
        assert_true(fabs(out.activation_fraction[split].mean - 19.0 / 30) < 1e-15);
        assert_true(out.predictability[split].live == out.predictability[split].mean);
    }
    prober_destroy(prober);
}

/* Always-on and always-off nodes: predictable, not informative, left out of `live`. */
static void test_degenerate_nodes(void **state)
{
    (void)state;
    struct layer layer = {0};
    make_layer(&layer, 3, 1);
    for (uint32_t i = 0; i < layer.start[N_GROUPS]; i++) {
        layer.z[i] = 1.0f + (float)i;
        layer.z[layer.stride + i] = -1.0f - (float)i;
    }
    run(&layer, &all_probes);
    const struct node_summary *p = &layer.out.predictability[PROBE_TRAIN];
    const struct node_summary *f = &layer.out.activation_fraction[PROBE_TRAIN];
    assert_int_equal(layer.out.dead_nodes[PROBE_TRAIN], 1);
    assert_int_equal(layer.out.saturated_nodes[PROBE_TRAIN], 1);
    assert_true(p->quantile[4] == 1 && f->quantile[0] == 0 && f->quantile[4] == 1);
    assert_true(fabs(3 * p->mean - (2 + p->live)) < 1e-12);
    free(layer.z);
}

/* ---- what must not change anything ---- */

static void assert_same(const struct layer *a, const struct layer *b)
{
    assert_memory_equal(a->pattern_count, b->pattern_count, sizeof a->pattern_count);
    assert_memory_equal(a->pattern_entropy, b->pattern_entropy,
                        sizeof a->pattern_entropy);
    assert_memory_equal(a->out.system_correct, b->out.system_correct,
                        sizeof a->out.system_correct);
    assert_memory_equal(a->out.predictability, b->out.predictability,
                        sizeof a->out.predictability);
    assert_memory_equal(a->out.informativeness, b->out.informativeness,
                        sizeof a->out.informativeness);
    assert_memory_equal(a->out.activation_fraction, b->out.activation_fraction,
                        sizeof a->out.activation_fraction);
}

static void test_order_of_samples_and_nodes(void **state)
{
    (void)state;
    struct layer a = {0}, b = {0};
    make_layer(&a, NODES, 0.3);
    make_layer(&b, NODES, 0.3);
    uint32_t order[NODES];
    rng_permutation(&(struct rng){9, RNG_TEST, 0}, order, NODES);
    for (int node = 0; node < NODES; node++)
        for (int g = 0; g < N_GROUPS; g++)
            for (uint32_t i = 0; i < group_sizes[g]; i++) /* each group backwards */
                b.z[order[node] * b.stride + a.start[g] + i] = value(
                    &a, node, a.start[g + 1] - 1 - i);
    run(&a, &all_probes);
    run(&b, &all_probes);
    assert_same(&a, &b);
    free(a.z);
    free(b.z);
}

/* Scaling a node by a power of two is exact: patterns and counts stay, and so do Scott's
 * densities but for a factor that all classes share. */
static void test_rescaling_a_node(void **state)
{
    (void)state;
    struct layer a = {0}, b = {0};
    make_layer(&a, 9, 0.3);
    make_layer(&b, 9, 0.3);
    for (int node = 0; node < 9; node++)
        for (uint32_t i = 0; i < b.start[N_GROUPS]; i++)
            b.z[(size_t)node * b.stride + i] *= ldexpf(1, node % 5 - 2);
    run(&a, &all_probes);
    run(&b, &all_probes);
    a.out.near_zero[0] = b.out.near_zero[0];
    assert_memory_equal(a.pattern_count, b.pattern_count, sizeof a.pattern_count);
    assert_memory_equal(a.out.system_correct[PROBE_DISCRETE],
                        b.out.system_correct[PROBE_DISCRETE],
                        sizeof a.out.system_correct[PROBE_DISCRETE]);
    for (int split = 0; split < PROBE_SPLITS; split++)
        assert_true(abs(a.out.system_correct[PROBE_CONTINUOUS][split] -
                        b.out.system_correct[PROBE_CONTINUOUS][split]) <= 1);
    free(a.z);
    free(b.z);
}

/* A probe that is not asked for leaves its outputs alone, and does not change the others.
 */
static void test_measures_are_independent(void **state)
{
    (void)state;
    struct layer a = {0}, b = {0};
    make_layer(&a, 20, 0.3);
    make_layer(&b, 20, 0.3);
    run(&a, &all_probes);
    for (int probe = 0; probe < PROBE_COUNT; probe++) {
        struct probe_options options = all_probes;
        options.measures = 1u << probe;
        memset(b.pattern_count, 0x55, sizeof b.pattern_count);
        run(&b, &options);
        if (probe == PROBE_PATTERNS)
            assert_memory_equal(a.pattern_count, b.pattern_count, sizeof a.pattern_count);
        else
            assert_int_equal(b.pattern_count[0], 0x55555555);
        if (probe == PROBE_CLASSIFIERS)
            assert_memory_equal(a.out.system_correct, b.out.system_correct,
                                sizeof a.out.system_correct);
        if (probe == PROBE_SAMPLE_SETS)
            assert_memory_equal(a.out.informativeness, b.out.informativeness,
                                sizeof a.out.informativeness);
    }
    free(a.z);
    free(b.z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_by_brute_force),
        cmocka_unit_test(test_zero_is_off),
        cmocka_unit_test(test_classifiers_against_reference),
        cmocka_unit_test(test_golden_node_classifiers),
        cmocka_unit_test(test_empty_class),
        cmocka_unit_test(test_constant_nodes),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_golden_sample_sets),
        cmocka_unit_test(test_degenerate_nodes),
        cmocka_unit_test(test_order_of_samples_and_nodes),
        cmocka_unit_test(test_rescaling_a_node),
        cmocka_unit_test(test_measures_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
