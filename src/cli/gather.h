/* The end of a sweep: ranks bring together what they journalled, and the collector writes
 * the archive. Counts go through MPI reductions; reals and texts are gathered and put in
 * cell order, so the archive does not depend on who computed what. */
#ifndef STRATA_CLI_GATHER_H
#define STRATA_CLI_GATHER_H

#include <stdint.h>

#include "base/error.h"
#include "cli/companion.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "dist/dist.h"
#include "sweep/journal.h"

struct gather {
    struct dist *dist;
    const struct session *session;
    const struct rundir *dir;
    struct journal_index own; /* this rank's journal of this run */
    struct journal_index all; /* the collector's: every journal of the directory */
    int *owner;               /* [n_cells]: rank that brings the cell, -1: not finished */
    size_t *finished;         /* [n_finished] cells, in the grid's order */
    size_t n_finished;
    int64_t n_incomplete; /* collector: cells whose status is not complete */
};

/* Finds out who has what. `own_journal` is the name of this rank's file, NULL if it has
 * none. Collective. */
enum status gather_create(struct gather *gather, struct dist *dist,
                          const struct session *session, const struct rundir *dir,
                          const char *own_journal, struct error *err);
void gather_fini(struct gather *gather);

/* Writes DIR/archive.nc from all finished cells. Collective. */
enum status gather_archive(struct gather *gather, struct error *err);

/* Writes a file beside it where the study keeps what it holds. Collective. */
enum status gather_companion(struct gather *gather, const struct companion *companion,
                             struct error *err);

/* What is published; of the journals only the collector's are complete. */
struct publication gather_publication(const struct gather *gather);

/* The entry of a finished cell on the rank that brings it. */
const struct journal_entry *gather_entry(const struct gather *gather, size_t cell,
                                         const struct journal_index **index);

#endif
