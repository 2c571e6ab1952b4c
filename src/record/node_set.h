/* What a snapshot says of each node of a network, hidden and output: a row a node, the
 * layers' nodes one behind the other. The table of columns is what journals and nodes.nc
 * follow. */
#ifndef STRATA_RECORD_NODE_SET_H
#define STRATA_RECORD_NODE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "record/field.h"

enum { NODE_BINS = 64, NODE_LABEL_MAX = 32, NODE_COLUMN_DIMS = 4 };

enum node_column {
    NODE_SAMPLE_COUNT, /* the one column of the network and not of its nodes */
    NODE_LAYER,
    NODE_INDEX,
    NODE_ACTIVE_COUNT,
    NODE_PREDICTABILITY,
    NODE_INFORMATIVENESS,
    NODE_BANDWIDTH,
    NODE_LOW,
    NODE_HIGH,
    NODE_HISTOGRAM,
    NODE_COLUMNS
};

enum node_dim { NODE_DIM_NODE, NODE_DIM_SPLIT, NODE_DIM_CLASS, NODE_DIM_BIN, NODE_DIMS };

/* A column of integers or of reals. */
struct node_column_row {
    const char *name, *units, *long_name;
    bool real;
    int n_dims;
    enum node_dim
        dims[NODE_COLUMN_DIMS]; /* NODE_DIM_NODE, where it has it, is the first */
};

extern const struct node_column_row node_columns[NODE_COLUMNS];

struct node_shape {
    int n_nodes, n_classes;
    int n_bins; /* NODE_BINS, or 0: without histograms */
};

struct node_set {
    char label[NODE_LABEL_MAX]; /* of the snapshot */
    int32_t step;
    struct node_shape shape;
    void *columns[NODE_COLUMNS]; /* row-major; int32_t or double */
};

/* Extent of one dimension, and values of a column: 0 for histograms that are not there.
 */
size_t node_dim_length(enum node_dim dim, struct node_shape shape);
size_t node_column_extent(enum node_column column, struct node_shape shape);

/* Every value at its fill (record.h). */
enum status node_set_init(struct node_set *set, struct node_shape shape,
                          struct error *err);
void node_set_fini(struct node_set *set);

/* A column's values; it must be of that type. */
int32_t *node_ints(const struct node_set *set, enum node_column column);
double *node_reals(const struct node_set *set, enum node_column column);

/* The bytes of a column. */
void *node_bytes(const struct node_set *set, enum node_column column, size_t *length);

/* Bytes that a set of that shape takes in memory, and about as many in a journal. */
double node_set_size(struct node_shape shape);

/* Serialises to bytes: each column carries its name's hash and its length, so that a
 * reader of another minor version skips what it does not know and fills what is absent.
 */
void node_set_pack(const struct node_set *set, struct bytes *out);

/* Reads what node_set_pack wrote into a new set; STATUS_DATA where it is malformed. */
enum status node_set_unpack(struct node_set *set, const void *data, size_t length,
                            struct error *err);

#endif
