/* The products of a run directory, archive.nc and networks.nc, made of its finished
 * cells. `sweep` brings the cells from its ranks (gather.h), `merge` from the journals;
 * both go through here, so that their files are the same bytes. */
#ifndef STRATA_CLI_PUBLISH_H
#define STRATA_CLI_PUBLISH_H

#include <stdint.h>

#include "archive/networks.h"
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
};

struct publisher;

/* Starts DIR/archive.nc under a temporary name. */
enum status publisher_create(struct publisher **out, const struct publication *what,
                             struct error *err);

/* Adds the next cell of what->cells. Its run, rank and attempt are written into the
 * record. */
enum status publisher_add(struct publisher *publisher, struct record *record,
                          struct error *err);

/* Statistics over seeds; then the archive replaces the old one. */
enum status publisher_finish(struct publisher *publisher, struct error *err);

/* NULL is fine. What was not finished leaves no trace. */
void publisher_destroy(struct publisher *publisher);

/* Snapshots whose networks the study keeps. */
int publish_kept_snapshots(const struct study *study);

/* Starts DIR/networks.nc, which gets counts[i] networks of cell i of the session's grid.
 * *writer stays NULL where that is none of any. */
enum status publish_networks_create(struct networks_writer **writer, const char *dir,
                                    const struct session *session, const int32_t *counts,
                                    struct error *err);

/* A cell's samples; then its networks, each as the journal holds it. */
enum status publish_network_samples(struct networks_writer *writer,
                                    const struct session *session, size_t cell,
                                    struct error *err);
enum status publish_network(struct networks_writer *writer, const struct cell *cell,
                            const void *payload, size_t length, struct error *err);

#endif
