/* What makes training inputs differ from the pixels of their images: the inputs of some
 * samples are replaced, once for all; and noise, new in every epoch, is added to all.
 *
 * All of it is computed where pixels are loaded, as a function of the seed, the sample's
 * index in its file, the pixel, and for noise the epoch: nothing of it is stored.
 */
#ifndef STRATA_NN_DISTURB_H
#define STRATA_NN_DISTURB_H

#include <stdbool.h>
#include <stdint.h>

#include "num/normals.h"

/* x is the sample's own image: pixels / 255, whose mean is m and standard deviation s
 * (over n_inputs, not n_inputs - 1). */
enum input_replacement {
    INPUT_KEPT,
    INPUT_GAUSSIAN,  /* m + s z, z standard normal; may leave [0, 1] */
    INPUT_STRUCTURED /* 1 - x, x turned by 90 degrees counterclockwise */
};

/* Each sample is replaced with probability `fraction`: RNG_CORRUPT, stream 2, whatever
 * the kind. What is chosen at some fraction is so at every larger one. */
struct input_corruption {
    enum input_replacement kind;
    double fraction;
    uint32_t seed;
    int side;                      /* of the images, which are square: INPUT_STRUCTURED */
    const struct normals *normals; /* INPUT_GAUSSIAN: RNG_CORRUPT, stream 3 */
};

/* The same, or NULL where no sample is replaced. */
const struct input_corruption *
input_corruption_used(const struct input_corruption *corruption);

bool input_is_replaced(const struct input_corruption *corruption, uint32_t sample);

struct input_noise {
    double deviation; /* standard deviation, in units of inputs; 0: none */
    uint32_t seed;
    int64_t epoch; /* RNG_NOISE, stream `epoch` */
    const struct normals *normals;
};

/* One sample, ready to be loaded. */
struct disturbed {
    const uint8_t *image;
    uint32_t sample;
    const struct input_corruption *corruption; /* NULL: its pixels are kept */
    const struct input_noise *noise;           /* NULL: none */
    float mean, deviation;                     /* of its image, for INPUT_GAUSSIAN */
};

/* `corruption` and `noise` may be NULL; all is borrowed. */
struct disturbed disturb_sample(const uint8_t *image, int n_inputs, uint32_t sample,
                                const struct input_corruption *corruption,
                                const struct input_noise *noise);

/* out[i] = input first + i, i < n; `first` is a multiple of NORMALS_GROUP. */
void disturb_load(const struct disturbed *disturbed, int first, int n, float *out);

#endif
