/* Groups cells by their options, seeds apart from everything else, and accumulates
 * statistics of every grouped field. */
#ifndef STRATA_ANALYSIS_AGGREGATE_H
#define STRATA_ANALYSIS_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "record/group.h"
#include "record/record.h"

struct aggregate;

struct aggregate_setup {
    struct record_shape shape; /* largest of all records */
    const double *options;     /* [n_cells][OPTION_COUNT] */
    size_t n_cells;
    bool apart[OPTION_COUNT]; /* options that keep groups apart */
};

/* All options but the seed. */
void aggregate_by_all(bool apart[OPTION_COUNT]);

/* Assigns every cell to a group, in order of first appearance. */
enum status aggregate_create(struct aggregate **aggregate,
                             const struct aggregate_setup *setup, struct error *err);
void aggregate_destroy(struct aggregate *aggregate);

int aggregate_n_groups(const struct aggregate *aggregate);

/* Which group cell number `cell` is in. */
int aggregate_group(const struct aggregate *aggregate, size_t cell);

/* Adds cell number `cell`. A cell that is not complete counts nowhere; fill and NaN are
 * no values. Of results by layer, those layers count that `layers` [layers of the
 * record] has true; all where it is NULL. */
void aggregate_add(struct aggregate *aggregate, size_t cell, const struct record *record,
                   const bool *layers);

/* Mean, sd, n and Student t interval (level 0.95) of everything added, for the groups of
 * the cells that `kept` [n_cells] has true, in their order; NULL: for all. */
enum status aggregate_finish(const struct aggregate *aggregate, const bool *kept,
                             struct group_table *table, struct error *err);

#endif
