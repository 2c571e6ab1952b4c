#include "sweep/journal_check.h"

#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "record/run.h"
#include "sweep/journal_format.h"

/* A walk through a mapped file. */
struct walk {
    const char *path;
    const uint8_t *data;
    uint64_t size, at;
    uint64_t sequence; /* of the next record */
    bool after_damage; /* records may be missing */
    journal_fault_fn *tell;
    void *state;
    uint64_t n_records;
};

enum piece { PIECE_RECORD, PIECE_TORN, PIECE_DAMAGED };

/* What begins at `at`. A torn record is the beginning of a sound one, as far as it can be
 * told: less than a header, or a sound header whose payload the file ends in. */
static enum piece look(const struct walk *w, uint64_t at, struct journal_header *header)
{
    uint64_t left = w->size - at;
    if (left < JOURNAL_HEADER_SIZE)
        return PIECE_TORN;
    if (!journal_header_get(w->data + at, header))
        return PIECE_DAMAGED;
    left -= JOURNAL_HEADER_SIZE;
    if (left < header->length + JOURNAL_TRAILER_SIZE)
        return PIECE_TORN;
    const uint8_t *payload = w->data + at + JOURNAL_HEADER_SIZE;
    struct bytes_reader trailer = bytes_reader(payload + header->length,
                                               JOURNAL_TRAILER_SIZE);
    return bytes_get_u32(&trailer) == hash_crc32(payload, header->length) ? PIECE_RECORD
                                                                          : PIECE_DAMAGED;
}

/* From a piece that is damaged to the next sound record, or the end. */
static void skip_damage(struct walk *w)
{
    uint64_t start = w->at++;
    struct journal_header header;
    while (w->at < w->size) {
        const uint8_t *next = memchr(w->data + w->at, 'S', w->size - w->at);
        w->at = next ? (uint64_t)(next - w->data) : w->size;
        if (w->at < w->size && look(w, w->at, &header) == PIECE_RECORD)
            break;
        w->at += w->at < w->size;
    }
    w->tell(w->state, JOURNAL_DAMAGED, start, w->at - start);
    w->after_damage = true;
}

static void check_record(struct walk *w, const struct journal_header *header)
{
    bool in_order = w->after_damage ? header->sequence > w->sequence
                                    : header->sequence == w->sequence;
    if (!in_order)
        w->tell(w->state, JOURNAL_OUT_OF_ORDER, w->at, 0);
    if (w->at == 0) {
        struct run_info run;
        struct error malformed = {0};
        if (header->type != JOURNAL_RUN ||
            run_info_unpack(&run, w->data + JOURNAL_HEADER_SIZE, header->length,
                            &malformed) != STATUS_OK)
            w->tell(w->state, JOURNAL_NO_RUN, 0, 0);
    }
    w->n_records++;
    w->sequence = header->sequence + 1;
    w->after_damage = false;
    w->at += JOURNAL_HEADER_SIZE + header->length + JOURNAL_TRAILER_SIZE;
}

static enum status walk(struct walk *w, struct error *err)
{
    while (w->at < w->size) {
        struct journal_header header;
        enum piece piece = look(w, w->at, &header);
        if (piece == PIECE_TORN) {
            w->tell(w->state, JOURNAL_TORN, w->at, w->size - w->at);
            break;
        }
        if (piece == PIECE_DAMAGED) {
            skip_damage(w);
            continue;
        }
        if (header.version > JOURNAL_VERSION)
            return error_set(err, STATUS_VERSION,
                             "%s: journal format %d, this program reads up to %d: it "
                             "takes a newer strata",
                             w->path, header.version, JOURNAL_VERSION);
        check_record(w, &header);
    }
    return STATUS_OK;
}

enum status journal_check(const char *path, journal_fault_fn *tell, void *state,
                          uint64_t *n_records, struct error *err)
{
    struct walk w = {.path = path, .tell = tell, .state = state};
    struct io_mapping map;
    if (io_map(&map, path, err) == STATUS_OK) {
        w.data = map.data;
        w.size = map.size;
        walk(&w, err);
    }
    io_unmap(&map);
    *n_records = w.n_records;
    return err->status;
}
