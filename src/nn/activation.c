#include "nn/activation.h"

#include "num/elementary.h"
#include "num/kernel.h"

/* Written so that a NaN stays one: a diverged network must not look like a silent one. */
STRATA_KERNEL
static void relu_forward(const float *z, float *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] <= 0.0f ? 0.0f : z[i];
}

STRATA_KERNEL
static void relu_backward(const float *a, float *delta, size_t n)
{
    for (size_t i = 0; i < n; i++)
        delta[i] = a[i] > 0.0f ? delta[i] : 0.0f;
}

STRATA_KERNEL
static void sigmoid_forward(const float *z, float *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = (float)(1.0 / (1.0 + elementary_exp(-(double)z[i])));
}

STRATA_KERNEL
static void sigmoid_backward(const float *a, float *delta, size_t n)
{
    for (size_t i = 0; i < n; i++)
        delta[i] *= a[i] * (1.0f - a[i]);
}

/* (e^2z - 1) / (e^2z + 1), and z itself where it is too small to show in that. */
STRATA_KERNEL
static void tanh_forward(const float *z, float *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double e = elementary_exp(2.0 * (double)z[i]);
        float value = (float)((e - 1.0) / (e + 1.0));
        a[i] = z[i] * z[i] < 1e-8f ? z[i] : value;
    }
}

STRATA_KERNEL
static void tanh_backward(const float *a, float *delta, size_t n)
{
    for (size_t i = 0; i < n; i++)
        delta[i] *= 1.0f - a[i] * a[i];
}

static const struct {
    activation_fn *forward;
    void (*backward)(const float *a, float *delta, size_t n);
} activations[] = {
    [NET_RELU] = {relu_forward, relu_backward},
    [NET_SIGMOID] = {sigmoid_forward, sigmoid_backward},
    [NET_TANH] = {tanh_forward, tanh_backward},
};

activation_fn *activation_function(enum net_activation kind)
{
    return activations[kind].forward;
}

void activation_forward(enum net_activation kind, const float *z, float *a, size_t n)
{
    activations[kind].forward(z, a, n);
}

void activation_apply(enum net_activation kind, struct matrix z)
{
    for (int i = 0; i < z.rows; i++) {
        float *row = z.data + (size_t)i * z.stride;
        activation_forward(kind, row, row, (size_t)z.columns);
    }
}

void activation_backward(enum net_activation kind, const float *a, float *delta, size_t n)
{
    activations[kind].backward(a, delta, n);
}
