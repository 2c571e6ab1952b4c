#include "nn/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/backprop.h"

enum { MAX_STATES = 2 };

struct trainer {
    const struct net *net;
    struct train_options options;
    struct train_data data;
    struct train_progress progress;
    int columns; /* samples that go through the network together */
    struct backprop *backprop;
    float *parameters; /* [n_parameters], as the next two */
    float *best;
    float *state[MAX_STATES];
    struct minibatches *minibatches;
    struct minibatches *own; /* the same, or NULL where they are shared */
    struct batch batch;      /* of other samples: to validate, to differentiate */
    uint8_t *batch_labels;   /* [columns] */
};

/* A validation block need not be as small as a minibatch. */
enum { SMALLEST_BLOCK = 64 };

static int block_columns(int batch_size)
{
    return batch_size > SMALLEST_BLOCK ? batch_size : SMALLEST_BLOCK;
}

struct minibatch_options trainer_minibatches(const struct train_options *options,
                                             const struct train_data *data, int n_inputs)
{
    return (struct minibatch_options){.images = data->images,
                                      .n_inputs = n_inputs,
                                      .n = data->n,
                                      .batch_size = options->batch_size,
                                      .seed = options->seed,
                                      .corruption = data->corruption,
                                      .noise = data->noise};
}

double trainer_bytes(const struct net_shape *shape, const struct train_options *options,
                     uint32_t n_train)
{
    int vectors = 2 + optim_n_states(options->optim.kind);
    int columns = block_columns(options->batch_size);
    struct train_data data = {.n = n_train};
    struct minibatch_options minibatches = trainer_minibatches(options, &data,
                                                               shape->n_inputs);
    return 4 * net_count_parameters(shape) * vectors + backprop_bytes(shape, columns) +
           batch_bytes(shape->n_inputs, columns) + minibatches_bytes(&minibatches);
}

static void allocate(struct trainer *t, struct error *err)
{
    size_t n = t->net->n_parameters;
    t->parameters = memory_alloc(n, sizeof(float), err);
    t->best = memory_alloc(n, sizeof(float), err);
    for (int i = 0; i < optim_n_states(t->options.optim.kind); i++)
        t->state[i] = memory_alloc(n, sizeof(float), err);
    t->batch_labels = memory_alloc((size_t)t->columns, 1, err);
    batch_init(&t->batch, t->net->shape.n_inputs, t->columns, err);
    if (err->status == STATUS_OK)
        backprop_create(&t->backprop, t->net, t->columns, err);
    t->minibatches = t->data.minibatches;
    if (t->minibatches || err->status != STATUS_OK)
        return;
    struct minibatch_options options = trainer_minibatches(&t->options, &t->data,
                                                           t->net->shape.n_inputs);
    if (minibatches_create(&t->own, &options, err) == STATUS_OK)
        t->minibatches = t->own;
}

/* Derivatives of the samples' mean loss go to `receiver`; returns that loss. */
static double differentiate(struct trainer *t, struct batch *batch,
                            struct gradient_receiver receiver)
{
    int n = batch->inputs.n;
    for (int j = 0; j < n; j++)
        t->batch_labels[j] = t->data.labels[batch->inputs.rows[j]];
    struct matrix z = backprop_forward(t->backprop, batch, t->parameters);
    if (batch != &t->batch)
        minibatches_prefetch(t->minibatches);
    double loss = loss_evaluate(t->options.loss, z, t->batch_labels, z) / n;
    backprop_backward(t->backprop, batch, t->parameters, z, receiver);
    return loss;
}

static void copy_gradient(void *state, size_t first, size_t n, const float *gradient)
{
    memcpy((float *)state + first, gradient, n * sizeof *gradient);
}

double trainer_gradient(struct trainer *t, const uint32_t *rows, int n, float *gradient)
{
    struct inputs inputs = {.images = t->data.images,
                            .n_inputs = t->net->shape.n_inputs,
                            .rows = rows,
                            .n = n,
                            .corruption = input_corruption_used(&t->data.corruption)};
    struct gradient_receiver receiver = {.take = copy_gradient, .state = gradient};
    batch_set(&t->batch, &inputs);
    return differentiate(t, &t->batch, receiver);
}

struct update {
    struct trainer *trainer;
    struct optim_step step;
};

static void apply_gradient(void *state, size_t first, size_t n, const float *gradient)
{
    struct update *update = state;
    struct trainer *t = update->trainer;
    float *const states[MAX_STATES] = {t->state[0] + first,
                                       t->state[1] ? t->state[1] + first : NULL};
    optim_update(&update->step, n, gradient, states, t->parameters + first);
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
    for (uint32_t start = 0; start < t->data.n_validation;
         start += (uint32_t)t->columns) {
        uint32_t rest = t->data.n_validation - start;
        int n = rest < (uint32_t)t->columns ? (int)rest : t->columns;
        struct inputs inputs = {.images = t->data.validation_images,
                                .n_inputs = t->net->shape.n_inputs,
                                .first = start,
                                .n = n};
        batch_set(&t->batch, &inputs);
        struct matrix z = backprop_forward(t->backprop, &t->batch, t->parameters);
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
    struct batch *batch = minibatches_take(t->minibatches, p->step);
    p->step++;
    struct update update = {t, optim_step(&t->options.optim, p->step)};
    struct gradient_receiver receiver = {
        .take = apply_gradient,
        .state = &update,
        .soon = {t->parameters, t->state[0], t->state[1]}};
    double loss = differentiate(t, batch, receiver);
    if (!isfinite(loss))
        p->state = TRAIN_DIVERGED;
    else if (p->step % p->steps_per_epoch == 0)
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
    allocate(t, err);
    if (err->status != STATUS_OK) {
        trainer_destroy(t);
        return err->status;
    }
    t->progress.steps_per_epoch = minibatches_per_epoch(t->minibatches);
    net_initialise(net, options->init, options->seed, t->parameters);
    keep_if_better(t);
    if (options->epochs == 0 && t->progress.state == TRAIN_RUNNING)
        t->progress.state = TRAIN_FINISHED;
    *out = t;
    return STATUS_OK;
}

void trainer_destroy(struct trainer *t)
{
    if (!t)
        return;
    backprop_destroy(t->backprop);
    free(t->parameters);
    free(t->best);
    for (int i = 0; i < MAX_STATES; i++)
        free(t->state[i]);
    minibatches_destroy(t->own);
    batch_fini(&t->batch);
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
