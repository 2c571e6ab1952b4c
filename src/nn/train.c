#include "nn/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/backprop.h"
#include "num/rng.h"

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
    int vectors = 2 + optim_n_states(options->optim.kind);
    return 4 * net_count_parameters(shape) * vectors +
           backprop_bytes(shape, block_columns(options->batch_size)) + 4.0 * n_train;
}

static void allocate(struct trainer *t, struct error *err)
{
    size_t n = t->net->n_parameters;
    t->parameters = memory_alloc(n, sizeof(float), err);
    t->best = memory_alloc(n, sizeof(float), err);
    for (int i = 0; i < optim_n_states(t->options.optim.kind); i++)
        t->state[i] = memory_alloc(n, sizeof(float), err);
    t->order = memory_alloc(t->data.n, sizeof *t->order, err);
    t->batch_labels = memory_alloc((size_t)t->columns, 1, err);
    if (err->status == STATUS_OK)
        backprop_create(&t->backprop, t->net, t->columns, err);
}

static struct inputs training_inputs(const struct trainer *t, const uint32_t *rows, int n)
{
    return (struct inputs){t->data.images, t->net->shape.n_inputs, rows, n};
}

/* Derivatives of the n samples' mean loss go to `receiver`; returns that loss. `next` are
 * the samples of the next call, where they are known. */
static double differentiate(struct trainer *t, const struct inputs *inputs,
                            const struct inputs *next, struct gradient_receiver receiver)
{
    for (int j = 0; j < inputs->n; j++)
        t->batch_labels[j] = t->data.labels[inputs->rows[j]];
    struct matrix z = backprop_forward(t->backprop, inputs, t->parameters);
    if (next)
        inputs_prefetch(next);
    double loss = loss_evaluate(t->options.loss, z, t->batch_labels, z) / inputs->n;
    backprop_backward(t->backprop, inputs, t->parameters, z, receiver);
    return loss;
}

static void copy_gradient(void *state, size_t first, size_t n, const float *gradient)
{
    memcpy((float *)state + first, gradient, n * sizeof *gradient);
}

double trainer_gradient(struct trainer *t, const uint32_t *rows, int n, float *gradient)
{
    struct inputs inputs = training_inputs(t, rows, n);
    struct gradient_receiver receiver = {.take = copy_gradient, .state = gradient};
    return differentiate(t, &inputs, NULL, receiver);
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
    size_t size = (size_t)t->net->shape.n_inputs;
    for (uint32_t start = 0; start < t->data.n_validation;
         start += (uint32_t)t->columns) {
        uint32_t rest = t->data.n_validation - start;
        int n = rest < (uint32_t)t->columns ? (int)rest : t->columns;
        struct inputs inputs = {t->data.validation_images + start * size, (int)size, NULL,
                                n};
        struct matrix z = backprop_forward(t->backprop, &inputs, t->parameters);
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

/* Number `index` of this epoch; none beyond the last. */
static struct inputs minibatch(const struct trainer *t, int64_t index)
{
    int64_t start = index * t->options.batch_size, n = (int64_t)t->data.n - start;
    n = n < t->options.batch_size ? n : t->options.batch_size;
    return training_inputs(t, t->order + (n > 0 ? start : 0), n > 0 ? (int)n : 0);
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
    struct inputs inputs = minibatch(t, index), next = minibatch(t, index + 1);
    p->step++;
    struct update update = {t, optim_step(&t->options.optim, p->step)};
    struct gradient_receiver receiver = {
        .take = apply_gradient,
        .state = &update,
        .soon = {t->parameters, t->state[0], t->state[1]}};
    double loss = differentiate(t, &inputs, &next, receiver);
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
    allocate(t, err);
    if (err->status != STATUS_OK) {
        trainer_destroy(t);
        return err->status;
    }
    int64_t batch = options->batch_size;
    t->progress.steps_per_epoch = ((int64_t)data->n + batch - 1) / batch;
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
