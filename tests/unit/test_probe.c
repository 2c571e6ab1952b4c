/* Patterns and sample sets against brute force and golden values, and what must not
 * change any probe. */
#include <math.h>

#include "probe_layer.h"

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

/* ---- values that are no numbers ---- */

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
    struct probe_share share = probe_share_alone(&groups);
    prober_create(&prober, &share, 1, &all_probes, &err);
    assert_ok(err);
    prober_run(prober, &(struct probe_values){.z = z, .stride = 90, .n_nodes = 1}, &out);
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
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_golden_sample_sets),
        cmocka_unit_test(test_degenerate_nodes),
        cmocka_unit_test(test_order_of_samples_and_nodes),
        cmocka_unit_test(test_rescaling_a_node),
        cmocka_unit_test(test_measures_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
