/* Batch normalisation of a layer over a minibatch: Ioffe & Szegedy 2015 (arXiv
 * 1502.03167), algorithm 1 and its derivatives.
 *
 *   v = (u - mean) / sqrt(variance + epsilon),   z = scale v + shift
 *
 * for the weighted sums u = W a of each node; mean and variance (over n, not n - 1) are
 * the minibatch's. Sums are in double.
 */
#ifndef STRATA_NN_NORM_H
#define STRATA_NN_NORM_H

#include "base/error.h"
#include "num/linalg.h"

/* A layer's, of the minibatch at hand. */
struct norm {
    float *values;          /* [n_nodes, stride of the matrices]: u, then v */
    float *mean, *variance; /* [n_nodes] */
    float *rate;            /* [n_nodes] 1 / sqrt(variance + epsilon) */
};

/* The caller calls norm_fini, also after an error. */
enum status norm_init(struct norm *norm, int n_nodes, size_t stride, struct error *err);
void norm_fini(struct norm *norm);

/* From u, a view of norm->values, which becomes v, to z [n_nodes, n]. */
void norm_forward(struct norm *norm, double epsilon, const float *scale,
                  const float *shift, struct matrix u, struct matrix z);

/* From dE/dz to dE/du, in place, after norm_forward with the same v and scale [n_nodes].
 * `gradient` [2 n_nodes] gets the derivatives for the shifts, then for the scales. */
void norm_backward(const struct norm *norm, const float *scale, struct matrix v,
                   struct matrix delta, float *gradient);

/* Moves running statistics [n_nodes] towards those of the last norm_forward, which was
 * of n samples. The variance gets its unbiased estimate, as in algorithm 2; of a single
 * sample there is none, and it stays. */
void norm_track(const struct norm *norm, int n_nodes, int n, double momentum,
                float *running_mean, float *running_variance);

/* Bytes that norm_init allocates. */
double norm_bytes(int n_nodes, size_t stride);

#endif
