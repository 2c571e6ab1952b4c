#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* Limits of a shape that is believed when read from a file. */
enum { MAX_SNAPSHOTS = 100000, MAX_LAYERS = 10000, MAX_CLASSES = 65536 };

int record_dim(enum field_dim dim, struct record_shape shape)
{
    switch (dim) {
    case DIM_SNAPSHOT:
        return shape.n_snapshots;
    case DIM_LAYER:
        return shape.n_layers;
    case DIM_CLASS:
        return shape.n_classes;
    case DIM_SYSTEM:
        return N_SYSTEMS;
    case DIM_SPLIT:
        return N_SPLITS;
    case DIM_QUANTILE:
        return N_QUANTILES;
    case DIM_ID:
        return ID_LENGTH;
    case DIM_MESSAGE:
        return MESSAGE_LENGTH;
    case DIM_COUNT:
        break;
    }
    return 0;
}

size_t record_extent(enum field_id id, struct record_shape shape)
{
    const struct field *field = field_get(id);
    size_t extent = 1;
    for (int d = 0; d < field->n_dims; d++)
        extent *= (size_t)record_dim(field->dims[d], shape);
    return extent;
}

/* The three arrays of a record. */
enum store { STORE_INT, STORE_REAL, STORE_TEXT, STORE_COUNT };

static enum store field_store(enum field_id id)
{
    switch (field_get(id)->type) {
    case FIELD_TYPE_INT:
    case FIELD_TYPE_FLAG:
        return STORE_INT;
    case FIELD_TYPE_REAL:
        return STORE_REAL;
    case FIELD_TYPE_TEXT:
        break;
    }
    return STORE_TEXT;
}

enum status record_init(struct record *record, struct record_shape shape,
                        struct error *err)
{
    size_t lengths[STORE_COUNT] = {0};
    memset(record, 0, sizeof *record);
    record->shape = shape;
    for (int i = 0; i < FIELD_COUNT; i++) {
        size_t *length = &lengths[field_store((enum field_id)i)];
        record->offsets[i] = *length;
        *length += record_extent((enum field_id)i, shape);
    }
    record->n_ints = lengths[STORE_INT];
    record->n_reals = lengths[STORE_REAL];
    record->n_texts = lengths[STORE_TEXT];
    record->ints = memory_alloc(record->n_ints, sizeof *record->ints, err);
    record->reals = memory_alloc(record->n_reals, sizeof *record->reals, err);
    record->texts = memory_alloc(record->n_texts, 1, err);
    if (err->status != STATUS_OK) {
        record_fini(record);
        return err->status;
    }
    record_clear(record);
    return STATUS_OK;
}

void record_fini(struct record *record)
{
    free(record->ints);
    free(record->reals);
    free(record->texts);
    memset(record, 0, sizeof *record);
}

void record_clear(struct record *record)
{
    for (size_t i = 0; i < record->n_ints; i++)
        record->ints[i] = RECORD_FILL_INT;
    for (size_t i = 0; i < record->n_reals; i++)
        record->reals[i] = RECORD_FILL_REAL;
    memset(record->texts, 0, record->n_texts);
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        double implied;
        if (!field_implies(id, &implied))
            continue;
        if (field_store(id) == STORE_REAL)
            *record_real(record, id) = implied;
        else
            *record_int(record, id) = (int32_t)implied;
    }
}

int32_t *record_int(const struct record *record, enum field_id id)
{
    return record->ints + record->offsets[id];
}

double *record_real(const struct record *record, enum field_id id)
{
    return record->reals + record->offsets[id];
}

char *record_text(const struct record *record, enum field_id id)
{
    return record->texts + record->offsets[id];
}

size_t record_index(enum field_id id, struct record_shape shape, int i, int j, int k,
                    int l)
{
    const struct field *field = field_get(id);
    const int indices[FIELD_DIMS_MAX] = {i, j, k, l};
    size_t index = 0;
    for (int d = 0; d < field->n_dims; d++)
        index = index * (size_t)record_dim(field->dims[d], shape) + (size_t)indices[d];
    return index;
}

void record_fit_text(char *out, size_t size, const char *string)
{
    size_t length = strnlen(string, size + 1), at;
    if (length > size) {
        length = size;
        while (length > 0 && ((unsigned char)string[length] & 0xc0) == 0x80)
            length--;
    }
    memset(out, 0, size);
    memcpy(out, string, length);
    for (size_t i = 0; !text_valid_utf8(out + i, length - i, &at); i += at + 1)
        out[i + at] = '?';
}

void record_set_text(struct record *record, enum field_id id, const char *string)
{
    record_fit_text(record_text(record, id), record_extent(id, record->shape), string);
}

/* The bytes of a field's block. */
static const void *field_bytes(const struct record *record, enum field_id id,
                               size_t *length)
{
    size_t extent = record_extent(id, record->shape);
    switch (field_store(id)) {
    case STORE_INT:
        *length = extent * sizeof(int32_t);
        return record_int(record, id);
    case STORE_REAL:
        *length = extent * sizeof(double);
        return record_real(record, id);
    default:
        *length = extent;
        return record_text(record, id);
    }
}

static struct hash128 name_hash(enum field_id id)
{
    const char *name = field_get(id)->name;
    return hash_bytes(name, strlen(name));
}

static bool is_fill(const struct record *record, enum field_id id)
{
    size_t extent = record_extent(id, record->shape), i = 0;
    switch (field_store(id)) {
    case STORE_INT:
        for (const int32_t *ints = record_int(record, id); i < extent; i++)
            if (ints[i] != RECORD_FILL_INT)
                return false;
        return true;
    case STORE_REAL:
        for (const double *reals = record_real(record, id); i < extent; i++)
            if (reals[i] != RECORD_FILL_REAL)
                return false;
        return true;
    default:
        for (const char *text = record_text(record, id); i < extent; i++)
            if (text[i] != '\0')
                return false;
        return true;
    }
}

/* Whether the field is an option with the value that it had before it existed. */
static bool is_implied(const struct record *record, enum field_id id)
{
    double implied;
    if ((int)id >= OPTION_COUNT || !field_implies(id, &implied))
        return false;
    return field_store(id) == STORE_REAL ? *record_real(record, id) == implied
                                         : *record_int(record, id) == (int32_t)implied;
}

struct hash128 record_hash(const struct record *record)
{
    struct hash128 hash = {0, 0};
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (!field_is_hashed(id) || is_fill(record, id) || is_implied(record, id))
            continue;
        size_t length;
        const void *data = field_bytes(record, id, &length);
        hash = hash_chain(hash, name_hash(id));
        hash = hash_chain(hash, hash_bytes(data, length));
    }
    return hash;
}

static bool is_of_cell(enum field_id id)
{
    return field_get(id)->role != FIELD_ROLE_SELECTION;
}

void record_pack(const struct record *record, struct bytes *out)
{
    uint32_t n_fields = 0;
    for (int i = 0; i < FIELD_COUNT; i++)
        n_fields += is_of_cell((enum field_id)i);
    bytes_put_u32(out, (uint32_t)record->shape.n_snapshots);
    bytes_put_u32(out, (uint32_t)record->shape.n_layers);
    bytes_put_u32(out, (uint32_t)record->shape.n_classes);
    bytes_put_u32(out, n_fields);
    for (int i = 0; i < FIELD_COUNT; i++) {
        size_t length;
        if (!is_of_cell((enum field_id)i))
            continue;
        const void *data = field_bytes(record, (enum field_id)i, &length);
        bytes_put_u64(out, name_hash((enum field_id)i).low);
        bytes_put_u64(out, length);
        bytes_put(out, data, length);
    }
}

static enum field_id find_key(uint64_t key)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (name_hash((enum field_id)i).low == key)
            return (enum field_id)i;
    return FIELD_COUNT;
}

/* Flags are used as indices. */
static bool flags_known(const struct record *record, enum field_id id)
{
    if (field_get(id)->type != FIELD_TYPE_FLAG)
        return true;
    int count = field_flag_count(id);
    const int32_t *values = record_int(record, id);
    for (size_t i = 0; i < record_extent(id, record->shape); i++)
        if (values[i] != RECORD_FILL_INT && (values[i] < 0 || values[i] >= count))
            return false;
    return true;
}

static enum status unpack_fields(struct record *record, struct bytes_reader *reader,
                                 struct error *err)
{
    uint32_t n_fields = bytes_get_u32(reader);
    for (uint32_t i = 0; i < n_fields && !reader->failed; i++) {
        enum field_id id = find_key(bytes_get_u64(reader));
        uint64_t stored = bytes_get_u64(reader);
        const void *data = bytes_get(reader, stored);
        if (!data || id == FIELD_COUNT)
            continue;
        size_t length;
        void *block = (void *)(uintptr_t)field_bytes(record, id, &length);
        if (stored != length)
            return error_set(err, STATUS_DATA, "record: field %s has %llu bytes, not %zu",
                             field_get(id)->name, (unsigned long long)stored, length);
        memcpy(block, data, length);
        if (!flags_known(record, id))
            return error_set(err, STATUS_DATA, "record: unknown value of %s",
                             field_get(id)->name);
    }
    if (reader->failed || reader->offset != reader->length)
        return error_set(err, STATUS_DATA, "record: %zu bytes do not hold its fields",
                         reader->length);
    return STATUS_OK;
}

/* True where a payload of `length` bytes can hold the shape that it claims: every product
 * is at most the bytes of a field of the first schema. Decided before allocating. */
static bool shape_fits(uint64_t snapshots, uint64_t layers, uint64_t classes,
                       size_t length)
{
    return snapshots <= MAX_SNAPSHOTS && layers <= MAX_LAYERS && classes <= MAX_CLASSES &&
           snapshots * N_SPLITS * layers * classes <= length &&
           snapshots * N_SPLITS * layers <= length && snapshots * N_SPLITS <= length &&
           N_SPLITS * classes <= length;
}

enum status record_unpack(struct record *record, const void *data, size_t length,
                          struct error *err)
{
    struct bytes_reader reader = bytes_reader(data, length);
    uint32_t snapshots = bytes_get_u32(&reader);
    uint32_t layers = bytes_get_u32(&reader);
    uint32_t classes = bytes_get_u32(&reader);
    memset(record, 0, sizeof *record);
    if (reader.failed || !shape_fits(snapshots, layers, classes, length))
        return error_set(err, STATUS_DATA, "record: impossible shape %u x %u x %u",
                         snapshots, layers, classes);
    struct record_shape shape = {(int)snapshots, (int)layers, (int)classes};
    enum status status = record_init(record, shape, err);
    if (status == STATUS_OK)
        status = unpack_fields(record, &reader, err);
    if (status != STATUS_OK)
        record_fini(record);
    return status;
}
