#include "sweep/journal_check.h"

#include "base/io.h"
#include "record/run.h"
#include "sweep/journal_format.h"

struct check {
    struct journal_walk walk;
    uint64_t sequence; /* of the next record */
    bool after_damage; /* records may be missing */
    journal_fault_fn *tell;
    void *state;
    uint64_t n_records;
};

static void check_record(struct check *c, const struct journal_header *header)
{
    bool in_order = c->after_damage ? header->sequence > c->sequence
                                    : header->sequence == c->sequence;
    if (!in_order)
        c->tell(c->state, JOURNAL_OUT_OF_ORDER, c->walk.at, 0);
    if (c->walk.at == 0) {
        struct run_info run;
        struct error malformed = {0};
        if (header->type != JOURNAL_RUN ||
            run_info_unpack(&run, c->walk.data + JOURNAL_HEADER_SIZE, header->length,
                            &malformed) != STATUS_OK)
            c->tell(c->state, JOURNAL_NO_RUN, 0, 0);
    }
    c->n_records++;
    c->sequence = header->sequence + 1;
    c->after_damage = false;
}

static enum status check_pieces(struct check *c, const char *path, struct error *err)
{
    struct journal_header header;
    enum journal_piece piece;
    while ((piece = journal_walk_next(&c->walk, &header)) != JOURNAL_PIECE_END) {
        if (piece == JOURNAL_PIECE_NEWER)
            return error_set(err, STATUS_VERSION,
                             "%s: journal format %d, this program reads up to %d: it "
                             "takes a newer strata",
                             path, header.version, JOURNAL_VERSION);
        if (piece == JOURNAL_PIECE_RECORD) {
            check_record(c, &header);
            continue;
        }
        bool torn = piece == JOURNAL_PIECE_TORN;
        c->tell(c->state, torn ? JOURNAL_TORN : JOURNAL_DAMAGED, c->walk.at,
                c->walk.length);
        c->after_damage = true;
    }
    return STATUS_OK;
}

enum status journal_check(const char *path, journal_fault_fn *tell, void *state,
                          uint64_t *n_records, struct error *err)
{
    struct check check = {.tell = tell, .state = state};
    struct io_mapping map;
    if (io_map(&map, path, err) == STATUS_OK) {
        check.walk = (struct journal_walk){.data = map.data, .size = map.size};
        check_pieces(&check, path, err);
    }
    io_unmap(&map);
    *n_records = check.n_records;
    return err->status;
}
