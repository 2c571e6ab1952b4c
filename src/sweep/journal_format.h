/* The bytes of a journal: a record's header, and a walk over a file that may be damaged;
 * private to the journal's writer and readers. */
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

enum journal_piece {
    JOURNAL_PIECE_END,     /* there is no further piece */
    JOURNAL_PIECE_RECORD,  /* a sound record */
    JOURNAL_PIECE_NEWER,   /* a record of a later format; its end is not known */
    JOURNAL_PIECE_DAMAGED, /* bytes up to the next record, or to the end */
    JOURNAL_PIECE_TORN     /* an incomplete record that the file ends in */
};

/* Zeroed but for the file's bytes. Each byte is of one piece; a walk takes time
 * proportional to the size, whatever the bytes are. */
struct journal_walk {
    const uint8_t *data;
    uint64_t size;
    uint64_t at, length; /* of the present piece */
    int n_broken;        /* sound headers with a damaged payload so far */
};

/* Goes to the next piece; *header is set for a record. */
enum journal_piece journal_walk_next(struct journal_walk *walk,
                                     struct journal_header *header);

/* Whether a payload at that offset lies in the file and has its checksum behind it. */
bool journal_payload_sound(const uint8_t *data, uint64_t size, uint64_t payload,
                           uint64_t length);

#endif
