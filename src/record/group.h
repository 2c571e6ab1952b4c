/* Statistics over seeds: for every setting of the other options and every grouped field,
 * mean, standard deviation, number of values and interval. Filled by analysis/aggregate,
 * written by archive/. */
#ifndef STRATA_RECORD_GROUP_H
#define STRATA_RECORD_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "record/record.h"

struct group_stats {
    /* [n_groups][extent of the field in the table's shape]; fill where n is 0 (mean) or
     * below 2 (sd, interval) */
    double *mean;
    double *sd;
    int32_t *n;
    double *low, *high; /* bounds of the interval */
};

struct group_table {
    int n_groups;
    struct record_shape shape;              /* largest of its members */
    double *options;                        /* [n_groups][OPTION_COUNT]; the first
                                               member's values; seed is meaningless */
    int32_t *n_cells;                       /* [n_groups] complete cells */
    struct group_stats fields[FIELD_COUNT]; /* filled for grouped fields only */
    double level;                           /* of the t interval, 0.95 */
};

/* Allocates a table with every value at its fill. */
enum status group_table_init(struct group_table *table, int n_groups,
                             struct record_shape shape, struct error *err);
void group_table_fini(struct group_table *table);

#endif
