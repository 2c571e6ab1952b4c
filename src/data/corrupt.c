#include "data/corrupt.h"

#include <assert.h>

#include "num/rng.h"

enum { STREAM_CHOSEN = 0, STREAM_LABEL = 1 };

static uint8_t new_label(const struct corruption *corruption, uint32_t i, uint8_t old)
{
    struct rng rng = {
        .seed = corruption->seed, .purpose = RNG_CORRUPT, .stream = STREAM_LABEL};
    uint32_t n = (uint32_t)corruption->n_classes;
    if (!corruption->other)
        return (uint8_t)rng_below(&rng, i, n);
    uint32_t drawn = rng_below(&rng, i, n - 1);
    return (uint8_t)(drawn + (drawn >= old)); /* step over the old label */
}

uint32_t corrupt_labels(const struct corruption *corruption, const uint8_t *labels,
                        uint32_t count, uint8_t *out)
{
    assert(corruption->n_classes >= 2);
    struct rng rng = {
        .seed = corruption->seed, .purpose = RNG_CORRUPT, .stream = STREAM_CHOSEN};
    uint32_t changed = 0;
    for (uint32_t i = 0; i < count; i++) {
        /* [0, 1) < fraction: never at 0, always at 1. */
        int chosen = rng_uniform(&rng, i) < corruption->fraction;
        out[i] = chosen ? new_label(corruption, i, labels[i]) : labels[i];
        changed += out[i] != labels[i];
    }
    return changed;
}
