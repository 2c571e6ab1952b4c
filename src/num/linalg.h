/* Matrix products in float, with what follows them at a layer of a network.
 *
 * Each element is c = start; for k = 0, 1, ...: c = fma(a_k, b_k, c): one order, and one
 * rounding a step. So the program's own kernels give the same bits on every CPU, with
 * every instruction set, and however columns are divided. OpenBLAS, for CPUs that they
 * are not written for, keeps its own order.
 */
#ifndef STRATA_NUM_LINALG_H
#define STRATA_NUM_LINALG_H

#include <stddef.h>

#include "base/error.h"

/* A row-major view: element (i, j) is data[i * stride + j]. */
struct matrix {
    float *data;
    int rows, columns;
    size_t stride;
};

enum linalg_op {
    LINALG_NN, /* C = A B */
    LINALG_TN  /* C = A^T B */
};

/* What a product starts from, and what is done to each element before it is stored.
 * A zeroed one leaves the product as it is. */
struct linalg_finish {
    const float *start; /* [rows of C]: what a row's elements start from; NULL for 0 */
    enum {
        LINALG_KEEP,
        LINALG_RELU, /* c <= 0 ? 0 : c, so that a NaN stays one */
        LINALG_GATE  /* gate > 0 ? c : 0 */
    } kind;
    struct matrix gate; /* LINALG_GATE: shaped as C */
    /* Arrays shaped as C that the caller will use next: asked for meanwhile. */
    const float *soon[3];
};

/* Shapes must agree; C overlaps none of the others. Nothing beyond the
 * columns of B and C is read or written. */
void linalg_multiply(enum linalg_op op, struct matrix a, struct matrix b,
                     const struct linalg_finish *finish, struct matrix c);

/* t = a^T; t is [a.columns, a.rows]. */
void linalg_transpose(struct matrix a, struct matrix t);

/* Prepares this process; call it once, before anything is computed. Denormals are flushed
 * to zero on this thread: they cost up to 1.7 times in Adam's moments and carry no
 * information. OpenBLAS gets one thread, and one product to set up its buffers before
 * memory gets tight. Products use the fastest kernel that the CPU has, or the one that
 * the environment variable STRATA_PRODUCTS names: STATUS_USAGE where that is unknown or
 * not supported here. */
enum status linalg_setup(struct error *err);

/* What products use: "avx512", "avx2", "openblas" or "plain". */
const char *linalg_products(void);

/* OpenBLAS's configuration, the kernel that it chose ("SkylakeX"), and its threads. */
const char *linalg_kernel(void);
const char *linalg_library(void);
int linalg_threads(void);

#endif
