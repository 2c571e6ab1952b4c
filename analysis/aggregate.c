#include "analysis/aggregate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/grouping.h"
#include "base/memory.h"
#include "num/stats.h"

#define INTERVAL_LEVEL 0.95

struct aggregate {
    struct record_shape shape;
    size_t n_cells;
    int n_groups;
    int *group;          /* [n_cells] */
    double *options;     /* [n_groups][OPTION_COUNT]: of the first member */
    int32_t *n_complete; /* [n_groups] */
    struct stats_running
        *running[FIELD_COUNT]; /* [n_groups][extent], grouped fields only */
};

void aggregate_by_all(bool apart[OPTION_COUNT])
{
    for (int i = 0; i < OPTION_COUNT; i++)
        apart[i] = i != FIELD_SEED;
}

static enum status assign_groups(struct aggregate *a, const struct aggregate_setup *setup,
                                 struct error *err)
{
    a->group = memory_alloc(setup->n_cells, sizeof *a->group, err);
    if (!a->group || grouping_assign(setup->options, setup->n_cells, setup->apart,
                                     a->group, &a->n_groups, err) != STATUS_OK)
        return err->status;
    a->options = memory_alloc((size_t)a->n_groups * OPTION_COUNT, sizeof *a->options,
                              err);
    for (size_t i = setup->n_cells; a->options && i-- > 0;) /* the first member stays */
        memcpy(a->options + (size_t)a->group[i] * OPTION_COUNT,
               setup->options + i * OPTION_COUNT, OPTION_COUNT * sizeof *a->options);
    return err->status;
}

enum status aggregate_create(struct aggregate **out, const struct aggregate_setup *setup,
                             struct error *err)
{
    *out = NULL;
    struct aggregate *a = memory_alloc(1, sizeof *a, err);
    if (!a)
        return err->status;
    a->shape = setup->shape;
    a->n_cells = setup->n_cells;
    assign_groups(a, setup, err);
    a->n_complete = memory_alloc((size_t)a->n_groups, sizeof *a->n_complete, err);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (field_is_grouped((enum field_id)i))
            a->running[i] = memory_alloc((size_t)a->n_groups *
                                             record_extent((enum field_id)i, a->shape),
                                         sizeof *a->running[i], err);
    if (err->status != STATUS_OK) {
        aggregate_destroy(a);
        return err->status;
    }
    *out = a;
    return STATUS_OK;
}

void aggregate_destroy(struct aggregate *a)
{
    if (!a)
        return;
    free(a->group);
    free(a->options);
    free(a->n_complete);
    for (int i = 0; i < FIELD_COUNT; i++)
        free(a->running[i]);
    free(a);
}

int aggregate_n_groups(const struct aggregate *a)
{
    return a->n_groups;
}

int aggregate_group(const struct aggregate *a, size_t cell)
{
    return a->group[cell];
}

/* Adds a field's block to statistics of the table's shape, which may have more layers. */
static void add_field(struct stats_running *running, struct record_shape shape,
                      const struct record *record, enum field_id id, const bool *layers)
{
    const struct field *field = field_get(id);
    const double *values = record_real(record, id);
    int n[FIELD_DIMS_MAX] = {1, 1, 1, 1}, at[FIELD_DIMS_MAX], by_layer = -1;
    for (int d = 0; d < field->n_dims; d++) {
        n[d] = record_dim(field->dims[d], record->shape);
        by_layer = field->dims[d] == DIM_LAYER ? d : by_layer;
    }
    for (at[0] = 0; at[0] < n[0]; at[0]++)
        for (at[1] = 0; at[1] < n[1]; at[1]++)
            for (at[2] = 0; at[2] < n[2]; at[2]++)
                for (at[3] = 0; at[3] < n[3]; at[3]++, values++) {
                    bool counts = !layers || by_layer < 0 || layers[at[by_layer]];
                    if (counts && *values != RECORD_FILL_REAL && !isnan(*values))
                        stats_add(
                            &running[record_index(id, shape, at[0], at[1], at[2], at[3])],
                            *values);
                }
}

void aggregate_add(struct aggregate *a, size_t cell, const struct record *record,
                   const bool *layers)
{
    if (*record_int(record, FIELD_STATUS) != CELL_COMPLETE)
        return;
    size_t group = (size_t)a->group[cell];
    a->n_complete[group]++;
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (a->running[i])
            add_field(a->running[i] + group * record_extent(id, a->shape), a->shape,
                      record, id, layers);
    }
}

enum status aggregate_finish(const struct aggregate *a, struct group_table *table,
                             struct error *err)
{
    if (group_table_init(table, a->n_groups, a->shape, err) != STATUS_OK)
        return err->status;
    size_t n_groups = (size_t)a->n_groups;
    table->level = INTERVAL_LEVEL;
    memcpy(table->options, a->options, n_groups * OPTION_COUNT * sizeof *table->options);
    memcpy(table->n_cells, a->n_complete, n_groups * sizeof *table->n_cells);
    for (int i = 0; i < FIELD_COUNT; i++) {
        size_t n = a->running[i] ? n_groups * record_extent((enum field_id)i, a->shape)
                                 : 0;
        struct group_stats *stats = &table->fields[i];
        for (size_t k = 0; k < n; k++) {
            const struct stats_running *running = &a->running[i][k];
            stats->n[k] = (int32_t)running->n;
            if (running->n > 0)
                stats->mean[k] = running->mean;
            if (running->n < 2)
                continue;
            double half = stats_t_half_width(running, INTERVAL_LEVEL);
            stats->sd[k] = stats_sd(running);
            stats->low[k] = running->mean - half;
            stats->high[k] = running->mean + half;
        }
    }
    return STATUS_OK;
}
