#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>
#include <zlib.h>

struct hash128 hash_bytes(const void *data, size_t length)
{
    XXH128_hash_t h = XXH3_128bits(data, length);
    return (struct hash128){.high = h.high64, .low = h.low64};
}

struct hash128 hash_chain(struct hash128 running, struct hash128 next)
{
    uint64_t words[4] = {running.high, running.low, next.high, next.low};
    return hash_bytes(words, sizeof words);
}

bool hash_equal(struct hash128 a, struct hash128 b)
{
    return a.high == b.high && a.low == b.low;
}

void hash_format(struct hash128 hash, char out[HASH_HEX + 1])
{
    snprintf(out, HASH_HEX + 1, "%016" PRIx64 "%016" PRIx64, hash.high, hash.low);
}

bool hash_parse(const char *hex, struct hash128 *hash)
{
    if (strlen(hex) != HASH_HEX || strspn(hex, "0123456789abcdef") != HASH_HEX)
        return false;
    return sscanf(hex, "%16" SCNx64 "%16" SCNx64, &hash->high, &hash->low) == 2;
}

uint32_t hash_crc32(const void *data, size_t length)
{
    return (uint32_t)crc32_z(crc32(0, NULL, 0), data, length);
}
