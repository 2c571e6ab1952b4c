/* The product of a run directory, archive.nc, made of its finished cells. `sweep` brings
 * the cells from its ranks (gather.h), `merge` from the journals; both go through here,
 * so that their files are the same bytes. What stands beside it: companion.h. */
#ifndef STRATA_CLI_PUBLISH_H
#define STRATA_CLI_PUBLISH_H

#include <stdint.h>

#include "base/error.h"
#include "cli/session.h"
#include "record/record.h"
#include "sweep/grid.h"
#include "sweep/journal.h"
#include "sweep/study.h"

/* What is to be published; borrowed. */
struct publication {
    const char *dir;
    const struct study *study; /* with the hash of its data */
    const struct grid *grid;
    const size_t *cells; /* [n_cells] finished ones, in the grid's order */
    size_t n_cells;
    int n_classes;
    const struct journal_index *journals; /* all of the directory: runs and attempts */
    const struct session *session; /* of the study, with its data; NULL: not loaded */
};

struct publisher;

/* Starts DIR/archive.nc under a temporary name. */
enum status publisher_create(struct publisher **out, const struct publication *what,
                             struct error *err);

/* Adds the next cell of what->cells. Its run, rank and attempt are written into the
 * record. */
enum status publisher_add(struct publisher *publisher, struct record *record,
                          struct error *err);

/* What the study selects, and statistics over seeds; then the archive replaces the old
 * one. */
enum status publisher_finish(struct publisher *publisher, struct error *err);

/* NULL is fine. What was not finished leaves no trace. */
void publisher_destroy(struct publisher *publisher);

#endif
