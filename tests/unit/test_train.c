/* Back-propagation against finite differences of an independent double-precision network,
 * and against the paper's sum over active paths; optimizers, shuffling, early stopping.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/train.h"
#include "num/rng.h"
#include "unit.h"

enum { INPUTS = 5, CLASSES = 3, SAMPLES = 24, HELD_OUT = 9 };

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

static struct train_data data(void)
{
    return (struct train_data){.images = images,
                               .labels = labels,
                               .n = SAMPLES,
                               .validation_images = images + SAMPLES * INPUTS,
                               .validation_labels = labels + SAMPLES,
                               .n_validation = HELD_OUT};
}

static struct train_options options(void)
{
    return (struct train_options){.loss = LOSS_KIND_MSE,
                                  .optim = {.kind = OPTIM_ADAM,
                                            .learning_rate = 1e-2,
                                            .momentum = 0.9,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8},
                                  .init = NET_GLOROT_UNIFORM,
                                  .batch_size = 8,
                                  .epochs = 3,
                                  .seed = 4};
}

static struct net_shape shape_of(int depth, int width, enum net_activation activation,
                                 enum net_bias bias)
{
    return (struct net_shape){.n_inputs = INPUTS,
                              .n_outputs = CLASSES,
                              .depth = depth,
                              .width = width,
                              .activation = activation,
                              .bias = bias};
}

/* ---- an independent network in double ---- */

static double activate(enum net_activation kind, double z)
{
    return kind == NET_RELU      ? fmax(z, 0)
           : kind == NET_SIGMOID ? 1 / (1 + exp(-z))
                                 : tanh(z);
}

static double sample_loss(const struct net *net, enum loss_kind loss, const double *w,
                          int sample)
{
    double a[64], z[64];
    for (int k = 0; k < INPUTS; k++)
        a[k] = images[sample * INPUTS + k] / 255.0;
    for (int l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        for (int j = 0; j < layer->n_out; j++) {
            z[j] = layer->has_bias ? w[layer->biases + (size_t)j] : 0;
            for (int k = 0; k < layer->n_in; k++)
                z[j] += w[layer->weights + (size_t)(j * layer->n_in + k)] * a[k];
        }
        for (int j = 0; j < layer->n_out; j++)
            a[j] = l + 1 < net->n_layers ? activate(net->shape.activation, z[j]) : z[j];
    }
    double sum = 0;
    if (loss == LOSS_KIND_MSE) {
        for (int j = 0; j < CLASSES; j++)
            sum += 0.5 * pow(a[j] - (labels[sample] == j), 2);
        return sum;
    }
    for (int j = 0; j < CLASSES; j++)
        sum += exp(a[j]);
    return log(sum) - a[labels[sample]];
}

static double mean_loss(const struct net *net, enum loss_kind loss, const double *w)
{
    double sum = 0;
    for (int i = 0; i < 8; i++)
        sum += sample_loss(net, loss, w, i) / 8;
    return sum;
}

static const uint32_t first_eight[8] = {0, 1, 2, 3, 4, 5, 6, 7};

static void check_gradient(struct net_shape shape, enum loss_kind loss)
{
    struct error err = {0};
    struct net net;
    struct trainer *trainer;
    struct train_options o = options();
    struct train_data d = data();
    o.loss = loss;
    net_create(&net, &shape, &err);
    trainer_create(&trainer, &net, &o, &d, &err);
    assert_ok(err);
    for (int i = 0; i < 4; i++) /* so that biases are not zero */
        trainer_step(trainer);
    double *w = malloc(net.n_parameters * sizeof *w), found, h = 1e-5;
    const float *parameters = trainer_parameters(trainer);
    for (size_t i = 0; i < net.n_parameters; i++)
        w[i] = parameters[i];
    float *gradient = malloc(net.n_parameters * sizeof *gradient);
    found = trainer_gradient(trainer, first_eight, 8, gradient);
    if (fabs(found - mean_loss(&net, loss, w)) > 1e-6)
        fail_msg("loss %.9f is not %.9f", found, mean_loss(&net, loss, w));
    double largest = 0;
    for (size_t i = 0; i < net.n_parameters; i++) {
        double at = w[i];
        w[i] = at + h;
        double above = mean_loss(&net, loss, w);
        w[i] = at - h;
        double slope = (above - mean_loss(&net, loss, w)) / (2 * h);
        w[i] = at;
        largest = fmax(largest, fabs(slope));
        if (fabs((double)gradient[i] - slope) > 2e-6 + 1e-5 * fabs(slope))
            fail_msg("activation %d loss %d bias %d parameter %zu: %.9g is not %.9g",
                     shape.activation, loss, shape.bias, i, (double)gradient[i], slope);
    }
    assert_true(largest > 1e-3); /* the comparison is of something */
    free(w);
    free(gradient);
    trainer_destroy(trainer);
    net_fini(&net);
}

static void test_finite_differences(void **state)
{
    (void)state;
    for (int activation = NET_RELU; activation <= NET_TANH; activation++)
        for (int loss = LOSS_KIND_MSE; loss <= LOSS_KIND_CROSS_ENTROPY; loss++)
            for (int bias = NET_BIAS_FIRST; bias <= NET_BIAS_NONE; bias++)
                for (int depth = 1; depth <= 4; depth += 3)
                    check_gradient(shape_of(depth, 7, (enum net_activation)activation,
                                            (enum net_bias)bias),
                                   (enum loss_kind)loss);
}

/* ---- Davel et al. 2020, eq. 9 and 10: the sum over active paths ---- */

struct paths {
    const struct net *net;
    const float *w;
    double z[8][16]; /* pre-activations of one sample */
    double lambda[CLASSES];
};

static double weight(const struct paths *p, int layer, int to, int from)
{
    const struct net_layer *l = &p->net->layers[layer];
    return (double)p->w[l->weights + (size_t)(to * l->n_in + from)];
}

static void forward_paths(struct paths *p, enum loss_kind loss, int sample)
{
    double a[16];
    for (int k = 0; k < INPUTS; k++)
        a[k] = images[sample * INPUTS + k] / 255.0;
    for (int l = 0; l < p->net->n_layers; l++) {
        const struct net_layer *layer = &p->net->layers[l];
        for (int j = 0; j < layer->n_out; j++) {
            p->z[l][j] = layer->has_bias ? (double)p->w[layer->biases + (size_t)j] : 0.0;
            for (int k = 0; k < layer->n_in; k++)
                p->z[l][j] += weight(p, l, j, k) * a[k];
        }
        for (int j = 0; j < layer->n_out; j++)
            a[j] = fmax(p->z[l][j], 0);
    }
    const double *out = p->z[p->net->n_layers - 1];
    double sum = 0;
    for (int j = 0; j < CLASSES; j++)
        sum += exp(out[j]);
    for (int j = 0; j < CLASSES; j++)
        p->lambda[j] = (loss == LOSS_KIND_MSE ? out[j] : exp(out[j]) / sum) -
                       (labels[sample] == j);
}

/* Sum over all paths from node j of `layer` to the output layer of lambda at its end
 * times the product of its switches T(z) and weights: every path one by one, no recursion
 * over partial sums as in back-propagation. */
static double sum_paths(const struct paths *p, int layer, int j)
{
    int last = p->net->n_layers - 1;
    long n_paths = 1;
    for (int l = layer + 1; l <= last; l++)
        n_paths *= p->net->layers[l].n_out;
    double sum = 0;
    for (long path = 0; path < n_paths; path++) {
        long rest = path;
        int node = j;
        double product = 1;
        for (int l = layer; l < last; l++) {
            product *= p->z[l][node] > 0;
            int next = (int)(rest % p->net->layers[l + 1].n_out);
            rest /= p->net->layers[l + 1].n_out;
            product *= weight(p, l + 1, next, node);
            node = next;
        }
        sum += product * p->lambda[node];
    }
    return sum;
}

static void check_paths(enum loss_kind loss)
{
    struct error err = {0};
    struct net net;
    struct net_shape shape = shape_of(3, 4, NET_RELU, NET_BIAS_FIRST);
    struct trainer *trainer;
    struct train_options o = options();
    struct train_data d = data();
    struct paths p = {.net = &net};
    o.loss = loss;
    net_create(&net, &shape, &err);
    trainer_create(&trainer, &net, &o, &d, &err);
    assert_ok(err);
    for (int i = 0; i < 2; i++)
        trainer_step(trainer);
    p.w = trainer_parameters(trainer);
    float *gradient = malloc(net.n_parameters * sizeof *gradient);
    for (uint32_t sample = 0; sample < 6; sample++) {
        trainer_gradient(trainer, &sample, 1, gradient);
        forward_paths(&p, loss, (int)sample);
        for (int l = 0; l < net.n_layers; l++)
            for (int j = 0; j < net.layers[l].n_out; j++) {
                double beta = sum_paths(&p, l, j);
                for (int k = 0; k < net.layers[l].n_in; k++) {
                    double a = l == 0 ? images[sample * INPUTS + (uint32_t)k] / 255.0
                                      : fmax(p.z[l - 1][k], 0);
                    double g = (double)gradient[net.layers[l].weights +
                                                (size_t)(j * net.layers[l].n_in + k)];
                    if (fabs(g - a * beta) > 1e-6)
                        fail_msg("layer %d node %d input %d: %g is not %g", l, j, k, g,
                                 a * beta);
                }
            }
    }
    free(gradient);
    trainer_destroy(trainer);
    net_fini(&net);
}

static void test_path_sum(void **state)
{
    (void)state;
    check_paths(LOSS_KIND_MSE);
    check_paths(LOSS_KIND_CROSS_ENTROPY);
}

/* ---- optimizers, by hand ---- */

static void test_adam_step(void **state)
{
    (void)state;
    struct optim optim = options().optim;
    float w[2] = {1, -1}, s[4] = {0}, *const states[] = {s, s + 2};
    const float g1[2] = {0.5f, -0.25f}, g2[2] = {0.1f, 0.3f};
    double m[2] = {0}, v[2] = {0}, x[2] = {1, -1};
    const float *gradients[2] = {g1, g2};
    for (int t = 1; t <= 2; t++) {
        struct optim_step step = optim_step(&optim, t);
        optim_update(&step, 2, gradients[t - 1], states, w);
        for (int i = 0; i < 2; i++) {
            double g = (double)gradients[t - 1][i];
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            x[i] -= 1e-2 * (m[i] / (1 - pow(0.9, t))) /
                    (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
            assert_true(fabs((double)w[i] - x[i]) < 1e-6);
        }
    }
}

static void test_sgd_step(void **state)
{
    (void)state;
    struct optim optim = options().optim;
    optim.kind = OPTIM_SGD;
    optim.learning_rate = 0.1;
    float w[1] = {1}, s[1] = {0}, *const states[] = {s};
    const float g[1] = {1};
    for (int t = 1; t <= 2; t++) { /* u = 1, w = 0.9; u = 1.9, w = 0.71 */
        struct optim_step step = optim_step(&optim, t);
        optim_update(&step, 1, g, states, w);
    }
    assert_true(fabs((double)w[0] - 0.71) < 1e-6);
}

/* ---- the loop ---- */

static struct trainer *make(const struct net *net, const struct train_options *o)
{
    struct error err = {0};
    struct trainer *trainer;
    struct train_data d = data();
    trainer_create(&trainer, net, o, &d, &err);
    assert_ok(err);
    return trainer;
}

static void test_loop(void **state)
{
    (void)state;
    struct error err = {0};
    struct net net;
    struct net_shape shape = shape_of(2, 8, NET_RELU, NET_BIAS_ALL);
    net_create(&net, &shape, &err);
    assert_ok(err);
    assert_true(net_count_parameters(&shape) == (double)net.n_parameters);
    struct train_options o = options();
    o.batch_size = 7; /* 24 = 7 + 7 + 7 + 3 */
    struct trainer *a = make(&net, &o), *b = make(&net, &o);
    float *gradient = malloc(net.n_parameters * sizeof *gradient);
    while (trainer_progress(a)->state == TRAIN_RUNNING)
        trainer_step(a);
    assert_int_equal(trainer_progress(a)->step, 12);
    assert_int_equal(trainer_progress(a)->epoch, 3);
    trainer_step(a); /* no effect any more */
    assert_int_equal(trainer_progress(a)->step, 12);
    /* The same options give the same bits, whatever is asked in between. */
    while (trainer_progress(b)->state == TRAIN_RUNNING) {
        trainer_step(b);
        trainer_gradient(b, first_eight, 3, gradient);
    }
    assert_memory_equal(trainer_parameters(a), trainer_parameters(b),
                        net.n_parameters * sizeof(float));
    free(gradient);
    trainer_destroy(a);
    trainer_destroy(b);
    net_fini(&net);
}

static void test_learns_and_stops_early(void **state)
{
    (void)state;
    struct error err = {0};
    struct net net;
    struct net_shape shape = shape_of(1, 32, NET_RELU, NET_BIAS_ALL);
    net_create(&net, &shape, &err);
    struct train_options o = options();
    o.epochs = 2000;
    struct trainer *t = make(&net, &o);
    float *gradient = malloc(net.n_parameters * sizeof *gradient);
    double before = trainer_gradient(t, first_eight, 8, gradient);
    while (trainer_progress(t)->state == TRAIN_RUNNING)
        trainer_step(t);
    double after = trainer_gradient(t, first_eight, 8, gradient);
    free(gradient);
    assert_true(after < 0.05 * before); /* random labels are learnt by heart */
    trainer_destroy(t);
    o.patience = 5;
    t = make(&net, &o);
    while (trainer_progress(t)->state == TRAIN_RUNNING)
        trainer_step(t);
    const struct train_progress *p = trainer_progress(t);
    assert_int_equal(p->epoch, p->best_epoch + 5);
    assert_true(p->epoch < 2000);
    assert_memory_not_equal(trainer_parameters(t), trainer_best_parameters(t),
                            net.n_parameters * sizeof(float));
    trainer_destroy(t);
    net_fini(&net);
}

static void test_divergence(void **state)
{
    (void)state;
    struct error err = {0};
    struct net net;
    struct net_shape shape = shape_of(3, 16, NET_RELU, NET_BIAS_ALL);
    net_create(&net, &shape, &err);
    struct train_options o = options();
    o.optim.kind = OPTIM_SGD;
    o.optim.learning_rate = 100;
    o.epochs = 50;
    struct trainer *t = make(&net, &o);
    while (trainer_progress(t)->state == TRAIN_RUNNING)
        trainer_step(t);
    assert_int_equal(trainer_progress(t)->state, TRAIN_DIVERGED);
    trainer_destroy(t);
    net_fini(&net);
}

/* Weights that are no numbers must not pass for a network that predicts class 0: neither
 * a hidden layer's relu nor an epoch's end may hide them. */
static void test_nan_is_divergence(void **state)
{
    (void)state;
    struct error err = {0};
    struct net net;
    struct net_shape shape = shape_of(2, 8, NET_RELU, NET_BIAS_FIRST);
    net_create(&net, &shape, &err);
    struct train_options o = options();
    o.epochs = 1;
    o.batch_size = SAMPLES; /* one step: only the end of the epoch can see its result */
    o.optim.learning_rate = 1e38;
    struct trainer *t = make(&net, &o);
    while (trainer_progress(t)->state == TRAIN_RUNNING)
        trainer_step(t);
    assert_int_equal(trainer_progress(t)->state, TRAIN_DIVERGED);
    trainer_destroy(t);
    net_fini(&net);
}

/* A loss must not hide that an output is no number, whichever class it is of. */
static void test_nan_in_a_loss(void **state)
{
    (void)state;
    float values[3 * 2] = {0, 1, NAN, 2, 0.5f, INFINITY};
    struct matrix z = {values, 3, 2, 2};
    const uint8_t first[2] = {0, 0};
    for (int kind = LOSS_KIND_MSE; kind <= LOSS_KIND_CROSS_ENTROPY; kind++) {
        assert_false(
            isfinite(loss_evaluate((enum loss_kind)kind, z, first, (struct matrix){0})));
        z.columns = 1;
        assert_false(
            isfinite(loss_evaluate((enum loss_kind)kind, z, first, (struct matrix){0})));
        z.columns = 2;
    }
}

static void test_initial_weights(void **state)
{
    (void)state;
    struct error err = {0};
    struct net net;
    struct net_shape shape = {.n_inputs = 400, .n_outputs = 10, .depth = 1, .width = 200};
    net_create(&net, &shape, &err);
    float *w = malloc(net.n_parameters * sizeof *w);
    const double range[3] = {sqrt(6.0 / 600), sqrt(3.0 / 400), sqrt(6.0 / 400)};
    for (int rule = NET_GLOROT_UNIFORM; rule <= NET_HE_UNIFORM; rule++) {
        net_initialise(&net, (enum net_init_rule)rule, 3, w);
        double top = 0, squares = 0;
        for (int i = 0; i < 80000; i++) {
            top = fmax(top, fabs((double)w[i]));
            squares += (double)w[i] * (double)w[i] / 80000;
        }
        assert_true(top <= range[rule] && top > 0.999 * range[rule]);
        assert_true(fabs(squares / (range[rule] * range[rule] / 3) - 1) < 0.02);
        for (int j = 0; j < 200; j++)
            assert_true(w[net.layers[0].biases + (size_t)j] == 0);
    }
    free(w);
    net_fini(&net);
}

int main(void)
{
    struct error err = {0};
    linalg_setup(&err);
    assert_ok(err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finite_differences),
        cmocka_unit_test(test_path_sum),
        cmocka_unit_test(test_adam_step),
        cmocka_unit_test(test_sgd_step),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_learns_and_stops_early),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_nan_is_divergence),
        cmocka_unit_test(test_nan_in_a_loss),
        cmocka_unit_test(test_initial_weights),
    };
    return cmocka_run_group_tests(tests, draw_samples, NULL);
}
