#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "journals and messages are little-endian; add swaps for this machine");

void bytes_put(struct bytes *bytes, const void *data, size_t length)
{
    if (bytes->failed || length == 0)
        return;
    if (bytes->length + length > bytes->capacity) {
        size_t capacity = (bytes->length + length) * 3 / 2 + 256;
        uint8_t *grown = realloc(bytes->data, capacity);
        if (!grown) {
            bytes->failed = true;
            return;
        }
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

void bytes_put_u8(struct bytes *bytes, uint8_t value)
{
    bytes_put(bytes, &value, sizeof value);
}

void bytes_put_u32(struct bytes *bytes, uint32_t value)
{
    bytes_put(bytes, &value, sizeof value);
}

void bytes_put_u64(struct bytes *bytes, uint64_t value)
{
    bytes_put(bytes, &value, sizeof value);
}

void bytes_put_f64(struct bytes *bytes, double value)
{
    bytes_put(bytes, &value, sizeof value);
}

void bytes_put_string(struct bytes *bytes, const char *string)
{
    size_t length = strlen(string);
    bytes_put_u32(bytes, (uint32_t)length);
    bytes_put(bytes, string, length);
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    memset(bytes, 0, sizeof *bytes);
}

struct bytes_reader bytes_reader(const void *data, size_t length)
{
    return (struct bytes_reader){.data = data, .length = length};
}

const void *bytes_get(struct bytes_reader *reader, size_t length)
{
    if (reader->failed || length > reader->length - reader->offset) {
        reader->failed = true;
        return NULL;
    }
    const void *p = reader->data + reader->offset;
    reader->offset += length;
    return p;
}

#define DEFINE_GET(suffix, type)                         \
    type bytes_get_##suffix(struct bytes_reader *reader) \
    {                                                    \
        type value = 0;                                  \
        const void *p = bytes_get(reader, sizeof value); \
        if (p)                                           \
            memcpy(&value, p, sizeof value);             \
        return value;                                    \
    }
DEFINE_GET(u8, uint8_t)
DEFINE_GET(u32, uint32_t)
DEFINE_GET(u64, uint64_t)
DEFINE_GET(f64, double)
#undef DEFINE_GET

void bytes_get_string(struct bytes_reader *reader, char *out, size_t size)
{
    uint32_t length = bytes_get_u32(reader);
    out[0] = '\0';
    if (length >= size) {
        reader->failed = true;
        return;
    }
    const void *p = bytes_get(reader, length);
    if (!p)
        return;
    memcpy(out, p, length);
    out[length] = '\0';
}
