/* Optimizers: one pass over the flat parameter vector. */
#ifndef STRATA_NN_OPTIM_H
#define STRATA_NN_OPTIM_H

#include <stddef.h>
#include <stdint.h>

enum optim_kind { OPTIM_ADAM, OPTIM_SGD };

struct optim {
    enum optim_kind kind;
    double learning_rate;
    double momentum;              /* sgd */
    double beta1, beta2, epsilon; /* Adam */
};

/* How many vectors of n floats of state the optimizer keeps: first and second moment for
 * Adam, velocity for sgd. They start at zero. */
int optim_n_states(enum optim_kind kind);

/* Takes step number `step` (from 1). state is [optim_n_states, n].
 *
 * Adam (Kingma & Ba 2015, algorithm 1, with exact square root and division):
 *   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 *   w -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + epsilon)
 * sgd with momentum (Sutskever et al. 2013 without Nesterov; as in PyTorch):
 *   u = momentum u + g;  w -= lr u */
void optim_step(const struct optim *optim, int64_t step, size_t n, const float *gradient,
                float *state, float *parameters);

#endif
