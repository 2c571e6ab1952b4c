/* Byte buffers: little-endian writing and bounds-checked reading of journal payloads and
 * MPI messages. */
#ifndef STRATA_BASE_BYTES_H
#define STRATA_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing buffer. Zero-initialise; release with bytes_free(). As in struct text,
 * `failed` is set when memory runs out and later writes are ignored. */
struct bytes {
    uint8_t *data;
    size_t length;
    size_t capacity;
    bool failed;
};

void bytes_put(struct bytes *bytes, const void *data, size_t length);
void bytes_put_u8(struct bytes *bytes, uint8_t value);
void bytes_put_u32(struct bytes *bytes, uint32_t value);
void bytes_put_u64(struct bytes *bytes, uint64_t value);
void bytes_put_f64(struct bytes *bytes, double value);
/* A u32 length, then the characters, no terminator. */
void bytes_put_string(struct bytes *bytes, const char *string);
void bytes_free(struct bytes *bytes);

/* A reader over borrowed bytes. A read past the end gives zeros and sets `failed`; it
 * never touches memory outside [data, data + length). */
struct bytes_reader {
    const uint8_t *data;
    size_t length;
    size_t offset;
    bool failed;
};

struct bytes_reader bytes_reader(const void *data, size_t length);
const void *bytes_get(struct bytes_reader *reader, size_t length);
uint8_t bytes_get_u8(struct bytes_reader *reader);
uint32_t bytes_get_u32(struct bytes_reader *reader);
uint64_t bytes_get_u64(struct bytes_reader *reader);
double bytes_get_f64(struct bytes_reader *reader);
/* Copies a string of bytes_put_string into `out` (terminated); one that does not fit in
 * `size` sets `failed`. */
void bytes_get_string(struct bytes_reader *reader, char *out, size_t size);

#endif
