/* Hashes: 128-bit XXH3 for identities and content, CRC-32 for stored records. */
#ifndef STRATA_BASE_HASH_H
#define STRATA_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HASH_HEX = 32 }; /* characters of a hash in hexadecimal, without terminator */

struct hash128 {
    uint64_t high, low;
};

struct hash128 hash_bytes(const void *data, size_t length);

/* Folds `next` into a running hash; the result depends on the order. */
struct hash128 hash_chain(struct hash128 running, struct hash128 next);

bool hash_equal(struct hash128 a, struct hash128 b);

/* Lower-case hexadecimal, terminated. */
void hash_format(struct hash128 hash, char out[HASH_HEX + 1]);
bool hash_parse(const char *hex, struct hash128 *hash);

/* CRC-32 (IEEE 802.3, as in zlib and gzip). */
uint32_t hash_crc32(const void *data, size_t length);

#endif
