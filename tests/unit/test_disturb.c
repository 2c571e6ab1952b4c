/* Replaced inputs and noise: which samples, what values, in both layouts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/minibatches.h"
#include "unit.h"

enum { SIDE = 28, INPUTS = SIDE * SIDE, IMAGES = 60, STRIDE = 800 };

static uint8_t images[IMAGES * INPUTS];
static struct normals *normals;

static int set_up(void **state)
{
    (void)state;
    struct error err = {0};
    struct rng rng = {.seed = 1, .purpose = RNG_TEST};
    for (size_t i = 0; i < sizeof images; i++)
        images[i] = (uint8_t)rng_below(&rng, i, 256);
    return normals_create(&normals, &err) != STATUS_OK;
}

static int tear_down(void **state)
{
    (void)state;
    free(normals);
    return 0;
}

static struct input_corruption corruption(enum input_replacement kind, double fraction)
{
    return (struct input_corruption){
        .kind = kind, .fraction = fraction, .seed = 6, .side = SIDE, .normals = normals};
}

/* All images in their order. */
static struct inputs all_images(const struct input_corruption *replaced,
                                const struct input_noise *noise)
{
    return (struct inputs){.images = images,
                           .n_inputs = INPUTS,
                           .n = IMAGES,
                           .corruption = replaced,
                           .noise = noise};
}

/* [n, STRIDE], to be freed. */
static float *load(const struct inputs *inputs)
{
    struct matrix x = {.rows = inputs->n, .columns = inputs->n_inputs, .stride = STRIDE};
    x.data = calloc((size_t)inputs->n * STRIDE, sizeof(float));
    assert_non_null(x.data);
    inputs_load_samples(inputs, x);
    return x.data;
}

/* Within five standard deviations of a binomial count. */
static void assert_binomial(double count, double n, double p)
{
    double bound = 5 * sqrt(n * p * (1 - p));
    if (fabs(count - n * p) > bound)
        fail_msg("%g of %g, expected %g +- %g", count, n, n * p, bound);
}

static void test_the_rate_is_the_fraction(void **state)
{
    (void)state;
    enum { N = 50000 };
    static const double fractions[] = {0, 0.001, 0.1, 0.5, 0.9, 1};
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
        struct input_corruption c = corruption(INPUT_GAUSSIAN, fractions[i]);
        struct input_corruption less = corruption(INPUT_STRUCTURED, fractions[i] / 2);
        struct input_corruption none = corruption(INPUT_KEPT, fractions[i]);
        int chosen = 0;
        for (uint32_t j = 0; j < N; j++) {
            chosen += input_is_replaced(&c, j);
            /* What is chosen at some fraction is so at every larger one, of any kind. */
            assert_true(!input_is_replaced(&less, j) || input_is_replaced(&c, j));
            assert_false(input_is_replaced(&none, j));
        }
        assert_binomial(chosen, N, fractions[i]);
    }
}

/* The choice of labels tells nothing about that of inputs. */
static void test_independent_of_labels(void **state)
{
    (void)state;
    enum { N = 50000 };
    struct input_corruption c = corruption(INPUT_GAUSSIAN, 0.3);
    struct rng labels = {.seed = c.seed, .purpose = RNG_CORRUPT}; /* data/corrupt.c */
    int both = 0;
    for (uint32_t j = 0; j < N; j++)
        both += input_is_replaced(&c, j) && rng_uniform(&labels, j) < 0.3;
    assert_binomial(both, N, 0.09);
}

/* A picture whose pixels are all different, turned by hand. */
static void test_structured_by_hand(void **state)
{
    (void)state;
    static const uint8_t picture[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint8_t turned[9] = {3, 6, 9, 2, 5, 8, 1, 4, 7};
    struct input_corruption c = corruption(INPUT_STRUCTURED, 1);
    c.side = 3;
    struct disturbed d = disturb_sample(picture, 9, 0, &c, NULL);
    float out[9];
    disturb_load(&d, 0, 9, out);
    for (int i = 0; i < 9; i++)
        assert_true(out[i] == input_of_pixel((uint8_t)(255 - turned[i])));
}

/* Four times it is the image again: injective, pixel by pixel. */
static void test_structured_comes_back(void **state)
{
    (void)state;
    struct input_corruption c = corruption(INPUT_STRUCTURED, 1);
    uint8_t image[INPUTS];
    float out[INPUTS];
    memcpy(image, images, INPUTS);
    for (int turn = 0; turn < 4; turn++) {
        struct disturbed d = disturb_sample(image, INPUTS, 3, &c, NULL);
        disturb_load(&d, 0, INPUTS, out);
        for (int k = 0; k < INPUTS; k++)
            image[k] = (uint8_t)lrintf(out[k] * 255.0f);
        assert_int_equal(memcmp(image, images, INPUTS) == 0, turn == 3);
    }
}

/* Each image has its own mean and deviation: of n values these lie within 5 standard
 * errors, sd / sqrt(n) and sd / sqrt(2n), of the image's. */
static void test_gaussian_moments(void **state)
{
    (void)state;
    struct input_corruption c = corruption(INPUT_GAUSSIAN, 1);
    struct inputs inputs = all_images(&c, NULL);
    float *x = load(&inputs);
    bool outside = false;
    for (int j = 0; j < IMAGES; j++) {
        double of[2] = {0, 0}, is[2] = {0, 0}; /* mean, mean square */
        for (int k = 0; k < INPUTS; k++) {
            double pixel = images[j * INPUTS + k] / 255.0;
            double value = (double)x[j * STRIDE + k];
            of[0] += pixel / INPUTS;
            of[1] += pixel * pixel / INPUTS;
            is[0] += value / INPUTS;
            is[1] += value * value / INPUTS;
            outside = outside || value < 0 || value > 1;
        }
        double sd = sqrt(of[1] - of[0] * of[0]), found = sqrt(is[1] - is[0] * is[0]);
        assert_true(fabs(is[0] - of[0]) < 5 * sd / sqrt(INPUTS));
        assert_true(fabs(found - sd) < 5 * sd / sqrt(2.0 * INPUTS));
    }
    assert_true(outside); /* nothing is clipped */
    free(x);
}

/* Of two pixels 0 and 255 mean and deviation are 1/2; of equal ones there is none. */
static void test_gaussian_by_hand(void **state)
{
    (void)state;
    static const uint8_t two[2] = {0, 255}, flat[2] = {51, 51};
    struct input_corruption c = corruption(INPUT_GAUSSIAN, 1);
    struct rng rng = {.seed = c.seed, .purpose = RNG_CORRUPT, .stream = 3};
    float z[2], out[2];
    normals_draw(normals, &rng, 8, 0, 2, z);
    struct disturbed d = disturb_sample(two, 2, 8, &c, NULL);
    disturb_load(&d, 0, 2, out);
    assert_true(out[0] == 0.5f + 0.5f * z[0] && out[1] == 0.5f + 0.5f * z[1]);
    d = disturb_sample(flat, 2, 8, &c, NULL);
    disturb_load(&d, 0, 2, out);
    assert_true(out[0] == 0.2f && out[1] == 0.2f);
}

/* A sample that is not replaced has its pixels, whatever is done to others. */
static void test_others_are_kept(void **state)
{
    (void)state;
    for (int kind = INPUT_GAUSSIAN; kind <= INPUT_STRUCTURED; kind++) {
        struct input_corruption c = corruption((enum input_replacement)kind, 0.5);
        struct inputs plain = all_images(NULL, NULL), some = all_images(&c, NULL);
        float *x = load(&plain), *y = load(&some);
        for (int j = 0; j < IMAGES; j++) {
            bool same = memcmp(x + j * STRIDE, y + j * STRIDE, INPUTS * sizeof *x) == 0;
            assert_true(same != input_is_replaced(&c, (uint32_t)j));
        }
        free(x);
        free(y);
    }
}

/* Noise is added to what is there, and has its mean, its deviation, and no memory. */
static void test_noise(void **state)
{
    (void)state;
    struct input_noise noise = {.deviation = 0.25, .seed = 9, .normals = normals};
    struct input_corruption c = corruption(INPUT_STRUCTURED, 0.5);
    struct inputs without = all_images(&c, NULL), with = all_images(&c, &noise);
    double sum = 0, squares = 0, across = 0, n = (double)IMAGES * INPUTS;
    float *x = load(&without), *first = load(&with), *again = load(&with);
    noise.epoch = 1;
    float *second = load(&with);
    assert_memory_equal(first, again, IMAGES * STRIDE * sizeof *first);
    for (int j = 0; j < IMAGES; j++)
        for (int k = 0; k < INPUTS; k++) {
            int at = j * STRIDE + k;
            double added = (double)(first[at] - x[at]) / noise.deviation;
            sum += added;
            squares += added * added;
            across += added * (double)(second[at] - x[at]) / noise.deviation;
        }
    assert_true(fabs(sum / n) < 5 / sqrt(n));
    assert_true(fabs(squares / n - 1) < 5 * sqrt(2 / n));
    assert_true(fabs(across / n) < 5 / sqrt(n)); /* fresh in each epoch */
    free(x);
    free(first);
    free(again);
    free(second);
}

/* Both layouts, over sizes that fill tiles and sizes that do not, wherever the samples
 * stand: a value depends on its sample and pixel alone. */
static void check_layouts(int side, int n, const struct inputs *like)
{
    static uint32_t rows[IMAGES];
    struct input_corruption c = *like->corruption;
    struct inputs inputs = *like;
    c.side = side;
    inputs.corruption = &c;
    inputs.n_inputs = side * side;
    inputs.n = n;
    inputs.rows = rows;
    for (int j = 0; j < n; j++)
        rows[j] = (uint32_t)(IMAGES - 1 - j);
    struct matrix x = {.rows = side * side, .columns = n, .stride = (size_t)n + 3};
    x.data = calloc((size_t)x.rows * x.stride, sizeof(float));
    float *y = load(&inputs);
    inputs_load_features(&inputs, x);
    for (int j = 0; j < n; j++) {
        struct inputs single = {.images = images,
                                .n_inputs = side * side,
                                .first = rows[j],
                                .n = 1,
                                .corruption = &c,
                                .noise = inputs.noise};
        float *alone = load(&single);
        for (int k = 0; k < side * side; k++) {
            assert_true(x.data[(size_t)k * x.stride + (size_t)j] == y[j * STRIDE + k]);
            assert_true(alone[k] == y[j * STRIDE + k]);
        }
        free(alone);
    }
    for (int k = 0; k < x.rows; k++)
        assert_true(x.data[(size_t)k * x.stride + (size_t)n] == 0); /* not ours */
    free(x.data);
    free(y);
}

static void test_layouts(void **state)
{
    (void)state;
    static const int sides[] = {1, 11, 12, 16, 28}, counts[] = {1, 31, 32, 33, IMAGES};
    struct input_noise noise = {
        .deviation = 0.1, .seed = 2, .epoch = 3, .normals = normals};
    for (int kind = INPUT_GAUSSIAN; kind <= INPUT_STRUCTURED; kind++)
        for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
            for (size_t j = 0; j < sizeof counts / sizeof *counts; j++) {
                struct input_corruption c = corruption((enum input_replacement)kind, 0.5);
                struct inputs clean = all_images(&c, NULL),
                              noisy = all_images(&c, &noise);
                check_layouts(sides[i], counts[j], &clean);
                check_layouts(sides[i], counts[j], &noisy);
            }
}

/* Minibatches of both layouts: what their samples are at their epoch, and new ones in the
 * next. */
static void test_minibatches(void **state)
{
    (void)state;
    struct error err = {0};
    struct minibatch_options options = {
        .images = images,
        .n_inputs = INPUTS,
        .n = IMAGES,
        .batch_size = 25,
        .seed = 4,
        .corruption = corruption(INPUT_GAUSSIAN, 0.5),
        .noise = {.deviation = 0.1, .seed = 4, .normals = normals}};
    struct minibatches *m;
    minibatches_create(&m, &options, &err);
    assert_ok(err);
    for (int64_t step = 0; step < 6; step++) {
        struct batch *batch = minibatches_take(m, step);
        struct matrix x = batch_features(batch), y = batch_samples(batch);
        struct input_noise noise = options.noise;
        noise.epoch = step / 3;
        for (int j = 0; j < batch->inputs.n; j++) {
            float out[INPUTS];
            uint32_t row = batch->inputs.rows[j];
            struct disturbed d = disturb_sample(images + row * (size_t)INPUTS, INPUTS,
                                                row, &options.corruption, &noise);
            disturb_load(&d, 0, INPUTS, out);
            for (int k = 0; k < INPUTS; k++) {
                assert_true(x.data[(size_t)k * x.stride + (size_t)j] == out[k]);
                assert_true(y.data[(size_t)j * y.stride + (size_t)k] == out[k]);
            }
        }
    }
    minibatches_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rate_is_the_fraction),
        cmocka_unit_test(test_independent_of_labels),
        cmocka_unit_test(test_structured_by_hand),
        cmocka_unit_test(test_structured_comes_back),
        cmocka_unit_test(test_gaussian_moments),
        cmocka_unit_test(test_gaussian_by_hand),
        cmocka_unit_test(test_others_are_kept),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_minibatches),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
