/* Batch normalisation against an independent network in double: values and gradients in
 * training, running statistics, and what net_fold makes of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/backprop.h"
#include "nn/train.h"
#include "num/rng.h"
#include "unit.h"

enum { INPUTS = 5, CLASSES = 3, SAMPLES = 24, HELD_OUT = 9, WIDTH = 7, MOST_DEPTH = 4 };

static const double epsilon = 1e-3, momentum = 0.3;
static uint8_t images[(SAMPLES + HELD_OUT) * INPUTS], labels[SAMPLES + HELD_OUT];

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

static struct net_shape shape_of(int depth, enum net_activation activation)
{
    return (struct net_shape){.n_inputs = INPUTS,
                              .n_outputs = CLASSES,
                              .depth = depth,
                              .width = WIDTH,
                              .activation = activation,
                              .bias = NET_BIAS_FIRST,
                              .batch_norm = true,
                              .batch_norm_epsilon = epsilon};
}

static struct train_options options(int batch_size)
{
    return (struct train_options){.optim = {.kind = OPTIM_ADAM,
                                            .learning_rate = 1e-2,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8},
                                  .batch_norm_momentum = momentum,
                                  .batch_size = batch_size,
                                  .epochs = 500,
                                  .seed = 4};
}

static struct train_data data(void)
{
    return (struct train_data){.images = images,
                               .labels = labels,
                               .n = SAMPLES,
                               .validation_images = images + SAMPLES * INPUTS,
                               .validation_labels = labels + SAMPLES,
                               .n_validation = HELD_OUT};
}

/* A network and its trainer. */
struct subject {
    struct net net;
    struct trainer *trainer;
};

static void make(struct subject *s, struct net_shape shape, struct train_options o)
{
    struct error err = {0};
    struct train_data d = data();
    net_create(&s->net, &shape, &err);
    trainer_create(&s->trainer, &s->net, &o, &d, &err);
    assert_ok(err);
}

static void drop(struct subject *s)
{
    trainer_destroy(s->trainer);
    net_fini(&s->net);
}

/* ---- an independent network in double ---- */

struct direct {
    const struct net *net;
    double w[1024]; /* the parameter vector */
    int n;          /* samples */
    double a[WIDTH][SAMPLES];
    /* Of the minibatch, biased. */
    double mean[MOST_DEPTH][WIDTH], variance[MOST_DEPTH][WIDTH];
};

static void direct_init(struct direct *d, const struct subject *s)
{
    memset(d, 0, sizeof *d);
    d->net = &s->net;
    const float *parameters = trainer_parameters(s->trainer);
    assert_true(s->net.n_parameters <= 1024);
    for (size_t i = 0; i < s->net.n_parameters; i++)
        d->w[i] = (double)parameters[i];
}

static void take_statistics(struct direct *d, int l, double z[WIDTH][SAMPLES])
{
    for (int j = 0; j < WIDTH; j++) {
        double mean = 0, variance = 0;
        for (int i = 0; i < d->n; i++)
            mean += z[j][i] / d->n;
        for (int i = 0; i < d->n; i++)
            variance += pow(z[j][i] - mean, 2) / d->n;
        d->mean[l][j] = mean;
        d->variance[l][j] = variance;
    }
}

/* z of layer l from d->a; by running statistics unless `training`. */
static void direct_layer(struct direct *d, int l, bool training, double z[WIDTH][SAMPLES])
{
    const struct net_layer *layer = &d->net->layers[l];
    for (int j = 0; j < layer->n_out; j++)
        for (int i = 0; i < d->n; i++) {
            z[j][i] = layer->has_bias && !layer->normalised
                          ? d->w[layer->biases + (size_t)j]
                          : 0;
            for (int k = 0; k < layer->n_in; k++)
                z[j][i] += d->w[layer->weights + (size_t)(j * layer->n_in + k)] *
                           d->a[k][i];
        }
    if (!layer->normalised)
        return;
    if (training)
        take_statistics(d, l, z);
    for (size_t j = 0; j < WIDTH; j++) {
        double mean = training ? d->mean[l][j] : d->w[layer->running_means + j];
        double variance = training ? d->variance[l][j]
                                   : d->w[layer->running_variances + j];
        for (int i = 0; i < d->n; i++)
            z[j][i] = d->w[layer->scales + j] * (z[j][i] - mean) /
                          sqrt(variance + epsilon) +
                      d->w[layer->biases + j];
    }
}

static double activate(enum net_activation kind, double z)
{
    return kind == NET_RELU      ? fmax(z, 0)
           : kind == NET_SIGMOID ? 1 / (1 + exp(-z))
                                 : tanh(z);
}

static void load(struct direct *d, const uint32_t *rows, int n)
{
    d->n = n;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < INPUTS; k++)
            d->a[k][i] = images[rows[i] * INPUTS + (uint32_t)k] / 255.0;
}

/* Leaves the output layer in d->a. */
static void direct_forward(struct direct *d, const uint32_t *rows, int n, bool training)
{
    double z[WIDTH][SAMPLES];
    load(d, rows, n);
    for (int l = 0; l < d->net->n_layers; l++) {
        direct_layer(d, l, training, z);
        for (int j = 0; j < d->net->layers[l].n_out; j++)
            for (int i = 0; i < n; i++)
                d->a[j][i] = l < d->net->shape.depth
                                 ? activate(d->net->shape.activation, z[j][i])
                                 : z[j][i];
    }
}

static double direct_loss(struct direct *d, enum loss_kind loss, const uint32_t *rows,
                          int n)
{
    double mean = 0;
    direct_forward(d, rows, n, true);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < CLASSES; k++)
            sum += loss == LOSS_KIND_MSE
                       ? 0.5 * pow(d->a[k][i] - (labels[rows[i]] == k), 2)
                       : exp(d->a[k][i]);
        if (loss == LOSS_KIND_CROSS_ENTROPY)
            sum = log(sum) - d->a[labels[rows[i]]][i];
        mean += sum / n;
    }
    return mean;
}

/* ---- gradients ---- */

static const uint32_t some_rows[SAMPLES] = {
    3, 20, 1, 7, 11, 0, 15, 22, 9, 5, 18, 2, 13, 6, 21, 10, 4, 17, 23, 8, 12, 19, 14, 16};

static double check_gradient(struct net_shape shape, enum loss_kind loss, int n)
{
    struct subject s;
    struct direct d;
    struct train_options o = options(8);
    float gradient[1024];
    const double h = 1e-5;
    o.loss = loss;
    make(&s, shape, o);
    for (int i = 0; i < 6; i++) /* so that scales are not 1, shifts not 0 */
        trainer_step(s.trainer);
    direct_init(&d, &s);
    double found = trainer_gradient(s.trainer, some_rows, n, gradient);
    double expected = direct_loss(&d, loss, some_rows, n), largest = 0;
    if (fabs(found - expected) > 2e-6)
        fail_msg("%d samples: loss %.9f is not %.9f", n, found, expected);
    for (size_t i = 0; i < s.net.n_trained; i++) {
        double at = d.w[i];
        d.w[i] = at + h;
        double above = direct_loss(&d, loss, some_rows, n);
        d.w[i] = at - h;
        double slope = (above - direct_loss(&d, loss, some_rows, n)) / (2 * h);
        d.w[i] = at;
        largest = fmax(largest, fabs(slope));
        if (fabs((double)gradient[i] - slope) > 4e-6 + 2e-5 * fabs(slope))
            fail_msg("activation %d loss %d depth %d, %d samples, parameter %zu: %.9g is "
                     "not %.9g",
                     shape.activation, loss, shape.depth, n, i, (double)gradient[i],
                     slope);
    }
    drop(&s);
    return largest;
}

static void test_finite_differences(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 3, 8, 17, 24};
    for (int activation = NET_RELU; activation <= NET_TANH; activation++)
        for (int loss = LOSS_KIND_MSE; loss <= LOSS_KIND_CROSS_ENTROPY; loss++)
            for (int depth = 1; depth <= MOST_DEPTH; depth += 3) {
                struct net_shape shape = shape_of(depth, (enum net_activation)activation);
                double largest = 0;
                for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                    largest = fmax(largest,
                                   check_gradient(shape, (enum loss_kind)loss, sizes[i]));
                assert_true(largest > 1e-2); /* the comparison is of something */
            }
}

/* A sample alone is its own mean: nothing below the shifts can change the output. */
static void test_one_sample(void **state)
{
    (void)state;
    struct subject s;
    float gradient[1024];
    make(&s, shape_of(2, NET_SIGMOID), options(8));
    trainer_gradient(s.trainer, some_rows, 1, gradient);
    for (int l = 0; l < 2; l++) {
        const struct net_layer *layer = &s.net.layers[l];
        for (size_t i = layer->weights; i < layer->biases; i++)
            assert_true(gradient[i] == 0);
        for (size_t j = 0; j < WIDTH; j++)
            assert_true(gradient[layer->scales + j] == 0);
    }
    const struct net_layer *top = &s.net.layers[1];
    assert_true(gradient[top->biases] != 0);
    drop(&s);
}

/* ---- running statistics ---- */

static void check_running(const struct subject *s, const struct direct *before)
{
    struct direct now;
    direct_init(&now, s);
    for (int l = 0; l < s->net.shape.depth; l++)
        for (size_t j = 0; j < WIDTH; j++) {
            size_t mean = s->net.layers[l].running_means + j;
            size_t variance = s->net.layers[l].running_variances + j;
            double expected_mean = (1 - momentum) * before->w[mean] +
                                   momentum * before->mean[l][j];
            double expected_variance = before->w[variance];
            if (before->n > 1)
                expected_variance = (1 - momentum) * before->w[variance] +
                                    momentum * before->variance[l][j] * before->n /
                                        (before->n - 1);
            assert_true(fabs(now.w[mean] - expected_mean) < 1e-6);
            assert_true(fabs(now.w[variance] - expected_variance) < 1e-6);
        }
}

/* Step after step, minibatches of 23 samples and of the one that is left. */
static void test_running_statistics(void **state)
{
    (void)state;
    struct subject s;
    struct direct before;
    struct error err = {0};
    struct minibatches *minibatches;
    struct train_data d = data();
    struct train_options o = options(SAMPLES - 1);
    struct minibatch_options m = trainer_minibatches(&o, &d, INPUTS);
    make(&s, shape_of(3, NET_RELU), o);
    minibatches_create(&minibatches, &m, &err);
    assert_ok(err);
    for (int64_t step = 0; step < 8; step++) {
        const struct inputs *inputs = &minibatches_take(minibatches, step)->inputs;
        assert_int_equal(inputs->n, step % 2 ? 1 : SAMPLES - 1);
        direct_init(&before, &s);
        direct_forward(&before, inputs->rows, inputs->n, true);
        trainer_step(s.trainer);
        check_running(&s, &before);
    }
    minibatches_destroy(minibatches);
    drop(&s);
}

/* Gradients are asked for without a trace. */
static void test_gradient_leaves_them(void **state)
{
    (void)state;
    struct subject s;
    float before[1024], gradient[1024];
    make(&s, shape_of(2, NET_RELU), options(8));
    size_t bytes = s.net.n_parameters * sizeof *before;
    memcpy(before, trainer_parameters(s.trainer), bytes);
    trainer_gradient(s.trainer, some_rows, 8, gradient);
    assert_memory_equal(before, trainer_parameters(s.trainer), bytes);
    drop(&s);
}

/* ---- outside training ---- */

static void test_folded(void **state)
{
    (void)state;
    struct error err = {0};
    struct subject s;
    struct direct d;
    struct backprop *backprop;
    struct batch batch = {0};
    struct inputs inputs = {
        .images = images, .n_inputs = INPUTS, .rows = some_rows, .n = 17};
    make(&s, shape_of(3, NET_TANH), options(8));
    backprop_create(&backprop, &s.net, 17, &err);
    batch_init(&batch, INPUTS, 17, &err);
    assert_ok(err);
    batch_set(&batch, &inputs);
    for (int step = 0; step < 20; step++)
        trainer_step(s.trainer);
    direct_init(&d, &s);
    direct_forward(&d, some_rows, 17, false);
    struct matrix z = backprop_evaluate(
        backprop, &batch, trainer_fold(s.trainer, trainer_parameters(s.trainer)));
    for (int k = 0; k < CLASSES; k++)
        for (int i = 0; i < 17; i++) {
            double found = (double)z.data[(size_t)k * z.stride + (size_t)i];
            if (fabs(found - d.a[k][i]) > 4e-6)
                fail_msg("class %d sample %d: %.9g is not %.9g", k, i, found, d.a[k][i]);
        }
    /* In training the same samples are something else. */
    z = backprop_forward(backprop, &batch, trainer_parameters(s.trainer));
    assert_true(fabs((double)z.data[0] - d.a[0][0]) > 1e-3);
    batch_fini(&batch);
    backprop_destroy(backprop);
    drop(&s);
}

/* A variance beyond what a float holds must not pass for a node that is silent. */
static void test_infinite_variance(void **state)
{
    (void)state;
    struct subject s;
    float w[1024], folded[1024];
    make(&s, shape_of(2, NET_RELU), options(8));
    const struct net_layer *layer = &s.net.layers[1];
    memcpy(w, trainer_parameters(s.trainer), s.net.n_parameters * sizeof *w);
    w[layer->running_variances + 3] = INFINITY;
    net_fold(&s.net, w, folded);
    for (size_t j = 0; j < WIDTH; j++)
        assert_int_equal(isfinite(folded[layer->biases + j]) != 0, j != 3);
    drop(&s);
}

/* The validation error that chooses the best network is of running statistics. */
static void test_validation(void **state)
{
    (void)state;
    struct subject s;
    struct direct d;
    uint32_t rows[HELD_OUT], errors = 0;
    struct train_options o = options(SAMPLES);
    o.epochs = 1;
    o.optim.learning_rate = 0.3;
    make(&s, shape_of(2, NET_RELU), o);
    for (uint32_t i = 0; i < HELD_OUT; i++)
        rows[i] = SAMPLES + i;
    uint32_t best = trainer_progress(s.trainer)->best_errors;
    trainer_step(s.trainer);
    direct_init(&d, &s);
    direct_forward(&d, rows, HELD_OUT, false);
    for (int i = 0; i < HELD_OUT; i++) {
        int predicted = 0;
        for (int k = 1; k < CLASSES; k++)
            predicted = d.a[k][i] > d.a[predicted][i] ? k : predicted;
        errors += predicted != labels[SAMPLES + i];
    }
    best = errors < best ? errors : best;
    assert_int_equal(trainer_progress(s.trainer)->best_errors, best);
    assert_int_equal(trainer_progress(s.trainer)->state, TRAIN_FINISHED);
    drop(&s);
}

/* ---- layout ---- */

static void test_layout(void **state)
{
    (void)state;
    struct error err = {0};
    for (int bias = NET_BIAS_FIRST; bias <= NET_BIAS_NONE; bias++) {
        struct net net;
        struct net_shape shape = shape_of(2, NET_RELU);
        float w[1024];
        shape.bias = (enum net_bias)bias;
        net_create(&net, &shape, &err);
        assert_ok(err);
        /* Weights, then shift and scale of 14 nodes; running mean and variance behind. */
        size_t n_trained = 7 * 5 + 7 * 7 + 3 * 7 + 2 * 14 +
                           (bias == NET_BIAS_ALL ? 3 : 0);
        assert_int_equal(net.n_trained, n_trained);
        assert_int_equal(net.n_parameters, n_trained + 2 * 14);
        assert_true(net_count_parameters(&shape) == (double)net.n_parameters);
        net_initialise(&net, NET_GLOROT_UNIFORM, 1, w);
        for (int l = 0; l < 2; l++)
            for (size_t j = 0; j < WIDTH; j++) {
                const struct net_layer *layer = &net.layers[l];
                assert_true(w[layer->biases + j] == 0 && w[layer->scales + j] == 1);
                assert_true(w[layer->running_means + j] == 0);
                assert_true(w[layer->running_variances + j] == 1);
            }
        assert_true(w[n_trained - 1 - (bias == NET_BIAS_ALL ? 3 : 0)] != 0);
        net_fini(&net);
    }
}

static void test_learns(void **state)
{
    (void)state;
    struct subject s;
    float gradient[1024];
    make(&s, shape_of(3, NET_RELU), options(SAMPLES - 1));
    double before = trainer_gradient(s.trainer, some_rows, SAMPLES, gradient);
    while (trainer_progress(s.trainer)->state == TRAIN_RUNNING)
        trainer_step(s.trainer);
    assert_int_equal(trainer_progress(s.trainer)->state, TRAIN_FINISHED);
    double after = trainer_gradient(s.trainer, some_rows, SAMPLES, gradient);
    assert_true(after < 0.1 * before); /* random labels are learnt by heart */
    drop(&s);
}

int main(void)
{
    struct error err = {0};
    linalg_setup(&err);
    assert_ok(err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finite_differences),
        cmocka_unit_test(test_one_sample),
        cmocka_unit_test(test_running_statistics),
        cmocka_unit_test(test_gradient_leaves_them),
        cmocka_unit_test(test_folded),
        cmocka_unit_test(test_infinite_variance),
        cmocka_unit_test(test_validation),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_learns),
    };
    return cmocka_run_group_tests(tests, draw_samples, NULL);
}
