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
    void *columns[FIELD_COUNT]; /* [batch][extent], as in the file */
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
        writer->columns[i] = memory_alloc(batch * extent, schema_element_size(id), err);
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
        if (field_get(id)->role == FIELD_ROLE_SELECTION)
            continue; /* written at the end, of all cells */
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

/* True where no buffered cell has the result. netCDF gives fill for what was never
 * written, so a measure that was not asked for takes no room. The selection is known
 * after the last cell. */
static bool is_absent(const struct archive_writer *writer, enum field_id id)
{
    const struct field *field = field_get(id);
    size_t n = writer->n_buffered * record_extent(id, writer->schema.shape);
    const double *reals = writer->columns[id];
    if (field->role == FIELD_ROLE_SELECTION)
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
        put_row(writer, (enum field_id)i, writer->n_buffered, record);
    struct hash128 hash = record_hash(record);
    writer->content = hash_chain(writer->content, hash);
    writer->crcs[writer->n_buffered++] = schema_cell_crc(hash);
    return writer->n_buffered == writer->schema.batch ? flush(writer, err) : STATUS_OK;
}

enum status archive_write_selected(struct archive_writer *writer, const bool *selected,
                                   struct error *err)
{
    int variable = writer->schema.fields[FIELD_SELECTED];
    if (flush(writer, err) != STATUS_OK)
        return err->status;
    if (variable < 0)
        return error_set(err, STATUS_INTERNAL, "%s: its study does not select",
                         writer->output.path);
    const size_t start = 0, n = (size_t)writer->n_written;
    signed char *flags = memory_alloc(n, sizeof *flags, err);
    for (size_t i = 0; flags && i < n; i++)
        flags[i] = selected[i] ? SELECTED_YES : SELECTED_NO;
    netcdf_write(&writer->output.file, variable, &start, &n, flags, err);
    free(flags);
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
    return schema_write_groups(&writer->schema, &writer->output.file, groups, err);
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
