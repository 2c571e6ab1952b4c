/* Matrix products in float through OpenBLAS. */
#ifndef STRATA_NUM_LINALG_H
#define STRATA_NUM_LINALG_H

#include <stddef.h>

/* A row-major view: element (i, j) is data[i * stride + j]. */
struct matrix {
    float *data;
    int rows, columns;
    size_t stride;
};

enum linalg_op {
    LINALG_NN, /* C = A B   + beta C */
    LINALG_TN, /* C = A^T B + beta C */
    LINALG_NT  /* C = A B^T + beta C */
};

/* Shapes must agree. Large products are split by rows of C so that each piece stays on
 * OpenBLAS's small-matrix path (M N K <= 10^6), which copies nothing; the split depends
 * on the shapes alone. */
void linalg_multiply(enum linalg_op op, struct matrix a, struct matrix b, float beta,
                     struct matrix c);

/* One BLAS thread, denormals flushed to zero on this thread (they cost up to 1.7 times
 * in Adam's moments and carry no information), and one product to let the library set up
 * its buffers before memory gets tight. Call once a process, before anything is computed.
 */
void linalg_setup(void);

/* The library's configuration and the kernel that it chose ("SkylakeX"), and its threads.
 */
const char *linalg_kernel(void);
const char *linalg_library(void);
int linalg_threads(void);

#endif
