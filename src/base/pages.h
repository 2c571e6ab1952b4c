/* Large arrays that are written once and then only read, by several processes of a host
 * where they can share them.
 *
 * What is shared is a file without a name (memfd): it is in no folder, not even /dev/shm,
 * and goes with the last process that has it, whatever ended that. Sealed, it can be
 * neither written nor cut by anyone, so a reader never meets SIGBUS or another content.
 */
#ifndef STRATA_BASE_PAGES_H
#define STRATA_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct pages {
    void *data;
    size_t length;
    bool mapped; /* from a file; else from the heap */
    int file;    /* for others to open; -1 where there is none */
    int refusal; /* errno of what kept shareable pages from being so, or 0 */
};

/* Where another process of the host finds sealed pages. */
struct pages_address {
    int64_t process, file; /* /proc/<process>/fd/<file> */
    uint64_t device, inode, length;
};

/* Zeroed, writable, aligned to 64 bytes. Pages that are to be shareable are taken from
 * the heap where the system refuses; pages_seal then tells why. */
enum status pages_create(struct pages *pages, size_t length, bool shareable,
                         struct error *err);

/* Makes shareable pages read-only for ever; `data` moves. On failure they stay what they
 * were, or can only be read from now on, with their content in either case. */
enum status pages_seal(struct pages *pages, struct pages_address *address,
                       struct error *err);

/* Maps what another process sealed and has not closed since: STATUS_MISSING where that is
 * not to be found, as in another PID namespace. */
enum status pages_open(struct pages *pages, const struct pages_address *address,
                       struct error *err);

/* Nobody else will open the pages; `data` stays. */
void pages_close(struct pages *pages);

void pages_fini(struct pages *pages);

#endif
