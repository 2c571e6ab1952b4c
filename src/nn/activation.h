/* Activation functions of hidden nodes, one row each in a table. */
#ifndef STRATA_NN_ACTIVATION_H
#define STRATA_NN_ACTIVATION_H

#include <stddef.h>

#include "nn/net.h"

/* a[i] = f(z[i]); a may be z. */
typedef void activation_fn(const float *z, float *a, size_t n);

activation_fn *activation_function(enum net_activation kind);

/* The same at once. */
void activation_forward(enum net_activation kind, const float *z, float *a, size_t n);

/* The same of a whole matrix, in place. */
void activation_apply(enum net_activation kind, struct matrix z);

/* delta[i] *= f'(z[i]), written in terms of a[i] = f(z[i]); relu's derivative at 0 is 0.
 */
void activation_backward(enum net_activation kind, const float *a, float *delta,
                         size_t n);

#endif
