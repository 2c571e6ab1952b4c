/* Products as linalg.h defines them, element by element: what the others are tested
 * against. */
#include <math.h>

#include "num/product.h"

static void multiply(enum linalg_op op, struct matrix a, struct matrix b,
                     const struct linalg_finish *finish, struct matrix c)
{
    size_t a_row = op == LINALG_TN ? 1 : a.stride,
           a_step = op == LINALG_TN ? a.stride : 1;
    for (size_t i = 0; i < (size_t)c.rows; i++) {
        for (size_t j = 0; j < (size_t)c.columns; j++) {
            float sum = finish->start ? finish->start[i] : 0.0f;
            for (size_t k = 0; k < (size_t)b.rows; k++)
                sum = fmaf(a.data[i * a_row + k * a_step], b.data[k * b.stride + j], sum);
            if (finish->kind == LINALG_RELU && sum <= 0.0f)
                sum = 0.0f;
            if (finish->kind == LINALG_GATE &&
                !(finish->gate.data[i * finish->gate.stride + j] > 0.0f))
                sum = 0.0f;
            c.data[i * c.stride + j] = sum;
        }
    }
}

static bool supported(void)
{
    return true;
}

const struct product product_plain = {"plain", true, supported, multiply};
