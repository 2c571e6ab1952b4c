#include "nn/optim.h"

#include <math.h>

#include "num/kernel.h"

int optim_n_states(enum optim_kind kind)
{
    return kind == OPTIM_ADAM ? 2 : 1;
}

/* base^n, the same on every machine. */
static double power(double base, int64_t n)
{
    double result = 1.0;
    for (; n > 0; n /= 2, base *= base)
        result *= n % 2 ? base : 1.0;
    return result;
}

struct optim_step optim_step(const struct optim *optim, int64_t step)
{
    if (optim->kind == OPTIM_SGD)
        return (struct optim_step){.kind = OPTIM_SGD,
                                   .rate = (float)optim->learning_rate,
                                   .momentum = (float)optim->momentum};
    return (struct optim_step){
        .kind = OPTIM_ADAM,
        .beta1 = (float)optim->beta1,
        .beta2 = (float)optim->beta2,
        .rest1 = (float)(1.0 - optim->beta1),
        .rest2 = (float)(1.0 - optim->beta2),
        .rate = (float)(optim->learning_rate / (1.0 - power(optim->beta1, step))),
        .root = (float)(1.0 / sqrt(1.0 - power(optim->beta2, step))),
        .epsilon = (float)optim->epsilon};
}

STRATA_KERNEL
static void adam(struct optim_step f, size_t n, const float *restrict gradient,
                 float *restrict first, float *restrict second,
                 float *restrict parameters)
{
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        float m = f.beta1 * first[i] + f.rest1 * g;
        float v = f.beta2 * second[i] + f.rest2 * (g * g);
        first[i] = m;
        second[i] = v;
        parameters[i] -= f.rate * m / (__builtin_sqrtf(v) * f.root + f.epsilon);
    }
}

STRATA_KERNEL
static void sgd(float rate, float momentum, size_t n, const float *restrict gradient,
                float *restrict velocity, float *restrict parameters)
{
    for (size_t i = 0; i < n; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        parameters[i] -= rate * velocity[i];
    }
}

void optim_update(const struct optim_step *step, size_t n, const float *gradient,
                  float *const state[], float *parameters)
{
    if (step->kind == OPTIM_SGD)
        sgd(step->rate, step->momentum, n, gradient, state[0], parameters);
    else
        adam(*step, n, gradient, state[0], state[1], parameters);
}
