#include "archive/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/guard.h"
#include "archive/netcdf_util.h"
#include "archive/schema.h"
#include "base/memory.h"
#include "base/text.h"

struct attribute {
    char name[NC_MAX_NAME + 1];
    char *text; /* NULL where the file has none */
};

struct archive {
    struct netcdf file;
    char path[IO_PATH_MAX];
    struct schema schema;
    int64_t n_cells;
    bool newer_minor; /* cells may hold fields that we do not know: hashes differ */
    char (*labels)[LABEL_LENGTH + 1]; /* [n_snapshots] */
    struct attribute *attributes;     /* those asked for so far */
    size_t n_attributes, attributes_capacity;
    size_t block_bytes;
    void *block; /* [read_batch][extent] of any one field, as in the file */
};

static enum status read_labels(struct archive *archive, struct error *err)
{
    int n = archive->schema.shape.n_snapshots;
    archive->labels = memory_alloc((size_t)n, sizeof *archive->labels, err);
    for (int s = 0; s < n && err->status == STATUS_OK; s++) {
        const size_t start[2] = {(size_t)s, 0}, count[2] = {1, LABEL_LENGTH};
        netcdf_read(&archive->file, archive->schema.labels, start, count,
                    archive->labels[s], err);
        for (const char *c = archive->labels[s]; *c && err->status == STATUS_OK; c++)
            if (*c < ' ' || *c > '~')
                error_set(err, STATUS_DATA, "%s: snapshot_label %s is none",
                          archive->path, text_quote(archive->labels[s]).text);
    }
    return err->status;
}

static enum status alloc_block(struct archive *archive, struct error *err)
{
    size_t largest = sizeof(int32_t);
    for (int i = 0; i < FIELD_COUNT; i++) {
        size_t bytes = record_extent((enum field_id)i, archive->schema.shape) *
                       schema_element_size((enum field_id)i);
        largest = bytes > largest ? bytes : largest;
    }
    archive->block_bytes = archive->schema.read_batch * largest;
    archive->block = memory_alloc(archive->block_bytes, 1, err);
    return err->status;
}

/* Reads a field of `n` cells into the block. */
static enum status read_block(struct archive *archive, enum field_id id, int64_t first,
                              size_t n, struct error *err)
{
    size_t start[FIELD_DIMS_MAX + 1], count[FIELD_DIMS_MAX + 1];
    schema_cell_range(id, archive->schema.shape, (size_t)first, n, start, count);
    return netcdf_read(&archive->file, archive->schema.fields[id], start, count,
                       archive->block, err);
}

/* Layers of n cells, in the block. */
static enum status read_layers(struct archive *archive, int64_t first, size_t n,
                               struct error *err)
{
    if (read_block(archive, FIELD_N_LAYERS, first, n, err) != STATUS_OK)
        return err->status;
    const int32_t *n_layers = archive->block;
    for (size_t i = 0; i < n; i++)
        if (n_layers[i] < 1 || n_layers[i] > archive->schema.shape.n_layers)
            return error_set(err, STATUS_DATA, "%s: cell %lld: n_layers %d",
                             archive->path, (long long)first + (long long)i,
                             (int)n_layers[i]);
    return STATUS_OK;
}

static enum status open_here(struct archive **archive, const char *path, bool guarded,
                             struct error *err)
{
    *archive = NULL;
    struct archive *new = memory_alloc(1, sizeof *new, err);
    if (!new)
        return err->status;
    snprintf(new->path, sizeof new->path, "%s", path);
    if (netcdf_open(&new->file, path, err) != STATUS_OK) {
        free(new);
        return err->status;
    }
    new->file.path = new->path;
    new->file.guarded = guarded;
    if (schema_check_version(&new->file, &new->newer_minor, err) == STATUS_OK)
        schema_load(&new->schema, &new->file, &new->n_cells, err);
    /* A cell's CRC alone takes more than a byte, however well the rest compresses. */
    if (err->status == STATUS_OK && new->n_cells > new->file.size)
        error_set(err, STATUS_DATA, "%s: %lld cells in %lld bytes", path,
                  (long long)new->n_cells, (long long)new->file.size);
    if (err->status == STATUS_OK)
        read_labels(new, err);
    if (err->status == STATUS_OK)
        alloc_block(new, err);
    /* A file that claims cells that nobody wrote is not read as far as the first. */
    if (err->status == STATUS_OK && new->n_cells > 0)
        read_layers(new, new->n_cells - 1, 1, err);
    if (err->status != STATUS_OK)
        archive_close(new);
    else
        *archive = new;
    return err->status;
}

void archive_close(struct archive *archive)
{
    if (!archive)
        return;
    nc_close(archive->file.id);
    for (size_t i = 0; i < archive->n_attributes; i++)
        free(archive->attributes[i].text);
    free(archive->attributes);
    free(archive->labels);
    free(archive->block);
    free(archive);
}

int64_t archive_n_cells(const struct archive *archive)
{
    return archive->n_cells;
}

struct record_shape archive_shape(const struct archive *archive)
{
    return archive->schema.shape;
}

const char *archive_snapshot_label(const struct archive *archive, int snapshot)
{
    return archive->labels[snapshot];
}

bool archive_is_newer(const struct archive *archive)
{
    return archive->newer_minor;
}

const char *archive_attribute(struct archive *archive, const char *name)
{
    for (size_t i = 0; i < archive->n_attributes; i++)
        if (strcmp(archive->attributes[i].name, name) == 0)
            return archive->attributes[i].text ? archive->attributes[i].text : "";
    struct error ignored = {0};
    if (strlen(name) > NC_MAX_NAME ||
        memory_grow(&archive->attributes, &archive->attributes_capacity,
                    archive->n_attributes + 1, sizeof *archive->attributes,
                    &ignored) != STATUS_OK)
        return "";
    struct attribute *new = &archive->attributes[archive->n_attributes++];
    snprintf(new->name, sizeof new->name, "%s", name);
    netcdf_get_text(&archive->file, name, &new->text, &ignored);
    return new->text ? new->text : "";
}

int64_t archive_batch(const struct archive *archive)
{
    return (int64_t)archive->schema.read_batch;
}

int64_t archive_n_cells_planned(const struct archive *archive)
{
    struct error ignored = {0};
    char *text;
    int64_t planned = 0;
    netcdf_get_text(&archive->file, "n_cells_planned", &text, &ignored);
    if (!text || !text_parse_int(text, &planned) || planned < 0)
        planned = 0;
    free(text);
    return planned;
}

bool archive_selects(struct archive *archive, bool over[OPTION_COUNT])
{
    memset(over, 0, OPTION_COUNT * sizeof *over);
    if (archive->schema.fields[FIELD_SELECTED] < 0)
        return false;
    const char *names = archive_attribute(archive, SCHEMA_SELECT_OVER);
    while (*names) {
        char name[NC_MAX_NAME + 1];
        size_t length = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s",
                 (int)(length < NC_MAX_NAME ? length : NC_MAX_NAME), names);
        enum field_id id = field_find(name);
        if ((int)id < OPTION_COUNT && id != FIELD_SEED && !field_is_of_probe(id))
            over[id] = true;
        names += length + (names[length] == ',');
    }
    return true;
}

enum status archive_read_runs(struct archive *archive, struct run_info **runs,
                              int *n_runs, struct error *err)
{
    return schema_read_runs(&archive->file, runs, n_runs, err);
}

/* Gives every record the shape of its cell. */
static enum status init_records(struct archive *archive, int64_t first, size_t n,
                                struct record *records, struct error *err)
{
    if (read_layers(archive, first, n, err) != STATUS_OK)
        return err->status;
    const int32_t *n_layers = archive->block;
    for (size_t i = 0; i < n && err->status == STATUS_OK; i++) {
        struct record_shape shape = archive->schema.shape;
        shape.n_layers = n_layers[i];
        record_init(&records[i], shape, err);
    }
    return err->status;
}

/* Copies row `row` of the block into a record; false where a flag has no such value. */
static bool get_row(const struct archive *archive, enum field_id id, size_t row,
                    struct record *record)
{
    struct schema_rows rows = schema_rows(id, record->shape, archive->schema.shape);
    for (size_t r = 0; r < rows.rows; r++) {
        size_t from = row * rows.rows * rows.whole + r * rows.whole, to = r * rows.own;
        const signed char *flags = archive->block;
        switch (field_get(id)->type) {
        case FIELD_TYPE_INT:
            memcpy(record_int(record, id) + to, (const int32_t *)archive->block + from,
                   rows.own * sizeof(int32_t));
            break;
        case FIELD_TYPE_FLAG:
            for (size_t i = 0; i < rows.own; i++) {
                signed char flag = flags[from + i];
                if (flag == NETCDF_FILL_BYTE && field_has_fill(id))
                    continue;
                if (flag < 0 || flag >= field_flag_count(id))
                    return false;
                record_int(record, id)[to + i] = flag;
            }
            break;
        case FIELD_TYPE_REAL:
            memcpy(record_real(record, id) + to, (const double *)archive->block + from,
                   rows.own * sizeof(double));
            break;
        case FIELD_TYPE_TEXT:
            memcpy(record_text(record, id) + to, (const char *)archive->block + from,
                   rows.own);
            break;
        }
    }
    return true;
}

static enum status check_crcs(struct archive *archive, int64_t first, size_t n,
                              const struct record *records, struct error *err)
{
    const size_t start = (size_t)first;
    if (netcdf_read(&archive->file, archive->schema.cell_crc, &start, &n, archive->block,
                    err) != STATUS_OK)
        return err->status;
    const int32_t *crcs = archive->block;
    for (size_t i = 0; i < n && !archive->newer_minor; i++) {
        int32_t crc = schema_cell_crc(record_hash(&records[i]));
        if (crc != crcs[i])
            return error_set(err, STATUS_DATA,
                             "%s: cell %lld: CRC %08x of its values, %08x in cell_crc",
                             archive->path, (long long)first + (long long)i,
                             (unsigned)crc, (unsigned)crcs[i]);
    }
    return STATUS_OK;
}

/* Reads up to a batch of cells; all of their fields, and the CRC, where `fields` is NULL.
 */
static enum status read_batch(struct archive *archive, const bool *fields, int64_t first,
                              size_t n, struct record *records, struct error *err)
{
    if (init_records(archive, first, n, records, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (fields && !fields[id])
            continue;
        if (archive->schema.fields[id] < 0)
            continue; /* of a newer minor version than the file: as record_init left it */
        if (read_block(archive, id, first, n, err) != STATUS_OK)
            return err->status;
        for (size_t row = 0; row < n; row++)
            if (!get_row(archive, id, row, &records[row]))
                return error_set(err, STATUS_DATA, "%s: cell %lld: unknown value of %s",
                                 archive->path, (long long)first + (long long)row,
                                 field_get(id)->name);
    }
    return fields ? STATUS_OK : check_crcs(archive, first, n, records, err);
}

enum status archive_read_fields(struct archive *archive, const bool *fields,
                                int64_t first, int64_t count, struct record *records,
                                struct error *err)
{
    if (first < 0 || count < 0 || first > archive->n_cells ||
        count > archive->n_cells - first)
        return error_set(err, STATUS_INTERNAL, "%s: cells %lld to %lld of %lld",
                         archive->path, (long long)first,
                         (long long)first + (long long)count,
                         (long long)archive->n_cells);
    if (count > 0)
        memset(records, 0, (size_t)count * sizeof *records);
    int64_t batch = (int64_t)archive->schema.read_batch, done = 0;
    while (done < count && err->status == STATUS_OK) {
        /* Up to the next whole batch, so that each chunk is decompressed once. */
        int64_t n = batch - (first + done) % batch;
        n = n < count - done ? n : count - done;
        read_batch(archive, fields, first + done, (size_t)n, records + done, err);
        done += n;
    }
    if (err->status != STATUS_OK)
        for (int64_t i = 0; i < count; i++)
            record_fini(&records[i]);
    return err->status;
}

enum status archive_read(struct archive *archive, int64_t first, int64_t count,
                         struct record *records, struct error *err)
{
    return archive_read_fields(archive, NULL, first, count, records, err);
}

static double option_in_block(const struct archive *archive, enum field_id id, size_t row)
{
    switch (field_get(id)->type) {
    case FIELD_TYPE_REAL:
        return ((const double *)archive->block)[row];
    case FIELD_TYPE_FLAG:
        return ((const signed char *)archive->block)[row];
    default:
        return ((const int32_t *)archive->block)[row];
    }
}

enum status archive_read_options(struct archive *archive, double *options,
                                 struct error *err)
{
    size_t batch = archive->block_bytes / sizeof(double); /* of one number a cell */
    size_t total = (size_t)archive->n_cells, n;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        double implied;
        if (archive->schema.fields[id] < 0 && field_implies(id, &implied)) {
            for (size_t row = 0; row < total; row++)
                options[row * OPTION_COUNT + (size_t)i] = implied;
            continue;
        }
        for (size_t first = 0; first < total; first += n) {
            n = total - first < batch ? total - first : batch;
            if (read_block(archive, id, (int64_t)first, n, err) != STATUS_OK)
                return err->status;
            for (size_t row = 0; row < n; row++)
                options[(first + row) * OPTION_COUNT + (size_t)i] = option_in_block(
                    archive, id, row);
        }
    }
    return STATUS_OK;
}

static enum status chain_cells(struct archive *archive, struct hash128 *content,
                               struct error *err)
{
    int64_t batch = (int64_t)archive->schema.read_batch;
    *content = (struct hash128){0, 0};
    struct record *records = memory_alloc((size_t)batch, sizeof *records, err);
    for (int64_t first = 0; first < archive->n_cells && records; first += batch) {
        int64_t left = archive->n_cells - first, n = left < batch ? left : batch;
        if (archive_read(archive, first, n, records, err) != STATUS_OK)
            break;
        for (int64_t i = 0; i < n; i++) {
            *content = hash_chain(*content, record_hash(&records[i]));
            record_fini(&records[i]);
        }
    }
    free(records);
    return err->status;
}

/* Coordinates, runs and group statistics have no hash, but every chunk its checksum. */
static enum status touch_rest(struct archive *archive, struct error *err)
{
    struct run_info *runs;
    int n_runs, n_variables, code = nc_inq_nvars(archive->file.id, &n_variables);
    if (code != NC_NOERR)
        return netcdf_error(&archive->file, STATUS_DATA, "variables", code, err);
    if (archive_read_runs(archive, &runs, &n_runs, err) != STATUS_OK)
        return err->status;
    free(runs);
    for (int v = 0; v < n_variables; v++) {
        bool known = false;
        for (int i = 0; i < FIELD_COUNT; i++)
            known = known || archive->schema.fields[i] == v;
        if (!known)
            netcdf_touch(&archive->file, v, err);
    }
    return err->status;
}

static enum status check_here(const char *path, bool guarded, struct hash128 *content,
                              struct error *err)
{
    struct archive *archive = NULL;
    struct hash128 stated;
    if (open_here(&archive, path, guarded, err) != STATUS_OK || !archive)
        return err->status;
    bool has_hash = hash_parse(archive_attribute(archive, "content_hash"), &stated);
    if (archive->newer_minor)
        error_set(err, STATUS_VERSION,
                  "%s: written by a newer version, whose content hash is not known here",
                  path);
    else if (chain_cells(archive, content, err) == STATUS_OK && !has_hash)
        error_set(err, STATUS_DATA, "%s: no content_hash", path);
    else if (err->status == STATUS_OK && !hash_equal(*content, stated))
        error_set(err, STATUS_DATA, "%s: the cells are not those of content_hash", path);
    if (err->status == STATUS_OK)
        touch_rest(archive, err);
    archive_close(archive);
    return err->status;
}

enum status schema_check(const char *path, struct hash128 *content, struct error *err)
{
    return check_here(path, false, content, err);
}

static enum status check_guarded(const char *path, struct hash128 *content,
                                 struct error *err)
{
    return check_here(path, true, content, err);
}

/* Opens a file and looks at all that describes it, but at no values. */
static enum status describe_here(const char *path, struct hash128 *content,
                                 struct error *err)
{
    struct archive *archive = NULL;
    *content = (struct hash128){0, 0};
    if (open_here(&archive, path, true, err) != STATUS_OK || !archive)
        return err->status;
    int n_variables = 0, n_attributes;
    nc_inq_nvars(archive->file.id, &n_variables);
    for (int v = 0; v < n_variables; v++)
        nc_inq_var(archive->file.id, v, NULL, NULL, NULL, NULL, &n_attributes);
    archive_attribute(archive, "content_hash");
    archive_close(archive);
    return STATUS_OK;
}

enum status archive_open(struct archive **archive, const char *path, struct error *err)
{
    *archive = NULL;
    if (guard_try(describe_here, path, NULL, err) != STATUS_OK)
        return err->status;
    return open_here(archive, path, false, err);
}

enum status archive_open_own(struct archive **archive, const char *path,
                             struct error *err)
{
    *archive = NULL;
    return open_here(archive, path, false, err);
}

enum status archive_check(const char *path, struct hash128 *content, struct error *err)
{
    return guard_try(check_guarded, path, content, err);
}
