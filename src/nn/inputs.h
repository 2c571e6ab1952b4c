/* Images as network inputs, in either layout: a byte times 1/255, rounded to float before
 * and after the product, so that values lie in [0, 1]; or what disturbs them
 * (nn/disturb.h). */
#ifndef STRATA_NN_INPUTS_H
#define STRATA_NN_INPUTS_H

#include <stdint.h>

#include "nn/disturb.h"
#include "num/linalg.h"

/* Which images: sample j is images[rows ? rows[j] : first + j], of n_inputs bytes each.
 */
struct inputs {
    const uint8_t *images;
    int n_inputs;
    const uint32_t *rows;
    uint32_t first;
    int n;
    /* NULL: inputs are the pixels. Otherwise the index above is that in the training
     * file, so `images` are the whole file's. */
    const struct input_corruption *corruption;
    const struct input_noise *noise;
};

static inline float input_of_pixel(uint8_t pixel)
{
    return (float)pixel * (1.0f / 255.0f);
}

/* The same of n pixels. Within a kernel it is compiled for the kernel's instructions. */
static inline __attribute__((always_inline)) void
inputs_scale_pixels(const uint8_t *restrict pixels, float *restrict out, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = input_of_pixel(pixels[i]);
}

/* Whether the inputs are anything but pixels. */
bool inputs_disturbed(const struct inputs *inputs);

/* x[k, j] = pixel k of sample j; x is [n_inputs, n]. */
void inputs_load_features(const struct inputs *inputs, struct matrix x);

/* x[j, k] = the same; x is [n, n_inputs]. */
void inputs_load_samples(const struct inputs *inputs, struct matrix x);

/* Asks the memory for images that will be loaded soon. */
void inputs_prefetch(const struct inputs *inputs);

#endif
