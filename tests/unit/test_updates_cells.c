/* Networks of the size of use: the update condition is exact where one layer moves, and
 * measuring it changes nothing else. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sweep/cell.h"
#include "sweep/cell_updates.h"
#include "unit.h"

static struct normals *normals;

static int setup(void **state)
{
    struct error err = {0};
    (void)state;
    normals_create(&normals, &err);
    return err.status != STATUS_OK;
}

static int teardown(void **state)
{
    (void)state;
    free(normals);
    return 0;
}

static double found(const struct record *record, enum field_id id, int layer)
{
    return record_real(record, id)[layer];
}

/* From `parameters` only one layer of it. */
static void step_of_layer(const struct net *net, int layer, const float *parameters,
                          const float *stepped, float *out)
{
    size_t first = net->layers[layer].weights;
    size_t end = layer + 1 < net->n_layers ? net->layers[layer + 1].weights
                                           : net->n_parameters;
    memcpy(out, parameters, net->n_parameters * sizeof *out);
    memcpy(out + first, stepped + first, (end - first) * sizeof *out);
}

struct setting {
    struct snapshot snapshots[4];
    struct study study;
    struct dataset dataset;
    struct cell cell;
    struct cell_context context;
};

static void setting_init(struct setting *s)
{
    struct error err = {0};
    struct dataset_request request = {.name = "glyphs", .train = 700, .test = 60};
    *s = (struct setting){.snapshots = {{.kind = SNAPSHOT_INIT},
                                        {.kind = SNAPSHOT_STEP, .at = 5},
                                        {.kind = SNAPSHOT_BEST, .keep = true},
                                        {.kind = SNAPSHOT_FINAL, .keep = true}},
                          .study = {.n_snapshots = 4, .measures = 7},
                          .context = {.sizes = {650, 50, 60}}};
    s->study.snapshots = s->snapshots;
    s->context.study = &s->study;
    s->context.dataset = &s->dataset;
    dataset_load(&s->dataset, &request, &err);
    assert_ok(err);
    s->context.normals = normals;
    struct spec *spec = &s->cell.spec;
    spec_defaults(spec);
    spec->value[FIELD_SEED] = 3;
    spec->value[FIELD_DEPTH] = 3;
    spec->value[FIELD_WIDTH] = 20;
    spec->value[FIELD_BATCH_SIZE] = 32; /* 650 = 20 x 32 + 10 */
    spec->value[FIELD_EPOCHS] = 3;
    spec->value[FIELD_LABEL_CORRUPTION] = 0.2;
}

static void setting_fini(struct setting *s)
{
    dataset_fini(&s->dataset);
}

/* Of one layer's step the condition tells every pair, and those above do not expect what
 * they get. */
static void check_one_layer(const struct record *record, int moved, int layer)
{
    double changed = found(record, FIELD_UPDATE_CHANGED, layer);
    double agreement = found(record, FIELD_UPDATE_AGREEMENT, layer);
    double predicted = found(record, FIELD_UPDATE_PREDICTED, layer);
    if (layer < moved)
        assert_true(changed == 0 && agreement == 1 && predicted == RECORD_FILL_REAL);
    else if (layer == moved)
        assert_true(changed > 0 && agreement == 1 && predicted == 1);
    else
        assert_true(changed > 0 && fabs(agreement - (1 - changed)) < 1e-12 &&
                    predicted == 0);
}

static void check_exactness(const struct setting *s, enum loss_kind loss)
{
    struct error err = {0};
    struct net net;
    struct cell_samples samples;
    struct trainer *trainer;
    struct cell_updates *updates;
    struct record record;
    struct net_shape shape = cell_net_shape(&s->cell.spec, &s->dataset);
    net_create(&net, &shape, &err);
    cell_samples_init(&samples, &s->cell.spec, &s->context.sizes, &s->dataset, &err);
    struct train_options options = cell_train_options(&s->cell.spec);
    struct train_data data = cell_train_data(&s->context, &s->cell.spec,
                                             samples.train_labels);
    options.loss = loss;
    options.optim = (struct optim){.kind = OPTIM_SGD, .learning_rate = 0.1};
    trainer_create(&trainer, &net, &options, &data, &err);
    struct cell_updates_setup setup = {&net, loss, data, NULL};
    cell_updates_create(&updates, &setup, &err);
    record_init(&record, (struct record_shape){1, net.n_layers, s->dataset.n_classes},
                &err);
    assert_ok(err);
    for (int i = 0; i < 4; i++)
        trainer_step(trainer);
    float *stepped = malloc(net.n_parameters * sizeof *stepped);
    float *moved = malloc(net.n_parameters * sizeof *moved);
    uint32_t *order = malloc(s->context.sizes.train * sizeof *order);
    trainer_step_plainly(trainer, trainer_parameters(trainer), 4, order, stepped);
    for (int m = 0; m < net.n_layers; m++) {
        record_clear(&record);
        step_of_layer(&net, m, trainer_parameters(trainer), stepped, moved);
        cell_updates_compare(updates, trainer_parameters(trainer), moved, 0, &record);
        for (int l = 0; l < net.n_layers; l++)
            check_one_layer(&record, m, l);
    }
    /* Where the step leaves no numbers, nothing is said from there on. */
    step_of_layer(&net, 1, trainer_parameters(trainer), stepped, moved);
    moved[net.layers[1].weights] = INFINITY;
    record_clear(&record);
    cell_updates_compare(updates, trainer_parameters(trainer), moved, 0, &record);
    assert_true(found(&record, FIELD_UPDATE_AGREEMENT, 0) == 1);
    for (int l = 1; l < net.n_layers; l++) {
        assert_true(found(&record, FIELD_UPDATE_AGREEMENT, l) == RECORD_FILL_REAL);
        assert_true(found(&record, FIELD_SUPPORTED_COST, l) > 0);
    }
    free(stepped);
    free(moved);
    free(order);
    record_fini(&record);
    cell_updates_destroy(updates);
    trainer_destroy(trainer);
    cell_samples_fini(&samples);
    net_fini(&net);
}

static void test_exact_for_one_layer(void **state)
{
    (void)state;
    struct setting s;
    setting_init(&s);
    check_exactness(&s, LOSS_KIND_MSE);
    check_exactness(&s, LOSS_KIND_CROSS_ENTROPY);
    setting_fini(&s);
}

/* ---- cells ---- */

static void run(struct setting *s, unsigned measures, struct cell_result *result)
{
    struct error err = {0};
    s->study.measures = measures;
    cell_run(&s->context, &s->cell, result, &err);
    assert_ok(err);
}

static const enum field_id fields[] = {FIELD_SUPPORTED_COST, FIELD_UPDATE_CHANGED,
                                       FIELD_UPDATE_ADDED, FIELD_UPDATE_AGREEMENT,
                                       FIELD_UPDATE_PREDICTED};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* Every value is there, but for shares of no changes, and in its range; takes them away.
 */
static void take_fields(struct record *record)
{
    size_t n = record_extent(FIELD_UPDATE_CHANGED, record->shape);
    for (size_t i = 0; i < n; i++) {
        bool changed = record_real(record, FIELD_UPDATE_CHANGED)[i] > 0;
        for (int f = 0; f < FIELDS; f++) {
            double *value = record_real(record, fields[f]) + i;
            bool of_changes = fields[f] == FIELD_UPDATE_ADDED ||
                              fields[f] == FIELD_UPDATE_PREDICTED;
            if (changed || !of_changes)
                assert_true(*value >= 0 && (f == 0 || *value <= 1));
            else
                assert_true(*value == RECORD_FILL_REAL);
        }
    }
    for (int f = 0; f < FIELDS; f++)
        record_clear_field(record, fields[f]);
}

/* With and without the measure: the same training, the same other results. */
static void check_cell(struct setting *s)
{
    struct cell_result with, without;
    run(s, 7 | MEASURE_UPDATES, &with);
    run(s, 7, &without);
    struct record *record = &with.record;
    assert_int_equal(*record_int(record, FIELD_STATUS), CELL_COMPLETE);
    for (int i = 0; i < s->study.n_snapshots; i++) {
        size_t first = record_index(FIELD_UPDATE_AGREEMENT, record->shape, i, 0, 0, 0);
        assert_true(record_real(record, FIELD_UPDATE_AGREEMENT)[first] == 1);
        assert_true(record_real(record, FIELD_UPDATE_CHANGED)[first + 2] > 0);
    }
    take_fields(record);
    struct hash128 a = record_hash(record), b = record_hash(&without.record);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(with.n_networks, 2);
    for (int i = 0; i < 2; i++)
        assert_memory_equal(with.networks[i].parameters, without.networks[i].parameters,
                            with.n_parameters * sizeof(float));
    cell_result_fini(&with);
    cell_result_fini(&without);
}

static void test_training_unchanged(void **state)
{
    (void)state;
    struct setting s;
    setting_init(&s);
    check_cell(&s);
    s.cell.spec.value[FIELD_OPTIMIZER] = OPTIMIZER_SGD;
    s.cell.spec.value[FIELD_LEARNING_RATE] = 0.1;
    s.cell.spec.value[FIELD_ACTIVATION] = ACTIVATION_TANH;
    s.cell.spec.value[FIELD_LOSS] = LOSS_CROSS_ENTROPY;
    check_cell(&s);
    s.cell.spec.value[FIELD_INPUT_CORRUPTION] = INPUT_CORRUPTION_STRUCTURED;
    s.cell.spec.value[FIELD_INPUT_CORRUPTION_FRACTION] = 0.3;
    s.cell.spec.value[FIELD_INPUT_NOISE] = 0.2;
    check_cell(&s);
    setting_fini(&s);
}

/* Not of networks with batch normalisation, whose nodes the condition does not describe.
 */
static void test_batch_norm(void **state)
{
    (void)state;
    struct setting s;
    setting_init(&s);
    s.study.measures = 7 | MEASURE_UPDATES;
    assert_true(cell_updates_taken(&s.study, &s.cell.spec));
    s.cell.spec.value[FIELD_BATCH_NORM] = 1;
    assert_false(cell_updates_taken(&s.study, &s.cell.spec));
    setting_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_for_one_layer),
        cmocka_unit_test(test_training_unchanged),
        cmocka_unit_test(test_batch_norm),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
