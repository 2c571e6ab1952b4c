#include "sweep/journal_format.h"

#include <string.h>

#include "base/hash.h"

static const uint8_t magic[4] = {'S', 'T', 'R', 'J'};

/* In a damaged stretch every sound header is tried, as bytes of a payload may be missing.
 * Beyond so many whose payload is damaged the others are believed about its length: else
 * a hostile file could have its bytes hashed once for each header. */
enum { BROKEN_MAX = 64 };

void journal_header_put(struct bytes *out, const struct journal_header *header)
{
    size_t start = out->length;
    bytes_put(out, magic, sizeof magic);
    bytes_put_u32(out, (uint32_t)JOURNAL_VERSION << 16 | (uint32_t)header->type);
    bytes_put_u64(out, header->length);
    bytes_put_u64(out, header->sequence);
    bytes_put_u64(out, header->id.high);
    bytes_put_u64(out, header->id.low);
    bytes_put_u32(out, header->attempt);
    if (!out->failed)
        bytes_put_u32(out, hash_crc32(out->data + start, JOURNAL_HEADER_SIZE - 4));
}

bool journal_header_get(const uint8_t *bytes, struct journal_header *header)
{
    if (memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    struct bytes_reader reader = bytes_reader(bytes + 4, JOURNAL_HEADER_SIZE - 4);
    uint32_t kind = bytes_get_u32(&reader);
    header->version = (uint16_t)(kind >> 16);
    header->type = (enum journal_type)(kind & 0xffff);
    header->length = bytes_get_u64(&reader);
    header->sequence = bytes_get_u64(&reader);
    header->id.high = bytes_get_u64(&reader);
    header->id.low = bytes_get_u64(&reader);
    header->attempt = bytes_get_u32(&reader);
    return bytes_get_u32(&reader) == hash_crc32(bytes, JOURNAL_HEADER_SIZE - 4) &&
           header->length <= JOURNAL_PAYLOAD_MAX;
}

bool journal_payload_sound(const uint8_t *data, uint64_t size, uint64_t payload,
                           uint64_t length)
{
    if (length + JOURNAL_TRAILER_SIZE > size - payload)
        return false;
    struct bytes_reader trailer = bytes_reader(data + payload + length,
                                               JOURNAL_TRAILER_SIZE);
    return bytes_get_u32(&trailer) == hash_crc32(data + payload, length);
}

/* What begins at `at`. *length gets how far it reaches: for damage, up to where a record
 * may begin. A torn record is the beginning of a sound one, as far as it can be told:
 * less than a header, or a sound header whose payload the file ends in. */
static enum journal_piece look(struct journal_walk *walk, uint64_t at,
                               struct journal_header *header, uint64_t *length)
{
    uint64_t left = walk->size - at;
    *length = 1;
    if (left < JOURNAL_HEADER_SIZE)
        return JOURNAL_PIECE_TORN;
    if (!journal_header_get(walk->data + at, header))
        return JOURNAL_PIECE_DAMAGED;
    if (header->version > JOURNAL_VERSION)
        return JOURNAL_PIECE_NEWER;
    uint64_t whole = JOURNAL_HEADER_SIZE + header->length + JOURNAL_TRAILER_SIZE;
    if (left < whole)
        return JOURNAL_PIECE_TORN;
    bool sound = journal_payload_sound(walk->data, walk->size, at + JOURNAL_HEADER_SIZE,
                                       header->length);
    if (sound || walk->n_broken++ >= BROKEN_MAX)
        *length = whole;
    return sound ? JOURNAL_PIECE_RECORD : JOURNAL_PIECE_DAMAGED;
}

/* Where the next record begins, from `at` on; the size where there is none. */
static uint64_t find_record(struct journal_walk *walk, uint64_t at)
{
    while (at < walk->size) {
        const uint8_t *next = memchr(walk->data + at, magic[0], walk->size - at);
        if (!next)
            break;
        struct journal_header header;
        uint64_t length;
        at = (uint64_t)(next - walk->data);
        enum journal_piece piece = look(walk, at, &header, &length);
        if (piece == JOURNAL_PIECE_RECORD || piece == JOURNAL_PIECE_NEWER)
            return at;
        at += length;
    }
    return walk->size;
}

enum journal_piece journal_walk_next(struct journal_walk *walk,
                                     struct journal_header *header)
{
    walk->at += walk->length;
    walk->length = 0;
    if (walk->at == walk->size)
        return JOURNAL_PIECE_END;
    enum journal_piece piece = look(walk, walk->at, header, &walk->length);
    if (piece == JOURNAL_PIECE_RECORD || piece == JOURNAL_PIECE_NEWER)
        return piece;
    walk->length = find_record(walk, walk->at + walk->length) - walk->at;
    /* Where a record follows, what looked torn has lost bytes. */
    return walk->at + walk->length < walk->size ? JOURNAL_PIECE_DAMAGED : piece;
}
