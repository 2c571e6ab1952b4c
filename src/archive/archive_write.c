#include "archive/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/netcdf_util.h"
#include "archive/schema.h"
#include "base/memory.h"
#include "base/text.h"

struct archive_writer {
    struct netcdf_output output;
    struct schema schema;
    void *columns[FIELD_COUNT]; /* [batch][extent], as in the file; NULL: no variable */
    int32_t *crcs;              /* [batch] */
    size_t n_buffered;
    int64_t n_written;
    struct hash128 content;
    bool has_groups;
};

static enum status alloc_columns(struct archive_writer *writer, struct error *err)
{
    size_t batch = writer->schema.batch;
    writer->crcs = memory_alloc(batch, sizeof *writer->crcs, err);
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        size_t extent = record_extent(id, writer->schema.shape);
        if (writer->schema.fields[i] >= 0)
            writer->columns[i] = memory_alloc(batch * extent, schema_element_size(id),
                                              err);
    }
    return err->status;
}

enum status archive_create(struct archive_writer **writer, const char *path,
                           const struct archive_header *header, struct error *err)
{
    *writer = NULL;
    struct archive_writer *new = memory_alloc(1, sizeof *new, err);
    if (!new)
        return err->status;
    if (netcdf_output_create(&new->output, path, err) != STATUS_OK) {
        free(new);
        return err->status;
    }
    schema_define(&new->schema, &new->output.file, header, err);
    if (err->status == STATUS_OK)
        alloc_columns(new, err);
    if (err->status != STATUS_OK)
        archive_discard(new);
    else
        *writer = new;
    return err->status;
}

static void release(struct archive_writer *writer)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        free(writer->columns[i]);
    free(writer->crcs);
    free(writer);
}

void archive_discard(struct archive_writer *writer)
{
    if (!writer)
        return;
    netcdf_output_discard(&writer->output);
    release(writer);
}

/* Refuses a record that would not come back as it is. */
static enum status check_record(const struct archive_writer *writer,
                                const struct record *record, struct error *err)
{
    const struct record_shape *shape = &record->shape, *whole = &writer->schema.shape;
    long long cell = writer->n_written + (long long)writer->n_buffered;
    const char *path = writer->output.path;
    int32_t n_layers = *record_int(record, FIELD_N_LAYERS);
    if (shape->n_snapshots != whole->n_snapshots ||
        shape->n_classes != whole->n_classes || shape->n_layers < 1 ||
        shape->n_layers > whole->n_layers || n_layers != shape->n_layers)
        return error_set(
            err, STATUS_DATA,
            "%s: cell %lld: shape %d x %d x %d with n_layers %d in an archive "
            "of %d x %d x %d",
            path, cell, shape->n_snapshots, shape->n_layers, shape->n_classes,
            (int)n_layers, whole->n_snapshots, whole->n_layers, whole->n_classes);
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        size_t extent = record_extent(id, *shape), at;
        bool fine = true;
        if (writer->schema.fields[id] < 0 && record_has(record, id))
            return error_set(err, STATUS_DATA,
                             "%s: cell %lld: %s has values, and the study does not "
                             "measure %s",
                             path, cell, field_get(id)->name, field_measure(id));
        if (field_get(id)->type == FIELD_TYPE_TEXT)
            fine = text_valid_utf8(record_text(record, id), extent, &at);
        else if (field_get(id)->type == FIELD_TYPE_FLAG)
            for (size_t k = 0; k < extent; k++) {
                int32_t value = record_int(record, id)[k];
                bool known = value >= 0 && value < field_flag_count(id);
                fine = fine &&
                       (known || (value == RECORD_FILL_INT && field_has_fill(id)));
            }
        if (!fine)
            return error_set(err, STATUS_DATA, "%s: cell %lld: %s has no valid value",
                             path, cell, field_get(id)->name);
    }
    return STATUS_OK;
}

/* Copies elements of a field from a record to the type of the file. */
static void convert(enum field_id id, const struct record *record, size_t from, size_t n,
                    void *column, size_t to)
{
    switch (field_get(id)->type) {
    case FIELD_TYPE_INT:
        memcpy((int32_t *)column + to, record_int(record, id) + from,
               n * sizeof(int32_t));
        break;
    case FIELD_TYPE_FLAG:
        for (size_t i = 0; i < n; i++) {
            int32_t value = record_int(record, id)[from + i];
            ((signed char *)column)[to + i] = (signed char)(value == RECORD_FILL_INT
                                                                ? NETCDF_FILL_BYTE
                                                                : value);
        }
        break;
    case FIELD_TYPE_REAL:
        memcpy((double *)column + to, record_real(record, id) + from, n * sizeof(double));
        break;
    case FIELD_TYPE_TEXT:
        memcpy((char *)column + to, record_text(record, id) + from, n);
        break;
    }
}

static void fill_column(enum field_id id, void *column, size_t from, size_t n)
{
    switch (field_get(id)->type) {
    case FIELD_TYPE_INT:
        for (size_t i = 0; i < n; i++)
            ((int32_t *)column)[from + i] = RECORD_FILL_INT;
        break;
    case FIELD_TYPE_REAL:
        for (size_t i = 0; i < n; i++)
            ((double *)column)[from + i] = RECORD_FILL_REAL;
        break;
    case FIELD_TYPE_FLAG:
        memset((char *)column + from, NETCDF_FILL_BYTE, n);
        break;
    case FIELD_TYPE_TEXT:
        memset((char *)column + from, 0, n);
        break;
    }
}

/* Writes one block of a field, its layers padded, to row `row` of its column. */
static void put_row(struct archive_writer *writer, enum field_id id, size_t row,
                    const struct record *record)
{
    struct schema_rows rows = schema_rows(id, record->shape, writer->schema.shape);
    size_t start = row * rows.rows * rows.whole;
    if (rows.own < rows.whole)
        fill_column(id, writer->columns[id], start, rows.rows * rows.whole);
    for (size_t r = 0; r < rows.rows; r++)
        convert(id, record, r * rows.own, rows.own, writer->columns[id],
                start + r * rows.whole);
}

/* True where there is no variable, or no buffered cell has the result. netCDF gives fill
 * for what was never written, so a measure that was not asked for takes no room. */
static bool is_absent(const struct archive_writer *writer, enum field_id id)
{
    const struct field *field = field_get(id);
    size_t n = writer->n_buffered * record_extent(id, writer->schema.shape);
    const double *reals = writer->columns[id];
    if (!reals)
        return true;
    if (field->type != FIELD_TYPE_REAL ||
        (field->role != FIELD_ROLE_RESULT && field->role != FIELD_ROLE_GROUPED))
        return false;
    for (size_t i = 0; i < n; i++)
        if (reals[i] != RECORD_FILL_REAL)
            return false;
    return true;
}

static enum status flush(struct archive_writer *writer, struct error *err)
{
    if (writer->n_buffered == 0 || err->status != STATUS_OK)
        return err->status;
    const struct netcdf *file = &writer->output.file;
    size_t start[FIELD_DIMS_MAX + 1], count[FIELD_DIMS_MAX + 1];
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (is_absent(writer, id))
            continue;
        schema_cell_range(id, writer->schema.shape, (size_t)writer->n_written,
                          writer->n_buffered, start, count);
        netcdf_write(file, writer->schema.fields[i], start, count, writer->columns[i],
                     err);
    }
    netcdf_write(file, writer->schema.cell_crc, start, count, writer->crcs, err);
    writer->n_written += (int64_t)writer->n_buffered;
    writer->n_buffered = 0;
    return err->status;
}

enum status archive_append(struct archive_writer *writer, const struct record *record,
                           struct error *err)
{
    if (writer->has_groups)
        return error_set(err, STATUS_INTERNAL, "%s: a cell after the group statistics",
                         writer->output.path);
    if (check_record(writer, record, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < FIELD_COUNT; i++)
        if (writer->columns[i])
            put_row(writer, (enum field_id)i, writer->n_buffered, record);
    struct hash128 hash = record_hash(record);
    writer->content = hash_chain(writer->content, hash);
    writer->crcs[writer->n_buffered++] = schema_cell_crc(hash);
    return writer->n_buffered == writer->schema.batch ? flush(writer, err) : STATUS_OK;
}

/* Whether the file has statistics over seeds of the field. */
static bool has_statistics(const struct archive_writer *writer, enum field_id id)
{
    return field_is_grouped(id) && writer->schema.fields[id] >= 0;
}

/* The variables of group statistics. */
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
                                     const struct archive_writer *writer, double level,
                                     struct error *err)
{
    const struct netcdf *file = &writer->output.file;
    const struct field *field = field_get(id);
    struct netcdf_variable shape = {
        .type = NC_DOUBLE, .n_dims = field->n_dims + 1, .dims = {ids->group_dim}};
    for (int d = 0; d < field->n_dims; d++)
        shape.dims[d + 1] = writer->schema.dims[field->dims[d]];
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

static enum status define_groups(struct group_variables *ids,
                                 const struct archive_writer *writer,
                                 const struct group_table *groups, struct error *err)
{
    const struct netcdf *file = &writer->output.file;
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
        if (has_statistics(writer, (enum field_id)i))
            define_statistics(ids, (enum field_id)i, writer, groups->level, err);
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
    const struct archive_writer *writer;
    const struct group_table *groups;
    enum field_id id;
    struct schema_rows rows; /* of all groups */
};

static struct statistic statistic_of(const struct archive_writer *writer,
                                     const struct group_table *groups, enum field_id id)
{
    struct statistic s = {writer, groups, id,
                          schema_rows(id, groups->shape, writer->schema.shape)};
    s.rows.rows *= (size_t)groups->n_groups;
    return s;
}

static enum status write_block(const struct statistic *s, int var, const void *block,
                               struct error *err)
{
    size_t start[FIELD_DIMS_MAX + 2], count[FIELD_DIMS_MAX + 2];
    int n_dims = field_get(s->id)->n_dims + 1;
    schema_cell_range(s->id, s->writer->schema.shape, 0, (size_t)s->groups->n_groups,
                      start, count);
    start[n_dims] = 0; /* of an interval's bounds, else not looked at */
    count[n_dims] = 2;
    return netcdf_write(&s->writer->output.file, var, start, count, block, err);
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

enum status archive_write_groups(struct archive_writer *writer,
                                 const struct group_table *groups, struct error *err)
{
    const struct record_shape *shape = &groups->shape, *whole = &writer->schema.shape;
    if (flush(writer, err) != STATUS_OK)
        return err->status;
    if (writer->has_groups || shape->n_snapshots != whole->n_snapshots ||
        shape->n_classes != whole->n_classes || shape->n_layers > whole->n_layers)
        return error_set(err, STATUS_INTERNAL,
                         "%s: group statistics written twice or of another shape",
                         writer->output.path);
    writer->has_groups = true;
    if (groups->n_groups == 0)
        return STATUS_OK;
    struct group_variables ids = {0};
    if (define_groups(&ids, writer, groups, err) != STATUS_OK)
        return err->status;
    const struct netcdf *file = &writer->output.file;
    schema_write_numbers(file, ids.group, NC_INT, 0, groups->n_groups, err);
    schema_write_numbers(file, ids.bound, NC_BYTE, 0, 2, err);
    write_options(&ids, file, groups, err);
    for (int i = 0; i < FIELD_COUNT && err->status == STATUS_OK; i++) {
        enum field_id id = (enum field_id)i;
        const struct group_stats *stats = &groups->fields[i];
        if (!has_statistics(writer, id))
            continue;
        struct statistic s = statistic_of(writer, groups, id);
        write_reals(&s, ids.mean[i], stats->mean, NULL, err);
        write_reals(&s, ids.sd[i], stats->sd, NULL, err);
        write_reals(&s, ids.interval[i], stats->low, stats->high, err);
        write_counts(&s, ids.n[i], err);
    }
    return err->status;
}

/* Completes the file under its temporary name. */
static enum status complete(struct archive_writer *writer, struct error *err)
{
    char content[HASH_HEX + 1];
    flush(writer, err);
    hash_format(writer->content, content);
    netcdf_begin_definitions(&writer->output.file, err);
    netcdf_put_text(&writer->output.file, NC_GLOBAL, "content_hash", content, err);
    netcdf_begin_data(&writer->output.file, err);
    return netcdf_output_close(&writer->output, err);
}

enum status archive_publish(struct archive_writer *writer, struct hash128 *content,
                            struct error *err)
{
    struct hash128 read_back = {0, 0};
    if (complete(writer, err) == STATUS_OK)
        schema_check(writer->output.temporary, &read_back, err);
    if (err->status == STATUS_OK && !hash_equal(read_back, writer->content))
        error_set(err, STATUS_IO, "%s: what was read back is not what was written",
                  writer->output.path);
    if (netcdf_output_publish(&writer->output, err) != STATUS_OK)
        netcdf_output_discard(&writer->output);
    else if (content)
        *content = writer->content;
    release(writer);
    return err->status;
}

void archive_library(char *out, size_t size)
{
    const char *version = nc_inq_libvers(); /* "4.9.0 of <date of the build>" */
    snprintf(out, size, "netCDF %.*s", (int)strcspn(version, " "), version);
}
