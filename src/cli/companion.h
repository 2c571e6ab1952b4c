/* Files beside the archive that hold what cells keep: networks.nc and nodes.nc. `sweep`
 * brings it from its ranks (gather_companion), `merge` from the journals; both give it to
 * these functions in the same order, hence the same bytes. */
#ifndef STRATA_CLI_COMPANION_H
#define STRATA_CLI_COMPANION_H

#include "cli/publish.h"
#include "cli/version.h"

struct companion {
    const char *file; /* in the run directory */
    const char *noun; /* what it holds, "kept ..." */
    enum journal_type type;
    bool needs_data; /* the publication's session must have the data */
    /* Starts the file, which gets counts[i] payloads of cell i of the grid, cell by cell.
     * *writer stays NULL where that is none of any. */
    enum status (*create)(void **writer, const struct publication *what,
                          const int32_t *counts, struct error *err);
    /* STATUS_DATA unless a payload, as the journal holds it, is what the cell keeps. */
    enum status (*check)(const struct publication *what, size_t cell, const void *payload,
                         size_t length, struct error *err);
    /* Once a cell, before its payloads; may be NULL. */
    enum status (*add_cell)(void *writer, const struct publication *what, size_t cell,
                            struct error *err);
    /* A payload that was checked. */
    enum status (*add)(void *writer, const struct publication *what, size_t cell,
                       const void *payload, size_t length, struct error *err);
    /* Ends the writer, whatever comes. */
    enum status (*publish)(void *writer, struct error *err);
    void (*discard)(void *writer); /* NULL is fine */
};

enum { COMPANION_NETWORKS, COMPANION_NODES, COMPANIONS };

extern const struct companion companion_networks, companion_nodes;
extern const struct companion *const companions[COMPANIONS];

/* Reads what a cell kept into a new buffer (free) and checks it: an error names the
 * journal. Of `what` the study, the grid and the classes are needed. */
enum status companion_read(const struct companion *companion,
                           const struct publication *what, size_t cell,
                           const struct journal_index *journals,
                           const struct journal_entry *entry, void **payload,
                           struct error *err);

/* What the files say of their origin. */
struct companion_origin {
    char path[IO_PATH_MAX], source[VERSION_TEXT_MAX];
    struct text study; /* text_free */
};
enum status companion_origin_init(struct companion_origin *origin,
                                  const struct companion *companion,
                                  const struct publication *what, struct error *err);

#endif
