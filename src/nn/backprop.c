#include "nn/backprop.h"

#include <stdlib.h>

#include "base/memory.h"
#include "nn/activation.h"
#include "nn/norm.h"
#include "num/kernel.h"

/* A block of gradient stays in the first cache beside what the optimizer brings; six rows
 * are what products do together. */
enum { BLOCK_FLOATS = 4096, BLOCK_ROWS = 6 };

struct backprop {
    const struct net *net;
    int columns;         /* samples that a matrix holds */
    size_t stride;       /* of feature-major matrices, >= columns */
    float **activations; /* one [n_out, stride] a layer; the last holds outputs */
    float *delta[2];     /* [widest, stride] each */
    float *below;        /* [columns, width]: a layer's inputs, sample by sample */
    float *block;        /* a block of gradient */
    /* Only where hidden layers are normalised. */
    struct norm *norms;   /* [depth] */
    float *norm_gradient; /* [2 width]: of a layer's shifts, then of its scales */
};

static size_t most_inputs(const struct net_shape *shape)
{
    return (size_t)(shape->n_inputs > shape->width ? shape->n_inputs : shape->width);
}

/* Rows of a layer's gradient that are made together: all blocks about equal. */
static int rows_together(int n_in, int n_out)
{
    int most = BLOCK_FLOATS / n_in / BLOCK_ROWS * BLOCK_ROWS;
    most = most > 0 ? most : BLOCK_ROWS;
    int blocks = (n_out + most - 1) / most;
    return (n_out + blocks - 1) / blocks;
}

static size_t block_floats(size_t n_in)
{
    size_t rows = n_in * BLOCK_ROWS;
    return rows > BLOCK_FLOATS ? rows : BLOCK_FLOATS;
}

double backprop_bytes(const struct net_shape *shape, int max_columns)
{
    double nodes = (double)shape->depth * shape->width + shape->n_outputs +
                   2.0 * net_widest(shape);
    double norm = shape->depth * norm_bytes(shape->width, net_stride(max_columns)) +
                  4.0 * 2 * shape->width;
    return 4 * (nodes * (double)net_stride(max_columns) +
                (double)net_stride(shape->width) * max_columns +
                (double)block_floats(most_inputs(shape))) +
           (shape->batch_norm ? norm : 0);
}

static void allocate_norms(struct backprop *p, struct error *err)
{
    const struct net_shape *shape = &p->net->shape;
    p->norm_gradient = memory_alloc(2 * (size_t)shape->width, sizeof(float), err);
    p->norms = memory_alloc((size_t)shape->depth, sizeof *p->norms, err);
    for (int l = 0; p->norms && l < shape->depth; l++)
        norm_init(&p->norms[l], shape->width, p->stride, err);
}

enum status backprop_create(struct backprop **out, const struct net *net, int max_columns,
                            struct error *err)
{
    *out = NULL;
    struct backprop *p = memory_alloc(1, sizeof *p, err);
    if (!p)
        return err->status;
    p->net = net;
    p->columns = max_columns;
    p->stride = net_stride(max_columns);
    p->activations = memory_alloc((size_t)net->n_layers, sizeof *p->activations, err);
    for (int l = 0; p->activations && l < net->n_layers; l++)
        p->activations[l] = memory_alloc((size_t)net->layers[l].n_out * p->stride,
                                         sizeof(float), err);
    for (int i = 0; i < 2; i++)
        p->delta[i] = memory_alloc((size_t)net->widest * p->stride, sizeof(float), err);
    p->below = memory_alloc((size_t)max_columns * net_stride(net->shape.width),
                            sizeof(float), err);
    p->block = memory_alloc(block_floats(most_inputs(&net->shape)), sizeof(float), err);
    if (net->shape.batch_norm)
        allocate_norms(p, err);
    if (err->status != STATUS_OK) {
        backprop_destroy(p);
        return err->status;
    }
    *out = p;
    return STATUS_OK;
}

void backprop_destroy(struct backprop *p)
{
    if (!p)
        return;
    for (int l = 0; p->activations && l < p->net->n_layers; l++)
        free(p->activations[l]);
    free(p->activations);
    free(p->delta[0]);
    free(p->delta[1]);
    free(p->below);
    free(p->block);
    for (int l = 0; p->norms && l < p->net->shape.depth; l++)
        norm_fini(&p->norms[l]);
    free(p->norms);
    free(p->norm_gradient);
    free(p);
}

/* The first n columns of a feature-major matrix. */
static struct matrix view(const struct backprop *p, float *data, int rows, int n)
{
    return (struct matrix){.data = data, .rows = rows, .columns = n, .stride = p->stride};
}

static struct matrix layer_view(const struct backprop *p, int layer, int n)
{
    return view(p, p->activations[layer], p->net->layers[layer].n_out, n);
}

/* A layer's nodes before scale and shift. */
static struct matrix norm_view(const struct backprop *p, int layer, int n)
{
    return view(p, p->norms[layer].values, p->net->layers[layer].n_out, n);
}

static void activate_normalised(struct backprop *p, int layer, const float *parameters,
                                struct matrix a, struct matrix activations)
{
    const struct net_layer *shape = &p->net->layers[layer];
    const struct linalg_finish plain = {0};
    struct matrix u = norm_view(p, layer, a.columns);
    linalg_multiply(LINALG_NN, net_weights(p->net, layer, parameters), a, &plain, u);
    norm_forward(&p->norms[layer], p->net->shape.batch_norm_epsilon,
                 parameters + shape->scales, parameters + shape->biases, u, activations);
    activation_apply(p->net->shape.activation, activations);
}

static struct matrix forward(struct backprop *p, struct batch *batch,
                             const float *parameters, bool training)
{
    struct matrix a = batch_features(batch);
    for (int l = 0; l < p->net->n_layers; l++) {
        struct matrix z = layer_view(p, l, a.columns);
        if (training && p->net->layers[l].normalised)
            activate_normalised(p, l, parameters, a, z);
        else if (l + 1 < p->net->n_layers)
            net_activate_layer(p->net, l, parameters, a, z);
        else
            net_forward_layer(p->net, l, parameters, a, NULL, z);
        a = z;
    }
    return a;
}

struct matrix backprop_evaluate(struct backprop *p, struct batch *batch,
                                const float *parameters)
{
    return forward(p, batch, parameters, false);
}

struct matrix backprop_forward(struct backprop *p, struct batch *batch,
                               const float *parameters)
{
    return forward(p, batch, parameters, true);
}

void backprop_track(const struct backprop *p, int n, double momentum, float *parameters)
{
    for (int l = 0; l < p->net->n_layers; l++) {
        const struct net_layer *layer = &p->net->layers[l];
        if (layer->normalised)
            norm_track(&p->norms[l], layer->n_out, n, momentum,
                       parameters + layer->running_means,
                       parameters + layer->running_variances);
    }
}

/* Eq. 5 of Davel et al. 2020: beta_l = alpha_l (W_{l+1}^T beta_{l+1}). */
static struct matrix delta_below(struct backprop *p, int layer, const float *parameters,
                                 struct matrix delta)
{
    enum net_activation kind = p->net->shape.activation;
    struct matrix w = net_weights(p->net, layer, parameters);
    struct matrix a = layer_view(p, layer - 1, delta.columns);
    struct matrix below = view(p, delta.data == p->delta[0] ? p->delta[1] : p->delta[0],
                               w.columns, delta.columns);
    struct linalg_finish finish = {.kind = kind == NET_RELU ? LINALG_GATE : LINALG_KEEP,
                                   .gate = a};
    linalg_multiply(LINALG_TN, w, delta, &finish, below);
    for (int i = 0; kind != NET_RELU && i < below.rows; i++)
        activation_backward(kind, a.data + (size_t)i * a.stride,
                            below.data + (size_t)i * below.stride, (size_t)a.columns);
    return below;
}

/* One row's sum in 16 partial sums. */
STRATA_KERNEL
static float sum_row(const float *row, int n)
{
    enum { LANES = 16 };
    float sum[LANES] = {0};
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int k = 0; k < LANES; k++)
            sum[k] += row[j + k];
    for (int k = 0; j + k < n; k++)
        sum[k] += row[j + k];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++)
            sum[k] += sum[k + half];
    return sum[0];
}

/* What a layer gets, sample by sample: [n, n_in]. */
static struct matrix samples_below(struct backprop *p, int layer, struct batch *batch)
{
    if (layer == 0)
        return batch_samples(batch);
    int n = batch->inputs.n, n_in = p->net->layers[layer].n_in;
    struct matrix below = {
        .data = p->below, .rows = n, .columns = n_in, .stride = net_stride(n_in)};
    linalg_transpose(layer_view(p, layer - 1, n), below);
    return below;
}

static void give_weight_gradient(struct backprop *p, int layer, struct batch *batch,
                                 struct matrix delta, struct gradient_receiver receiver)
{
    const struct net_layer *shape = &p->net->layers[layer];
    struct matrix below = samples_below(p, layer, batch);
    int together = rows_together(shape->n_in, shape->n_out);
    for (int i = 0; i < shape->n_out; i += together) {
        struct matrix part = delta, block = {.data = p->block,
                                             .columns = shape->n_in,
                                             .stride = (size_t)shape->n_in};
        part.data = delta.data + (size_t)i * delta.stride;
        part.rows = block.rows = shape->n_out - i < together ? shape->n_out - i
                                                             : together;
        size_t first = shape->weights + (size_t)i * block.stride;
        struct linalg_finish finish = {0};
        for (int s = 0; s < 3 && receiver.soon[s]; s++)
            finish.soon[s] = receiver.soon[s] + first;
        linalg_multiply(LINALG_NN, part, below, &finish, block);
        receiver.take(receiver.state, first, (size_t)block.rows * block.stride, p->block);
    }
}

static void give_bias_gradient(struct backprop *p, int layer, struct matrix delta,
                               struct gradient_receiver receiver)
{
    const struct net_layer *shape = &p->net->layers[layer];
    for (int i = 0, n; i < shape->n_out; i += n) {
        n = shape->n_out - i < BLOCK_FLOATS ? shape->n_out - i : BLOCK_FLOATS;
        for (int j = 0; j < n; j++)
            p->block[j] = sum_row(delta.data + (size_t)(i + j) * delta.stride,
                                  delta.columns);
        receiver.take(receiver.state, shape->biases + (size_t)i, (size_t)n, p->block);
    }
}

void backprop_backward(struct backprop *p, struct batch *batch, const float *parameters,
                       struct matrix delta, struct gradient_receiver receiver)
{
    for (int l = p->net->n_layers - 1; l >= 0; l--) {
        const struct net_layer *layer = &p->net->layers[l];
        if (layer->normalised)
            norm_backward(&p->norms[l], parameters + layer->scales,
                          norm_view(p, l, delta.columns), delta, p->norm_gradient);
        /* Before the receiver changes this layer's weights. */
        struct matrix below = delta;
        if (l > 0)
            below = delta_below(p, l, parameters, delta);
        give_weight_gradient(p, l, batch, delta, receiver);
        if (layer->normalised)
            receiver.take(receiver.state, layer->biases, 2 * (size_t)layer->n_out,
                          p->norm_gradient);
        else if (layer->has_bias)
            give_bias_gradient(p, l, delta, receiver);
        delta = below;
    }
}
