/* One data set in the memory of several processes. */
#include <string.h>

#include "data/dataset.h"
#include "unit.h"

enum { TRAIN = 60, TEST = 30, PIXELS = 28 * 28 };

static struct dataset load(bool shareable)
{
    struct error err = {0};
    struct dataset_request request = {
        .name = "glyphs", .train = TRAIN, .test = TEST, .shareable = shareable};
    struct dataset dataset;
    dataset_load(&dataset, &request, &err);
    assert_ok(err);
    return dataset;
}

static void assert_same(const struct dataset *a, const struct dataset *b)
{
    assert_int_equal(a->n_rows, b->n_rows);
    assert_int_equal(a->n_columns, b->n_columns);
    assert_int_equal(a->n_inputs, b->n_inputs);
    assert_int_equal(a->n_classes, b->n_classes);
    assert_int_equal(a->train.count, b->train.count);
    assert_int_equal(a->test.count, b->test.count);
    assert_memory_equal(a->train.labels, b->train.labels, TRAIN);
    assert_memory_equal(a->train.images, b->train.images, TRAIN * PIXELS);
    assert_memory_equal(a->test.labels, b->test.labels, TEST);
    assert_memory_equal(a->test.images, b->test.images, TEST * PIXELS);
    assert_true(hash_equal(a->hash, b->hash));
}

/* As two ranks of a host would hold it: the same memory, until the last lets go. */
static void is_shared_as_it_was_loaded(void **state)
{
    (void)state;
    struct error err = {0};
    struct dataset own = load(false), first = load(true), second;
    struct bytes invitation = {0};
    dataset_share(&first, &invitation, &err);
    assert_ok(err);
    dataset_attach(&second, &invitation, &err);
    assert_ok(err);
    assert_true(first.train.images != second.train.images);
    assert_same(&first, &own);
    assert_same(&second, &own);
    dataset_close(&first);
    dataset_fini(&first);
    assert_same(&second, &own);
    dataset_fini(&second);
    assert_int_equal(dataset_attach(&second, &invitation, &err), STATUS_MISSING);
    assert_null(second.train.images);
    dataset_fini(&own);
    bytes_free(&invitation);
}

/* A number of samples, or a hash, that is not that of what is mapped. */
static void another_content_is_refused(void **state)
{
    (void)state;
    struct dataset first = load(true), second;
    struct bytes invitation = {0};
    struct error err = {0};
    dataset_share(&first, &invitation, &err);
    assert_ok(err);
    for (size_t at = 24; at < 56; at += 8) {
        invitation.data[at] ^= 1;
        err = (struct error){0};
        assert_int_equal(dataset_attach(&second, &invitation, &err), STATUS_DATA);
        assert_null(second.train.images);
        invitation.data[at] ^= 1;
    }
    invitation.length--;
    err = (struct error){0};
    assert_int_equal(dataset_attach(&second, &invitation, &err), STATUS_MISSING);
    dataset_fini(&first);
    bytes_free(&invitation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_shared_as_it_was_loaded),
        cmocka_unit_test(another_content_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
