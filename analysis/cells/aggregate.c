#include "analysis/cells/aggregate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/grouping.h"
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

/* Quantiles of Student's t for the interval of n values, [n]; 0 where none was needed
 * yet: they take longer than all else, and few values of n occur. */
static double t_quantile(double *quantiles, int64_t n)
{
    if (quantiles[n] == 0)
        quantiles[n] = stats_t_quantile(0.5 + INTERVAL_LEVEL / 2, (double)n - 1);
    return quantiles[n];
}

/* Of group `from`, to row `to` of the table. */
static void finish_field(const struct aggregate *a, enum field_id id, int from, int to,
                         double *quantiles, struct group_table *table)
{
    size_t n = record_extent(id, a->shape), at = (size_t)to * n;
    const struct stats_running *running = a->running[id] + (size_t)from * n;
    struct group_stats *stats = &table->fields[id];
    for (size_t k = 0; k < n; k++, at++) {
        const struct stats_running *value = &running[k];
        stats->n[at] = (int32_t)value->n;
        if (value->n > 0)
            stats->mean[at] = value->mean;
        if (value->n < 2)
            continue;
        double half = stats_half_width(value, t_quantile(quantiles, value->n));
        stats->sd[at] = stats_sd(value);
        stats->low[at] = value->mean - half;
        stats->high[at] = value->mean + half;
    }
}

static void finish_group(const struct aggregate *a, int from, int to, double *quantiles,
                         struct group_table *table)
{
    memcpy(table->options + (size_t)to * OPTION_COUNT,
           a->options + (size_t)from * OPTION_COUNT,
           OPTION_COUNT * sizeof *table->options);
    table->n_cells[to] = a->n_complete[from];
    for (int i = 0; i < FIELD_COUNT; i++)
        if (a->running[i])
            finish_field(a, (enum field_id)i, from, to, quantiles, table);
}

/* Sets which groups have a cell that is kept; returns how many. */
static int find_kept(const struct aggregate *a, const bool *kept, bool *groups)
{
    int n = 0;
    for (size_t i = 0; i < a->n_cells; i++)
        if (!kept || kept[i])
            groups[a->group[i]] = true;
    for (int g = 0; g < a->n_groups; g++)
        n += groups[g];
    return n;
}

enum status aggregate_finish(const struct aggregate *a, const bool *kept,
                             struct group_table *table, struct error *err)
{
    double *quantiles = memory_alloc(a->n_cells + 1, sizeof *quantiles, err);
    bool *groups = memory_alloc((size_t)a->n_groups, sizeof *groups, err);
    if (err->status == STATUS_OK &&
        group_table_init(table, find_kept(a, kept, groups), a->shape, err) == STATUS_OK) {
        table->level = INTERVAL_LEVEL;
        for (int g = 0, to = 0; g < a->n_groups; g++)
            if (groups[g])
                finish_group(a, g, to++, quantiles, table);
    }
    free(quantiles);
    free(groups);
    return err->status;
}
