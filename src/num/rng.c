#include "num/rng.h"

#include <math.h>

#include <Random123/philox.h>

void rng_words(const struct rng *rng, uint64_t index, uint32_t out[4])
{
    philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32),
                                 (uint32_t)rng->stream, (uint32_t)(rng->stream >> 32)}};
    philox4x32_key_t key = {{rng->seed, rng->purpose}};
    philox4x32_ctr_t words = philox4x32(counter, key);
    for (int i = 0; i < 4; i++)
        out[i] = words.v[i];
}

static double uniform53(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
    return (double)bits * 0x1p-53;
}

double rng_uniform(const struct rng *rng, uint64_t index)
{
    uint32_t w[4];
    rng_words(rng, index, w);
    return uniform53(w[0], w[1]);
}

double rng_normal(const struct rng *rng, uint64_t index)
{
    uint32_t w[4];
    rng_words(rng, index, w);
    double u = 1.0 - uniform53(w[0], w[1]); /* (0, 1]: the logarithm is finite */
    double v = uniform53(w[2], w[3]);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

uint32_t rng_below(const struct rng *rng, uint64_t index, uint32_t bound)
{
    uint32_t threshold = -bound % bound;
    /* A retry reads the next block of the same index: high counter bits number them. */
    for (uint64_t retry = 0;; retry++) {
        uint32_t w[4];
        rng_words(rng, index | retry << 48, w);
        for (int i = 0; i < 4; i++) {
            uint64_t product = (uint64_t)w[i] * bound;
            if ((uint32_t)product >= threshold)
                return (uint32_t)(product >> 32);
        }
    }
}

void rng_permutation(const struct rng *rng, uint32_t *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = rng_below(rng, i, i + 1);
        out[i] = out[j];
        out[j] = i;
    }
}
