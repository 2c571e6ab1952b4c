/* What a cell costs, counted by hand. */
#include <string.h>

#include "sweep/cost.h"
#include "unit.h"

/* 4 inputs, 2 x 3 hidden nodes, 2 outputs; 10 + 4 + 6 samples in minibatches of 4. */
struct tiny {
    struct snapshot snapshots[6];
    struct study study;
    struct dataset dataset;
    struct spec spec;
    struct cell_context context;
};

static void make_tiny(struct tiny *t)
{
    *t = (struct tiny){.snapshots = {{.kind = SNAPSHOT_INIT},
                                     {.kind = SNAPSHOT_BEST},
                                     {.kind = SNAPSHOT_EPOCH, .at = 5},
                                     {.kind = SNAPSHOT_EPOCH, .at = 6},
                                     {.kind = SNAPSHOT_STEP, .at = 15},
                                     {.kind = SNAPSHOT_STEP, .at = 16}},
                       .study = {.n_snapshots = 6, .measures = 7},
                       .dataset = {.n_inputs = 4, .n_classes = 2},
                       .context = {.sizes = {10, 4, 6}}};
    t->study.snapshots = t->snapshots;
    t->context.study = &t->study;
    t->context.dataset = &t->dataset;
    spec_defaults(&t->spec);
    t->spec.value[FIELD_DEPTH] = 2;
    t->spec.value[FIELD_WIDTH] = 3;
    t->spec.value[FIELD_BATCH_SIZE] = 4;
    t->spec.value[FIELD_EPOCHS] = 100;
}

static void test_training(void **state)
{
    (void)state;
    struct tiny t;
    make_tiny(&t);
    /* Weights 4 x 3 + 3 x 3 + 3 x 2 and three biases; five epochs of three steps. */
    struct cost_counts counts = cost_count_cell(&t.context, &t.spec, 5);
    const double *units = counts.units;
    assert_true(units[COST_TRAIN_FLOP] == (6 * 30 - 2 * 12) * 50 + 2 * 30 * 4 * 6);
    assert_true(units[COST_TRAIN_FLOAT] == 30 * 15 * (6 + 2 * 2));
    assert_true(units[COST_TRAIN_NODE] == 8 * (2 * 50 + 4 * 6));
    assert_true(units[COST_TRAIN_INPUT] == 4 * (50 + 4 * 6));
    assert_true(units[COST_TRAIN_PRODUCT] == (3 + 3 + 2) * 15);
    assert_true(units[COST_TRAIN_CURVE] == 0);
    assert_true(units[COST_START_BYTE] > 0);
    /* A rule to stop looks at the training samples once an epoch more. */
    t.spec.value[FIELD_STOP_ACCURACY] = 1;
    counts = cost_count_cell(&t.context, &t.spec, 5);
    assert_true(units[COST_TRAIN_FLOP] ==
                (6 * 30 - 2 * 12) * 50 + 2 * 30 * (4 * 6 + 10 * 5));
    assert_true(units[COST_TRAIN_FLOAT] == 30 * 15 * (6 + 2 * 2));
    assert_true(units[COST_TRAIN_NODE] == 8 * (2 * 50 + 4 * 6 + 10 * 5));
    assert_true(units[COST_TRAIN_INPUT] == 4 * (50 + 4 * 6 + 10 * 5));
    t.spec.value[FIELD_STOP_ACCURACY] = 0;
    t.spec.value[FIELD_ACTIVATION] = ACTIVATION_TANH;
    t.spec.value[FIELD_OPTIMIZER] = OPTIMIZER_SGD;
    counts = cost_count_cell(&t.context, &t.spec, 5);
    assert_true(units[COST_TRAIN_CURVE] == 6 * (50 + 4 * 6));
    assert_true(units[COST_TRAIN_FLOAT] == 30 * 15 * (6 + 2 * 1));
    /* No hidden layer: 4 x 2 weights and two biases, no gradient of inputs. */
    t.spec.value[FIELD_DEPTH] = 0;
    counts = cost_count_cell(&t.context, &t.spec, 1);
    assert_true(units[COST_TRAIN_FLOP] == (6 * 10 - 2 * 8) * 10 + 2 * 10 * 4 * 2);
    assert_true(units[COST_TRAIN_PRODUCT] == 2 * 3);
}

/* Normalisation adds passes over hidden nodes' values in training, and nothing outside.
 */
static void test_normalised(void **state)
{
    (void)state;
    struct tiny t;
    make_tiny(&t);
    t.spec.value[FIELD_BIAS] = BIAS_NONE;
    struct cost_counts plain = cost_count_cell(&t.context, &t.spec, 5);
    t.spec.value[FIELD_BATCH_NORM] = 1;
    struct cost_counts counts = cost_count_cell(&t.context, &t.spec, 5);
    assert_true(counts.units[COST_TRAIN_NODE] ==
                plain.units[COST_TRAIN_NODE] + 2 * 3 * 8 * 50);
    for (int u = 0; u < COST_COUNT; u++)
        if (u != COST_TRAIN_NODE && u != COST_START_BYTE)
            assert_true(counts.units[u] == plain.units[u]);
    assert_true(counts.units[COST_START_BYTE] > plain.units[COST_START_BYTE]);
}

/* Noise takes a number for each input trained with, Gaussian corruption for a share. */
static void test_normal_numbers(void **state)
{
    (void)state;
    static const struct {
        double corruption, fraction, noise, expected;
    } cases[] = {{INPUT_CORRUPTION_NONE, 0.5, 0, 0},
                 {INPUT_CORRUPTION_STRUCTURED, 0.5, 0, 0},
                 {INPUT_CORRUPTION_GAUSSIAN, 0.5, 0, 0.5},
                 {INPUT_CORRUPTION_NONE, 0, 0.1, 1},
                 {INPUT_CORRUPTION_GAUSSIAN, 0.5, 0.1, 1.5}};
    struct tiny t;
    make_tiny(&t);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t.spec.value[FIELD_INPUT_CORRUPTION] = cases[i].corruption;
        t.spec.value[FIELD_INPUT_CORRUPTION_FRACTION] = cases[i].fraction;
        t.spec.value[FIELD_INPUT_NOISE] = cases[i].noise;
        struct cost_counts counts = cost_count_cell(&t.context, &t.spec, 5);
        assert_true(counts.units[COST_TRAIN_NORMAL] == cases[i].expected * 4 * 50);
    }
}

static void test_probes(void **state)
{
    (void)state;
    struct tiny t;
    make_tiny(&t);
    /* Four of the six snapshots are within five epochs. */
    struct cost_counts counts = cost_count_cell(&t.context, &t.spec, 5);
    const double *units = counts.units;
    assert_true(units[COST_PROBE_FLOP] == 2 * 30 * 4 * 20);
    assert_true(units[COST_PROBE_NODE] == 8 * 4 * 20);
    assert_true(units[COST_PROBE_INPUT] == 4 * 4 * 20);
    assert_true(units[COST_PROBE_SCORE] == (8 + 3) * 4 * 20);
    assert_true(units[COST_PROBE_TABLE] == 8 * 2 * 4);
    assert_true(units[COST_PROBE_BIT] == 8 * 4 * 20);
    assert_true(units[COST_PROBE_KEY] == 3 * 4 * 20);
    /* All six, then the first two alone. */
    counts = cost_count_cell(&t.context, &t.spec, 6);
    assert_true(units[COST_PROBE_NODE] == 8 * 6 * 20);
    counts = cost_count_cell(&t.context, &t.spec, 0);
    assert_true(units[COST_PROBE_NODE] == 8 * 2 * 20);
    t.study.measures = MEASURE_SAMPLE_SETS;
    counts = cost_count_cell(&t.context, &t.spec, 0);
    assert_true(units[COST_PROBE_NODE] == 8 * 2 * 20);
    assert_true(units[COST_PROBE_SCORE] == 0 && units[COST_PROBE_KEY] == 0);
    t.study.measures = MEASURE_CORRUPTION;
    counts = cost_count_cell(&t.context, &t.spec, 0);
    assert_true(units[COST_PROBE_NODE] == 8 * 2 * (20 + 10));
    t.spec.value[FIELD_LABEL_CORRUPTION] = 0.5;
    counts = cost_count_cell(&t.context, &t.spec, 0);
    assert_true(units[COST_PROBE_NODE] == 8 * 2 * (20 + 10 * 2.5));
    t.spec.value[FIELD_ACTIVATION] = ACTIVATION_TANH;
    counts = cost_count_cell(&t.context, &t.spec, 0);
    assert_true(units[COST_PROBE_CURVE] == 6 * 2 * (20 + 10 * 1.5));
}

/* What updates add to the probes of a study that asks for them. */
static void test_updates(void **state)
{
    (void)state;
    struct tiny t;
    make_tiny(&t);
    t.study.measures = 0;
    struct cost_counts without = cost_count_cell(&t.context, &t.spec, 0);
    double bytes = cost_bytes(&t.context, &t.spec);
    t.study.measures = MEASURE_UPDATES;
    struct cost_counts with = cost_count_cell(&t.context, &t.spec, 0);
    /* Two snapshots; ten samples take two products in the first layer of 12 weights, four
     * in those of 9 and 6, and a bias more in both networks and, as counted, on the way
     * back; four samples make a step as in training. */
    double flop = with.units[COST_PROBE_FLOP] - without.units[COST_PROBE_FLOP];
    assert_true(flop ==
                2 * (10 * 2 * (2 * 12 + 4 * (9 + 6) + 4 * 3) + 4 * (6 * 30 - 2 * 12)));
    assert_true(with.units[COST_PROBE_NODE] - without.units[COST_PROBE_NODE] ==
                2 * 10 * 3 * 8);
    assert_true(with.units[COST_PROBE_INPUT] - without.units[COST_PROBE_INPUT] ==
                2 * (10 + 4) * 4);
    assert_true(with.units[COST_TRAIN_FLOP] == without.units[COST_TRAIN_FLOP]);
    assert_true(cost_bytes(&t.context, &t.spec) > bytes);
    t.spec.value[FIELD_BATCH_NORM] = 1;
    with = cost_count_cell(&t.context, &t.spec, 0);
    assert_true(with.units[COST_PROBE_FLOP] == without.units[COST_PROBE_FLOP]);
}

/* Seconds are the sum of both parts, each of its own units. */
static void test_seconds(void **state)
{
    (void)state;
    struct cost_counts counts;
    struct cost_rates rates;
    double train = 0, probe = 0;
    for (int u = 0; u < COST_COUNT; u++) {
        counts.units[u] = u + 1;
        rates.seconds[u] = 1 << u;
        *(cost_unit_part((enum cost_unit)u) == COST_TRAIN ? &train : &probe) += (u + 1) *
                                                                                (1 << u);
    }
    assert_true(train > 0 && probe > 0);
    assert_true(cost_part_seconds(&counts, &rates, COST_TRAIN) == train);
    assert_true(cost_part_seconds(&counts, &rates, COST_PROBE) == probe);
    assert_true(cost_seconds(&counts, &rates) == train + probe);
}

/* Memory holds the data and the pre-activations of the widest layer, and grows. */
static void test_bytes(void **state)
{
    (void)state;
    struct tiny t;
    make_tiny(&t);
    t.study.n_snapshots = 1;
    t.dataset.n_inputs = 784;
    t.dataset.n_classes = 10;
    t.dataset.train.count = 60000;
    t.dataset.test.count = 10000;
    t.context.sizes = (struct split_sizes){55000, 5000, 10000};
    t.spec.value[FIELD_WIDTH] = 100;
    double bytes = cost_bytes(&t.context, &t.spec);
    assert_true(bytes > 784 * 70000.0 + 4.0 * 70000 * 100 && bytes < 1e9);
    t.spec.value[FIELD_WIDTH] = 2000;
    assert_true(cost_bytes(&t.context, &t.spec) > bytes + 4.0 * 70000 * 1900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training),       cmocka_unit_test(test_normalised),
        cmocka_unit_test(test_normal_numbers), cmocka_unit_test(test_probes),
        cmocka_unit_test(test_updates),        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
