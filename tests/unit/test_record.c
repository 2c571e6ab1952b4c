/* The field table and records: extents, text, packing, and what unpacking survives. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "base/text.h"
#include "record/group.h"
#include "record/record.h"

static const struct record_shape shape = {2, 3, 4};

static void make_record(struct record *record)
{
    struct error err = {0};
    assert_int_equal(record_init(record, shape, &err), STATUS_OK);
    for (size_t i = 0; i < record->n_ints; i++)
        record->ints[i] = (int32_t)i - 3;
    for (size_t i = 0; i < record->n_reals; i++)
        record->reals[i] = (double)i / 3;
    record->reals[5] = NAN;
    record->reals[6] = -0.0;
    for (int i = 0; i < FIELD_COUNT; i++)
        if (field_get((enum field_id)i)->type == FIELD_TYPE_FLAG)
            *record_int(record, (enum field_id)i) = 1;
    *record_int(record, FIELD_SELECTED) = RECORD_FILL_INT; /* the archive's, unpacked */
    record_set_text(record, FIELD_CELL_ID, "0123456789abcdef0123456789abcdef");
    record_set_text(record, FIELD_MESSAGE, "caf\xc3\xa9");
}

static void assert_same(const struct record *a, const struct record *b)
{
    assert_memory_equal(&a->shape, &b->shape, sizeof a->shape);
    assert_memory_equal(a->ints, b->ints, a->n_ints * sizeof *a->ints);
    assert_memory_equal(a->reals, b->reals, a->n_reals * sizeof *a->reals);
    assert_memory_equal(a->texts, b->texts, a->n_texts);
}

/* Which cells a study selects is no cell's own: it does not travel with them. */
static void test_selection_is_not_packed(void **state)
{
    (void)state;
    struct error err = {0};
    struct record record, back;
    struct bytes plain = {0}, packed = {0};
    make_record(&record);
    record_pack(&record, &plain);
    *record_int(&record, FIELD_SELECTED) = SELECTED_YES;
    record_pack(&record, &packed);
    assert_int_equal(packed.length, plain.length);
    assert_memory_equal(packed.data, plain.data, plain.length);
    assert_int_equal(record_unpack(&back, packed.data, packed.length, &err), STATUS_OK);
    assert_int_equal(*record_int(&back, FIELD_SELECTED), RECORD_FILL_INT);
    record_fini(&record);
    record_fini(&back);
    bytes_free(&plain);
    bytes_free(&packed);
}

/* Options first and only they; identity without fill; names that every tool takes. */
static void test_table(void **state)
{
    (void)state;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct field *field = field_get((enum field_id)i);
        assert_int_equal(field->role == FIELD_ROLE_OPTION, i < OPTION_COUNT);
        assert_int_equal(field_find(field->name), i);
        assert_int_equal(field->type == FIELD_TYPE_FLAG, field->values != NULL);
        assert_true(field->long_name[0] != '\0' && field->units[0] != '\0');
        assert_true(field->name[0] >= 'a' && field->name[0] <= 'z');
        assert_int_equal(strspn(field->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                         strlen(field->name));
        for (int k = 0; k < i; k++)
            assert_int_not_equal(
                strcasecmp(field->name, field_get((enum field_id)k)->name), 0);
    }
    assert_int_equal(field_find("no_such_field"), FIELD_COUNT);
}

static void test_flags(void **state)
{
    (void)state;
    char name[32], tiny[4];
    assert_int_equal(field_flag_count(FIELD_STATUS), CELL_QUARANTINED + 1);
    assert_true(field_flag_name(FIELD_STATUS, CELL_DIVERGED, name, sizeof name));
    assert_string_equal(name, "diverged");
    assert_false(field_flag_name(FIELD_STATUS, 5, name, sizeof name));
    assert_false(field_flag_name(FIELD_STATUS, -1, name, sizeof name));
    assert_false(field_flag_name(FIELD_STATUS, 0, tiny, sizeof tiny));
    assert_int_equal(field_flag_value(FIELD_LOSS, "cross-entropy"), LOSS_CROSS_ENTROPY);
    assert_int_equal(field_flag_value(FIELD_LOSS, "cross"), -1);
    assert_int_equal(field_flag_value(FIELD_LOSS, ""), -1);
    assert_int_equal(field_flag_value(FIELD_SEED, "1"), -1);
    for (int i = 0; i < FIELD_COUNT; i++)
        for (int v = 0; v < field_flag_count((enum field_id)i); v++) {
            assert_true(field_flag_name((enum field_id)i, v, name, sizeof name));
            assert_int_equal(field_flag_value((enum field_id)i, name), v);
        }
}

static void test_extents(void **state)
{
    (void)state;
    assert_int_equal(record_extent(FIELD_SEED, shape), 1);
    assert_int_equal(record_extent(FIELD_CELL_ID, shape), ID_LENGTH);
    assert_int_equal(record_extent(FIELD_SNAPSHOT_STEP, shape), 2);
    assert_int_equal(record_extent(FIELD_SAMPLE_COUNT, shape), 3 * 4);
    assert_int_equal(record_extent(FIELD_PERPLEXITY, shape), 2 * 3 * 3 * 4);
    assert_int_equal(record_extent(FIELD_SYSTEM_ACCURACY, shape), 2 * 3 * 3 * 3);
    assert_int_equal(record_index(FIELD_PERPLEXITY, shape, 1, 2, 2, 3),
                     2 * 3 * 3 * 4 - 1);
    assert_int_equal(record_index(FIELD_PERPLEXITY, shape, 0, 1, 0, 2), 3 * 4 + 2);
    assert_int_equal(record_index(FIELD_SEED, shape, 0, 0, 0, 0), 0);
}

/* Blocks follow each other: writing every field through its pointer fills the arrays. */
static void test_blocks(void **state)
{
    (void)state;
    struct error err = {0};
    struct record record;
    size_t ints = 0, reals = 0, texts = 0;
    assert_int_equal(record_init(&record, shape, &err), STATUS_OK);
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        size_t extent = record_extent(id, shape);
        switch (field_get(id)->type) {
        case FIELD_TYPE_INT:
        case FIELD_TYPE_FLAG:
            assert_ptr_equal(record_int(&record, id), record.ints + ints);
            ints += extent;
            break;
        case FIELD_TYPE_REAL:
            assert_ptr_equal(record_real(&record, id), record.reals + reals);
            reals += extent;
            break;
        case FIELD_TYPE_TEXT:
            assert_ptr_equal(record_text(&record, id), record.texts + texts);
            texts += extent;
            break;
        }
    }
    assert_int_equal(ints, record.n_ints);
    assert_int_equal(reals, record.n_reals);
    assert_int_equal(texts, record.n_texts);
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        enum field_type type = field_get(id)->type;
        double implied;
        bool implies = field_implies(id, &implied);
        for (size_t k = 0; k < record_extent(id, shape); k++) {
            if (type == FIELD_TYPE_INT || type == FIELD_TYPE_FLAG)
                assert_int_equal(record_int(&record, id)[k],
                                 implies ? (int32_t)implied : RECORD_FILL_INT);
            if (type == FIELD_TYPE_REAL)
                assert_true(record_real(&record, id)[k] ==
                            (implies ? implied : RECORD_FILL_REAL));
        }
    }
    record_fini(&record);
    record_fini(&record);
}

static void test_text_is_cut(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", "\xc3\xa9", "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80"};
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++)
        for (size_t lead = 0; lead < 5; lead++) {
            char string[600] = "", out[MESSAGE_LENGTH + 1] = "";
            size_t width = strlen(pieces[p]), at;
            memset(string, 'x', lead);
            while (strlen(string) < 500)
                strcat(string, pieces[p]);
            record_fit_text(out, MESSAGE_LENGTH, string);
            size_t expected = lead + (MESSAGE_LENGTH - lead) / width * width;
            assert_int_equal(strlen(out), expected);
            assert_memory_equal(out, string, expected);
            assert_true(text_valid_utf8(out, expected, &at));
        }
}

static void test_text_is_cleaned(void **state)
{
    (void)state;
    char out[8];
    memset(out, 'z', sizeof out);
    record_fit_text(out, sizeof out, "a\xff\xc3+b");
    assert_memory_equal(out, "a??+b\0\0\0", sizeof out);
    record_fit_text(out, 3, "ab\xe2");
    assert_memory_equal(out, "ab?", 3);
    record_fit_text(out, 0, "abc");
    assert_int_equal(out[0], 'a');
}

static void test_pack_round_trip(void **state)
{
    (void)state;
    struct error err = {0};
    struct record record, back;
    struct bytes bytes = {0};
    make_record(&record);
    record_pack(&record, &bytes);
    assert_false(bytes.failed);
    assert_int_equal(record_unpack(&back, bytes.data, bytes.length, &err), STATUS_OK);
    assert_same(&record, &back);
    assert_true(hash_equal(record_hash(&record), record_hash(&back)));
    record_fini(&back);
    record_fini(&record);
    bytes_free(&bytes);
}

/* The hash sees every value but provenance, and not whether a field exists. */
static void test_hash(void **state)
{
    (void)state;
    struct record record;
    make_record(&record);
    struct hash128 hash = record_hash(&record);
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        const struct field *field = field_get(id);
        size_t last = record_extent(id, shape) - 1;
        bool seen;
        if (field->type == FIELD_TYPE_TEXT) {
            record_text(&record, id)[last] ^= 1;
            seen = !hash_equal(hash, record_hash(&record));
            record_text(&record, id)[last] ^= 1;
        } else if (field->type == FIELD_TYPE_REAL) {
            double old = record_real(&record, id)[last];
            record_real(&record, id)[last] = -1;
            seen = !hash_equal(hash, record_hash(&record));
            record_real(&record, id)[last] = old;
        } else {
            record_int(&record, id)[last] ^= 1;
            seen = !hash_equal(hash, record_hash(&record));
            record_int(&record, id)[last] ^= 1;
        }
        assert_int_equal(seen, field->role != FIELD_ROLE_PROVENANCE &&
                                   field->role != FIELD_ROLE_SELECTION);
    }
    record_clear(&record);
    struct hash128 empty = record_hash(&record);
    assert_true(empty.high == 0 && empty.low == 0);
    record_fini(&record);
}

static enum status try_unpack(const void *data, size_t length)
{
    /* A copy of exact size, so that a read past the end is seen. */
    struct error err = {0};
    struct record record;
    void *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, data, length);
    enum status status = record_unpack(&record, copy, length, &err);
    assert_int_equal(status, err.status);
    free(copy);
    if (status != STATUS_OK) {
        assert_true(err.text[0] != '\0');
        assert_null(record.ints);
        return status;
    }
    assert_true(record.n_ints > 0 && record.n_reals > 0);
    record_hash(&record);
    record_fini(&record);
    return status;
}

static void test_truncations(void **state)
{
    (void)state;
    struct record record;
    struct bytes bytes = {0};
    make_record(&record);
    record_pack(&record, &bytes);
    for (size_t length = 0; length < bytes.length; length++)
        assert_int_equal(try_unpack(bytes.data, length), STATUS_DATA);
    bytes_put_u8(&bytes, 0);
    assert_int_equal(try_unpack(bytes.data, bytes.length), STATUS_DATA);
    record_fini(&record);
    bytes_free(&bytes);
}

static void test_bit_flips(void **state)
{
    (void)state;
    struct record record;
    struct bytes bytes = {0};
    make_record(&record);
    record_pack(&record, &bytes);
    for (size_t bit = 0; bit < bytes.length * 8; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum status status = try_unpack(bytes.data, bytes.length);
        assert_true(status == STATUS_OK || status == STATUS_DATA);
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    record_fini(&record);
    bytes_free(&bytes);
}

/* Shapes far larger than the payload are refused before memory is asked for. */
static void test_claimed_shapes(void **state)
{
    (void)state;
    static const uint32_t claims[][3] = {{100000, 10000, 0}, {100000, 0, 0},
                                         {0, 0, 65536},      {1, 10000, 65536},
                                         {UINT32_MAX, 1, 1}, {1, UINT32_MAX, 1},
                                         {1, 1, UINT32_MAX}, {100000, 10000, 65536}};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        struct bytes bytes = {0};
        for (int k = 0; k < 3; k++)
            bytes_put_u32(&bytes, claims[i][k]);
        bytes_put_u32(&bytes, 0);
        assert_int_equal(try_unpack(bytes.data, bytes.length), STATUS_DATA);
        bytes_free(&bytes);
    }
}

/* Payload of another minor version: an unknown field is skipped, an absent one is fill.
 */
static void test_other_version(void **state)
{
    (void)state;
    struct error err = {0};
    struct record back;
    struct bytes bytes = {0};
    const char *name = field_get(FIELD_SEED)->name;
    bytes_put_u32(&bytes, 1);
    bytes_put_u32(&bytes, 1);
    bytes_put_u32(&bytes, 1);
    bytes_put_u32(&bytes, 2);
    bytes_put_u64(&bytes, 12345);
    bytes_put_u64(&bytes, 3);
    bytes_put(&bytes, "abc", 3);
    bytes_put_u64(&bytes, hash_bytes(name, strlen(name)).low);
    bytes_put_u64(&bytes, 4);
    bytes_put_u32(&bytes, 7);
    assert_int_equal(record_unpack(&back, bytes.data, bytes.length, &err), STATUS_OK);
    assert_int_equal(*record_int(&back, FIELD_SEED), 7);
    assert_int_equal(*record_int(&back, FIELD_DEPTH), RECORD_FILL_INT);
    record_fini(&back);
    bytes_free(&bytes);
}

static void test_unknown_flag(void **state)
{
    (void)state;
    struct record record;
    struct bytes bytes = {0};
    make_record(&record);
    *record_int(&record, FIELD_LOSS) = 2;
    record_pack(&record, &bytes);
    assert_int_equal(try_unpack(bytes.data, bytes.length), STATUS_DATA);
    record_fini(&record);
    bytes_free(&bytes);
}

static void test_group_table(void **state)
{
    (void)state;
    struct error err = {0};
    struct group_table groups;
    assert_int_equal(group_table_init(&groups, 3, shape, &err), STATUS_OK);
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct group_stats *stats = &groups.fields[i];
        assert_int_equal(stats->mean != NULL, field_is_grouped((enum field_id)i));
        if (!stats->mean)
            continue;
        size_t last = 3 * record_extent((enum field_id)i, shape) - 1;
        assert_true(stats->mean[last] == RECORD_FILL_REAL);
        assert_true(stats->high[last] == RECORD_FILL_REAL);
        assert_int_equal(stats->n[last], 0);
    }
    group_table_fini(&groups);
    group_table_fini(&groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_extents),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_text_is_cut),
        cmocka_unit_test(test_text_is_cleaned),
        cmocka_unit_test(test_pack_round_trip),
        cmocka_unit_test(test_selection_is_not_packed),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_bit_flips),
        cmocka_unit_test(test_claimed_shapes),
        cmocka_unit_test(test_other_version),
        cmocka_unit_test(test_unknown_flag),
        cmocka_unit_test(test_group_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
