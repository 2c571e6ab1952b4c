#include "record/field.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *const system_names[N_SYSTEMS] = {"discrete", "continuous", "combined"};
const char *const split_names[N_SPLITS] = {"train", "validation", "test"};
const double quantile_levels[N_QUANTILES] = {0, 0.25, 0.5, 0.75, 1};

#define DIMS_CELL \
    0,            \
    {             \
        0         \
    }
#define DIMS_ID \
    1,          \
    {           \
        DIM_ID  \
    }
#define DIMS_MESSAGE \
    1,               \
    {                \
        DIM_MESSAGE  \
    }
#define DIMS_SNAPSHOT \
    1,                \
    {                 \
        DIM_SNAPSHOT  \
    }
#define DIMS_SPLIT_CLASS     \
    2,                       \
    {                        \
        DIM_SPLIT, DIM_CLASS \
    }
#define DIMS_SNAPSHOT_SPLIT     \
    2,                          \
    {                           \
        DIM_SNAPSHOT, DIM_SPLIT \
    }
#define DIMS_SNAPSHOT_LAYER     \
    2,                          \
    {                           \
        DIM_SNAPSHOT, DIM_LAYER \
    }
#define DIMS_SNAPSHOT_LAYER_QUANTILE          \
    3,                                        \
    {                                         \
        DIM_SNAPSHOT, DIM_LAYER, DIM_QUANTILE \
    }
#define DIMS_SNAPSHOT_SPLIT_LAYER          \
    3,                                     \
    {                                      \
        DIM_SNAPSHOT, DIM_SPLIT, DIM_LAYER \
    }
#define DIMS_SNAPSHOT_SPLIT_LAYER_CLASS               \
    4,                                                \
    {                                                 \
        DIM_SNAPSHOT, DIM_SPLIT, DIM_LAYER, DIM_CLASS \
    }
#define DIMS_SNAPSHOT_SPLIT_LAYER_QUANTILE               \
    4,                                                   \
    {                                                    \
        DIM_SNAPSHOT, DIM_SPLIT, DIM_LAYER, DIM_QUANTILE \
    }
#define DIMS_SNAPSHOT_SYSTEM_SPLIT_LAYER               \
    4,                                                 \
    {                                                  \
        DIM_SNAPSHOT, DIM_SYSTEM, DIM_SPLIT, DIM_LAYER \
    }

static const struct field fields[FIELD_COUNT] = {
#define X(id, name, type, dims, role, units, values, long_name) \
    {name, FIELD_TYPE_##type, DIMS_##dims, FIELD_ROLE_##role, units, values, long_name},
    FIELD_LIST(X)
#undef X
};

const struct field *field_get(enum field_id id)
{
    return &fields[id];
}

bool field_implies(enum field_id id, double *value)
{
    static const struct {
        enum field_id id;
        double value;
    } implied[] = {
#define X(id, value) {FIELD_##id, value},
        FIELD_IMPLIED_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof implied / sizeof *implied; i++)
        if (implied[i].id == id) {
            *value = implied[i].value;
            return true;
        }
    return false;
}

bool field_is_of_probe(enum field_id option)
{
    switch (option) {
    case FIELD_BANDWIDTH:
    case FIELD_BANDWIDTH_FIXED:
    case FIELD_PRIOR:
    case FIELD_DENSITY_GRID:
    case FIELD_QUARANTINE_LEAST:
    case FIELD_QUARANTINE_PURITY:
    case FIELD_SPECIFIC_SHARE:
        return true;
    default:
        return false;
    }
}

const char *field_measure(enum field_id id)
{
    static const char *const measures[FIELD_COUNT] = {
#define X(id, measure) [FIELD_##id] = measure,
        FIELD_MEASURED_LIST(X)
#undef X
    };
    return measures[id];
}

enum field_id field_find(const char *name)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strcmp(fields[i].name, name) == 0)
            return (enum field_id)i;
    return FIELD_COUNT;
}

const char *field_dim_name(enum field_dim dim)
{
    static const char *const names[DIM_COUNT] = {"snapshot", "system",     "split",
                                                 "layer",    "class",      "quantile",
                                                 "id_len",   "message_len"};
    return names[dim];
}

/* Start and length of value number `value` in a blank-separated list. */
static const char *flag_word(const char *values, int value, size_t *length)
{
    const char *word = values;
    for (int i = 0; i < value && word; i++) {
        word = strchr(word, ' ');
        word = word ? word + 1 : NULL;
    }
    *length = word ? strcspn(word, " ") : 0;
    return word;
}

bool field_flag_name(enum field_id id, int value, char *out, size_t size)
{
    size_t length;
    const char *word = value < 0 ? NULL : flag_word(fields[id].values, value, &length);
    if (!word || length >= size)
        return false;
    memcpy(out, word, length);
    out[length] = '\0';
    return true;
}

int field_flag_value(enum field_id id, const char *name)
{
    size_t length;
    const char *word;
    for (int i = 0; (word = flag_word(fields[id].values, i, &length)); i++)
        if (strlen(name) == length && strncmp(word, name, length) == 0)
            return i;
    return -1;
}

int field_flag_count(enum field_id id)
{
    size_t length;
    int n = 0;
    while (flag_word(fields[id].values, n, &length))
        n++;
    return n;
}

void field_format(enum field_id id, double value, char *out, size_t size)
{
    if (fields[id].type == FIELD_TYPE_FLAG && field_flag_name(id, (int)value, out, size))
        return;
    if (fields[id].type == FIELD_TYPE_REAL)
        text_format_double(out, size, value);
    else
        snprintf(out, size, "%.0f", value);
}

bool field_has_fill(enum field_id id)
{
    enum field_role role = fields[id].role;
    return role == FIELD_ROLE_RESULT || role == FIELD_ROLE_GROUPED ||
           role == FIELD_ROLE_SELECTION;
}

bool field_is_hashed(enum field_id id)
{
    return fields[id].role != FIELD_ROLE_PROVENANCE &&
           fields[id].role != FIELD_ROLE_SELECTION;
}

bool field_is_grouped(enum field_id id)
{
    return fields[id].role == FIELD_ROLE_GROUPED;
}
