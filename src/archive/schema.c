#include "archive/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* Limits of what is believed or written. */
enum {
    SNAPSHOTS_MAX = 100000,
    LAYERS_MAX = 10000,
    CLASSES_MAX = 65536,
    CELL_BYTES_MAX = 1 << 30,
    BATCH_BYTES_MAX = 256 << 20,
    READ_BATCH_BYTES_MAX = 64 << 20 /* beyond the batch that is written */
};

struct schema_rows schema_rows(enum field_id id, struct record_shape own,
                               struct record_shape whole)
{
    const struct field *field = field_get(id);
    struct schema_rows rows = {1, 1, 1};
    bool behind_layer = false;
    for (int d = field->n_dims - 1; d >= 0; d--) {
        size_t in_own = (size_t)record_dim(field->dims[d], own);
        size_t in_whole = (size_t)record_dim(field->dims[d], whole);
        if (behind_layer) {
            rows.rows *= in_whole;
            continue;
        }
        rows.own *= in_own;
        rows.whole *= in_whole;
        behind_layer = field->dims[d] == DIM_LAYER;
    }
    return rows;
}

void schema_cell_range(enum field_id id, struct record_shape shape, size_t first,
                       size_t n, size_t *start, size_t *count)
{
    const struct field *field = field_get(id);
    start[0] = first;
    count[0] = n;
    for (int d = 0; d < field->n_dims; d++) {
        start[d + 1] = 0;
        count[d + 1] = (size_t)record_dim(field->dims[d], shape);
    }
}

nc_type schema_type(enum field_id id)
{
    switch (field_get(id)->type) {
    case FIELD_TYPE_INT:
        return NC_INT;
    case FIELD_TYPE_FLAG:
        return NC_BYTE;
    case FIELD_TYPE_REAL:
        return NC_DOUBLE;
    case FIELD_TYPE_TEXT:
        break;
    }
    return NC_CHAR;
}

size_t schema_element_size(enum field_id id)
{
    switch (field_get(id)->type) {
    case FIELD_TYPE_INT:
        return sizeof(int32_t);
    case FIELD_TYPE_REAL:
        return sizeof(double);
    case FIELD_TYPE_FLAG:
    case FIELD_TYPE_TEXT:
        break;
    }
    return 1;
}

int32_t schema_cell_crc(struct hash128 hash)
{
    uint64_t words[2] = {hash.high, hash.low};
    uint32_t crc = hash_crc32(words, sizeof words);
    int32_t stored;
    memcpy(&stored, &crc, sizeof stored);
    return stored;
}

/* Checks the shape and sets the batches: as many cells as memory allows. */
static enum status set_shape(struct schema *schema, struct record_shape shape,
                             const char *path, struct error *err)
{
    size_t bytes = 0;
    bool fits = shape.n_snapshots >= 1 && shape.n_snapshots <= SNAPSHOTS_MAX &&
                shape.n_layers >= 1 && shape.n_layers <= LAYERS_MAX &&
                shape.n_classes >= 1 && shape.n_classes <= CLASSES_MAX;
    /* The limits keep each extent below 2^50 and their sum below 2^63. */
    for (int i = 0; i < FIELD_COUNT && fits; i++)
        bytes += record_extent((enum field_id)i, shape) *
                 schema_element_size((enum field_id)i);
    if (!fits || bytes > CELL_BYTES_MAX)
        return error_set(err, STATUS_STUDY,
                         "%s: %d snapshots x %d layers x %d classes: a cell must be 1 "
                         "byte to 1 GiB",
                         path, shape.n_snapshots, shape.n_layers, shape.n_classes);
    schema->shape = shape;
    schema->batch = SCHEMA_BATCH_MAX;
    while (schema->batch > 1 && schema->batch * bytes > BATCH_BYTES_MAX)
        schema->batch /= 2;
    schema->read_batch = SCHEMA_READ_BATCH_MAX;
    while (schema->read_batch > schema->batch &&
           schema->read_batch * bytes > READ_BATCH_BYTES_MAX)
        schema->read_batch /= 2;
    return STATUS_OK;
}

/* The variable of a field, with the cell in front. */
static struct netcdf_variable field_variable(const struct schema *schema,
                                             enum field_id id)
{
    const struct field *field = field_get(id);
    struct netcdf_variable variable = {.name = field->name,
                                       .type = schema_type(id),
                                       .n_dims = field->n_dims + 1,
                                       .dims = {schema->cell_dim},
                                       .long_name = field->long_name,
                                       .units = field->units,
                                       .cells_per_chunk = schema->chunk};
    for (int d = 0; d < field->n_dims; d++)
        variable.dims[d + 1] = schema->dims[field->dims[d]];
    return variable;
}

static struct netcdf_variable crc_variable(const struct schema *schema)
{
    return (struct netcdf_variable){
        .name = "cell_crc",
        .type = NC_INT,
        .n_dims = 1,
        .dims = {schema->cell_dim},
        .long_name = "CRC-32 of the hash of the cell's values",
        .units = "1",
        .cells_per_chunk = schema->chunk};
}

static struct netcdf_variable label_variable(const struct schema *schema)
{
    return (struct netcdf_variable){
        .name = "snapshot_label",
        .type = NC_CHAR,
        .n_dims = 2,
        .dims = {schema->dims[DIM_SNAPSHOT], schema->label_dim},
        .long_name = "when in training the snapshot was taken",
        .units = "1"};
}

static enum status define_dims(struct schema *schema, const struct netcdf *file,
                               struct error *err)
{
    netcdf_define_dim(file, "cell", NC_UNLIMITED, &schema->cell_dim, err);
    for (int d = 0; d < DIM_COUNT; d++)
        netcdf_define_dim(file, field_dim_name((enum field_dim)d),
                          (size_t)record_dim((enum field_dim)d, schema->shape),
                          &schema->dims[d], err);
    return netcdf_define_dim(file, "label_len", LABEL_LENGTH, &schema->label_dim, err);
}

bool schema_has_dim(enum field_id id, enum field_dim dim)
{
    const struct field *field = field_get(id);
    for (int d = 0; d < field->n_dims; d++)
        if (field->dims[d] == dim)
            return true;
    return false;
}

/* Whether the study's cells can have the field. */
static bool is_measured(const struct archive_header *header, enum field_id id)
{
    const char *measure = field_measure(id);
    bool found = !measure;
    for (int i = 0; i < header->n_measures && !found; i++)
        found = strcmp(header->measures[i], measure) == 0;
    return found;
}

static enum status define_field(struct schema *schema, const struct netcdf *file,
                                enum field_id id, bool selects, struct error *err)
{
    const struct field *field = field_get(id);
    struct netcdf_variable variable = field_variable(schema, id);
    int *var = &schema->fields[id];
    if (field->role == FIELD_ROLE_SELECTION && !selects) {
        *var = -1;
        return err->status;
    }
    if (netcdf_define(file, &variable, var, err) != STATUS_OK)
        return err->status;
    if (field->type == FIELD_TYPE_FLAG)
        netcdf_put_flags(file, *var, field_flag_count(id), field->values, err);
    if (!field_has_fill(id))
        return err->status;
    netcdf_put_text(
        file, *var, "coordinates",
        schema_has_dim(id, DIM_SNAPSHOT) ? "cell_id snapshot_label" : "cell_id", err);
    return netcdf_put_fill(file, *var, variable.type, err);
}

enum status schema_define_axis(const struct netcdf *file, nc_type type, int dim,
                               const char *long_name, int *id, struct error *err)
{
    char name[NC_MAX_NAME + 1];
    struct netcdf_variable variable = {.name = name,
                                       .type = type,
                                       .n_dims = 1,
                                       .dims = {dim},
                                       .long_name = long_name,
                                       .units = "1"};
    if (err->status != STATUS_OK)
        return err->status;
    int code = nc_inq_dimname(file->id, dim, name);
    if (code != NC_NOERR)
        return netcdf_error(file, STATUS_IO, long_name, code, err);
    return netcdf_define(file, &variable, id, err);
}

enum status schema_write_numbers(const struct netcdf *file, int id, nc_type type,
                                 int first, int count, struct error *err)
{
    const size_t start = 0, n = (size_t)count;
    int32_t *ints = memory_alloc(n, sizeof *ints, err);
    signed char *bytes = memory_alloc(n, 1, err);
    for (int i = 0; ints && bytes && i < count; i++) {
        ints[i] = first + i;
        bytes[i] = (signed char)(first + i);
    }
    netcdf_write(file, id, &start, &n, type == NC_INT ? (void *)ints : (void *)bytes,
                 err);
    free(ints);
    free(bytes);
    return err->status;
}

struct axes {
    int layer, class, quantile, system, split;
};

static enum status define_axes(struct schema *schema, struct axes *axes,
                               const struct netcdf *file, struct error *err)
{
    const int *dims = schema->dims;
    struct netcdf_variable labels = label_variable(schema);
    netcdf_define(file, &labels, &schema->labels, err);
    schema_define_axis(file, NC_BYTE, dims[DIM_SYSTEM],
                       "node information that the layer's classifier uses", &axes->system,
                       err);
    netcdf_put_flags(file, axes->system, N_SYSTEMS, "discrete continuous combined", err);
    schema_define_axis(file, NC_BYTE, dims[DIM_SPLIT], "part of the data", &axes->split,
                       err);
    netcdf_put_flags(file, axes->split, N_SPLITS, "train validation test", err);
    schema_define_axis(
        file, NC_INT, dims[DIM_LAYER],
        "layer from the input, hidden layers first; the output layer of a cell is "
        "its depth + 1",
        &axes->layer, err);
    schema_define_axis(file, NC_INT, dims[DIM_CLASS], "class", &axes->class, err);
    return schema_define_axis(file, NC_DOUBLE, dims[DIM_QUANTILE],
                              "probability of the quantile", &axes->quantile, err);
}

static enum status write_axes(const struct schema *schema, const struct axes *axes,
                              const struct netcdf *file, const char *const *labels,
                              struct error *err)
{
    for (int s = 0; s < schema->shape.n_snapshots; s++) {
        char label[LABEL_LENGTH];
        const size_t start[2] = {(size_t)s, 0}, count[2] = {1, LABEL_LENGTH};
        record_fit_text(label, sizeof label, labels[s]);
        netcdf_write(file, schema->labels, start, count, label, err);
    }
    const size_t start = 0, count = N_QUANTILES;
    netcdf_write(file, axes->quantile, &start, &count, quantile_levels, err);
    schema_write_numbers(file, axes->system, NC_BYTE, 0, N_SYSTEMS, err);
    schema_write_numbers(file, axes->split, NC_BYTE, 0, N_SPLITS, err);
    schema_write_numbers(file, axes->layer, NC_INT, 1, schema->shape.n_layers, err);
    return schema_write_numbers(file, axes->class, NC_INT, 0, schema->shape.n_classes,
                                err);
}

/* "learning_rate,width". */
static void put_selection(const struct netcdf *file, const bool *select,
                          struct error *err)
{
    struct text names = {0};
    for (int i = 0; i < OPTION_COUNT; i++)
        if (select[i])
            text_appendf(&names, "%s%s", names.length ? "," : "",
                         field_get((enum field_id)i)->name);
    netcdf_put_text(file, NC_GLOBAL, SCHEMA_SELECT_OVER, text_string(&names), err);
    netcdf_put_text(file, NC_GLOBAL, "select_by", "validation_error", err);
    text_free(&names);
}

static enum status put_attributes(const struct netcdf *file,
                                  const struct archive_header *header, struct error *err)
{
    char data_hash[HASH_HEX + 1];
    hash_format(header->data_hash, data_hash);
    netcdf_put_text(file, NC_GLOBAL, "Conventions", "STRATA-1.0 ACDD-1.3", err);
    netcdf_put_text(file, NC_GLOBAL, "title", header->title, err);
    netcdf_put_text(file, NC_GLOBAL, "source", header->source, err);
    netcdf_put_text(file, NC_GLOBAL, "history", header->history, err);
    netcdf_put_text(file, NC_GLOBAL, "schema_version", SCHEMA_VERSION, err);
    netcdf_put_text(file, NC_GLOBAL, "study", header->study, err);
    netcdf_put_text(file, NC_GLOBAL, "data_hash", data_hash, err);
    netcdf_put_int(file, NC_GLOBAL, "numerics_version", header->numerics_version, err);
    netcdf_put_text(file, NC_GLOBAL, "rng", "Philox4x32-10", err);
    if (header->select)
        put_selection(file, header->select, err);
    return netcdf_put_int(file, NC_GLOBAL, "n_cells_planned", header->n_cells_planned,
                          err);
}

enum status schema_define(struct schema *schema, const struct netcdf *file,
                          const struct archive_header *header, struct error *err)
{
    struct axes axes = {0};
    if (err->status != STATUS_OK ||
        set_shape(schema, header->shape, file->path, err) != STATUS_OK ||
        define_dims(schema, file, err) != STATUS_OK ||
        define_axes(schema, &axes, file, err) != STATUS_OK)
        return err->status;
    /* HDF5 stores a chunk whole, however few cells it holds. */
    if (header->n_cells_planned > 0 && header->n_cells_planned < (int64_t)schema->batch)
        schema->batch = (size_t)header->n_cells_planned;
    schema->chunk = schema->batch < SCHEMA_CHUNK_MAX ? schema->batch : SCHEMA_CHUNK_MAX;
    for (int i = 0; i < FIELD_COUNT; i++) {
        schema->fields[i] = -1;
        if (is_measured(header, (enum field_id)i))
            define_field(schema, file, (enum field_id)i, header->select != NULL, err);
    }
    struct netcdf_variable crc = crc_variable(schema);
    netcdf_define(file, &crc, &schema->cell_crc, err);
    /* A dimension of length 0 would be a second unlimited one. */
    struct run_variables runs;
    if (header->n_runs > 0)
        schema_define_runs(&runs, schema, file, header->n_runs, err);
    put_attributes(file, header, err);
    if (netcdf_begin_data(file, err) != STATUS_OK)
        return err->status;
    write_axes(schema, &axes, file, header->snapshot_labels, err);
    if (header->n_runs > 0)
        schema_write_runs(&runs, file, header->runs, header->n_runs, err);
    return err->status;
}

enum status schema_put_origin(const struct netcdf *file, const struct file_origin *origin,
                              struct error *err)
{
    char data_hash[HASH_HEX + 1];
    hash_format(origin->data_hash, data_hash);
    netcdf_put_text(file, NC_GLOBAL, "Conventions", "STRATA-1.0 ACDD-1.3", err);
    netcdf_put_text(file, NC_GLOBAL, "title", origin->title, err);
    netcdf_put_text(file, NC_GLOBAL, "source", origin->source, err);
    netcdf_put_text(file, NC_GLOBAL, "schema_version", SCHEMA_VERSION, err);
    netcdf_put_text(file, NC_GLOBAL, "study", origin->study, err);
    netcdf_put_text(file, NC_GLOBAL, "data_hash", data_hash, err);
    return netcdf_put_int(file, NC_GLOBAL, "numerics_version", origin->numerics_version,
                          err);
}

static bool parse_version(const char *text, int64_t version[2])
{
    char major[24];
    const char *point = text ? strchr(text, '.') : NULL;
    if (!point || (size_t)(point - text) >= sizeof major)
        return false;
    memcpy(major, text, (size_t)(point - text));
    major[point - text] = '\0';
    return text_parse_int(major, &version[0]) && text_parse_int(point + 1, &version[1]) &&
           version[0] >= 0 && version[1] >= 0;
}

enum status schema_check_version(const struct netcdf *file, bool *newer_minor,
                                 struct error *err)
{
    char *text = NULL;
    int64_t ours[2], theirs[2];
    if (netcdf_get_text(file, "schema_version", &text, err) != STATUS_OK)
        return err->status;
    bool valid = parse_version(SCHEMA_VERSION, ours) && parse_version(text, theirs);
    free(text);
    if (!valid)
        return error_set(err, STATUS_DATA, "%s: not a Strata archive", file->path);
    if (theirs[0] != ours[0])
        return error_set(err, STATUS_VERSION,
                         "%s: archive schema %lld.%lld; this program reads %lld%s",
                         file->path, (long long)theirs[0], (long long)theirs[1],
                         (long long)ours[0],
                         theirs[0] > ours[0] ? ": it takes a newer strata" : "");
    *newer_minor = theirs[1] > ours[1];
    return STATUS_OK;
}

enum status schema_open_companion(struct netcdf *file, const char *path,
                                  const char *layout, const char *contents,
                                  bool *newer_minor, struct error *err)
{
    char *text = NULL;
    if (netcdf_open(file, path, err) != STATUS_OK)
        return err->status;
    if (netcdf_get_text(file, layout, &text, err) == STATUS_OK && !text)
        error_set(err, STATUS_DATA, "%s: not %s", path, contents);
    free(text);
    if (err->status == STATUS_OK)
        schema_check_version(file, newer_minor, err);
    if (err->status != STATUS_OK)
        nc_close(file->id);
    return err->status;
}

static enum status load_dims(struct schema *schema, const struct netcdf *file,
                             int64_t *n_cells, struct error *err)
{
    static const size_t limits[DIM_COUNT] = {SNAPSHOTS_MAX, N_SYSTEMS,     N_SPLITS,
                                             LAYERS_MAX,    CLASSES_MAX,   N_QUANTILES,
                                             ID_LENGTH,     MESSAGE_LENGTH};
    size_t cells = 0, label_length = 0, lengths[DIM_COUNT] = {0};
    netcdf_find_dim(file, "cell", INT32_MAX, &schema->cell_dim, &cells, err);
    netcdf_find_dim(file, "label_len", LABEL_LENGTH, &schema->label_dim, &label_length,
                    err);
    for (int d = 0; d < DIM_COUNT; d++)
        netcdf_find_dim(file, field_dim_name((enum field_dim)d), limits[d],
                        &schema->dims[d], &lengths[d], err);
    if (err->status != STATUS_OK)
        return err->status;
    struct record_shape shape = {(int)lengths[DIM_SNAPSHOT], (int)lengths[DIM_LAYER],
                                 (int)lengths[DIM_CLASS]};
    for (int d = 0; d < DIM_COUNT; d++)
        if (lengths[d] != (size_t)record_dim((enum field_dim)d, shape))
            return error_set(err, STATUS_DATA, "%s: dimension %s of %zu", file->path,
                             field_dim_name((enum field_dim)d), lengths[d]);
    int unlimited, code = nc_inq_unlimdim(file->id, &unlimited);
    if (code != NC_NOERR || unlimited != schema->cell_dim || label_length != LABEL_LENGTH)
        return error_set(err, STATUS_DATA, "%s: not a Strata archive", file->path);
    *n_cells = (int64_t)cells;
    struct error impossible = {0};
    if (set_shape(schema, shape, file->path, &impossible) != STATUS_OK)
        return error_set(err, STATUS_DATA, "%s", impossible.text);
    return STATUS_OK;
}

enum status schema_load(struct schema *schema, const struct netcdf *file,
                        int64_t *n_cells, struct error *err)
{
    if (err->status != STATUS_OK || load_dims(schema, file, n_cells, err) != STATUS_OK)
        return err->status;
    struct netcdf_variable labels = label_variable(schema), crc = crc_variable(schema);
    netcdf_find(file, &labels, &schema->labels, err);
    netcdf_find(file, &crc, &schema->cell_crc, err);
    for (int i = 0; i < FIELD_COUNT && err->status == STATUS_OK; i++) {
        struct netcdf_variable variable = field_variable(schema, (enum field_id)i);
        enum field_role role = field_get((enum field_id)i)->role;
        netcdf_find(file, &variable, &schema->fields[i], err);
        double implied;
        bool needed = role == FIELD_ROLE_IDENTITY ||
                      (role == FIELD_ROLE_OPTION &&
                       !field_implies((enum field_id)i, &implied));
        if (schema->fields[i] < 0 && needed)
            error_set(err, STATUS_DATA, "%s: variable %s is missing", file->path,
                      variable.name);
    }
    if (err->status == STATUS_OK && (schema->labels < 0 || schema->cell_crc < 0))
        error_set(err, STATUS_DATA, "%s: snapshot_label or cell_crc is missing",
                  file->path);
    return err->status;
}
