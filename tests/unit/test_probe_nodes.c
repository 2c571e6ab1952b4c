/* What the probes find about single nodes: a closed case, and brute force. */
#include <math.h>

#include "probe_layer.h"

enum { ROW = N_GROUPS * PROBE_BINS };

static void ask(struct layer *layer, bool histograms)
{
    size_t n = (size_t)layer->n_nodes;
    layer->nodes = (struct probe_nodes){
        .active = calloc(n * N_GROUPS, sizeof(int32_t)),
        .low = calloc(n, sizeof(double)),
        .high = calloc(n, sizeof(double)),
        .predictability = calloc(n * PROBE_SPLITS, sizeof(double)),
        .informativeness = calloc(n * PROBE_SPLITS, sizeof(double)),
        .bandwidth = calloc(n * CLASSES, sizeof(double)),
        .histogram = histograms ? calloc(n * ROW, sizeof(int32_t)) : NULL,
    };
    /* What is not written stays -1. */
    for (size_t i = 0; i < n * CLASSES; i++)
        layer->nodes.bandwidth[i] = -1;
    for (size_t i = 0; i < n * PROBE_SPLITS; i++)
        layer->nodes.predictability[i] = layer->nodes.informativeness[i] = -1;
}

static void release(struct layer *layer)
{
    free(layer->nodes.active);
    free(layer->nodes.low);
    free(layer->nodes.high);
    free(layer->nodes.predictability);
    free(layer->nodes.informativeness);
    free(layer->nodes.bandwidth);
    free(layer->nodes.histogram);
    free(layer->z);
}

/* Ten samples a group, of which 2, 7 and 10 are active: the counts of the golden sample
 * sets. Values are whole numbers in -32..32, so that a bin is one of them. */
static void make_closed_layer(struct layer *layer)
{
    static const int on[CLASSES] = {2, 7, 10};
    for (int g = 0; g <= N_GROUPS; g++)
        layer->start[g] = (uint32_t)(10 * g);
    layer->groups = (struct sample_groups){CLASSES, layer->start};
    layer->stride = layer->start[N_GROUPS];
    layer->n_nodes = 2;
    layer->z = calloc(2 * layer->stride, sizeof *layer->z);
    for (int g = 0; g < N_GROUPS; g++)
        for (int i = 0; i < 10; i++)
            layer->z[10 * g + i] = (float)(i < on[g % CLASSES] ? 1 + 3 * i : -5 - 3 * i);
    layer->z[0] = 32;
    layer->z[9] = -32;
    for (size_t i = 0; i < layer->stride; i++) /* a constant node */
        layer->z[layer->stride + i] = 2.5f;
}

static void test_closed_case(void **state)
{
    (void)state;
    static const int on[CLASSES] = {2, 7, 10};
    struct layer layer = {0};
    make_closed_layer(&layer);
    ask(&layer, true);
    run(&layer, &all_probes);
    const struct probe_nodes *nodes = &layer.nodes;
    assert_true(nodes->low[0] == -32 && nodes->high[0] == 32);
    for (int g = 0; g < N_GROUPS; g++) {
        int32_t expected[PROBE_BINS] = {0};
        assert_int_equal(nodes->active[g], on[g % CLASSES]);
        for (int i = 0; i < 10; i++) {
            int z = (int)value(&layer, 0, (uint32_t)(10 * g + i));
            expected[z < 32 ? z + 32 : PROBE_BINS - 1]++;
        }
        assert_memory_equal(nodes->histogram + g * PROBE_BINS, expected, sizeof expected);
    }
    for (int split = 0; split < PROBE_SPLITS; split++) {
        assert_true(fabs(nodes->predictability[split] - 0.4655936686273) < 1e-12);
        assert_true(fabs(nodes->informativeness[split] - 0.2609979176372) < 1e-12);
    }
    release(&layer);
}

static void test_constant_node(void **state)
{
    (void)state;
    struct layer layer = {0};
    make_closed_layer(&layer);
    ask(&layer, true);
    run(&layer, &all_probes);
    const struct probe_nodes *nodes = &layer.nodes;
    assert_true(nodes->low[1] == 2.5 && nodes->high[1] == 2.5);
    for (int g = 0; g < N_GROUPS; g++) {
        assert_int_equal(nodes->active[N_GROUPS + g], 10);
        for (int b = 0; b < PROBE_BINS; b++)
            assert_int_equal(nodes->histogram[ROW + g * PROBE_BINS + b], b ? 0 : 10);
    }
    for (int k = 0; k < CLASSES; k++) {
        assert_true(nodes->bandwidth[k] > 0);
        assert_true(nodes->bandwidth[CLASSES + k] == -1);
    }
    release(&layer);
}

/* Scott's rule from the values themselves. */
static double scott(const struct layer *layer, int node, int class)
{
    double sum = 0, squares = 0, n = group_sizes[class];
    for (uint32_t i = layer->start[class]; i < layer->start[class + 1]; i++)
        sum += value(layer, node, i);
    for (uint32_t i = layer->start[class]; i < layer->start[class + 1]; i++)
        squares += pow(value(layer, node, i) - sum / n, 2);
    return sqrt(squares / (n - 1)) * pow(n, -0.2);
}

static void check_node(const struct layer *layer, int node)
{
    const struct probe_nodes *nodes = &layer->nodes;
    double low = nodes->low[node], high = nodes->high[node];
    for (int g = 0; g < N_GROUPS; g++) {
        const int32_t *histogram = nodes->histogram + node * ROW + g * PROBE_BINS;
        int32_t active = 0, before = 0, edge = 0;
        for (uint32_t i = layer->start[g]; i < layer->start[g + 1]; i++) {
            assert_true(value(layer, node, i) >= low && value(layer, node, i) <= high);
            active += value(layer, node, i) > 0;
        }
        assert_int_equal(nodes->active[node * N_GROUPS + g], active);
        /* Samples below an edge are in the bins before it, but those at the edge. */
        for (int b = 0; b < PROBE_BINS; b++) {
            int32_t below = 0;
            double at = low + (high - low) * b / PROBE_BINS;
            for (uint32_t i = layer->start[g]; i < layer->start[g + 1]; i++) {
                below += value(layer, node, i) < at;
                edge += fabs(value(layer, node, i) - at) < 1e-6 * (high - low);
            }
            assert_true(abs(before - below) <= edge);
            before += histogram[b];
        }
        assert_true(edge <= 4); /* the ends of the range, and chance */
        assert_int_equal(before, group_sizes[g]);
    }
    for (int k = 0; k < CLASSES; k++)
        assert_true(fabs(nodes->bandwidth[node * CLASSES + k] / scott(layer, node, k) -
                         1) < 1e-5);
}

static void test_by_brute_force(void **state)
{
    (void)state;
    struct layer layer = {0};
    make_layer(&layer, NODES, 1);
    ask(&layer, true);
    run(&layer, &all_probes);
    for (int split = 0; split < PROBE_SPLITS; split++) {
        double mean = 0;
        for (int node = 0; node < NODES; node++)
            mean += layer.nodes.predictability[node * PROBE_SPLITS + split] / NODES;
        assert_true(fabs(mean - layer.out.predictability[split].mean) < 1e-12);
    }
    for (int node = 0; node < NODES; node++)
        check_node(&layer, node);
    release(&layer);
}

/* What belongs to a probe that does not run, or was not asked for, stays as it is; and
 * to ask changes nothing else. */
static void test_asking_for_parts(void **state)
{
    (void)state;
    struct layer plain = {0}, asked = {0};
    make_layer(&plain, 20, 1);
    make_layer(&asked, 20, 1);
    ask(&asked, false);
    run(&plain, &all_probes);
    run(&asked, &all_probes);
    assert_memory_equal(plain.out.system_correct, asked.out.system_correct,
                        sizeof plain.out.system_correct);
    assert_memory_equal(plain.out.informativeness, asked.out.informativeness,
                        sizeof plain.out.informativeness);
    release(&asked);
    make_layer(&asked, 20, 1);
    ask(&asked, true);
    struct probe_options patterns = all_probes;
    patterns.measures = 1 << PROBE_PATTERNS;
    run(&asked, &patterns);
    assert_true(asked.nodes.active[0] + asked.nodes.active[1] > 0);
    assert_true(asked.nodes.bandwidth[0] == -1 && asked.nodes.predictability[0] == -1);
    release(&asked);
    free(plain.z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_case),
        cmocka_unit_test(test_constant_node),
        cmocka_unit_test(test_by_brute_force),
        cmocka_unit_test(test_asking_for_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
