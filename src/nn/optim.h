/* Optimizers: element by element, so that parameters can be stepped in parts. */
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

/* How many floats of state the optimizer keeps for each parameter: first and second
 * moment for Adam, velocity for sgd. They start at zero. */
int optim_n_states(enum optim_kind kind);

/* One step, its factors worked out. */
struct optim_step {
    enum optim_kind kind;
    float beta1, beta2, rest1, rest2, rate, root, epsilon;
    float momentum;
};

/* Step number `step`, from 1.
 *
 * Adam (Kingma & Ba 2015, algorithm 1, with exact square root and division):
 *   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 *   w -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + epsilon)
 * sgd with momentum (Sutskever et al. 2013 without Nesterov; as in PyTorch):
 *   u = momentum u + g;  w -= lr u */
struct optim_step optim_step(const struct optim *optim, int64_t step);

/* Applies a step to n parameters; state[s] [n] are their states. */
void optim_update(const struct optim_step *step, size_t n, const float *gradient,
                  float *const state[], float *parameters);

#endif
