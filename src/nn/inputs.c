#include "nn/inputs.h"

#include <string.h>

#include "num/kernel.h"

enum {
    SIDE = 16, /* of the blocks of bytes that are transposed in registers */
    GROUP = 64 /* samples that are loaded together, so that whole rows are written */
};

typedef uint8_t bytes16 __attribute__((vector_size(SIDE)));

bool inputs_disturbed(const struct inputs *inputs)
{
    return inputs->corruption || inputs->noise;
}

static uint32_t row_of(const struct inputs *inputs, int j)
{
    return inputs->rows ? inputs->rows[j] : inputs->first + (uint32_t)j;
}

static const uint8_t *image_of(const struct inputs *inputs, int j)
{
    return inputs->images + row_of(inputs, j) * (size_t)inputs->n_inputs;
}

/* Images lie anywhere: the CPU cannot guess the next one. */
static void prefetch_image(const struct inputs *inputs, int j)
{
    enum { LINE = 64 };
    const uint8_t *image = image_of(inputs, j);
    for (int k = 0; k < inputs->n_inputs; k += LINE)
        __builtin_prefetch(image + k, 0, 2);
}

static inline bytes16 merge_low(bytes16 a, bytes16 b)
{
    return __builtin_shuffle(
        a, b, (bytes16){0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23});
}

static inline bytes16 merge_high(bytes16 a, bytes16 b)
{
    return __builtin_shuffle(
        a, b, (bytes16){8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31});
}

static inline void merge_halves(const bytes16 from[SIDE], bytes16 to[SIDE])
{
#pragma GCC unroll 8
    for (int i = 0; i < SIDE / 2; i++) {
        to[2 * i] = merge_low(from[i], from[i + SIDE / 2]);
        to[2 * i + 1] = merge_high(from[i], from[i + SIDE / 2]);
    }
}

/* out[i][s] = image[s][i]. Interleaving row i with row i + 8 four times transposes. */
static void transpose_block(const uint8_t *const image[SIDE], size_t k,
                            uint8_t (*out)[GROUP])
{
    bytes16 block[SIDE], other[SIDE];
#pragma GCC unroll 16
    for (int s = 0; s < SIDE; s++)
        memcpy(&block[s], image[s] + k, SIDE);
    merge_halves(block, other);
    merge_halves(other, block);
    merge_halves(block, other);
    merge_halves(other, block);
#pragma GCC unroll 16
    for (int i = 0; i < SIDE; i++)
        memcpy(out[i], &block[i], SIDE);
}

/* Whole groups get loops of fixed length. */
STRATA_KERNEL
static void scale_rows(const uint8_t (*pixels)[GROUP], int rows, float *out,
                       size_t stride, int n)
{
    for (int i = 0; i < rows; i++) {
        if (n == GROUP)
            inputs_scale_pixels(pixels[i], out + (size_t)i * stride, GROUP);
        else
            inputs_scale_pixels(pixels[i], out + (size_t)i * stride, n);
    }
}

static void load_group(const struct inputs *inputs, int j, int n, struct matrix x)
{
    const uint8_t *image[GROUP];
    uint8_t pixels[SIDE][GROUP];
    int padded = (n + SIDE - 1) / SIDE * SIDE, k = 0;
    for (int s = 0; s < n; s++)
        prefetch_image(inputs, j + s);
    for (int s = 0; s < padded; s++)
        image[s] = image_of(inputs, j + (s < n ? s : 0));
    for (; k + SIDE <= inputs->n_inputs; k += SIDE) {
        for (int s = 0; s < padded; s += SIDE)
            transpose_block(image + s, (size_t)k, (uint8_t(*)[GROUP])(pixels[0] + s));
        scale_rows(pixels, SIDE, x.data + (size_t)k * x.stride + (size_t)j, x.stride, n);
    }
    for (; k < inputs->n_inputs; k++) {
        for (int s = 0; s < n; s++)
            pixels[0][s] = image[s][k];
        scale_rows(pixels, 1, x.data + (size_t)k * x.stride + (size_t)j, x.stride, n);
    }
}

static struct disturbed disturbed_at(const struct inputs *inputs, int j)
{
    return disturb_sample(image_of(inputs, j), inputs->n_inputs, row_of(inputs, j),
                          inputs->corruption, inputs->noise);
}

/* Tiles of samples and pixels, sample by sample, are transposed into place. */
static void load_disturbed_features(const struct inputs *inputs, struct matrix x)
{
    enum { SAMPLES = 32, PIXELS = NORMALS_GROUP };
    float tile[SAMPLES * PIXELS];
    struct disturbed sample[SAMPLES];
    for (int j = 0; j < inputs->n; j += SAMPLES) {
        int n = inputs->n - j < SAMPLES ? inputs->n - j : SAMPLES;
        for (int s = 0; s < n; s++)
            prefetch_image(inputs, j + s);
        for (int s = 0; s < n; s++)
            sample[s] = disturbed_at(inputs, j + s);
        for (int k = 0; k < inputs->n_inputs; k += PIXELS) {
            int m = inputs->n_inputs - k < PIXELS ? inputs->n_inputs - k : PIXELS;
            struct matrix from = {
                .data = tile, .rows = n, .columns = m, .stride = PIXELS};
            struct matrix to = {.data = x.data + (size_t)k * x.stride + (size_t)j,
                                .rows = m,
                                .columns = n,
                                .stride = x.stride};
            for (int s = 0; s < n; s++)
                disturb_load(&sample[s], k, m, tile + (size_t)s * PIXELS);
            linalg_transpose(from, to);
        }
    }
}

void inputs_load_features(const struct inputs *inputs, struct matrix x)
{
    if (inputs_disturbed(inputs)) {
        load_disturbed_features(inputs, x);
        return;
    }
    for (int j = 0; j < inputs->n; j += GROUP)
        load_group(inputs, j, inputs->n - j < GROUP ? inputs->n - j : GROUP, x);
}

enum { AHEAD = 4 }; /* images that are asked for before they are loaded */

static void load_disturbed_samples(const struct inputs *inputs, struct matrix x)
{
    for (int j = 0; j < inputs->n; j++) {
        if (j + AHEAD < inputs->n)
            prefetch_image(inputs, j + AHEAD);
        struct disturbed sample = disturbed_at(inputs, j);
        disturb_load(&sample, 0, inputs->n_inputs, x.data + (size_t)j * x.stride);
    }
}

STRATA_KERNEL
static void load_plain_samples(const struct inputs *inputs, struct matrix x)
{
    for (int j = 0; j < inputs->n; j++) {
        if (j + AHEAD < inputs->n)
            prefetch_image(inputs, j + AHEAD);
        inputs_scale_pixels(image_of(inputs, j), x.data + (size_t)j * x.stride,
                            inputs->n_inputs);
    }
}

void inputs_load_samples(const struct inputs *inputs, struct matrix x)
{
    if (inputs_disturbed(inputs))
        load_disturbed_samples(inputs, x);
    else
        load_plain_samples(inputs, x);
}

void inputs_prefetch(const struct inputs *inputs)
{
    for (int j = 0; j < inputs->n; j++)
        prefetch_image(inputs, j);
}
