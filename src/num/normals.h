/* Standard normal numbers, many at a time, with the same bits on every machine.
 *
 * A number takes 16 random bits: 15 choose one of 32768 sizes, one the sign. The sizes
 * are the quantiles of the half normal distribution at (i + 1/2) / 32768, so that all
 * 65536 numbers are the normal quantiles at (k + 1/2) / 65536: a normal distribution in
 * equal shares, within -4.325 and 4.325, of variance 0.99998.
 */
#ifndef STRATA_NUM_NORMALS_H
#define STRATA_NUM_NORMALS_H

#include "base/error.h"
#include "num/rng.h"

enum {
    NORMALS_SIZES = 32768,
    NORMALS_LANES = 16,
    NORMALS_GROUP = 8 * NORMALS_LANES /* 16 blocks of eight numbers, drawn together */
};

/* The table. */
struct normals {
    float size[NORMALS_SIZES]; /* ascending */
};

/* The caller frees it. */
enum status normals_create(struct normals **out, struct error *err);

/* Numbers first, first + 1, ... first + n - 1 of row `row`, for `first` a multiple of
 * NORMALS_GROUP. Number 128 g + 16 h + b is half h of the 128 bits of rng_words at index
 * row * 2^32 + 16 g + b, the low half of a word before its high half: its bit 15 is the
 * sign, the others the index of its size. */
void normals_draw(const struct normals *normals, const struct rng *rng, uint32_t row,
                  int first, int n, float *out);

#endif
