#include "record/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static double *alloc_filled(size_t n, struct error *err)
{
    double *values = memory_alloc(n, sizeof *values, err);
    for (size_t i = 0; values && i < n; i++)
        values[i] = RECORD_FILL_REAL;
    return values;
}

enum status group_table_init(struct group_table *table, int n_groups,
                             struct record_shape shape, struct error *err)
{
    memset(table, 0, sizeof *table);
    table->n_groups = n_groups;
    table->shape = shape;
    size_t groups = (size_t)n_groups;
    table->options = memory_alloc(groups * OPTION_COUNT, sizeof *table->options, err);
    table->n_cells = memory_alloc(groups, sizeof *table->n_cells, err);
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!field_is_grouped((enum field_id)i))
            continue;
        size_t n = groups * record_extent((enum field_id)i, shape);
        struct group_stats *stats = &table->fields[i];
        stats->mean = alloc_filled(n, err);
        stats->sd = alloc_filled(n, err);
        stats->low = alloc_filled(n, err);
        stats->high = alloc_filled(n, err);
        stats->n = memory_alloc(n, sizeof *stats->n, err);
    }
    if (err->status != STATUS_OK)
        group_table_fini(table);
    return err->status;
}

void group_table_fini(struct group_table *table)
{
    free(table->options);
    free(table->n_cells);
    for (int i = 0; i < FIELD_COUNT; i++) {
        free(table->fields[i].mean);
        free(table->fields[i].sd);
        free(table->fields[i].low);
        free(table->fields[i].high);
        free(table->fields[i].n);
    }
    memset(table, 0, sizeof *table);
}
