#include <string.h>

#include "num/linalg.h"

enum { SIDE = 4 };

typedef float floats4 __attribute__((vector_size(SIDE * sizeof(float))));

/* Interleaving rows i and i + 2 twice transposes. */
static inline void merge_halves(const floats4 from[SIDE], floats4 to[SIDE])
{
#pragma GCC unroll 2
    for (int i = 0; i < SIDE / 2; i++) {
        typedef int ints4 __attribute__((vector_size(16)));
        to[2 * i] = __builtin_shuffle(from[i], from[i + 2], (ints4){0, 4, 1, 5});
        to[2 * i + 1] = __builtin_shuffle(from[i], from[i + 2], (ints4){2, 6, 3, 7});
    }
}

static inline void transpose_block(const float *a, size_t a_stride, float *t,
                                   size_t t_stride)
{
    floats4 block[SIDE], other[SIDE];
#pragma GCC unroll 4
    for (size_t i = 0; i < SIDE; i++)
        memcpy(&block[i], a + i * a_stride, sizeof *block);
    merge_halves(block, other);
    merge_halves(other, block);
#pragma GCC unroll 4
    for (size_t i = 0; i < SIDE; i++)
        memcpy(t + i * t_stride, &block[i], sizeof *block);
}

void linalg_transpose(struct matrix a, struct matrix t)
{
    size_t rows = (size_t)a.rows, columns = (size_t)a.columns;
    size_t whole_rows = rows / SIDE * SIDE, whole_columns = columns / SIDE * SIDE;
    for (size_t j = 0; j < whole_columns; j += SIDE)
        for (size_t i = 0; i < whole_rows; i += SIDE)
            transpose_block(a.data + i * a.stride + j, a.stride,
                            t.data + j * t.stride + i, t.stride);
    for (size_t j = 0; j < columns; j++)
        for (size_t i = j < whole_columns ? whole_rows : 0; i < rows; i++)
            t.data[j * t.stride + i] = a.data[i * a.stride + j];
}
