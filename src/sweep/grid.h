/* The cells of a study, in canonical order, each with its identity. */
#ifndef STRATA_SWEEP_GRID_H
#define STRATA_SWEEP_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "sweep/spec.h"
#include "sweep/study.h"

/* Numbers of the same specification change bits with a new version: identities change
 * too. */
enum { NUMERICS_VERSION = 2 };

struct cell {
    struct spec spec;
    struct hash128 id;
};

/* The longest training of a study's cells. */
struct grid_extent {
    int64_t epochs;      /* the most that a cell may take */
    int64_t epoch_steps; /* minibatches of the longest epoch; 0 where no cell trains */
};

struct grid {
    struct cell *cells;
    size_t n_cells;
    uint32_t *slots; /* index by identity; NULL in a grid that was put together by hand */
    size_t n_slots;
};

/* Measures a study with n_train samples to train with, its schedules resolved or not.
 * STATUS_STUDY where grid_expand would find too many cells, or none. */
enum status grid_measure(struct grid_extent *extent, const struct study *study,
                         uint32_t n_train, struct error *err);

/* Expands a study whose schedules are resolved. Order: blocks as written; within a block
 * the first axis varies slowest; a cell that occurred before is dropped. STATUS_STUDY
 * where the product is empty or exceeds STUDY_CELLS_MAX or, times the keys of exclude:,
 * STUDY_COMPARISONS_MAX (checked before anything is allocated), or a combination is
 * impossible (a snapshot after more epochs than any cell has). */
enum status grid_expand(struct grid *grid, const struct study *study,
                        struct hash128 data_hash, struct error *err);
void grid_fini(struct grid *grid);

/* Index of a cell by identity, n_cells where there is none: in constant time, or by a
 * walk over all cells where the grid has no index. */
size_t grid_find(const struct grid *grid, struct hash128 id);

#endif
