/* Products through OpenBLAS, on CPUs for which this program has no kernel. Large ones are
 * split by rows of C so that each piece stays on the library's small-matrix path
 * (M N K <= 10^6, OpenBLAS pull request 3335), which copies nothing; the split depends on
 * the shapes alone. */
#include <cblas.h>

#include "num/product.h"

enum { SMALL_PRODUCT = 1000000 };

static void start_rows(const float *start, struct matrix c)
{
    for (size_t i = 0; start && i < (size_t)c.rows; i++)
        for (size_t j = 0; j < (size_t)c.columns; j++)
            c.data[i * c.stride + j] = start[i];
}

static void finish_rows(const struct linalg_finish *finish, struct matrix c)
{
    for (size_t i = 0; finish->kind != LINALG_KEEP && i < (size_t)c.rows; i++) {
        float *row = c.data + i * c.stride;
        if (finish->kind == LINALG_RELU) {
            for (size_t j = 0; j < (size_t)c.columns; j++)
                row[j] = row[j] <= 0.0f ? 0.0f : row[j];
        } else {
            const float *gate = finish->gate.data + i * finish->gate.stride;
            for (size_t j = 0; j < (size_t)c.columns; j++)
                row[j] = gate[j] > 0.0f ? row[j] : 0.0f;
        }
    }
}

static void multiply(enum linalg_op op, struct matrix a, struct matrix b,
                     const struct linalg_finish *finish, struct matrix c)
{
    double row = (double)b.rows * c.columns;
    int rows = row * 4 > SMALL_PRODUCT ? c.rows : (int)(SMALL_PRODUCT / row);
    start_rows(finish->start, c);
    for (int i = 0; i < c.rows; i += rows) {
        int n = c.rows - i < rows ? c.rows - i : rows;
        const float *left = a.data + (op == LINALG_TN ? (size_t)i : (size_t)i * a.stride);
        cblas_sgemm(CblasRowMajor, op == LINALG_TN ? CblasTrans : CblasNoTrans,
                    CblasNoTrans, n, c.columns, b.rows, 1.0f, left, (int)a.stride, b.data,
                    (int)b.stride, finish->start ? 1.0f : 0.0f,
                    c.data + (size_t)i * c.stride, (int)c.stride);
    }
    finish_rows(finish, c);
}

static bool supported(void)
{
    return true;
}

const struct product product_openblas = {"openblas", false, supported, multiply};
