/* The variables of statistics over seeds, on dimension group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/schema.h"
#include "base/memory.h"

struct group_variables {
    int group_dim, bound_dim;
    int group, bound, n_cells;
    int options[OPTION_COUNT]; /* [FIELD_SEED] is unused */
    int mean[FIELD_COUNT], sd[FIELD_COUNT], n[FIELD_COUNT], interval[FIELD_COUNT];
};

static enum status define_options(struct group_variables *ids, const struct netcdf *file,
                                  struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        const struct field *field = field_get(id);
        char name[NC_MAX_NAME + 1];
        if (id == FIELD_SEED)
            continue;
        snprintf(name, sizeof name, "group_%s", field->name);
        struct netcdf_variable variable = {.name = name,
                                           .type = schema_type(id),
                                           .n_dims = 1,
                                           .dims = {ids->group_dim},
                                           .long_name = field->long_name,
                                           .units = field->units};
        netcdf_define(file, &variable, &ids->options[i], err);
        if (field->type == FIELD_TYPE_FLAG)
            netcdf_put_flags(file, ids->options[i], field_flag_count(id), field->values,
                             err);
    }
    struct netcdf_variable n_cells = {.name = "group_n_cells",
                                      .type = NC_INT,
                                      .n_dims = 1,
                                      .dims = {ids->group_dim},
                                      .long_name = "complete cells of the group",
                                      .units = "1"};
    return netcdf_define(file, &n_cells, &ids->n_cells, err);
}

/* One statistic of a field: <name>_<suffix>(group, ...). */
static enum status define_statistic(const struct netcdf *file, enum field_id id,
                                    const struct netcdf_variable *shape,
                                    const char *suffix, int *var, struct error *err)
{
    const struct field *field = field_get(id);
    struct netcdf_variable variable = *shape;
    char name[NC_MAX_NAME + 1], long_name[256];
    snprintf(name, sizeof name, "%s_%s", field->name, suffix);
    snprintf(long_name, sizeof long_name, "%s; %s", field->long_name, shape->long_name);
    variable.name = name;
    variable.long_name = long_name;
    if (netcdf_define(file, &variable, var, err) != STATUS_OK)
        return err->status;
    if (schema_has_dim(id, DIM_SNAPSHOT))
        netcdf_put_text(file, *var, "coordinates", "snapshot_label", err);
    if (variable.type == NC_DOUBLE)
        netcdf_put_fill(file, *var, NC_DOUBLE, err);
    return err->status;
}

static enum status define_statistics(struct group_variables *ids, enum field_id id,
                                     const struct schema *schema,
                                     const struct netcdf *file, double level,
                                     struct error *err)
{
    const struct field *field = field_get(id);
    struct netcdf_variable shape = {
        .type = NC_DOUBLE, .n_dims = field->n_dims + 1, .dims = {ids->group_dim}};
    for (int d = 0; d < field->n_dims; d++)
        shape.dims[d + 1] = schema->dims[field->dims[d]];
    shape.units = field->units;
    shape.long_name = "mean over seeds";
    define_statistic(file, id, &shape, "mean", &ids->mean[id], err);
    netcdf_put_text(file, ids->mean[id], "cell_methods", "seed: mean", err);
    shape.long_name = "standard deviation over seeds";
    define_statistic(file, id, &shape, "sd", &ids->sd[id], err);
    netcdf_put_text(file, ids->sd[id], "cell_methods", "seed: standard_deviation", err);
    shape.dims[shape.n_dims++] = ids->bound_dim;
    shape.long_name = "confidence interval of the mean over seeds";
    define_statistic(file, id, &shape, "ci", &ids->interval[id], err);
    netcdf_put_text(file, ids->interval[id], "cell_methods", "seed: mean", err);
    netcdf_put_text(file, ids->interval[id], "interval", "Student t", err);
    netcdf_put_real(file, ids->interval[id], "level", level, err);
    shape.n_dims--;
    shape.type = NC_INT;
    shape.units = "1";
    shape.long_name = "number of seeds";
    return define_statistic(file, id, &shape, "n", &ids->n[id], err);
}

static enum status define_groups(struct group_variables *ids, const struct schema *schema,
                                 const struct netcdf *file,
                                 const struct group_table *groups, struct error *err)
{
    netcdf_begin_definitions(file, err);
    netcdf_define_dim(file, "group", (size_t)groups->n_groups, &ids->group_dim, err);
    netcdf_define_dim(file, "bound", 2, &ids->bound_dim, err);
    schema_define_axis(file, NC_INT, ids->group_dim, "index of the group", &ids->group,
                       err);
    schema_define_axis(file, NC_BYTE, ids->bound_dim, "end of the interval", &ids->bound,
                       err);
    netcdf_put_flags(file, ids->bound, 2, "low high", err);
    define_options(ids, file, err);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (field_is_grouped((enum field_id)i))
            define_statistics(ids, (enum field_id)i, schema, file, groups->level, err);
    return netcdf_begin_data(file, err);
}

static enum status write_options(const struct group_variables *ids,
                                 const struct netcdf *file,
                                 const struct group_table *groups, struct error *err)
{
    const size_t count = 1;
    for (size_t g = 0; g < (size_t)groups->n_groups; g++)
        for (int i = 0; i < OPTION_COUNT; i++) {
            double real = groups->options[g * OPTION_COUNT + (size_t)i];
            int32_t integer = (int32_t)real;
            signed char flag = (signed char)real;
            nc_type type = schema_type((enum field_id)i);
            const void *value = type == NC_INT    ? (const void *)&integer
                                : type == NC_BYTE ? (const void *)&flag
                                                  : (const void *)&real;
            if (i != FIELD_SEED)
                netcdf_write(file, ids->options[i], &g, &count, value, err);
        }
    const size_t start = 0, n = (size_t)groups->n_groups;
    return netcdf_write(file, ids->n_cells, &start, &n, groups->n_cells, err);
}

/* What the statistics of one field are written from and to. */
struct statistic {
    const struct schema *schema;
    const struct netcdf *file;
    const struct group_table *groups;
    enum field_id id;
    struct schema_rows rows; /* of all groups */
};

static enum status write_block(const struct statistic *s, int var, const void *block,
                               struct error *err)
{
    size_t start[FIELD_DIMS_MAX + 2], count[FIELD_DIMS_MAX + 2];
    int n_dims = field_get(s->id)->n_dims + 1;
    schema_cell_range(s->id, s->schema->shape, 0, (size_t)s->groups->n_groups, start,
                      count);
    start[n_dims] = 0; /* of an interval's bounds, else not looked at */
    count[n_dims] = 2;
    return netcdf_write(s->file, var, start, count, block, err);
}

/* Writes one statistic, its layers padded to the file's. `high` is NULL but for
 * intervals, which have a last dimension of two. */
static enum status write_reals(const struct statistic *s, int var, const double *values,
                               const double *high, struct error *err)
{
    size_t own = s->rows.own, whole = s->rows.whole, width = high ? 2 : 1;
    double *block = memory_alloc(s->rows.rows * whole * width, sizeof *block, err);
    for (size_t i = 0; block && i < s->rows.rows * whole; i++) {
        size_t from = i / whole * own + i % whole;
        bool present = i % whole < own;
        block[i * width] = present ? values[from] : RECORD_FILL_REAL;
        if (high)
            block[i * width + 1] = present ? high[from] : RECORD_FILL_REAL;
    }
    write_block(s, var, block, err);
    free(block);
    return err->status;
}

static enum status write_counts(const struct statistic *s, int var, struct error *err)
{
    size_t own = s->rows.own, whole = s->rows.whole;
    int32_t *block = memory_alloc(s->rows.rows * whole, sizeof *block, err);
    for (size_t r = 0; block && r < s->rows.rows; r++)
        memcpy(block + r * whole, s->groups->fields[s->id].n + r * own,
               own * sizeof *block);
    write_block(s, var, block, err);
    free(block);
    return err->status;
}

enum status schema_write_groups(const struct schema *schema, const struct netcdf *file,
                                const struct group_table *groups, struct error *err)
{
    if (groups->n_groups == 0)
        return STATUS_OK;
    struct group_variables ids = {0};
    if (define_groups(&ids, schema, file, groups, err) != STATUS_OK)
        return err->status;
    schema_write_numbers(file, ids.group, NC_INT, 0, groups->n_groups, err);
    schema_write_numbers(file, ids.bound, NC_BYTE, 0, 2, err);
    write_options(&ids, file, groups, err);
    for (int i = 0; i < FIELD_COUNT && err->status == STATUS_OK; i++) {
        enum field_id id = (enum field_id)i;
        const struct group_stats *stats = &groups->fields[i];
        if (!field_is_grouped(id))
            continue;
        struct statistic s = {schema, file, groups, id,
                              schema_rows(id, groups->shape, schema->shape)};
        s.rows.rows *= (size_t)groups->n_groups;
        write_reals(&s, ids.mean[i], stats->mean, NULL, err);
        write_reals(&s, ids.sd[i], stats->sd, NULL, err);
        write_reals(&s, ids.interval[i], stats->low, stats->high, err);
        write_counts(&s, ids.n[i], err);
    }
    return err->status;
}
