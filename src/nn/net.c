#include "nn/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "nn/activation.h"
#include "num/rng.h"

static bool layer_is_normalised(const struct net_shape *shape, int layer)
{
    return shape->batch_norm && layer < shape->depth;
}

static bool layer_has_bias(const struct net_shape *shape, int layer)
{
    return layer_is_normalised(shape, layer) || shape->bias == NET_BIAS_ALL ||
           (shape->bias == NET_BIAS_FIRST && layer == 0);
}

static void layer_size(const struct net_shape *shape, int layer, int *n_in, int *n_out)
{
    *n_in = layer == 0 ? shape->n_inputs : shape->width;
    *n_out = layer == shape->depth ? shape->n_outputs : shape->width;
}

int net_widest(const struct net_shape *shape)
{
    return shape->width > shape->n_outputs ? shape->width : shape->n_outputs;
}

double net_count_parameters(const struct net_shape *shape)
{
    double n = 0;
    for (int l = 0; l <= shape->depth; l++) {
        int n_in, n_out;
        layer_size(shape, l, &n_in, &n_out);
        n += (double)n_in * n_out + (layer_has_bias(shape, l) ? n_out : 0) +
             (layer_is_normalised(shape, l) ? 3.0 * n_out : 0.0);
    }
    return n;
}

/* Offsets of what is trained, then of what is not. */
static void lay_out(struct net *net)
{
    size_t at = 0;
    for (int l = 0; l < net->n_layers; l++) {
        struct net_layer *layer = &net->layers[l];
        size_t n_out = (size_t)layer->n_out;
        layer->weights = at;
        layer->biases = layer->weights + (size_t)layer->n_in * n_out;
        layer->scales = layer->biases + (layer->has_bias ? n_out : 0);
        at = layer->scales + (layer->normalised ? n_out : 0);
    }
    net->n_trained = at;
    for (int l = 0; l < net->n_layers; l++) {
        struct net_layer *layer = &net->layers[l];
        size_t n = layer->normalised ? (size_t)layer->n_out : 0;
        layer->running_means = at;
        layer->running_variances = at + n;
        at += 2 * n;
    }
    net->n_parameters = at;
}

enum status net_create(struct net *net, const struct net_shape *shape, struct error *err)
{
    memset(net, 0, sizeof *net);
    net->shape = *shape;
    net->n_layers = shape->depth + 1;
    net->widest = net_widest(shape);
    net->layers = memory_alloc((size_t)net->n_layers, sizeof *net->layers, err);
    if (!net->layers)
        return err->status;
    for (int l = 0; l < net->n_layers; l++) {
        struct net_layer *layer = &net->layers[l];
        layer_size(shape, l, &layer->n_in, &layer->n_out);
        layer->has_bias = layer_has_bias(shape, l);
        layer->normalised = layer_is_normalised(shape, l);
    }
    lay_out(net);
    return STATUS_OK;
}

void net_fini(struct net *net)
{
    free(net->layers);
    memset(net, 0, sizeof *net);
}

void net_initialise(const struct net *net, enum net_init_rule rule, uint32_t seed,
                    float *parameters)
{
    memset(parameters, 0, net->n_parameters * sizeof *parameters);
    for (int l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        double range = rule == NET_GLOROT_UNIFORM
                           ? sqrt(6.0 / (layer->n_in + layer->n_out))
                       : rule == NET_LECUN_UNIFORM ? sqrt(3.0 / layer->n_in)
                                                   : sqrt(6.0 / layer->n_in);
        struct rng rng = {.seed = seed, .purpose = RNG_INIT, .stream = (uint64_t)l};
        size_t n = (size_t)layer->n_in * (size_t)layer->n_out;
        for (size_t k = 0; k < n; k++)
            parameters[layer->weights + k] = (float)((2.0 * rng_uniform(&rng, k) - 1.0) *
                                                     range);
        for (int j = 0; layer->normalised && j < layer->n_out; j++)
            parameters[layer->scales + (size_t)j] =
                parameters[layer->running_variances + (size_t)j] = 1.0f;
    }
}

size_t net_stride(int n)
{
    enum { LINE = 16 }; /* floats in 64 bytes */
    return (((size_t)n + LINE - 1) / LINE | 1) * LINE;
}

struct matrix net_weights(const struct net *net, int layer, const float *parameters)
{
    const struct net_layer *shape = &net->layers[layer];
    return (struct matrix){.data = (float *)(uintptr_t)(parameters + shape->weights),
                           .rows = shape->n_out,
                           .columns = shape->n_in,
                           .stride = (size_t)shape->n_in};
}

void net_fold(const struct net *net, const float *parameters, float *folded)
{
    memcpy(folded, parameters, net->n_parameters * sizeof *folded);
    for (int l = 0; l < net->n_layers; l++) {
        const struct net_layer *layer = &net->layers[l];
        size_t n_in = (size_t)layer->n_in, n_out = (size_t)layer->n_out;
        for (size_t j = 0; layer->normalised && j < n_out; j++) {
            double variance = (double)parameters[layer->running_variances + j];
            /* Divided by infinity a diverged node would look like a silent one: 0 *
             * variance is then no number. */
            double scale = (double)parameters[layer->scales + j] /
                               sqrt(variance + net->shape.batch_norm_epsilon) +
                           0.0 * variance;
            float *row = folded + layer->weights + j * n_in, factor = (float)scale;
            for (size_t k = 0; k < n_in; k++)
                row[k] *= factor;
            folded[layer->biases + j] =
                (float)((double)parameters[layer->biases + j] -
                        scale * (double)parameters[layer->running_means + j]);
        }
    }
}

static struct linalg_finish start_at_biases(const struct net *net, int layer,
                                            const float *parameters)
{
    const struct net_layer *shape = &net->layers[layer];
    return (struct linalg_finish){.start = shape->has_bias ? parameters + shape->biases
                                                           : NULL};
}

void net_activate_layer(const struct net *net, int layer, const float *parameters,
                        struct matrix a, struct matrix activations)
{
    enum net_activation kind = net->shape.activation;
    struct linalg_finish finish = start_at_biases(net, layer, parameters);
    finish.kind = kind == NET_RELU ? LINALG_RELU : LINALG_KEEP;
    linalg_multiply(LINALG_NN, net_weights(net, layer, parameters), a, &finish,
                    activations);
    if (kind != NET_RELU)
        activation_apply(kind, activations);
}

void net_forward_layer(const struct net *net, int layer, const float *parameters,
                       struct matrix a, const float *soon, struct matrix z)
{
    struct linalg_finish finish = start_at_biases(net, layer, parameters);
    finish.soon[0] = soon;
    linalg_multiply(LINALG_NN, net_weights(net, layer, parameters), a, &finish, z);
}

void net_backward_layer(const struct net *net, int layer, const float *parameters,
                        struct matrix delta, struct matrix below)
{
    struct linalg_finish finish = {0};
    linalg_multiply(LINALG_TN, net_weights(net, layer, parameters), delta, &finish,
                    below);
}
