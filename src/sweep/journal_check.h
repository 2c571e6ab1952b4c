/* A strict look at one journal file: every byte is of a sound record in its order, or a
 * fault. The reader (journal.h) takes what is sound; this tells what is not. */
#ifndef STRATA_SWEEP_JOURNAL_CHECK_H
#define STRATA_SWEEP_JOURNAL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum journal_fault {
    JOURNAL_TORN,         /* an incomplete record at the end: of a run that was killed */
    JOURNAL_DAMAGED,      /* bytes that are no record */
    JOURNAL_OUT_OF_ORDER, /* records are missing or repeated */
    JOURNAL_NO_RUN        /* the file does not begin with what it says of its run */
};

/* Called for each fault: `length` bytes from `offset`, 0 where no bytes are at fault. */
typedef void journal_fault_fn(void *state, enum journal_fault fault, uint64_t offset,
                              uint64_t length);

/* Reads a journal; *n_records gets how many are sound. io_map's errors, and
 * STATUS_VERSION for a newer format. */
enum status journal_check(const char *path, journal_fault_fn *tell, void *state,
                          uint64_t *n_records, struct error *err);

#endif
