#include "sweep/cell_updates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/activation.h"
#include "nn/inputs.h"
#include "num/exact_sum.h"
#include "num/kernel.h"

enum { BLOCK = 256 }; /* samples that go through the network together */

/* What is found about a layer: sums over own samples, of words, so that a team adds them
 * up. */
struct tally {
    /* Pairs of a node and a sample */
    uint64_t changed;      /* whose membership differs after the step */
    uint64_t added;        /* of those, into the sample set */
    uint64_t agreed;       /* whose membership after the step is the condition's */
    uint64_t told;         /* of those, that changed */
    uint64_t odd;          /* whose pre-activation after the step is not finite */
    uint64_t driving;      /* by which the sample moves the node's weights */
    struct exact_sum cost; /* |phi| over driving pairs */
};

enum { TALLY_WORDS = sizeof(struct tally) / sizeof(uint64_t) };

struct cell_updates {
    struct cell_updates_setup setup;
    uint32_t first, end;   /* own training samples */
    float *stepped;        /* [n_parameters] */
    uint32_t *order;       /* [training samples]: the leader's, to find the minibatch */
    struct tally *tallies; /* [n_layers] */
    size_t stride;         /* of what follows */
    float *input;          /* [n_inputs, stride] */
    float **activations;   /* one [n_out, stride] a layer; the last holds outputs */
    float *condition;      /* [widest, stride], as the next two */
    float *after[2];       /* of the network after the step, layers in turn */
    float *delta[2];       /* derivatives of the loss, layers in turn */
    uint32_t rows[BLOCK];  /* of the samples at hand */
};

bool cell_updates_taken(const struct study *study, const struct spec *spec)
{
    return study->measures & MEASURE_UPDATES && spec->value[FIELD_BATCH_NORM] == 0;
}

double cell_updates_bytes(const struct net_shape *shape, const struct split_sizes *sizes)
{
    double rows = shape->n_inputs + (double)shape->depth * shape->width +
                  shape->n_outputs + 5.0 * net_widest(shape);
    return 4.0 * (rows * (double)net_stride(BLOCK) + sizes->train +
                  net_count_parameters(shape)) +
           (shape->depth + 1.0) * sizeof(struct tally);
}

static void allocate(struct cell_updates *u, struct error *err)
{
    const struct net *net = u->setup.net;
    size_t most = (size_t)net->widest * u->stride;
    u->stepped = memory_alloc(net->n_parameters, sizeof *u->stepped, err);
    u->order = memory_alloc(u->setup.data.n, sizeof *u->order, err);
    u->tallies = memory_alloc((size_t)net->n_layers, sizeof *u->tallies, err);
    u->input = memory_alloc((size_t)net->shape.n_inputs * u->stride, sizeof(float), err);
    u->activations = memory_alloc((size_t)net->n_layers, sizeof *u->activations, err);
    for (int l = 0; u->activations && l < net->n_layers; l++)
        u->activations[l] = memory_alloc((size_t)net->layers[l].n_out * u->stride,
                                         sizeof(float), err);
    u->condition = memory_alloc(most, sizeof(float), err);
    for (int i = 0; i < 2; i++) {
        u->after[i] = memory_alloc(most, sizeof(float), err);
        u->delta[i] = memory_alloc(most, sizeof(float), err);
    }
}

enum status cell_updates_create(struct cell_updates **out,
                                const struct cell_updates_setup *setup, struct error *err)
{
    *out = NULL;
    struct cell_updates *u = memory_alloc(1, sizeof *u, err);
    if (!u)
        return err->status;
    uint32_t n = setup->data.n;
    int size = setup->team ? setup->team->probe.size : 1;
    int rank = setup->team ? setup->team->probe.rank : 0;
    u->setup = *setup;
    u->first = (uint32_t)team_part(n, rank, size);
    u->end = (uint32_t)team_part(n, rank + 1, size);
    u->stride = net_stride(BLOCK);
    allocate(u, err);
    if (err->status != STATUS_OK) {
        cell_updates_destroy(u);
        return err->status;
    }
    *out = u;
    return STATUS_OK;
}

void cell_updates_destroy(struct cell_updates *u)
{
    if (!u)
        return;
    free(u->stepped);
    free(u->order);
    free(u->tallies);
    free(u->input);
    for (int l = 0; u->activations && l < u->setup.net->n_layers; l++)
        free(u->activations[l]);
    free(u->activations);
    free(u->condition);
    for (int i = 0; i < 2; i++) {
        free(u->after[i]);
        free(u->delta[i]);
    }
    free(u);
}

static struct matrix view(const struct cell_updates *u, float *data, int rows, int n)
{
    return (struct matrix){.data = data, .rows = rows, .columns = n, .stride = u->stride};
}

/* ---- one block of samples ---- */

/* n <= BLOCK samples at one node: before the step, by the condition, after the step. */
STRATA_KERNEL
static void count_node(const float *before, const float *condition, const float *after,
                       int n, struct tally *tally)
{
    int32_t changed = 0, added = 0, agreed = 0, told = 0, odd = 0;
    for (int i = 0; i < n; i++) {
        int was = before[i] > 0.0f, says = condition[i] > 0.0f, is = after[i] > 0.0f;
        changed += was ^ is;
        added += (was ^ 1) & is;
        agreed += says ^ is ^ 1;
        told += (was ^ is) & (says ^ is ^ 1);
        odd += !(fabsf(condition[i]) < INFINITY) | !(fabsf(after[i]) < INFINITY);
    }
    tally->changed += (uint64_t)changed;
    tally->added += (uint64_t)added;
    tally->agreed += (uint64_t)agreed;
    tally->told += (uint64_t)told;
    tally->odd += (uint64_t)odd;
}

static void count_layer(struct matrix before, struct matrix condition,
                        struct matrix after, struct tally *tally)
{
    for (int j = 0; j < before.rows; j++)
        count_node(before.data + (size_t)j * before.stride,
                   condition.data + (size_t)j * condition.stride,
                   after.data + (size_t)j * after.stride, before.columns, tally);
}

static struct matrix load_inputs(struct cell_updates *u, uint32_t start, int n)
{
    const struct train_data *data = &u->setup.data;
    struct matrix x = view(u, u->input, u->setup.net->shape.n_inputs, n);
    for (int i = 0; i < n; i++)
        u->rows[i] = start + (uint32_t)i;
    struct inputs inputs = {.images = data->images,
                            .n_inputs = x.rows,
                            .rows = u->rows,
                            .n = n,
                            .corruption = input_corruption_used(&data->corruption)};
    inputs_load_features(&inputs, x);
    return x;
}

/* Both streams through all layers; returns the outputs before the step. The condition is
 * the sign of what the layer's new weights make of its old inputs: in the first layer,
 * where inputs do not change, of what comes after the step. */
static struct matrix forward(struct cell_updates *u, const float *parameters,
                             const float *stepped, struct matrix inputs)
{
    const struct net *net = u->setup.net;
    struct matrix old = inputs, new = inputs;
    for (int l = 0; l < net->n_layers; l++) {
        int rows = net->layers[l].n_out, n = inputs.columns;
        struct matrix before = view(u, u->activations[l], rows, n);
        struct matrix after = view(u, u->after[l % 2], rows, n);
        struct matrix condition = l > 0 ? view(u, u->condition, rows, n) : after;
        net_forward_layer(net, l, parameters, old, NULL, before);
        net_forward_layer(net, l, stepped, new, NULL, after);
        if (l > 0)
            net_forward_layer(net, l, stepped, old, NULL, condition);
        count_layer(before, condition, after, &u->tallies[l]);
        if (l + 1 < net->n_layers) {
            activation_apply(net->shape.activation, before);
            activation_apply(net->shape.activation, after);
        }
        old = before;
        new = after;
    }
    return old;
}

/* Adds |phi| of a hidden layer's driving pairs. A sample that a relu node is off for does
 * not move its weights. */
static void add_cost(const struct net *net, struct matrix activations, struct matrix phi,
                     struct tally *tally)
{
    bool relu = net->shape.activation == NET_RELU;
    for (int j = 0; j < phi.rows; j++) {
        const float *a = activations.data + (size_t)j * activations.stride;
        float driving[BLOCK];
        size_t n = 0;
        for (int i = 0; i < phi.columns; i++) {
            driving[n] = phi.data[(size_t)j * phi.stride + (size_t)i];
            n += !relu || a[i] > 0.0f;
        }
        exact_sum_add(&tally->cost, driving, n);
        tally->driving += n;
    }
}

/* From phi = dE/da of a layer's nodes, with E each sample's own loss, to dE/dz. */
static void through_activation(const struct net *net, struct matrix activations,
                               struct matrix phi)
{
    for (int j = 0; j < phi.rows; j++)
        activation_backward(net->shape.activation,
                            activations.data + (size_t)j * activations.stride,
                            phi.data + (size_t)j * phi.stride, (size_t)phi.columns);
}

static void backward(struct cell_updates *u, const float *parameters,
                     const uint8_t *labels, struct matrix outputs)
{
    const struct net *net = u->setup.net;
    int n = outputs.columns;
    struct tally *tally = &u->tallies[net->n_layers - 1];
    struct matrix delta = outputs;
    loss_differentiate(u->setup.loss, outputs, labels, delta);
    for (int k = 0; k < delta.rows; k++)
        exact_sum_add(&tally->cost, delta.data + (size_t)k * delta.stride, (size_t)n);
    tally->driving += (uint64_t)delta.rows * (uint64_t)n;
    for (int l = net->n_layers - 1; l > 0; l--) {
        struct matrix activations = view(u, u->activations[l - 1], net->layers[l].n_in,
                                         n);
        struct matrix phi = view(u, u->delta[l % 2], activations.rows, n);
        net_backward_layer(net, l, parameters, delta, phi);
        add_cost(net, activations, phi, &u->tallies[l - 1]);
        through_activation(net, activations, phi);
        delta = phi;
    }
}

/* ---- all samples ---- */

static void store_cost(const struct tally *tally, int snapshot, int layer,
                       struct record *record)
{
    double sum = exact_sum_value(&tally->cost);
    if (tally->driving > 0 && isfinite(sum))
        *record_real_at(record, FIELD_SUPPORTED_COST, snapshot, layer, 0,
                        0) = sum / (double)tally->driving;
}

static void store_step(const struct tally *tally, double pairs, int snapshot, int layer,
                       struct record *record)
{
    double changed = (double)tally->changed;
    *record_real_at(record, FIELD_UPDATE_CHANGED, snapshot, layer, 0, 0) = changed /
                                                                           pairs;
    *record_real_at(record, FIELD_UPDATE_AGREEMENT, snapshot, layer, 0,
                    0) = (double)tally->agreed / pairs;
    if (tally->changed == 0)
        return;
    *record_real_at(record, FIELD_UPDATE_ADDED, snapshot, layer, 0,
                    0) = (double)tally->added / changed;
    *record_real_at(record, FIELD_UPDATE_PREDICTED, snapshot, layer, 0,
                    0) = (double)tally->told / changed;
}

static void store(const struct cell_updates *u, int snapshot, struct record *record)
{
    const struct net *net = u->setup.net;
    bool finite = true;
    for (int l = 0; l < net->n_layers; l++) {
        double pairs = (double)net->layers[l].n_out * u->setup.data.n;
        store_cost(&u->tallies[l], snapshot, l, record);
        finite = finite && u->tallies[l].odd == 0;
        if (finite)
            store_step(&u->tallies[l], pairs, snapshot, l, record);
    }
}

void cell_updates_compare(struct cell_updates *u, const float *parameters,
                          const float *stepped, int snapshot, struct record *record)
{
    const struct cell_team *team = u->setup.team;
    size_t n_layers = (size_t)u->setup.net->n_layers;
    memset(u->tallies, 0, n_layers * sizeof *u->tallies);
    for (uint32_t at = u->first; at < u->end; at += BLOCK) {
        int n = u->end - at < BLOCK ? (int)(u->end - at) : BLOCK;
        struct matrix inputs = load_inputs(u, at, n);
        struct matrix outputs = forward(u, parameters, stepped, inputs);
        backward(u, parameters, u->setup.data.labels + at, outputs);
    }
    if (team)
        team->probe.sum(team->probe.state, (uint64_t *)u->tallies,
                        n_layers * TALLY_WORDS);
    if (record)
        store(u, snapshot, record);
}

void cell_updates_run(struct cell_updates *u, const float *parameters,
                      struct trainer *trainer, int64_t step, int snapshot,
                      struct record *record)
{
    const struct cell_team *team = u->setup.team;
    if (trainer)
        trainer_step_plainly(trainer, parameters, step, u->order, u->stepped);
    if (team)
        team->broadcast(team->state, u->stepped, u->setup.net->n_parameters);
    cell_updates_compare(u, parameters, u->stepped, snapshot, record);
}
