#include "nn/loss.h"

#include <math.h>

static double mse(struct matrix z, const uint8_t *labels, struct matrix delta)
{
    double sum = 0.0;
    const float scale = 1.0f / (float)z.columns;
    for (int k = 0; k < z.rows; k++) {
        const float *row = z.data + (size_t)k * z.stride;
        for (int j = 0; j < z.columns; j++) {
            float gap = row[j] - (labels[j] == k ? 1.0f : 0.0f);
            sum += 0.5 * (double)gap * (double)gap;
            if (delta.data)
                delta.data[(size_t)k * delta.stride + (size_t)j] = gap * scale;
        }
    }
    return sum;
}

static double cross_entropy(struct matrix z, const uint8_t *labels, struct matrix delta)
{
    double total = 0.0;
    const float scale = 1.0f / (float)z.columns;
    for (int j = 0; j < z.columns; j++) {
        const float *column = z.data + j;
        double top = column[(size_t)loss_predict(z, j) * z.stride], sum = 0.0;
        for (int k = 0; k < z.rows; k++)
            sum += exp((double)column[(size_t)k * z.stride] - top);
        total += log(sum) + top - (double)column[labels[j] * z.stride];
        for (int k = 0; delta.data && k < z.rows; k++) {
            double p = exp((double)column[(size_t)k * z.stride] - top) / sum;
            float gap = (float)(p - (labels[j] == k ? 1.0 : 0.0));
            delta.data[(size_t)k * delta.stride + (size_t)j] = gap * scale;
        }
    }
    return total;
}

double loss_evaluate(enum loss_kind kind, struct matrix z, const uint8_t *labels,
                     struct matrix delta)
{
    return kind == LOSS_KIND_MSE ? mse(z, labels, delta)
                                 : cross_entropy(z, labels, delta);
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
