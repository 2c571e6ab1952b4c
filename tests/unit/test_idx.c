/* IDX files, plain and gzip, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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
#include "data/idx.h"

enum { ROOM = 4096, HEADER = 16, FUZZ_BYTES = 64 };

/* A file in memory. */
struct file {
    size_t length;
    uint8_t bytes[ROOM];
};

static void put_u32(struct file *file, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        file->bytes[file->length++] = (uint8_t)(value >> shift);
}

static struct file header(int n_dims, uint32_t a, uint32_t b, uint32_t c)
{
    struct file file = {0};
    put_u32(&file, 0x00000800u | (uint32_t)n_dims);
    put_u32(&file, a);
    if (n_dims == 3) {
        put_u32(&file, b);
        put_u32(&file, c);
    }
    return file;
}

static struct file images(uint32_t count, uint32_t rows, uint32_t columns)
{
    struct file file = header(3, count, rows, columns);
    for (uint32_t i = 0; i < count * rows * columns; i++)
        file.bytes[file.length++] = (uint8_t)(i * 37 + i / 7);
    return file;
}

/* One gzip member. */
static struct file pack(const struct file *plain)
{
    struct file packed = {0};
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uint8_t copy[ROOM];
    memcpy(copy, plain->bytes, plain->length);
    z.next_in = copy;
    z.avail_in = (uInt)plain->length;
    z.next_out = packed.bytes;
    z.avail_out = ROOM;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.length = z.total_out;
    deflateEnd(&z);
    return packed;
}

static void append(struct file *file, const void *bytes, size_t length)
{
    assert_true(file->length + length <= ROOM);
    memcpy(file->bytes + file->length, bytes, length);
    file->length += length;
}

static const char *write_file(const struct file *file)
{
    static const char name[] = "file";
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(file->bytes, 1, file->length, f), file->length);
    assert_int_equal(fclose(f), 0);
    return name;
}

/* Expects the file to fail with `status` and all of `texts` (ended by NULL) in the error.
 */
static void expect_failure(const struct file *file, int n_dims, uint32_t limit,
                           enum status status, const char *const *texts)
{
    struct error err = {0};
    struct idx idx;
    const char *name = write_file(file);
    assert_int_equal(idx_read(&idx, name, n_dims, limit, false, &err), status);
    assert_int_equal(err.status, status);
    assert_null(idx.items.data);
    assert_true(strncmp(err.text, name, strlen(name)) == 0);
    for (; *texts; texts++)
        if (!strstr(err.text, *texts))
            fail_msg("\"%s\" is not in \"%s\"", *texts, err.text);
}

#define EXPECT_DATA(file, n_dims, ...) \
    expect_failure(file, n_dims, 0, STATUS_DATA, (const char *const[]){__VA_ARGS__, NULL})

static void expect_images(const char *name, const struct file *plain, uint32_t limit,
                          uint32_t kept)
{
    struct error err = {0};
    struct idx idx;
    if (idx_read(&idx, name, 3, limit, false, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(idx.n_dims, 3);
    assert_int_equal(idx.dims[0], 5);
    assert_int_equal(idx.dims[1], 3);
    assert_int_equal(idx.dims[2], 4);
    assert_memory_equal(idx.items.data, plain->bytes + HEADER, kept * 12);
    idx_fini(&idx);
    assert_null(idx.items.data);
}

static void reads_plain_and_gzip_by_content(void **state)
{
    (void)state;
    struct file plain = images(5, 3, 4), packed = pack(&plain);
    expect_images(write_file(&plain), &plain, 0, 5);
    expect_images(write_file(&packed), &plain, 0, 5);
    assert_int_equal(rename("file", "images.idx"), 0);
    expect_images("images.idx", &plain, 0, 5);
    write_file(&plain);
    assert_int_equal(rename("file", "images.gz"), 0);
    expect_images("images.gz", &plain, 0, 5);
}

static void reads_labels(void **state)
{
    (void)state;
    static const uint8_t labels[] = {7, 0, 255, 3};
    struct file plain = header(1, sizeof labels, 0, 0);
    append(&plain, labels, sizeof labels);
    struct file packed = pack(&plain);
    for (int i = 0; i < 2; i++) {
        struct error err = {0};
        struct idx idx;
        const char *name = write_file(i == 0 ? &plain : &packed);
        assert_int_equal(idx_read(&idx, name, 1, 0, false, &err), STATUS_OK);
        assert_int_equal(idx.dims[0], sizeof labels);
        assert_memory_equal(idx.items.data, labels, sizeof labels);
        idx_fini(&idx);
    }
}

static void a_limit_keeps_the_first_items(void **state)
{
    (void)state;
    struct file plain = images(5, 3, 4), packed = pack(&plain);
    for (uint32_t limit = 1; limit <= 5; limit++) {
        expect_images(write_file(&plain), &plain, limit, limit);
        expect_images(write_file(&packed), &plain, limit, limit);
    }
    static const char *const texts[] = {"6 samples are asked for", "has 5", NULL};
    expect_failure(&plain, 3, 6, STATUS_STUDY, texts);
    expect_failure(&packed, 3, 6, STATUS_STUDY, texts);
}

static void a_limit_does_not_hide_damage(void **state)
{
    (void)state;
    struct file plain = images(5, 3, 4), packed = pack(&plain);
    packed.bytes[packed.length - 5] ^= 1; /* CRC */
    expect_failure(&packed, 3, 1, STATUS_DATA,
                   (const char *const[]){"gzip", "data check", NULL});
    expect_failure(&packed, 3, 9, STATUS_DATA,
                   (const char *const[]){"gzip", "data check", NULL});
    plain.length--;
    expect_failure(&plain, 3, 1, STATUS_DATA,
                   (const char *const[]){"59 bytes", "expected 60", NULL});
}

static void names_a_missing_file(void **state)
{
    (void)state;
    struct error err = {0};
    struct idx idx;
    assert_int_equal(idx_read(&idx, "none/such", 3, 0, false, &err), STATUS_MISSING);
    assert_non_null(strstr(err.text, "none/such"));
    assert_null(idx.items.data);
}

static void refuses_what_is_no_regular_file(void **state)
{
    (void)state;
    struct error err = {0};
    struct idx idx;
    assert_int_equal(idx_read(&idx, ".", 3, 0, false, &err), STATUS_DATA);
    assert_non_null(strstr(err.text, "not a regular file"));
    err = (struct error){0};
    unlink("pipe");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_int_equal(idx_read(&idx, "pipe", 3, 0, false, &err), STATUS_DATA);
    assert_non_null(strstr(err.text, "not a regular file"));
    unlink("pipe");
}

static void refuses_a_wrong_magic_number(void **state)
{
    (void)state;
    struct file file = images(5, 3, 4);
    file.bytes[1] = 0x89;
    EXPECT_DATA(&file, 3, "no IDX file", "0x00 0x89");
    file = images(5, 3, 4);
    file.bytes[2] = 0x0d;
    EXPECT_DATA(&file, 3, "element type 0x0d (float)", "expected 0x08");
    file.bytes[2] = 0x77;
    EXPECT_DATA(&file, 3, "element type 0x77", "no IDX type");
    file = images(5, 3, 4);
    EXPECT_DATA(&file, 1, "3 dimensions", "expected 1");
    file = header(1, 4, 0, 0);
    EXPECT_DATA(&file, 3, "1 dimensions", "expected 3");
    struct file once = images(5, 3, 4), twice = pack(&once);
    twice = pack(&twice);
    EXPECT_DATA(&twice, 3, "no IDX file", "0x1f 0x8b");
}

static void refuses_dimensions_out_of_bounds(void **state)
{
    (void)state;
    static const struct {
        uint32_t dims[3];
        const char *text;
    } cases[] = {
        {{0, 3, 4}, "dimension 1 is 0 at byte 4"},
        {{5, 0, 4}, "dimension 2 is 0 at byte 8"},
        {{5, 3, 0}, "dimension 3 is 0 at byte 12"},
        {{DATASET_SAMPLES_MAX + 1, 1, 1}, "dimension 1 is 10000001"},
        {{UINT32_MAX, UINT32_MAX, UINT32_MAX}, "dimension 1 is 4294967295"},
        {{1, DATASET_SIDE_MAX + 1, 1}, "dimension 2 is 1025"},
        {{1, 1, 0x80000000u}, "dimension 3 is 2147483648"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint32_t *d = cases[i].dims;
        struct file plain = header(3, d[0], d[1], d[2]), packed = pack(&plain);
        EXPECT_DATA(&plain, 3, cases[i].text);
        EXPECT_DATA(&packed, 3, cases[i].text);
    }
}

/* Ten terabytes are announced; none of it may be allocated to find out. */
static void a_large_header_costs_no_memory(void **state)
{
    (void)state;
    struct file plain = header(3, DATASET_SAMPLES_MAX, DATASET_SIDE_MAX,
                               DATASET_SIDE_MAX);
    struct file packed = pack(&plain);
    EXPECT_DATA(&plain, 3, "0 bytes of data", "expected 10485760000000 bytes",
                "10000000 x 1024 x 1024");
    EXPECT_DATA(&packed, 3, "cannot hold", "expected 10485760000000 bytes");
}

static void refuses_a_wrong_length(void **state)
{
    (void)state;
    struct file file = images(5, 3, 4);
    file.length--;
    struct file packed = pack(&file);
    EXPECT_DATA(&file, 3, "59 bytes", "expected 60", "5 x 3 x 4");
    EXPECT_DATA(&packed, 3, "end after 59 bytes", "expected 60", "5 x 3 x 4");
    file = images(5, 3, 4);
    append(&file, "", 1);
    packed = pack(&file);
    EXPECT_DATA(&file, 3, "61 bytes", "expected 60");
    EXPECT_DATA(&packed, 3, "more bytes follow", "expected 60");
    file.length = 0;
    packed = pack(&file);
    EXPECT_DATA(&file, 3, "empty");
    EXPECT_DATA(&packed, 3, "end at byte 0", "header of 16 bytes");
}

static void refuses_what_follows_a_gzip_stream(void **state)
{
    (void)state;
    struct file plain = images(5, 3, 4), file = pack(&plain);
    append(&file, "garbage", 7);
    EXPECT_DATA(&file, 3, "gzip", "header check");
    file = pack(&plain);
    append(&file, "", 1);
    EXPECT_DATA(&file, 3, "gzip", "breaks off");
    file = pack(&plain);
    struct file again = file;
    append(&file, again.bytes, again.length);
    EXPECT_DATA(&file, 3, "more bytes follow");
}

/* RFC 1952, 2.2: members follow one another without anything between them. */
static void joins_gzip_members(void **state)
{
    (void)state;
    struct file plain = images(5, 3, 4), rest = {0};
    append(&rest, plain.bytes + 20, plain.length - 20);
    struct file head = plain, empty = {0};
    head.length = 20;
    struct file joined = pack(&head), second = pack(&rest), third = pack(&empty);
    append(&joined, second.bytes, second.length);
    append(&joined, third.bytes, third.length);
    expect_images(write_file(&joined), &plain, 0, 5);
    expect_images(write_file(&joined), &plain, 2, 2);
}

/* The stream would go on for megabytes and fails its CRC at the end: that the error is
 * about the first byte too many shows that the rest was not read. */
static void stops_at_the_first_byte_too_many(void **state)
{
    (void)state;
    enum { BOMB = 1 << 24 };
    struct file start = images(5, 3, 4);
    uint8_t *plain = calloc(BOMB, 1), *out = malloc(BOMB / 100);
    assert_non_null(plain);
    assert_non_null(out);
    memcpy(plain, start.bytes, start.length);
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = plain;
    z.avail_in = BOMB;
    z.next_out = out;
    z.avail_out = BOMB / 100;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out[z.total_out - 5] ^= 1;
    FILE *f = fopen("bomb", "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(out, 1, z.total_out, f), z.total_out);
    assert_int_equal(fclose(f), 0);
    deflateEnd(&z);
    free(plain);
    free(out);
    struct error err = {0};
    struct idx idx;
    assert_int_equal(idx_read(&idx, "bomb", 3, 0, false, &err), STATUS_DATA);
    assert_non_null(strstr(err.text, "more bytes follow"));
    assert_null(idx.items.data);
}

static void every_truncation_is_an_error(void **state)
{
    (void)state;
    struct file plain = images(5, 3, 4), packed = pack(&plain);
    for (int i = 0; i < 2; i++) {
        struct file file = i == 0 ? plain : packed;
        for (size_t length = file.length; length-- > 0;) {
            file.length = length;
            expect_failure(&file, 3, 0, STATUS_DATA, (const char *const[]){NULL});
            expect_failure(&file, 3, 1, STATUS_DATA, (const char *const[]){NULL});
        }
    }
}

/* True where the file was refused; otherwise it must hold exactly `expected`. */
static bool refused(const struct file *file, const struct file *expected)
{
    struct error err = {0};
    struct idx idx;
    if (idx_read(&idx, write_file(file), 3, 0, false, &err) != STATUS_OK) {
        assert_int_equal(err.status, STATUS_DATA);
        assert_null(idx.items.data);
        return true;
    }
    assert_int_equal(idx.dims[0], 5);
    assert_int_equal(idx.dims[1], 3);
    assert_int_equal(idx.dims[2], 4);
    assert_memory_equal(idx.items.data, expected->bytes + HEADER, 60);
    idx_fini(&idx);
    return false;
}

/* A plain file has no check sum: a flip in its header is refused, one in its data is read
 * as it is. */
static void every_bit_flip_of_a_plain_file_is_told_or_kept(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * FUZZ_BYTES; bit++) {
        struct file file = images(5, 3, 4);
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(refused(&file, &file), bit / 8 < HEADER);
    }
}

static void every_bit_flip_of_a_gzip_file_is_told_or_harmless(void **state)
{
    (void)state;
    struct file plain = images(5, 3, 4), packed = pack(&plain);
    assert_true(packed.length >= FUZZ_BYTES);
    for (size_t bit = 0; bit < 8 * packed.length; bit++) {
        struct file file = packed;
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        bool told = refused(&file, &plain);
        size_t byte = bit / 8;
        /* Signature and method before, check sums behind: nothing there is harmless. */
        if (byte < 3 || byte >= packed.length - 8)
            assert_true(told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_plain_and_gzip_by_content),
        cmocka_unit_test(reads_labels),
        cmocka_unit_test(a_limit_keeps_the_first_items),
        cmocka_unit_test(a_limit_does_not_hide_damage),
        cmocka_unit_test(names_a_missing_file),
        cmocka_unit_test(refuses_what_is_no_regular_file),
        cmocka_unit_test(refuses_a_wrong_magic_number),
        cmocka_unit_test(refuses_dimensions_out_of_bounds),
        cmocka_unit_test(a_large_header_costs_no_memory),
        cmocka_unit_test(refuses_a_wrong_length),
        cmocka_unit_test(refuses_what_follows_a_gzip_stream),
        cmocka_unit_test(joins_gzip_members),
        cmocka_unit_test(stops_at_the_first_byte_too_many),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(every_bit_flip_of_a_plain_file_is_told_or_kept),
        cmocka_unit_test(every_bit_flip_of_a_gzip_file_is_told_or_harmless),
    };
    return cmocka_run_group_tests_name("idx", tests, NULL, NULL);
}
