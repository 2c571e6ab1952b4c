/* The bytes of a journal record's header; private to the journal's writer and reader. */
#ifndef STRATA_SWEEP_JOURNAL_FORMAT_H
#define STRATA_SWEEP_JOURNAL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "sweep/journal.h"

enum { JOURNAL_HEADER_SIZE = 48, JOURNAL_TRAILER_SIZE = 4 };

/* A payload that claims more is damage: 16 GiB is a network of 4 10^9 parameters. */
#define JOURNAL_PAYLOAD_MAX ((uint64_t)1 << 34)

struct journal_header {
    uint16_t version; /* set when read; written as JOURNAL_VERSION */
    enum journal_type type;
    uint32_t attempt;
    uint64_t length; /* of the payload */
    uint64_t sequence;
    struct hash128 id;
};

void journal_header_put(struct bytes *out, const struct journal_header *header);

/* False where the 48 bytes are no sound header. */
bool journal_header_get(const uint8_t *bytes, struct journal_header *header);

#endif
