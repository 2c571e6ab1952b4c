/* Label corruption (Zhang et al. 2017; Theunissen, Davel & Barnard 2019). */
#ifndef STRATA_DATA_CORRUPT_H
#define STRATA_DATA_CORRUPT_H

#include <stdint.h>

struct corruption {
    double fraction; /* probability that a label is replaced, in [0, 1] */
    int other;       /* 0: new label uniform over all classes ("any"); 1: the others */
    int n_classes;
    uint32_t seed;
};

/* out[i] = the label to train sample i with. Whether sample i is replaced, and by what,
 * is a function of (seed, i) and its label alone: RNG_CORRUPT, stream 0 and 1, index i.
 * out may not alias labels; n_classes is at least 2. Returns how many labels differ from
 * the original. */
uint32_t corrupt_labels(const struct corruption *corruption, const uint8_t *labels,
                        uint32_t count, uint8_t *out);

#endif
