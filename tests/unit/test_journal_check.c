/* journal_check: every flipped bit is damage, every cut end is no more than torn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "sweep/journal.h"
#include "sweep/journal_check.h"
#include "unit.h"

static const char path[] = "checked/run-r0.jrn", damaged_path[] = "checked/damaged.jrn";

enum { N_FAULTS = JOURNAL_NO_RUN + 1, N_RECORDS = 4 };

struct tally {
    int counts[N_FAULTS];
    uint64_t n_records, offset, length;
};

static void tell(void *state, enum journal_fault fault, uint64_t offset, uint64_t length)
{
    struct tally *tally = state;
    tally->counts[fault]++;
    tally->offset = offset;
    tally->length = length;
}

static struct tally check(const char *file)
{
    struct tally tally = {.n_records = 0};
    struct error err = {0};
    journal_check(file, tell, &tally, &tally.n_records, &err);
    assert_ok(err);
    return tally;
}

static struct tally check_bytes(const void *data, size_t length)
{
    struct error err = {0};
    FILE *file = fopen(damaged_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    fclose(file);
    assert_ok(err);
    return check(damaged_path);
}

/* A run, a claim, a network and its result. The payloads have S, the magic's first byte.
 */
static int start(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal *journal;
    struct run_info info = {.id = "run", .n_ranks = 1};
    struct bytes payload = {0};
    const struct hash128 id = {1, 2};
    if (system("rm -rf checked && mkdir checked") != 0 ||
        journal_create(&journal, "checked", "run", 0, &err) != STATUS_OK)
        return 1;
    run_info_pack(&info, &payload);
    journal_append(journal, JOURNAL_RUN, (struct hash128){0, 0}, 0, &payload, &err);
    journal_append(journal, JOURNAL_CLAIM, id, 1, NULL, &err);
    payload.length = 0;
    bytes_put(&payload, "STRJ SSS a network", 18);
    journal_append(journal, JOURNAL_NETWORK, id, 1, &payload, &err);
    journal_append(journal, JOURNAL_RESULT, id, 1, &payload, &err);
    bytes_free(&payload);
    journal_close(journal);
    return err.status != STATUS_OK;
}

static void test_sound(void **state)
{
    (void)state;
    struct tally tally = check(path);
    assert_int_equal(tally.n_records, N_RECORDS);
    for (int i = 0; i < N_FAULTS; i++)
        assert_int_equal(tally.counts[i], 0);
    assert_int_equal(check_bytes("", 0).n_records, 0);
}

static void test_every_bit(void **state)
{
    (void)state;
    struct error err = {0};
    char *data;
    size_t length;
    io_read_file(path, 1 << 20, &data, &length, &err);
    assert_ok(err);
    for (size_t bit = 0; bit < length * 8; bit++) {
        data[bit / 8] = (char)(data[bit / 8] ^ 1 << bit % 8);
        struct tally tally = check_bytes(data, length);
        assert_int_equal(tally.counts[JOURNAL_DAMAGED], 1);
        assert_int_equal(tally.counts[JOURNAL_TORN], 0);
        assert_int_equal(tally.n_records, N_RECORDS - 1);
        assert_true(tally.offset <= bit / 8 && bit / 8 < tally.offset + tally.length);
        data[bit / 8] = (char)(data[bit / 8] ^ 1 << bit % 8);
    }
    free(data);
}

static void test_every_length(void **state)
{
    (void)state;
    struct error err = {0};
    char *data;
    size_t length, whole = 0;
    io_read_file(path, 1 << 20, &data, &length, &err);
    assert_ok(err);
    for (size_t cut = 0; cut <= length; cut++) {
        struct tally tally = check_bytes(data, cut);
        assert_int_equal(tally.counts[JOURNAL_DAMAGED], 0);
        whole += tally.counts[JOURNAL_TORN] == 0;
        if (tally.counts[JOURNAL_TORN] > 0)
            assert_int_equal(tally.offset + tally.length, cut);
    }
    assert_int_equal(whole, N_RECORDS + 1);
    free(data);
}

/* A record that seems to reach beyond the end has lost bytes if a sound one follows it.
 */
static void test_lost_bytes(void **state)
{
    (void)state;
    enum { PAYLOAD = 200, LOST = 150, CLAIM = 52 };
    struct error err = {0};
    struct journal *journal;
    struct bytes payload = {0};
    const struct hash128 id = {1, 2};
    char *data;
    size_t length;
    for (int i = 0; i < PAYLOAD; i++)
        bytes_put_u8(&payload, (uint8_t)i);
    journal_create(&journal, "checked", "lost", 0, &err);
    journal_append(journal, JOURNAL_NETWORK, id, 1, &payload, &err);
    journal_append(journal, JOURNAL_CLAIM, id, 2, NULL, &err);
    journal_close(journal);
    bytes_free(&payload);
    io_read_file("checked/lost-r0.jrn", 1 << 20, &data, &length, &err);
    assert_ok(err);
    memmove(data + length - CLAIM - LOST, data + length - CLAIM, CLAIM);
    struct tally tally = check_bytes(data, length - LOST);
    assert_int_equal(tally.counts[JOURNAL_DAMAGED], 1);
    assert_int_equal(tally.counts[JOURNAL_TORN], 0);
    assert_int_equal(tally.n_records, 1);
    assert_int_equal(tally.offset + tally.length, length - LOST - CLAIM);
    free(data);
}

/* A record taken out, or put in twice, with all checksums sound. */
static void test_order(void **state)
{
    (void)state;
    struct error err = {0};
    char *data;
    size_t length;
    io_read_file(path, 1 << 20, &data, &length, &err);
    assert_ok(err);
    enum { RESULT = 48 + 18 + 4, NETWORK = RESULT, CLAIM = 52 };
    char *changed = malloc(length + RESULT);
    assert_non_null(changed);
    size_t before = length - RESULT - NETWORK;
    memcpy(changed, data, before);
    memcpy(changed + before, data + length - RESULT, RESULT);
    struct tally tally = check_bytes(changed, before + RESULT);
    assert_int_equal(tally.counts[JOURNAL_OUT_OF_ORDER], 1);
    assert_int_equal(tally.counts[JOURNAL_DAMAGED], 0);
    memcpy(changed, data, length);
    memcpy(changed + length, data + length - RESULT, RESULT);
    tally = check_bytes(changed, length + RESULT);
    assert_int_equal(tally.counts[JOURNAL_OUT_OF_ORDER], 1);
    /* Without its beginning it says of no run whose it is. */
    size_t run = before - CLAIM;
    tally = check_bytes(data + run, length - run);
    assert_int_equal(tally.counts[JOURNAL_NO_RUN], 1);
    assert_int_equal(tally.counts[JOURNAL_OUT_OF_ORDER], 1);
    free(changed);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_every_length), cmocka_unit_test(test_lost_bytes),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
