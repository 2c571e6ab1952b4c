#include "nn/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/activation.h"
#include "num/rng.h"

struct trainer {
    const struct net *net;
    struct train_options options;
    struct train_data data;
    struct train_progress progress;
    int columns;       /* samples that a matrix holds */
    size_t stride;     /* of its rows, >= columns */
    float *parameters; /* [n_parameters], as the next two */
    float *gradient;
    float *best;
    float *state;          /* [optim_n_states, n_parameters] */
    float *inputs;         /* [n_inputs, stride] */
    float **activations;   /* one [n_out, stride] a layer; the last holds outputs */
    float *delta[2];       /* [widest, stride] each */
    uint32_t *order;       /* [n]: this epoch's permutation */
    uint8_t *batch_labels; /* [columns] */
};

/* A validation block need not be as small as a minibatch. */
enum { SMALLEST_BLOCK = 64 };

static int block_columns(int batch_size)
{
    return batch_size > SMALLEST_BLOCK ? batch_size : SMALLEST_BLOCK;
}

double trainer_bytes(const struct net_shape *shape, const struct train_options *options,
                     uint32_t n_train)
{
    double parameters = net_count_parameters(shape);
    double stride = (double)net_stride(block_columns(options->batch_size));
    double widest = shape->width > shape->n_outputs ? shape->width : shape->n_outputs;
    double nodes = shape->n_inputs + (double)shape->depth * shape->width +
                   shape->n_outputs + 2 * widest;
    return 4 * (parameters * (3 + optim_n_states(options->optim.kind)) + nodes * stride) +
           4.0 * n_train;
}

static void allocate(struct trainer *t, struct error *err)
{
    size_t n = t->net->n_parameters;
    size_t states = (size_t)optim_n_states(t->options.optim.kind);
    t->parameters = memory_alloc(n, sizeof(float), err);
    t->gradient = memory_alloc(n, sizeof(float), err);
    t->best = memory_alloc(n, sizeof(float), err);
    t->state = memory_alloc(n * states, sizeof(float), err);
    t->inputs = memory_alloc((size_t)t->net->shape.n_inputs * t->stride, sizeof(float),
                             err);
    t->activations = memory_alloc((size_t)t->net->n_layers, sizeof *t->activations, err);
    for (int l = 0; t->activations && l < t->net->n_layers; l++)
        t->activations[l] = memory_alloc((size_t)t->net->layers[l].n_out * t->stride,
                                         sizeof(float), err);
    for (int i = 0; i < 2; i++)
        t->delta[i] = memory_alloc((size_t)t->net->widest * t->stride, sizeof(float),
                                   err);
    t->order = memory_alloc(t->data.n, sizeof *t->order, err);
    t->batch_labels = memory_alloc((size_t)t->columns, 1, err);
}

/* The first n columns of a feature-major matrix. */
static struct matrix view(const struct trainer *t, float *data, int rows, int n)
{
    return (struct matrix){.data = data, .rows = rows, .columns = n, .stride = t->stride};
}

static struct matrix layer_view(const struct trainer *t, int layer, int n)
{
    return view(t, t->activations[layer], t->net->layers[layer].n_out, n);
}

/* Forward pass of the first n columns of `inputs`; hidden layers hold activations, the
 * output layer z. */
static struct matrix forward(struct trainer *t, int n)
{
    struct matrix a = view(t, t->inputs, t->net->shape.n_inputs, n);
    for (int l = 0; l < t->net->n_layers; l++) {
        struct matrix z = layer_view(t, l, n);
        net_forward_layer(t->net, l, t->parameters, a, z);
        for (int i = 0; l + 1 < t->net->n_layers && i < z.rows; i++) {
            float *row = z.data + (size_t)i * z.stride;
            activation_forward(t->net->shape.activation, row, row, (size_t)n);
        }
        a = z;
    }
    return a;
}

static void layer_gradient(struct trainer *t, int layer, struct matrix delta, int n)
{
    const struct net_layer *shape = &t->net->layers[layer];
    struct matrix below = layer == 0 ? view(t, t->inputs, shape->n_in, n)
                                     : layer_view(t, layer - 1, n);
    struct matrix weights = {.data = t->gradient + shape->weights,
                             .rows = shape->n_out,
                             .columns = shape->n_in,
                             .stride = (size_t)shape->n_in};
    linalg_multiply(LINALG_NT, delta, below, 0.0f, weights);
    if (!shape->has_bias)
        return;
    for (int i = 0; i < delta.rows; i++) {
        float sum = 0.0f;
        for (int j = 0; j < n; j++)
            sum += delta.data[(size_t)i * delta.stride + (size_t)j];
        t->gradient[shape->biases + (size_t)i] = sum;
    }
}

/* Eq. 5 of Davel et al. 2020: beta_l = alpha_l (W_{l+1}^T beta_{l+1}). */
static void backward(struct trainer *t, struct matrix delta, int n)
{
    for (int l = t->net->n_layers - 1; l >= 0; l--) {
        layer_gradient(t, l, delta, n);
        if (l == 0)
            break;
        const struct net_layer *shape = &t->net->layers[l];
        struct matrix weights = {.data = t->parameters + shape->weights,
                                 .rows = shape->n_out,
                                 .columns = shape->n_in,
                                 .stride = (size_t)shape->n_in};
        struct matrix below = view(
            t, delta.data == t->delta[0] ? t->delta[1] : t->delta[0], shape->n_in, n);
        linalg_multiply(LINALG_TN, weights, delta, 0.0f, below);
        for (int i = 0; i < below.rows; i++)
            activation_backward(t->net->shape.activation,
                                t->activations[l - 1] + (size_t)i * below.stride,
                                below.data + (size_t)i * below.stride, (size_t)n);
        delta = below;
    }
}

const float *trainer_gradient(struct trainer *t, const uint32_t *rows, int n,
                              double *loss)
{
    net_load_inputs(t->data.images, t->net->shape.n_inputs, rows, n,
                    view(t, t->inputs, t->net->shape.n_inputs, n));
    for (int j = 0; j < n; j++)
        t->batch_labels[j] = t->data.labels[rows[j]];
    struct matrix z = forward(t, n);
    struct matrix delta = view(t, t->delta[0], z.rows, n);
    *loss = loss_evaluate(t->options.loss, z, t->batch_labels, delta) / n;
    backward(t, delta, n);
    return t->gradient;
}

static bool all_finite(struct matrix z)
{
    float odd = 0.0f; /* stays 0 unless a value is infinite or no number */
    for (int i = 0; i < z.rows; i++)
        for (int j = 0; j < z.columns; j++)
            odd += z.data[(size_t)i * z.stride + (size_t)j] * 0.0f;
    return odd == 0.0f;
}

/* Sets the state to TRAIN_DIVERGED where an output is not finite. */
static uint32_t validation_errors(struct trainer *t)
{
    uint32_t errors = 0;
    size_t size = (size_t)t->net->shape.n_inputs;
    for (uint32_t start = 0; start < t->data.n_validation;
         start += (uint32_t)t->columns) {
        uint32_t rest = t->data.n_validation - start;
        int n = rest < (uint32_t)t->columns ? (int)rest : t->columns;
        net_load_inputs(t->data.validation_images + start * size, (int)size, NULL, n,
                        view(t, t->inputs, (int)size, n));
        struct matrix z = forward(t, n);
        if (!all_finite(z))
            t->progress.state = TRAIN_DIVERGED;
        for (int j = 0; j < n; j++)
            errors += loss_predict(z, j) !=
                      t->data.validation_labels[start + (uint32_t)j];
    }
    return errors;
}

static void keep_if_better(struct trainer *t)
{
    uint32_t errors = validation_errors(t);
    if (t->progress.state == TRAIN_DIVERGED)
        return;
    /* Without a validation set the latest network is the best known. */
    if (t->data.n_validation > 0 && t->progress.epoch > 0 &&
        errors >= t->progress.best_errors)
        return;
    t->progress.best_errors = errors;
    t->progress.best_epoch = t->progress.epoch;
    t->progress.best_step = t->progress.step;
    memcpy(t->best, t->parameters, t->net->n_parameters * sizeof *t->best);
}

static void end_epoch(struct trainer *t)
{
    struct train_progress *p = &t->progress;
    p->epoch++;
    keep_if_better(t);
    if (p->state == TRAIN_DIVERGED)
        return;
    int patience = t->options.patience;
    if (p->epoch >= t->options.epochs ||
        (patience > 0 && p->epoch - p->best_epoch >= patience))
        p->state = TRAIN_FINISHED;
}

void trainer_step(struct trainer *t)
{
    struct train_progress *p = &t->progress;
    if (p->state != TRAIN_RUNNING)
        return;
    int64_t index = p->step % p->steps_per_epoch;
    if (index == 0) {
        struct rng rng = {.seed = t->options.seed,
                          .purpose = RNG_SHUFFLE,
                          .stream = (uint64_t)p->epoch};
        rng_permutation(&rng, t->order, t->data.n);
    }
    uint32_t start = (uint32_t)(index * t->options.batch_size);
    uint32_t rest = t->data.n - start;
    int n = rest < (uint32_t)t->options.batch_size ? (int)rest : t->options.batch_size;
    double loss;
    trainer_gradient(t, t->order + start, n, &loss);
    p->step++;
    optim_step(&t->options.optim, p->step, t->net->n_parameters, t->gradient, t->state,
               t->parameters);
    if (!isfinite(loss))
        p->state = TRAIN_DIVERGED;
    else if (index + 1 == p->steps_per_epoch)
        end_epoch(t);
}

enum status trainer_create(struct trainer **out, const struct net *net,
                           const struct train_options *options,
                           const struct train_data *data, struct error *err)
{
    *out = NULL;
    struct trainer *t = memory_alloc(1, sizeof *t, err);
    if (!t)
        return err->status;
    t->net = net;
    t->options = *options;
    t->data = *data;
    t->columns = block_columns(options->batch_size);
    t->stride = net_stride(t->columns);
    allocate(t, err);
    if (err->status != STATUS_OK) {
        trainer_destroy(t);
        return err->status;
    }
    int64_t batch = options->batch_size;
    t->progress.steps_per_epoch = ((int64_t)data->n + batch - 1) / batch;
    net_initialise(net, options->init, options->seed, t->parameters);
    keep_if_better(t);
    if (options->epochs == 0)
        t->progress.state = TRAIN_FINISHED;
    *out = t;
    return STATUS_OK;
}

void trainer_destroy(struct trainer *t)
{
    if (!t)
        return;
    for (int l = 0; t->activations && l < t->net->n_layers; l++)
        free(t->activations[l]);
    free(t->activations);
    free(t->parameters);
    free(t->gradient);
    free(t->best);
    free(t->state);
    free(t->inputs);
    free(t->delta[0]);
    free(t->delta[1]);
    free(t->order);
    free(t->batch_labels);
    free(t);
}

const struct train_progress *trainer_progress(const struct trainer *t)
{
    return &t->progress;
}

const float *trainer_parameters(const struct trainer *t)
{
    return t->parameters;
}

const float *trainer_best_parameters(const struct trainer *t)
{
    return t->best;
}
