/* IDX files (LeCun), plain or gzip: unsigned bytes with 1 or 3 dimensions. */
#ifndef STRATA_DATA_IDX_H
#define STRATA_DATA_IDX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/pages.h"

struct idx {
    int n_dims;
    uint32_t dims[3];
    struct pages items; /* the first `limit` of the first dimension */
};

/* Reads a file that must have `n_dims` dimensions (1 or 3). With limit > 0 only the first
 * `limit` items are kept (dims[0] is still the file's), and STATUS_STUDY is returned
 * where the file has fewer. The whole file is checked all the same: magic number, element
 * type, dimensions within DATASET_* limits, exactly the bytes that the dimensions ask
 * for, CRC of gzip. The memory used is bounded by the dimensions, whatever a gzip stream
 * expands to; `shareable` says of what kind it is (base/pages.h). Errors name the file,
 * the offending value and what was expected. */
enum status idx_read(struct idx *idx, const char *path, int n_dims, uint32_t limit,
                     bool shareable, struct error *err);
void idx_fini(struct idx *idx);

#endif
