/* Both layouts of inputs, over sizes that fill registers and sizes that do not. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "nn/inputs.h"
#include "num/rng.h"
#include "unit.h"

enum { IMAGES = 50, MAX_INPUTS = 784, MAX_SAMPLES = 150, SENTINEL = -7 };

static uint8_t images[IMAGES * MAX_INPUTS];
static uint32_t rows[MAX_SAMPLES];

static void check_element(const struct inputs *inputs, int j, int k, float found)
{
    uint32_t row = inputs->rows ? inputs->rows[j] : inputs->first + (uint32_t)j;
    double expected = inputs->images[row * (size_t)inputs->n_inputs + (size_t)k] / 255.0;
    if (fabs((double)found - expected) > 1.2e-7) /* two roundings */
        fail_msg("%d inputs, %d samples: pixel %d of sample %d is %g, not %g",
                 inputs->n_inputs, inputs->n, k, j, (double)found, expected);
}

static void check(int n_inputs, int n, bool gathered)
{
    struct inputs inputs = {.images = images,
                            .n_inputs = n_inputs,
                            .rows = gathered ? rows : NULL,
                            .first = gathered ? 0 : (uint32_t)(IMAGES - n),
                            .n = n};
    struct matrix x = {NULL, n_inputs, n, (size_t)n + 3};
    struct matrix y = {NULL, n, n_inputs, (size_t)n_inputs + 3};
    x.data = malloc((size_t)n_inputs * x.stride * sizeof(float));
    y.data = malloc((size_t)n * y.stride * sizeof(float));
    for (size_t i = 0; i < (size_t)n_inputs * x.stride; i++)
        x.data[i] = SENTINEL;
    for (size_t i = 0; i < (size_t)n * y.stride; i++)
        y.data[i] = SENTINEL;
    inputs_load_features(&inputs, x);
    inputs_load_samples(&inputs, y);
    for (size_t k = 0; k < (size_t)n_inputs; k++)
        for (size_t j = 0; j < x.stride; j++) {
            float value = x.data[k * x.stride + j];
            if (j >= (size_t)n) {
                assert_true(value == SENTINEL); /* what lies between rows is not ours */
                continue;
            }
            check_element(&inputs, (int)j, (int)k, value);
            assert_true(y.data[j * y.stride + k] == value);
        }
    for (size_t j = 0; j < (size_t)n; j++)
        assert_true(y.data[j * y.stride + (size_t)n_inputs] == SENTINEL);
    free(x.data);
    free(y.data);
}

static void test_layouts(void **state)
{
    (void)state;
    static const int inputs[] = {1, 15, 16, 33, 784};
    static const int samples[] = {1, 15, 16, 17, 63, 64, 65, 128, 150};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        for (size_t j = 0; j < sizeof samples / sizeof *samples; j++) {
            check(inputs[i], samples[j], true);
            if (samples[j] <= IMAGES)
                check(inputs[i], samples[j], false);
        }
}

int main(void)
{
    struct rng rng = {3, RNG_TEST, 0};
    for (size_t i = 0; i < sizeof images; i++)
        images[i] = (uint8_t)(256 * rng_uniform(&rng, i));
    for (size_t i = 0; i < MAX_SAMPLES; i++)
        rows[i] = (uint32_t)(IMAGES * rng_uniform(&rng, sizeof images + i));
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layouts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
