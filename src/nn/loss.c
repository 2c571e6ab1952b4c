#include "nn/loss.h"

#include "num/elementary.h"
#include "num/kernel.h"

enum { LANES = 16 };

/* Up to LANES samples of one class; adds the squares to `sum`. */
static inline __attribute__((always_inline)) void
mse_lanes(const float *z, const uint8_t *labels, int class_index, int n, float scale,
          float *delta, double sum[LANES])
{
    for (int k = 0; k < n; k++) {
        float gap = z[k] - (labels[k] == class_index ? 1.0f : 0.0f);
        sum[k] += (double)gap * (double)gap;
        if (delta)
            delta[k] = gap * scale;
    }
}

STRATA_KERNEL
static double mse(struct matrix z, const uint8_t *labels, float scale,
                  struct matrix delta)
{
    double sum[LANES] = {0}, total = 0.0;
    for (int k = 0; k < z.rows; k++) {
        const float *row = z.data + (size_t)k * z.stride;
        float *out = delta.data ? delta.data + (size_t)k * delta.stride : NULL;
        int j = 0;
        for (; j + LANES <= z.columns; j += LANES)
            mse_lanes(row + j, labels + j, k, LANES, scale, out ? out + j : NULL, sum);
        mse_lanes(row + j, labels + j, k, z.columns - j, scale, out ? out + j : NULL,
                  sum);
    }
    for (int k = 0; k < LANES; k++)
        total += sum[k];
    return 0.5 * total;
}

/* n <= LANES samples from column j; adds their losses to `sum`. Class probabilities are
 * e^(z - top) / total. */
static inline __attribute__((always_inline)) void
cross_entropy_lanes(struct matrix z, const uint8_t *labels, int j, int n, float scale,
                    struct matrix delta, double sum[LANES])
{
    double top[LANES], total[LANES] = {0}, own[LANES] = {0};
    const float *column = z.data + j;
    for (int i = 0; i < n; i++)
        top[i] = (double)column[i];
    for (int k = 1; k < z.rows; k++)
        for (int i = 0; i < n; i++) {
            double value = (double)column[(size_t)k * z.stride + (size_t)i];
            top[i] = value > top[i] ? value : top[i];
        }
    for (int k = 0; k < z.rows; k++)
        for (int i = 0; i < n; i++) {
            double value = (double)column[(size_t)k * z.stride + (size_t)i] - top[i];
            total[i] += elementary_exp(value);
            own[i] = labels[j + i] == k ? value : own[i];
        }
    /* The logarithm of what is no number would be one: 0 * total is not. */
    for (int i = 0; i < n; i++)
        sum[i] += elementary_log(total[i]) - own[i] + 0.0 * total[i];
    for (int k = 0; delta.data && k < z.rows; k++)
        for (int i = 0; i < n; i++) {
            double value = (double)column[(size_t)k * z.stride + (size_t)i] - top[i];
            double p = elementary_exp(value) / total[i];
            delta.data[(size_t)k * delta.stride + (size_t)(j + i)] =
                (float)(p - (labels[j + i] == k ? 1.0 : 0.0)) * scale;
        }
}

STRATA_KERNEL
static double cross_entropy(struct matrix z, const uint8_t *labels, float scale,
                            struct matrix delta)
{
    double sum[LANES] = {0}, total = 0.0;
    int j = 0;
    for (; j + LANES <= z.columns; j += LANES)
        cross_entropy_lanes(z, labels, j, LANES, scale, delta, sum);
    cross_entropy_lanes(z, labels, j, z.columns - j, scale, delta, sum);
    for (int k = 0; k < LANES; k++)
        total += sum[k];
    return total;
}

/* Sum of the losses; delta gets `scale` times their derivatives. */
static double evaluate(enum loss_kind kind, struct matrix z, const uint8_t *labels,
                       float scale, struct matrix delta)
{
    return kind == LOSS_KIND_MSE ? mse(z, labels, scale, delta)
                                 : cross_entropy(z, labels, scale, delta);
}

double loss_evaluate(enum loss_kind kind, struct matrix z, const uint8_t *labels,
                     struct matrix delta)
{
    return evaluate(kind, z, labels, 1.0f / (float)z.columns, delta);
}

void loss_differentiate(enum loss_kind kind, struct matrix z, const uint8_t *labels,
                        struct matrix delta)
{
    evaluate(kind, z, labels, 1.0f, delta);
}

int loss_predict(struct matrix z, int j)
{
    int best = 0;
    for (int k = 1; k < z.rows; k++)
        if (z.data[(size_t)k * z.stride + (size_t)j] >
            z.data[(size_t)best * z.stride + (size_t)j])
            best = k;
    return best;
}
