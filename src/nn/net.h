/* The shape of a fully connected network and the layout of its parameters.
 *
 * All parameters are one vector of floats: for layer 0 .. n_layers - 1 the weights
 * [n_out, n_in] row-major, then the biases [n_out] where the layer has them, and, in
 * normalised layers, whose biases are the shifts, the scales [n_out]. Behind all that is
 * trained stand, for each normalised layer, the running means [n_out] and the running
 * variances [n_out]. Snapshots copy that vector; networks.nc stores it as it is.
 *
 * Matrices of activations are feature-major: [nodes, samples], so that samples are the
 * contiguous (vector) axis.
 */
#ifndef STRATA_NN_NET_H
#define STRATA_NN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "num/linalg.h"

enum net_activation { NET_RELU, NET_SIGMOID, NET_TANH };
enum net_bias { NET_BIAS_FIRST, NET_BIAS_ALL, NET_BIAS_NONE };
enum net_init_rule { NET_GLOROT_UNIFORM, NET_LECUN_UNIFORM, NET_HE_UNIFORM };

struct net_shape {
    int n_inputs, n_outputs;
    int depth; /* hidden layers */
    int width; /* nodes of each */
    enum net_activation activation;
    enum net_bias bias;
    /* Hidden layers are normalised over minibatches (nn/norm.h). They all have a bias,
     * the shift; of the output layer `bias` decides. */
    bool batch_norm;
    double batch_norm_epsilon;
};

struct net_layer {
    int n_in, n_out;
    size_t weights; /* offsets into the parameter vector */
    size_t biases;  /* of a normalised layer: the shifts */
    size_t scales, running_means, running_variances; /* where normalised */
    bool has_bias, normalised;
};

struct net {
    struct net_shape shape;
    int n_layers; /* depth + 1: the last is the output layer */
    struct net_layer *layers;
    size_t n_parameters; /* of the whole vector */
    size_t n_trained;    /* its first ones, that an optimizer steps */
    int widest;          /* net_widest of the shape */
};

enum status net_create(struct net *net, const struct net_shape *shape, struct error *err);
void net_fini(struct net *net);

/* Nodes of the largest layer of a network of that shape. */
int net_widest(const struct net_shape *shape);

/* Parameters of a network of that shape, without building it. */
double net_count_parameters(const struct net_shape *shape);

/* Initial parameters: weights uniform in [-r, r], biases, shifts and running means 0,
 * scales and running variances 1.
 *
 *   glorot  r = sqrt(6 / (n_in + n_out))  Glorot & Bengio 2010, eq. 16
 *   lecun   r = sqrt(3 / n_in)            LeCun et al. 1998: variance 1/n_in
 *   he      r = sqrt(6 / n_in)            He et al. 2015: variance 2/n_in
 *
 * Weight k of layer l is a function of (seed, l, k) alone. */
void net_initialise(const struct net *net, enum net_init_rule rule, uint32_t seed,
                    float *parameters);

/* Stride for feature-major matrices of n columns: whole cache lines, an odd number of
 * them, so that the rows of a column do not fall into the same few cache sets. */
size_t net_stride(int n);

/* The weights of a layer [n_out, n_in] in a parameter vector. */
struct matrix net_weights(const struct net *net, int layer, const float *parameters);

/* The network as it is outside training. `folded` [n_parameters] gets weights and biases
 * that have the running statistics of normalised layers worked in:
 *
 *   W' = diag(s) W, b' = shift - s mean, s = scale / sqrt(variance + epsilon)
 *
 * Nothing else in it has a meaning. */
void net_fold(const struct net *net, const float *parameters, float *folded);

/* a' = f(W a + b) for one layer: a is [n_in, n], a' [n_out, n]. This and the next take
 * a normalised network folded. */
void net_activate_layer(const struct net *net, int layer, const float *parameters,
                        struct matrix a, struct matrix activations);

/* z = W a + b. `soon`, where not NULL, is a matrix shaped as z that will be used next. */
void net_forward_layer(const struct net *net, int layer, const float *parameters,
                       struct matrix a, const float *soon, struct matrix z);

/* dE/da [n_in, n] of the samples of a layer's inputs, from delta = dE/dz [n_out, n] of
 * its nodes: W^T delta. */
void net_backward_layer(const struct net *net, int layer, const float *parameters,
                        struct matrix delta, struct matrix below);

#endif
