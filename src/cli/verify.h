/* What the parts of `strata verify` share. Damage is a finding, not an error: they go on
 * to the next thing, and fail only where they cannot read at all. */
#ifndef STRATA_CLI_VERIFY_H
#define STRATA_CLI_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "archive/networks.h"
#include "archive/nodes.h"
#include "base/error.h"
#include "cli/findings.h"
#include "cli/source.h"
#include "sweep/grid.h"
#include "sweep/journal.h"
#include "sweep/study.h"

struct verify {
    struct findings findings;
    bool has_study;
    struct study study;
    struct grid grid;
    struct journal_index journals;
    struct held_cell *cells; /* sound ones of the journals, as source_list orders them */
    size_t n_cells;
    /* A live run may replace what is open here while its journals are read: they hold no
     * less than it. */
    struct source archive;
    struct held_cell *archived; /* NULL where no sound archive is open */
    size_t n_archived;
    struct networks *networks; /* NULL likewise */
    char networks_path[IO_PATH_MAX];
    struct nodes *nodes;
    char nodes_path[IO_PATH_MAX];
};

/* Turns an error that tells of damage into a finding and clears it; true unless another
 * error remains. */
bool verify_absorb(struct verify *verify, struct error *err);

/* An archive by itself, networks.nc and nodes.nc: all of the file. They stay open. */
enum status verify_archive(struct verify *verify, const char *path, struct error *err);
enum status verify_networks(struct verify *verify, const char *path, struct error *err);
enum status verify_nodes(struct verify *verify, const char *path, struct error *err);

/* Every journal of DIR: all bytes, the order of records, and each record against the cell
 * that it stands for. */
enum status verify_journals(struct verify *verify, const char *dir, struct error *err);

/* What is open against DIR's journals, and what they hold and no file. */
enum status verify_agreement(struct verify *verify, const char *dir, struct error *err);

/* Computes `count` cells of a directory or archive again. */
enum status verify_recompute(struct verify *verify, const char *path, int64_t count,
                             struct error *err);

#endif
