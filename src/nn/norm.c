#include "nn/norm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/kernel.h"

enum { LANES = 16, VECTORS = 3 };

enum status norm_init(struct norm *norm, int n_nodes, size_t stride, struct error *err)
{
    memset(norm, 0, sizeof *norm);
    norm->values = memory_alloc((size_t)n_nodes * stride, sizeof(float), err);
    norm->mean = memory_alloc((size_t)n_nodes * VECTORS, sizeof(float), err);
    if (norm->mean) {
        norm->variance = norm->mean + n_nodes;
        norm->rate = norm->variance + n_nodes;
    }
    return err->status;
}

void norm_fini(struct norm *norm)
{
    free(norm->values);
    free(norm->mean);
    memset(norm, 0, sizeof *norm);
}

double norm_bytes(int n_nodes, size_t stride)
{
    return sizeof(float) * (double)n_nodes * ((double)stride + VECTORS);
}

static inline __attribute__((always_inline)) double add_lanes(const double lane[LANES])
{
    double sum = 0.0;
    for (int k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

STRATA_KERNEL
static double sum_values(const float *row, int n)
{
    double lane[LANES] = {0};
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)row[j + k];
    for (int k = 0; j + k < n; k++)
        lane[k] += (double)row[j + k];
    return add_lanes(lane);
}

/* Of (a - a_centre) (b - b_centre). */
STRATA_KERNEL
static double sum_products(const float *a, double a_centre, const float *b,
                           double b_centre, int n)
{
    double lane[LANES] = {0};
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += ((double)a[j + k] - a_centre) * ((double)b[j + k] - b_centre);
    for (int k = 0; j + k < n; k++)
        lane[k] += ((double)a[j + k] - a_centre) * ((double)b[j + k] - b_centre);
    return add_lanes(lane);
}

STRATA_KERNEL
static void normalise(float *restrict u, int n, float mean, float rate, float scale,
                      float shift, float *restrict z)
{
    for (int j = 0; j < n; j++) {
        u[j] = (u[j] - mean) * rate;
        z[j] = scale * u[j] + shift;
    }
}

void norm_forward(struct norm *norm, double epsilon, const float *scale,
                  const float *shift, struct matrix u, struct matrix z)
{
    int n = u.columns;
    for (int i = 0; i < u.rows; i++) {
        float *row = u.data + (size_t)i * u.stride;
        double mean = sum_values(row, n) / n;
        double variance = sum_products(row, mean, row, mean, n) / n;
        norm->mean[i] = (float)mean;
        norm->variance[i] = (float)variance;
        norm->rate[i] = (float)(1.0 / sqrt(variance + epsilon));
        normalise(row, n, norm->mean[i], norm->rate[i], scale[i], shift[i],
                  z.data + (size_t)i * z.stride);
    }
}

STRATA_KERNEL
static void subtract_parts(float *restrict delta, const float *restrict v, int n,
                           float factor, float constant_part, float linear_part)
{
    for (int j = 0; j < n; j++)
        delta[j] = factor * (delta[j] - constant_part - linear_part * v[j]);
}

/* A change of u that is the same for all samples, or in proportion to v, does not change
 * v: what delta has of both is taken out. */
void norm_backward(const struct norm *norm, const float *scale, struct matrix v,
                   struct matrix delta, float *gradient)
{
    int n = v.columns;
    float *for_shift = gradient, *for_scale = gradient + v.rows;
    for (int i = 0; i < v.rows; i++) {
        const float *values = v.data + (size_t)i * v.stride;
        float *row = delta.data + (size_t)i * delta.stride;
        double sum = sum_values(row, n), product = sum_products(row, 0, values, 0, n);
        for_shift[i] = (float)sum;
        for_scale[i] = (float)product;
        subtract_parts(row, values, n, scale[i] * norm->rate[i], (float)(sum / n),
                       (float)(product / n));
    }
}

void norm_track(const struct norm *norm, int n_nodes, int n, double momentum,
                float *running_mean, float *running_variance)
{
    double stays = 1.0 - momentum;
    for (int i = 0; i < n_nodes; i++)
        running_mean[i] = (float)(stays * (double)running_mean[i] +
                                  momentum * (double)norm->mean[i]);
    if (n == 1)
        return;
    double unbiased = n / (n - 1.0);
    for (int i = 0; i < n_nodes; i++)
        running_variance[i] = (float)(stays * (double)running_variance[i] +
                                      momentum * unbiased * (double)norm->variance[i]);
}
