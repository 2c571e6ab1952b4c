/* An IDX file, plain or gzip, as images and as labels. What a file holds does not depend
 * on whether it is packed, into one gzip member or two, nor on how much of it is kept. */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "data/idx.h"
#include "fuzz.h"

static const char plain_name[] = "plain.idx", packed_name[] = "packed.idx";

/* Appends one gzip member. */
static size_t pack(uint8_t *out, size_t room, const uint8_t *data, size_t size)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
                  .avail_in = (uInt)size,
                  .next_out = out,
                  .avail_out = (uInt)room};
    FUZZ_HOLDS(deflateInit2(&z, 1, Z_DEFLATED, 31, 1, Z_DEFAULT_STRATEGY) == Z_OK);
    FUZZ_HOLDS(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return (size_t)z.total_out;
}

static void write_packed(const uint8_t *data, size_t size)
{
    enum { MEMBER_OVERHEAD = 64 };
    size_t room = size + size / 8 + 2 * MEMBER_OVERHEAD, cut = size / 3;
    uint8_t *out = malloc(room);
    FUZZ_HOLDS(out);
    size_t length = cut ? pack(out, room, data, cut) : 0;
    length += pack(out + length, room - length, data + cut, size - cut);
    fuzz_write(packed_name, out, length);
    free(out);
}

static size_t count_bytes(const struct idx *idx, uint32_t items)
{
    return idx->n_dims == 1 ? items : (size_t)items * idx->dims[1] * idx->dims[2];
}

/* The first half of the items, read from a file that gave all of them. */
static void check_limit(const struct idx *whole, const char *name)
{
    struct error err = {0};
    struct idx half;
    uint32_t limit = whole->dims[0] / 2 + whole->dims[0] % 2;
    idx_read(&half, name, whole->n_dims, limit, false, &err);
    FUZZ_OK(err);
    FUZZ_HOLDS(memcmp(half.dims, whole->dims, sizeof half.dims) == 0);
    FUZZ_HOLDS(half.items.length == count_bytes(whole, limit));
    FUZZ_HOLDS(memcmp(half.items.data, whole->items.data, half.items.length) == 0);
    idx_fini(&half);
    FUZZ_HOLDS(idx_read(&half, name, whole->n_dims, whole->dims[0] + 1, false, &err) ==
               STATUS_STUDY);
}

static void check_file(const uint8_t *data, size_t size, int n_dims)
{
    struct error err = {0}, packed_err = {0};
    struct idx plain, packed;
    size_t header = 4 + 4 * (size_t)n_dims;
    idx_read(&plain, plain_name, n_dims, 0, false, &err);
    idx_read(&packed, packed_name, n_dims, 0, false, &packed_err);
    FUZZ_HOLDS(plain.n_dims == 0 ||
               plain.items.length == count_bytes(&plain, plain.dims[0]));
    if (err.status != STATUS_OK)
        fuzz_check_error(&err, plain_name);
    else
        check_limit(&plain, plain_name);
    if (packed_err.status != STATUS_OK)
        fuzz_check_error(&packed_err, packed_name);
    else
        check_limit(&packed, packed_name);
    /* A gzip file is taken for what it expands to; its packed form is no IDX file. */
    if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b) {
        FUZZ_HOLDS(packed_err.status == STATUS_DATA);
    } else {
        FUZZ_HOLDS(err.status == packed_err.status);
        if (err.status == STATUS_OK) {
            FUZZ_HOLDS(plain.items.length + header == size);
            FUZZ_HOLDS(memcmp(plain.items.data, data + header, size - header) == 0);
            FUZZ_HOLDS(memcmp(plain.items.data, packed.items.data, size - header) == 0);
        }
    }
    idx_fini(&plain);
    idx_fini(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_write(plain_name, data, size);
    write_packed(data, size);
    check_file(data, size, 1);
    check_file(data, size, 3);
    return 0;
}
