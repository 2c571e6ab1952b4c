/* Data sets: where they are looked for, what must agree, and the real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "data/dataset.h"
#include "data/glyphs.h"

enum { PATH = 256, TRAIN = 12, TEST = 6, ROWS = 2, COLUMNS = 3, SIZE = ROWS * COLUMNS };

static const char TRAIN_IMAGES[] = "train-images-idx3-ubyte";
static const char TRAIN_LABELS[] = "train-labels-idx1-ubyte";
static const char TEST_IMAGES[] = "t10k-images-idx3-ubyte";
static const char TEST_LABELS[] = "t10k-labels-idx1-ubyte";

static const uint8_t train_labels[TRAIN] = {0, 1, 2, 0, 1, 2, 2, 1, 0, 0, 1, 2};
static const uint8_t test_labels[TEST] = {2, 1, 0, 1, 1, 0};

static uint8_t pixel(uint32_t i)
{
    return (uint8_t)(i * 31 + i / 9);
}

/* One IDX file of one or three dimensions; with ".gz" at the end of the name, compressed.
 */
static void write_idx(const char *folder, const char *name, int n_dims,
                      const uint32_t dims[3], const uint8_t *data)
{
    char path[PATH];
    uint8_t header[16] = {0, 0, 8, (uint8_t)n_dims};
    unsigned length = 1;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (int d = 0; d < n_dims; d++) {
        for (int b = 0; b < 4; b++)
            header[4 + 4 * d + b] = (uint8_t)(dims[d] >> (24 - 8 * b));
        length *= dims[d];
    }
    /* Mode T writes without compression, that is the plain file. */
    gzFile f = gzopen(path, strstr(name, ".gz") ? "wb" : "wbT");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, header, 4 + 4 * (unsigned)n_dims), 4 + 4 * n_dims);
    assert_int_equal(gzwrite(f, data, length), length);
    assert_int_equal(gzclose(f), Z_OK);
}

static void write_images(const char *folder, const char *name, uint32_t count,
                         uint32_t rows, uint32_t columns)
{
    uint8_t data[1024];
    assert_true(count * rows * columns <= sizeof data);
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = pixel(i);
    write_idx(folder, name, 3, (const uint32_t[]){count, rows, columns}, data);
}

static void write_labels(const char *folder, const char *name, uint32_t count,
                         const uint8_t *labels)
{
    write_idx(folder, name, 1, (const uint32_t[]){count, 0, 0}, labels);
}

static void make_folder(const char *folder)
{
    static const char *const names[] = {TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES,
                                        TEST_LABELS};
    char path[PATH];
    mkdir(folder, 0700);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
        snprintf(path, sizeof path, "%s/%s.gz", folder, names[i]);
        unlink(path);
    }
}

static void make_toy(const char *folder)
{
    make_folder(folder);
    write_images(folder, TRAIN_IMAGES, TRAIN, ROWS, COLUMNS);
    write_labels(folder, TRAIN_LABELS, TRAIN, train_labels);
    write_images(folder, TEST_IMAGES, TEST, ROWS, COLUMNS);
    write_labels(folder, TEST_LABELS, TEST, test_labels);
}

static struct dataset load(const char *name, uint32_t train, uint32_t test)
{
    struct dataset_request request = {.name = name, .train = train, .test = test};
    struct error err = {0};
    struct dataset dataset;
    if (dataset_load(&dataset, &request, &err) != STATUS_OK)
        fail_msg("%s: %s", name, err.text);
    return dataset;
}

static struct hash128 hash_of(const char *name, uint32_t train, uint32_t test)
{
    struct dataset dataset = load(name, train, test);
    struct hash128 hash = dataset.hash;
    dataset_fini(&dataset);
    return hash;
}

static void expect_failure(const struct dataset_request *request, enum status status,
                           const char *const *texts)
{
    struct error err = {0};
    struct dataset dataset;
    assert_int_equal(dataset_load(&dataset, request, &err), status);
    assert_int_equal(err.status, status);
    assert_null(dataset.train.images);
    assert_null(dataset.train.labels);
    assert_null(dataset.test.images);
    assert_null(dataset.test.labels);
    for (; *texts; texts++)
        if (!strstr(err.text, *texts))
            fail_msg("\"%s\" is not in \"%s\"", *texts, err.text);
}

#define EXPECT(status, name, train, test, ...)                                        \
    expect_failure(&(const struct dataset_request){name, train, test, false}, status, \
                   (const char *const[]){__VA_ARGS__, NULL})

static int clean_environment(void **state)
{
    (void)state;
    unsetenv("STRATA_DATA");
    make_toy("toy");
    return 0;
}

static void assert_toy(const struct dataset *d)
{
    assert_int_equal(d->n_rows, ROWS);
    assert_int_equal(d->n_columns, COLUMNS);
    assert_int_equal(d->n_inputs, SIZE);
    assert_int_equal(d->n_classes, 3);
    assert_int_equal(d->train.count, TRAIN);
    assert_int_equal(d->test.count, TEST);
    assert_memory_equal(d->train.labels, train_labels, TRAIN);
    assert_memory_equal(d->test.labels, test_labels, TEST);
    for (uint32_t i = 0; i < TRAIN * SIZE; i++)
        assert_int_equal(d->train.images[i], pixel(i));
    for (uint32_t i = 0; i < TEST * SIZE; i++)
        assert_int_equal(d->test.images[i], pixel(i));
}

static void loads_a_folder(void **state)
{
    (void)state;
    struct dataset d = load("./toy", 0, 0);
    assert_toy(&d);
    dataset_fini(&d);
    assert_null(d.train.images);
    d = load("toy/", TRAIN, TEST);
    assert_toy(&d);
    dataset_fini(&d);
}

static void size_is_known_before_glyphs_are_drawn(void **state)
{
    (void)state;
    struct dataset_request request = {.name = "glyphs", .train = 1000000};
    assert_true(dataset_request_bytes(&request) == (1000000 + 10000) * 785.0);
    request.train = 70;
    request.test = 30;
    struct dataset d = load("glyphs", 70, 30);
    assert_true(dataset_request_bytes(&request) == dataset_bytes(&d));
    dataset_fini(&d);
    request.name = "./toy";
    assert_true(dataset_request_bytes(&request) == 0);
}

static void any_file_may_be_compressed(void **state)
{
    (void)state;
    make_folder("mixed");
    write_images("mixed", "train-images-idx3-ubyte.gz", TRAIN, ROWS, COLUMNS);
    write_labels("mixed", TRAIN_LABELS, TRAIN, train_labels);
    write_images("mixed", TEST_IMAGES, TEST, ROWS, COLUMNS);
    write_labels("mixed", "t10k-labels-idx1-ubyte.gz", TEST, test_labels);
    struct dataset d = load("./mixed", 0, 0);
    assert_toy(&d);
    assert_true(hash_equal(d.hash, hash_of("./toy", 0, 0)));
    dataset_fini(&d);
}

static void takes_the_first_samples(void **state)
{
    (void)state;
    struct dataset d = load("./toy", 7, 2);
    assert_int_equal(d.train.count, 7);
    assert_int_equal(d.test.count, 2);
    assert_int_equal(d.n_classes, 3);
    assert_memory_equal(d.train.labels, train_labels, 7);
    assert_int_equal(d.train.images[7 * SIZE - 1], pixel(7 * SIZE - 1));
    dataset_fini(&d);
    EXPECT(STATUS_STUDY, "./toy", TRAIN + 1, 0, "train-", "13 samples", "has 12");
    EXPECT(STATUS_STUDY, "./toy", 0, TEST + 1, "t10k-", "7 samples", "has 6");
}

static void the_hash_is_of_what_was_loaded(void **state)
{
    (void)state;
    struct hash128 toy = hash_of("./toy", 0, 0);
    assert_true(hash_equal(toy, hash_of("./toy", TRAIN, TEST)));
    assert_false(hash_equal(toy, hash_of("./toy", TRAIN - 1, 0)));
    assert_false(hash_equal(toy, hash_of("./toy", 0, TEST - 1)));

    /* The same bytes, another shape. */
    make_toy("other");
    write_images("other", TRAIN_IMAGES, TRAIN, COLUMNS, ROWS);
    write_images("other", TEST_IMAGES, TEST, COLUMNS, ROWS);
    assert_false(hash_equal(toy, hash_of("./other", 0, 0)));

    /* One label, and one pixel. */
    make_toy("other");
    uint8_t labels[TEST] = {2, 1, 0, 1, 1, 1};
    write_labels("other", TEST_LABELS, TEST, labels);
    assert_false(hash_equal(toy, hash_of("./other", 0, 0)));
    make_toy("other");
    assert_true(hash_equal(toy, hash_of("./other", 0, 0)));
    uint8_t images[TEST * SIZE];
    for (uint32_t i = 0; i < sizeof images; i++)
        images[i] = pixel(i);
    images[sizeof images - 1] ^= 1;
    write_idx("other", TEST_IMAGES, 3, (const uint32_t[]){TEST, ROWS, COLUMNS}, images);
    assert_false(hash_equal(toy, hash_of("./other", 0, 0)));
}

static void counts_and_sizes_must_agree(void **state)
{
    (void)state;
    make_toy("bad");
    write_labels("bad", TRAIN_LABELS, TRAIN - 1, train_labels);
    EXPECT(STATUS_DATA, "./bad", 0, 0, "bad/train-labels", "11 labels", "12 images",
           "bad/train-images");
    EXPECT(STATUS_DATA, "./bad", 5, 0, "11 labels", "12 images");
    make_toy("bad");
    write_images("bad", TEST_IMAGES, TEST, COLUMNS, ROWS);
    EXPECT(STATUS_DATA, "./bad", 0, 0, "bad/t10k-images", "3 x 2", "2 x 3");
}

static void every_class_needs_a_training_sample(void **state)
{
    (void)state;
    static const uint8_t zeros[TRAIN] = {0};
    static const uint8_t gap[TRAIN] = {0, 1, 3, 0, 1, 3, 3, 1, 0, 0, 1, 3};
    static const uint8_t beyond[TEST] = {2, 1, 0, 1, 5, 0};
    static const uint8_t two[TEST] = {0, 1, 0, 1, 1, 0};
    make_toy("bad");
    write_labels("bad", TRAIN_LABELS, TRAIN, zeros);
    write_labels("bad", TEST_LABELS, TEST, zeros);
    EXPECT(STATUS_DATA, "./bad", 0, 0, "every label is 0");
    write_labels("bad", TRAIN_LABELS, TRAIN, gap);
    EXPECT(STATUS_DATA, "./bad", 0, 0,
           "class 2 has no sample among the 12 training samples");
    write_labels("bad", TEST_LABELS, TEST, test_labels);
    EXPECT(STATUS_DATA, "./bad", 0, 0, "class 2 has no sample", "test samples have it");
    make_toy("bad");
    write_labels("bad", TEST_LABELS, TEST, beyond);
    EXPECT(STATUS_DATA, "./bad", 0, 0, "class 3 has no sample");
    /* Asking for too small a part is a fault of the study. */
    write_labels("bad", TEST_LABELS, TEST, two);
    EXPECT(STATUS_STUDY, "./bad", 1, 0, "class 1 has no sample among the 1 training");
    struct dataset d = load("./bad", 2, 0);
    assert_int_equal(d.n_classes, 2); /* class 2 is in neither part */
    dataset_fini(&d);
}

static void damage_is_told_with_its_file(void **state)
{
    (void)state;
    make_toy("bad");
    assert_int_equal(truncate("bad/t10k-images-idx3-ubyte", 30), 0);
    EXPECT(STATUS_DATA, "./bad", 0, 0, "./bad/t10k-images-idx3-ubyte", "14 bytes");
    EXPECT(STATUS_DATA, "./bad", 5, 2, "./bad/t10k-images-idx3-ubyte", "14 bytes");
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    make_toy("part");
    unlink("part/t10k-labels-idx1-ubyte");
    EXPECT(STATUS_MISSING, "./part", 0, 0, "./part", "t10k-labels-idx1-ubyte.gz");
    EXPECT(STATUS_MISSING, "./none", 0, 0, "./none", "train-images-idx3-ubyte");
    make_folder("empty");
    EXPECT(STATUS_MISSING, "./empty", 0, 0, "./empty", "no IDX files");
}

static void names_are_found_under_strata_data(void **state)
{
    (void)state;
    mkdir("root", 0700);
    make_toy("root/mnist");
    make_toy("root/fashion-mnist");
    make_toy("root/mine");
    setenv("STRATA_DATA", "root", 1);
    static const char *const names[] = {"mnist", "fashion-mnist", "mine"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct dataset d = load(names[i], 0, 0);
        assert_toy(&d);
        dataset_fini(&d);
    }
}

static void every_place_that_was_searched_is_named(void **state)
{
    (void)state;
    EXPECT(STATUS_MISSING, "mnist", 0, 0, "$STRATA_DATA/mnist", "STRATA_DATA is not set");
    EXPECT(STATUS_MISSING, "fashon-mnist", 0, 0, "did you mean fashion-mnist?");
    setenv("STRATA_DATA", "", 1);
    EXPECT(STATUS_MISSING, "mnist", 0, 0, "STRATA_DATA is not set");
    setenv("STRATA_DATA", "nowhere", 1);
    EXPECT(STATUS_MISSING, "mnist", 0, 0, "nowhere/mnist");
    if (access("/usr/share/datasets/fashion-mnist", F_OK) != 0)
        EXPECT(STATUS_MISSING, "fashion-mnist", 0, 0, "nowhere/fashion-mnist",
               "/usr/share/datasets/fashion-mnist", "dataset-fashion-mnist");
}

/* A folder that lost one file is not passed over for the next place. */
static void half_a_data_set_is_not_passed_over(void **state)
{
    (void)state;
    mkdir("half", 0700);
    make_toy("half/fashion-mnist");
    unlink("half/fashion-mnist/train-images-idx3-ubyte");
    setenv("STRATA_DATA", "half", 1);
    EXPECT(STATUS_MISSING, "fashion-mnist", 0, 0, "half/fashion-mnist",
           "train-images-idx3-ubyte");
}

static void names_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static char name[6000];
    memset(name, 'x', sizeof name - 1);
    EXPECT(STATUS_STUDY, "", 0, 0, "no name");
    EXPECT(STATUS_MISSING, name, 0, 0, "no IDX files");
    setenv("STRATA_DATA", "root", 1);
    EXPECT(STATUS_USAGE, name, 0, 0, "path too long");
    name[10] = '/';
    EXPECT(STATUS_USAGE, name, 0, 0, "path too long");
}

static void glyphs_are_drawn(void **state)
{
    (void)state;
    struct dataset d = load("glyphs", 200, 0);
    assert_int_equal(d.n_rows, GLYPHS_SIDE);
    assert_int_equal(d.n_columns, GLYPHS_SIDE);
    assert_int_equal(d.n_inputs, GLYPHS_SIDE * GLYPHS_SIDE);
    assert_int_equal(d.n_classes, GLYPHS_CLASSES);
    assert_int_equal(d.train.count, 200);
    assert_int_equal(d.test.count, 10000);
    static uint8_t images[200 * GLYPHS_SIDE * GLYPHS_SIDE], labels[200];
    glyphs_draw(0, 200, images, labels);
    assert_memory_equal(d.train.images, images, sizeof images);
    assert_memory_equal(d.train.labels, labels, sizeof labels);
    glyphs_draw(1, 200, images, labels);
    assert_memory_equal(d.test.images, images, sizeof images);
    dataset_fini(&d);
    EXPECT(STATUS_STUDY, "glyphs", 5, 100, "no sample among the 5 training samples");
    EXPECT(STATUS_STUDY, "glyphs", DATASET_SAMPLES_MAX + 1, 1, "10000001", "10000000");
}

static void assert_class_counts(const struct samples *samples,
                                const uint32_t expected[10])
{
    uint32_t counts[10] = {0};
    for (uint32_t i = 0; i < samples->count; i++) {
        assert_in_range(samples->labels[i], 0, 9);
        counts[samples->labels[i]]++;
    }
    for (int c = 0; c < 10; c++)
        assert_int_equal(counts[c], expected[c]);
}

static void assert_mnist_shape(const struct dataset *d)
{
    assert_int_equal(d->n_rows, 28);
    assert_int_equal(d->n_columns, 28);
    assert_int_equal(d->n_classes, 10);
    assert_int_equal(d->train.count, 60000);
    assert_int_equal(d->test.count, 10000);
}

static void skip_unless(const char *folder)
{
    if (access(folder, F_OK) == 0)
        return;
    print_message("SKIPPED: %s is not there\n", folder);
    skip();
}

static void fashion_mnist_is_as_published(void **state)
{
    (void)state;
    skip_unless("/usr/share/datasets/fashion-mnist");
    struct dataset d = load("fashion-mnist", 0, 0);
    uint32_t train[10], test[10];
    for (int c = 0; c < 10; c++) {
        train[c] = 6000;
        test[c] = 1000;
    }
    assert_mnist_shape(&d);
    assert_class_counts(&d.train, train);
    assert_class_counts(&d.test, test);
    dataset_fini(&d);
}

static void mnist_is_as_published(void **state)
{
    (void)state;
    static const uint32_t train[10] = {5923, 6742, 5958, 6131, 5842,
                                       5421, 5918, 6265, 5851, 5949};
    static const uint32_t test[10] = {980, 1135, 1032, 1010, 982,
                                      892, 958,  1028, 974,  1009};
    const char *source = getenv("STRATA_SOURCE_DIR");
    char root[4096], folder[4200];
    snprintf(root, sizeof root, "%s/../shared/data", source ? source : ".");
    snprintf(folder, sizeof folder, "%s/mnist", root);
    skip_unless(folder);
    setenv("STRATA_DATA", root, 1);
    struct dataset d = load("mnist", 0, 0);
    assert_mnist_shape(&d);
    assert_class_counts(&d.train, train);
    assert_class_counts(&d.test, test);
    dataset_fini(&d);
}

#define TEST_CASE(f) cmocka_unit_test_setup(f, clean_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_CASE(loads_a_folder),
        TEST_CASE(size_is_known_before_glyphs_are_drawn),
        TEST_CASE(any_file_may_be_compressed),
        TEST_CASE(takes_the_first_samples),
        TEST_CASE(the_hash_is_of_what_was_loaded),
        TEST_CASE(counts_and_sizes_must_agree),
        TEST_CASE(every_class_needs_a_training_sample),
        TEST_CASE(damage_is_told_with_its_file),
        TEST_CASE(a_missing_file_is_named),
        TEST_CASE(names_are_found_under_strata_data),
        TEST_CASE(every_place_that_was_searched_is_named),
        TEST_CASE(half_a_data_set_is_not_passed_over),
        TEST_CASE(names_that_cannot_be_are_refused),
        TEST_CASE(glyphs_are_drawn),
        TEST_CASE(fashion_mnist_is_as_published),
        TEST_CASE(mnist_is_as_published),
    };
    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
