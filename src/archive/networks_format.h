/* Dimensions and variables of networks.nc; private to its writer and reader. */
#ifndef STRATA_ARCHIVE_NETWORKS_FORMAT_H
#define STRATA_ARCHIVE_NETWORKS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "archive/netcdf_util.h"

enum network_variable {
    NETWORK_CELL_ID,
    NETWORK_SNAPSHOT,
    NETWORK_STEP,
    PARAMETER_OFFSET,
    PARAMETER_COUNT,
    PARAMETER,
    CELL_ID,
    TRAIN_SAMPLE,
    TRAIN_LABEL,
    VALIDATION_SAMPLE,
    TRAIN_CORRUPT,
    VARIABLE_COUNT
};

enum network_dim {
    NETWORK,
    PARAMETERS,
    CELL,
    SAMPLE,
    VALIDATION,
    ID,
    LABEL,
    NETWORK_DIMS
};

/* Integers of two dimensions are -1 where the cell has fewer samples, flags -127. */
struct network_row {
    const char *name, *long_name;
    nc_type type;
    int n_dims;
    enum network_dim dims[2];
    size_t rows_per_chunk, values_per_chunk;
    const char *coordinates;
    const char *flags;  /* names of the values 0, 1, ... of bytes */
    bool may_be_absent; /* files of schema 1.1 lack it */
};

extern const struct network_row network_rows[VARIABLE_COUNT];
extern const char *const network_dim_names[NETWORK_DIMS];

/* Bytes of a value in memory. */
size_t network_value_size(enum network_variable v);

#endif
