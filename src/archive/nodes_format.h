/* Dimensions and variables of nodes.nc; private to its writer and reader. Columns are
 * those of record/node_set.h; what stands here says whose they are. */
#ifndef STRATA_ARCHIVE_NODES_FORMAT_H
#define STRATA_ARCHIVE_NODES_FORMAT_H

#include <stddef.h>

#include "archive/netcdf_util.h"
#include "record/node_set.h"

/* Dimensions of columns first, under the same numbers. */
enum nodes_dim { NODES_NETWORK = NODE_DIMS, NODES_ID, NODES_LABEL, NODES_DIMS };

enum nodes_index {
    NODES_CELL_ID,
    NODES_SNAPSHOT,
    NODES_STEP,
    NODES_RECORD_OFFSET,
    NODES_RECORD_COUNT,
    NODES_RECORD_NETWORK,
    NODES_INDICES
};

extern const char *const nodes_dim_names[NODES_DIMS];

struct nodes_schema {
    size_t lengths[NODES_DIMS]; /* of bins: 0 where the file has no histograms */
    int dims[NODES_DIMS];
    int indices[NODES_INDICES], columns[NODE_COLUMNS]; /* variables; -1: not there */
};

/* The description of a variable. */
struct netcdf_variable nodes_index_variable(const struct nodes_schema *schema,
                                            enum nodes_index index);
size_t nodes_index_bytes(enum nodes_index index); /* of a row */
struct netcdf_variable nodes_column_variable(const struct nodes_schema *schema,
                                             enum node_column column);

/* A column of the network has it in front, in the file; one of nodes begins with it. */
bool nodes_is_of_network(enum node_column column);

/* start and count of `n` rows from `first`, of a column. */
void nodes_range(const struct nodes_schema *schema, enum node_column column, size_t first,
                 size_t n, size_t start[NETCDF_DIMS_MAX], size_t count[NETCDF_DIMS_MAX]);

#endif
