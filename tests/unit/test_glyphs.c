/* The procedural digits: labels, independence of samples, and that they look like digits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "data/glyphs.h"

enum { PIXELS = GLYPHS_SIDE * GLYPHS_SIDE, TRAIN = 2000, TEST = 1000, INK = 96 };

static uint8_t train_images[TRAIN * PIXELS], train_labels[TRAIN];
static uint8_t test_images[TEST * PIXELS], test_labels[TEST];

static int draw(void **state)
{
    (void)state;
    glyphs_draw(0, TRAIN, train_images, train_labels);
    glyphs_draw(1, TEST, test_images, test_labels);
    return 0;
}

static void every_ten_samples_hold_each_digit_once(void **state)
{
    (void)state;
    for (int i = 0; i < TRAIN; i += GLYPHS_CLASSES) {
        unsigned seen = 0;
        for (int k = 0; k < GLYPHS_CLASSES; k++)
            seen |= 1u << train_labels[i + k];
        assert_int_equal(seen, (1u << GLYPHS_CLASSES) - 1);
    }
}

/* Position within the ten says nothing about the digit. */
static void the_order_of_digits_is_random(void **state)
{
    (void)state;
    int counts[GLYPHS_CLASSES][GLYPHS_CLASSES] = {0};
    for (int i = 0; i < TRAIN; i++)
        counts[i % GLYPHS_CLASSES][train_labels[i]]++;
    for (int position = 0; position < GLYPHS_CLASSES; position++)
        for (int digit = 0; digit < GLYPHS_CLASSES; digit++)
            assert_in_range(counts[position][digit], 4, 40); /* 20 +- 4.2 */
    assert_memory_not_equal(train_labels, test_labels, TEST);
}

static void a_sample_does_not_depend_on_the_count(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 3, 10, 57};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        uint32_t n = counts[k];
        uint8_t *images = malloc(n * PIXELS), *labels = malloc(n);
        assert_non_null(images);
        assert_non_null(labels);
        glyphs_draw(1, n, images, labels);
        assert_memory_equal(images, test_images, n * PIXELS);
        assert_memory_equal(labels, test_labels, n);
        free(images);
        free(labels);
    }
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash128));
}

static void no_two_images_are_the_same(void **state)
{
    (void)state;
    static struct hash128 hashes[TRAIN + TEST];
    for (int i = 0; i < TRAIN; i++)
        hashes[i] = hash_bytes(train_images + i * PIXELS, PIXELS);
    for (int i = 0; i < TEST; i++)
        hashes[TRAIN + i] = hash_bytes(test_images + i * PIXELS, PIXELS);
    qsort(hashes, TRAIN + TEST, sizeof *hashes, compare_hashes);
    for (int i = 1; i < TRAIN + TEST; i++)
        assert_false(hash_equal(hashes[i - 1], hashes[i]));
}

/* A stroke has a few dozen pixels of ink, and next to none lies on the border. */
static void every_image_has_a_stroke_inside_the_frame(void **state)
{
    (void)state;
    int at_border = 0;
    for (int i = 0; i < TRAIN; i++) {
        const uint8_t *image = train_images + i * PIXELS;
        int ink = 0;
        for (int p = 0; p < PIXELS; p++) {
            int x = p % GLYPHS_SIDE, y = p / GLYPHS_SIDE;
            ink += image[p] >= INK;
            at_border += image[p] >= INK && (x == 0 || y == 0 || x == GLYPHS_SIDE - 1 ||
                                             y == GLYPHS_SIDE - 1);
        }
        assert_in_range(ink, 10, 200);
    }
    assert_in_range(at_border, 0, TRAIN / 10);
}

static double square_distance(const uint8_t *a, const uint8_t *b)
{
    double sum = 0;
    for (int p = 0; p < PIXELS; p++)
        sum += (a[p] - b[p]) * (a[p] - b[p]);
    return sum;
}

/* The nearest of 2000 training images has the right digit for most test images, not for
 * nearly all: neither noise nor a trivial task. */
static void the_task_is_neither_hopeless_nor_trivial(void **state)
{
    (void)state;
    enum { TRIED = 200 };
    int right = 0;
    for (int i = 0; i < TRIED; i++) {
        double best = 1e300;
        int found = -1;
        for (int t = 0; t < TRAIN; t++) {
            double d = square_distance(test_images + i * PIXELS,
                                       train_images + t * PIXELS);
            if (d < best) {
                best = d;
                found = train_labels[t];
            }
        }
        right += found == test_labels[i];
    }
    assert_in_range(right, TRIED * 70 / 100, TRIED * 97 / 100);
}

/* Regression: the data set is part of the numerics of published archives, and must be the
 * same on every machine. */
static void known_contents(void **state)
{
    (void)state;
    static const uint8_t first[10] = {0, 7, 2, 4, 8, 5, 6, 3, 1, 9};
    char hex[HASH_HEX + 1];
    assert_memory_equal(train_labels, first, sizeof first);
    hash_format(hash_bytes(train_images, sizeof train_images), hex);
    assert_string_equal(hex, "c7786531a29485623a2f8c3525b16fd2");
    hash_format(hash_bytes(test_images, sizeof test_images), hex);
    assert_string_equal(hex, "1a69fce1b8c547340f8e12315c448cce");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ten_samples_hold_each_digit_once),
        cmocka_unit_test(the_order_of_digits_is_random),
        cmocka_unit_test(a_sample_does_not_depend_on_the_count),
        cmocka_unit_test(no_two_images_are_the_same),
        cmocka_unit_test(every_image_has_a_stroke_inside_the_frame),
        cmocka_unit_test(the_task_is_neither_hopeless_nor_trivial),
        cmocka_unit_test(known_contents),
    };
    return cmocka_run_group_tests_name("glyphs", tests, draw, NULL);
}
