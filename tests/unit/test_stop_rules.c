/* Rules to stop: training ends after the first epoch at which an independent network says
 * that they are reached. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/train.h"
#include "num/rng.h"
#include "unit.h"

/* Noise with labels, which 32 hidden nodes learn by heart. */
enum { INPUTS = 5, HIDDEN = 32, CLASSES = 3, SAMPLES = 24, HELD_OUT = 9, EPOCHS = 400 };

static uint8_t images[(SAMPLES + HELD_OUT) * INPUTS], labels[SAMPLES + HELD_OUT];
static const struct net_shape shape = {.n_inputs = INPUTS,
                                       .n_outputs = CLASSES,
                                       .depth = 1,
                                       .width = HIDDEN,
                                       .activation = NET_RELU,
                                       .bias = NET_BIAS_ALL};

static int draw_samples(void **state)
{
    (void)state;
    struct rng rng = {1, RNG_TEST, 0};
    for (int i = 0; i < (SAMPLES + HELD_OUT) * INPUTS; i++)
        images[i] = (uint8_t)rng_below(&rng, (uint64_t)i, 256);
    for (int i = 0; i < SAMPLES + HELD_OUT; i++)
        labels[i] = (uint8_t)(i % CLASSES);
    return 0;
}

static struct train_options options(void)
{
    return (struct train_options){.loss = LOSS_KIND_MSE,
                                  .optim = {.kind = OPTIM_ADAM,
                                            .learning_rate = 1e-2,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8},
                                  .init = NET_GLOROT_UNIFORM,
                                  .batch_size = 7, /* no divisor: the last are fewer */
                                  .epochs = EPOCHS,
                                  .seed = 4};
}

static struct trainer *make(const struct net *net, const struct train_options *o)
{
    struct error err = {0};
    struct trainer *trainer;
    struct train_data data = {.images = images,
                              .labels = labels,
                              .n = SAMPLES,
                              .validation_images = images + SAMPLES * INPUTS,
                              .validation_labels = labels + SAMPLES,
                              .n_validation = HELD_OUT};
    trainer_create(&trainer, net, o, &data, &err);
    assert_ok(err);
    return trainer;
}

/* The output layer's values for a sample, in double. */
static void forward(const struct net *net, const float *w, int sample, double *out)
{
    const struct net_layer *first = &net->layers[0], *last = &net->layers[1];
    double a[HIDDEN];
    for (int j = 0; j < HIDDEN; j++) {
        a[j] = (double)w[first->biases + (size_t)j];
        for (int k = 0; k < INPUTS; k++)
            a[j] += (double)w[first->weights + (size_t)(j * INPUTS + k)] *
                    images[sample * INPUTS + k] / 255.0;
        a[j] = fmax(a[j], 0);
    }
    for (int j = 0; j < CLASSES; j++) {
        out[j] = (double)w[last->biases + (size_t)j];
        for (int k = 0; k < HIDDEN; k++)
            out[j] += (double)w[last->weights + (size_t)(j * HIDDEN + k)] * a[k];
    }
}

static double loss_of(enum loss_kind kind, const double *z, int label)
{
    double sum = 0;
    for (int j = 0; j < CLASSES; j++)
        sum += kind == LOSS_KIND_MSE ? 0.5 * pow(z[j] - (label == j), 2) : exp(z[j]);
    return kind == LOSS_KIND_MSE ? sum : log(sum) - z[label];
}

/* What the independent network says of all training samples after each epoch. */
struct course {
    double loss[EPOCHS + 1], accuracy[EPOCHS + 1];
    float *parameters[EPOCHS + 1];
};

static void look(struct course *course, const struct net *net, enum loss_kind loss,
                 const struct trainer *t)
{
    int epoch = trainer_progress(t)->epoch;
    size_t size = net->n_parameters * sizeof(float);
    for (int i = 0; i < SAMPLES; i++) {
        double z[CLASSES];
        int best = 0;
        forward(net, trainer_parameters(t), i, z);
        for (int j = 1; j < CLASSES; j++)
            best = z[j] > z[best] ? j : best;
        course->accuracy[epoch] += (best == labels[i]) / (double)SAMPLES;
        course->loss[epoch] += loss_of(loss, z, labels[i]) / SAMPLES;
    }
    course->parameters[epoch] = malloc(size);
    memcpy(course->parameters[epoch], trainer_parameters(t), size);
}

static void free_course(struct course *course)
{
    for (int i = 1; i <= EPOCHS; i++)
        free(course->parameters[i]);
}

static void run_course(struct course *course, const struct net *net,
                       const struct train_options *o)
{
    memset(course, 0, sizeof *course);
    struct trainer *t = make(net, o);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        while (trainer_progress(t)->epoch < epoch)
            trainer_step(t);
        look(course, net, o->loss, t);
    }
    trainer_destroy(t);
}

/* Training with these options ends with that network after that epoch. */
static void assert_end(const struct course *course, const struct net *net,
                       const struct train_options *o, int epoch, enum train_end end)
{
    struct trainer *t = make(net, o);
    while (trainer_progress(t)->state == TRAIN_RUNNING)
        trainer_step(t);
    const struct train_progress *p = trainer_progress(t);
    assert_int_equal(p->state, TRAIN_FINISHED);
    assert_int_equal(p->epoch, epoch);
    assert_int_equal(p->end, end);
    assert_memory_equal(trainer_parameters(t), course->parameters[epoch],
                        net->n_parameters * sizeof(float));
    trainer_destroy(t);
}

static void check_rules(enum loss_kind loss)
{
    struct error err = {0};
    struct net net;
    static struct course course;
    net_create(&net, &shape, &err);
    assert_ok(err);
    struct train_options o = options();
    o.loss = loss;
    run_course(&course, &net, &o);
    int learnt = 1, low = 1;
    while (learnt < EPOCHS && course.accuracy[learnt] < 1 - 1e-9)
        learnt++;
    assert_true(learnt > 5 && learnt < EPOCHS);
    /* Later, and not so near to an epoch's loss that rounding would matter. */
    double threshold = 0.5 * course.loss[learnt];
    while (low < EPOCHS && course.loss[low] > threshold)
        low++;
    assert_true(low > learnt && low < EPOCHS);
    assert_true(fabs(course.loss[low] / threshold - 1) > 1e-4);
    o.stop_accuracy = 1;
    assert_end(&course, &net, &o, learnt, TRAIN_END_ACCURACY);
    o.stop_loss = threshold;
    assert_end(&course, &net, &o, learnt, TRAIN_END_ACCURACY); /* whichever is first */
    o.stop_accuracy = 0;
    assert_end(&course, &net, &o, low, TRAIN_END_LOSS);
    /* At the last epoch, or when patience runs out, a rule that is reached counts. */
    o.epochs = low;
    assert_end(&course, &net, &o, low, TRAIN_END_LOSS);
    o.epochs = low - 1;
    assert_end(&course, &net, &o, low - 1, TRAIN_END_EPOCHS);
    o.stop_accuracy = 1;
    o.stop_loss = 2 * course.loss[1];
    assert_end(&course, &net, &o, 1, TRAIN_END_LOSS);
    free_course(&course);
    net_fini(&net);
}

static void test_rules_end_training(void **state)
{
    (void)state;
    check_rules(LOSS_KIND_MSE);
    check_rules(LOSS_KIND_CROSS_ENTROPY);
}

/* A share of k of n samples is reached by k samples. */
static void test_accuracy_is_a_share(void **state)
{
    (void)state;
    struct error err = {0};
    struct net net;
    static struct course course;
    net_create(&net, &shape, &err);
    struct train_options o = options();
    run_course(&course, &net, &o);
    int epoch = 1;
    while (epoch < EPOCHS && course.accuracy[epoch] < 0.8)
        epoch++;
    double correct = round(course.accuracy[epoch] * SAMPLES);
    assert_true(epoch > 1 && correct < SAMPLES);
    o.stop_accuracy = correct / SAMPLES;
    assert_end(&course, &net, &o, epoch, TRAIN_END_ACCURACY);
    free_course(&course);
    net_fini(&net);
}

/* Patience counts beside a rule. */
static void test_patience_ends_before_a_rule(void **state)
{
    (void)state;
    struct error err = {0};
    struct net net;
    net_create(&net, &shape, &err);
    struct train_options o = options();
    o.epochs = 2000;
    o.patience = 5;
    o.stop_loss = 1e-30;
    struct trainer *t = make(&net, &o);
    while (trainer_progress(t)->state == TRAIN_RUNNING)
        trainer_step(t);
    assert_int_equal(trainer_progress(t)->end, TRAIN_END_PATIENCE);
    assert_int_equal(trainer_progress(t)->epoch, trainer_progress(t)->best_epoch + 5);
    trainer_destroy(t);
    net_fini(&net);
}

int main(void)
{
    struct error err = {0};
    linalg_setup(&err);
    assert_ok(err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_end_training),
        cmocka_unit_test(test_accuracy_is_a_share),
        cmocka_unit_test(test_patience_ends_before_a_rule),
    };
    return cmocka_run_group_tests(tests, draw_samples, NULL);
}
