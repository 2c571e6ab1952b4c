#include "nn/disturb.h"

#include <math.h>

#include "nn/inputs.h"
#include "num/kernel.h"

enum { STREAM_CHOSEN = 2, STREAM_GAUSSIAN = 3 }; /* labels have 0 and 1 */

const struct input_corruption *
input_corruption_used(const struct input_corruption *corruption)
{
    bool used = corruption->kind != INPUT_KEPT && corruption->fraction > 0;
    return used ? corruption : NULL;
}

bool input_is_replaced(const struct input_corruption *corruption, uint32_t sample)
{
    struct rng rng = {
        .seed = corruption->seed, .purpose = RNG_CORRUPT, .stream = STREAM_CHOSEN};
    /* [0, 1) < fraction: never at 0, always at 1. */
    return corruption->kind != INPUT_KEPT &&
           rng_uniform(&rng, sample) < corruption->fraction;
}

/* Sums of integers: exact, in any order. */
STRATA_KERNEL
static void sum_pixels(const uint8_t *image, int n, uint64_t *sum, uint64_t *squares)
{
    uint64_t s = 0, q = 0;
    for (int i = 0; i < n; i++) {
        s += image[i];
        q += (uint32_t)image[i] * image[i];
    }
    *sum = s;
    *squares = q;
}

struct disturbed disturb_sample(const uint8_t *image, int n_inputs, uint32_t sample,
                                const struct input_corruption *corruption,
                                const struct input_noise *noise)
{
    struct disturbed d = {.image = image, .sample = sample, .noise = noise};
    if (!corruption || !input_is_replaced(corruption, sample))
        return d;
    d.corruption = corruption;
    if (corruption->kind != INPUT_GAUSSIAN)
        return d;
    uint64_t sum, squares, n = (uint64_t)n_inputs;
    sum_pixels(image, n_inputs, &sum, &squares);
    d.mean = (float)((double)sum / (255.0 * n_inputs));
    d.deviation = (float)(sqrt((double)(n * squares - sum * sum)) / (255.0 * n_inputs));
    return d;
}

STRATA_KERNEL
static void load_pixels(const uint8_t *restrict image, int n, float *restrict out)
{
    inputs_scale_pixels(image, out, n);
}

/* Row r of a picture that was turned counterclockwise is column side - 1 - r of it. */
static void load_structured(const uint8_t *image, int side, int first, int n, float *out)
{
    int row = first / side, column = first % side;
    for (int i = 0; i < n; i++) {
        uint8_t pixel = image[(size_t)column * (size_t)side + (size_t)(side - 1 - row)];
        out[i] = input_of_pixel((uint8_t)(255 - pixel));
        if (++column == side) {
            column = 0;
            row++;
        }
    }
}

static void load_gaussian(const struct disturbed *d, int first, int n, float *out)
{
    struct rng rng = {
        .seed = d->corruption->seed, .purpose = RNG_CORRUPT, .stream = STREAM_GAUSSIAN};
    normals_draw(d->corruption->normals, &rng, d->sample, first, n, out);
    for (int i = 0; i < n; i++)
        out[i] = d->mean + d->deviation * out[i];
}

static void add_noise(const struct disturbed *d, int first, int n, float *out)
{
    struct rng rng = {.seed = d->noise->seed,
                      .purpose = RNG_NOISE,
                      .stream = (uint64_t)d->noise->epoch};
    float z[NORMALS_GROUP], deviation = (float)d->noise->deviation;
    for (int at = 0; at < n; at += NORMALS_GROUP) {
        int m = n - at < NORMALS_GROUP ? n - at : NORMALS_GROUP;
        normals_draw(d->noise->normals, &rng, d->sample, first + at, m, z);
        for (int i = 0; i < m; i++)
            out[at + i] += deviation * z[i];
    }
}

void disturb_load(const struct disturbed *d, int first, int n, float *out)
{
    if (!d->corruption)
        load_pixels(d->image + first, n, out);
    else if (d->corruption->kind == INPUT_GAUSSIAN)
        load_gaussian(d, first, n, out);
    else
        load_structured(d->image, d->corruption->side, first, n, out);
    if (d->noise)
        add_noise(d, first, n, out);
}
