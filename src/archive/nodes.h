/* nodes.nc: what kept snapshots say of each node, one record a node. */
#ifndef STRATA_ARCHIVE_NODES_H
#define STRATA_ARCHIVE_NODES_H

#include <stdint.h>

#include "archive/archive.h"
#include "base/error.h"
#include "base/hash.h"
#include "record/node_set.h"

struct nodes_header {
    const char *title;
    const char *study;
    const char *source;
    struct hash128 data_hash;
    int numerics_version;
    int64_t n_networks, n_nodes; /* totals that will be written */
    int n_classes;
    int n_bins; /* NODE_BINS, or 0: without histograms */
};

struct nodes_writer;

/* As in archive.h: temporary name, publish by rename after reading back. STATUS_STUDY
 * where there are more than 2^31 - 1 nodes. Both totals are at least 1; publishing fails
 * with STATUS_INTERNAL where not so many were appended. */
enum status nodes_create(struct nodes_writer **writer, const char *path,
                         const struct nodes_header *header, struct error *err);

/* The nodes of a cell's network at the set's snapshot; `cell_id` is ID_LENGTH characters.
 * The set must have the header's classes and bins. */
enum status nodes_append(struct nodes_writer *writer, const char *cell_id,
                         const struct node_set *set, struct error *err);
enum status nodes_publish(struct nodes_writer *writer, struct error *err);
void nodes_discard(struct nodes_writer *writer);

struct nodes; /* open for reading */

/* As archive_open and archive_check. */
enum status nodes_open(struct nodes **nodes, const char *path, struct error *err);
void nodes_close(struct nodes *nodes);
enum status nodes_check(const char *path, struct hash128 *content, struct error *err);

/* Networks, each a cell at a snapshot, in the order of the archive's cells; records of
 * all of them. */
int64_t nodes_count(const struct nodes *nodes);
int64_t nodes_count_records(const struct nodes *nodes);
int nodes_count_bins(const struct nodes *nodes); /* 0: the file has no histograms */

/* The number of a cell's network at a snapshot ("best"), -1 where there is none. */
int64_t nodes_find(const struct nodes *nodes, const char *cell_id, const char *label);

/* Whose network number i is: ID_LENGTH characters and a terminator, borrowed. */
const char *nodes_cell_id(const struct nodes *nodes, int64_t i);

/* All of network number i as a new set (node_set_fini). */
enum status nodes_read(const struct nodes *nodes, int64_t i, struct node_set *set,
                       struct error *err);

/* Reads all of the file within this process, and hashes it: for one just written. */
enum status nodes_content(const char *path, struct hash128 *content, struct error *err);

#endif
