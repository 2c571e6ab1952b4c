#include "num/linalg.h"

#include <cblas.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

enum { SMALL_PRODUCT = 1000000 }; /* OpenBLAS pull request 3335 */

static void multiply(enum linalg_op op, struct matrix a, struct matrix b, float beta,
                     struct matrix c)
{
    int k = op == LINALG_TN ? a.rows : a.columns;
    cblas_sgemm(CblasRowMajor, op == LINALG_TN ? CblasTrans : CblasNoTrans,
                op == LINALG_NT ? CblasTrans : CblasNoTrans, c.rows, c.columns, k, 1.0f,
                a.data, (int)a.stride, b.data, (int)b.stride, beta, c.data,
                (int)c.stride);
}

void linalg_multiply(enum linalg_op op, struct matrix a, struct matrix b, float beta,
                     struct matrix c)
{
    double k = op == LINALG_TN ? a.rows : a.columns;
    double row = k * (double)c.columns;
    int rows = row * 4 > SMALL_PRODUCT ? c.rows : (int)(SMALL_PRODUCT / row);
    for (int i = 0; i < c.rows; i += rows) {
        struct matrix piece = c, left = a;
        piece.data = c.data + (size_t)i * c.stride;
        piece.rows = c.rows - i < rows ? c.rows - i : rows;
        if (op == LINALG_TN) {
            left.data = a.data + i;
            left.columns = piece.rows;
        } else {
            left.data = a.data + (size_t)i * a.stride;
            left.rows = piece.rows;
        }
        multiply(op, left, b, beta, piece);
    }
}

void linalg_setup(void)
{
    openblas_set_num_threads(1);
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040); /* FTZ and DAZ */
#endif
    float a[4] = {1, 2, 3, 4}, c[4];
    struct matrix view = {.data = a, .rows = 2, .columns = 2, .stride = 2};
    struct matrix out = {.data = c, .rows = 2, .columns = 2, .stride = 2};
    multiply(LINALG_NN, view, view, 0.0f, out);
}

const char *linalg_kernel(void)
{
    return openblas_get_corename();
}

const char *linalg_library(void)
{
    return openblas_get_config();
}

int linalg_threads(void)
{
    return openblas_get_num_threads();
}
