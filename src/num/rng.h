/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011), by
 * the Random123 library.
 *
 * A number is a pure function of (seed, purpose, stream, index). There is no state to
 * carry, so results do not depend on the order of work, the number of ranks, or restarts.
 */
#ifndef STRATA_NUM_RNG_H
#define STRATA_NUM_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a number is for. Values are part of the numerics: never renumber. */
enum rng_purpose {
    RNG_INIT = 1,    /* stream = layer, index = weight */
    RNG_SHUFFLE = 2, /* stream = epoch */
    RNG_CORRUPT = 3, /* stream 0 = label chosen?, 1 = new label, 2 = inputs chosen?, index
                        = sample in the file; 3 = new inputs, row of normals.h = sample */
    RNG_GLYPH = 4,   /* stream = split, kind of number and sample: glyphs.c */
    RNG_TEST = 5,    /* for tests */
    RNG_PLAN = 6,    /* index = cell: simulated error of its predicted time */
    RNG_RANK = 7,    /* stream 0 = random measure, k = permutation k; index = setting */
    RNG_BOOTSTRAP = 8, /* seed = n values, stream = resample, index = four of them */
    RNG_NOISE = 9      /* stream = epoch, row of normals.h = sample in the file */
};

struct rng {
    uint32_t seed;
    uint32_t purpose;
    uint64_t stream;
};

/* The block of four 32-bit words at `index`. */
void rng_words(const struct rng *rng, uint64_t index, uint32_t out[4]);

/* Uniform double in [0, 1) with 53 random bits. */
double rng_uniform(const struct rng *rng, uint64_t index);

/* Standard normal number (Box-Muller on the words of `index`). */
double rng_normal(const struct rng *rng, uint64_t index);

/* Unbiased integer in [0, bound), bound >= 1: Lemire's multiplication with rejection; the
 * rejected draws of one index come from words of that index alone. */
uint32_t rng_below(const struct rng *rng, uint64_t index, uint32_t bound);

/* Fisher-Yates permutation of 0..n-1 into out. */
void rng_permutation(const struct rng *rng, uint32_t *out, uint32_t n);

#endif
