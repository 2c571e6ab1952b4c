/* Forward and backward pass of a minibatch.
 *
 * The gradient never exists as a whole: it is made block by block, and each block goes to
 * a receiver, so that an optimizer finds it in cache and may change the parameters at
 * once.
 */
#ifndef STRATA_NN_BACKPROP_H
#define STRATA_NN_BACKPROP_H

#include "nn/batch.h"
#include "nn/loss.h"
#include "nn/net.h"

struct backprop;

/* For minibatches of up to max_columns samples. The net is borrowed. */
enum status backprop_create(struct backprop **out, const struct net *net, int max_columns,
                            struct error *err);
void backprop_destroy(struct backprop *backprop);

/* Output layer's values [n_outputs, n] of the samples of `batch`, as outside training: of
 * a normalised network `parameters` are folded (net_fold). Borrowed until the next call;
 * they may be overwritten. */
struct matrix backprop_evaluate(struct backprop *backprop, struct batch *batch,
                                const float *parameters);

/* The same in training: normalised layers by the batch's own mean and variance. */
struct matrix backprop_forward(struct backprop *backprop, struct batch *batch,
                               const float *parameters);

/* `take` gets dE/d parameter [first, first + n); from then on those parameters may be
 * changed. `soon` are vectors [n_parameters] that it works on (or NULL): a block's part
 * is asked for while its gradient is made. */
struct gradient_receiver {
    void (*take)(void *state, size_t first, size_t n, const float *gradient);
    void *state;
    const float *soon[3];
};

/* After backprop_forward with the same batch and parameters: `delta` [n_outputs, n] is
 * dE/dz of the output layer. The derivative of everything trained is given once. */
void backprop_backward(struct backprop *backprop, struct batch *batch,
                       const float *parameters, struct matrix delta,
                       struct gradient_receiver receiver);

/* Moves the running statistics of normalised layers towards those of the n samples of
 * the last backprop_forward. */
void backprop_track(const struct backprop *backprop, int n, double momentum,
                    float *parameters);

/* Bytes that one allocates. */
double backprop_bytes(const struct net_shape *shape, int max_columns);

#endif
