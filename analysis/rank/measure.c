#include "analysis/rank/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_LAYER_RULES = MEASURE_MEAN_HIDDEN + 1 };

static const char *const layer_rules[N_LAYER_RULES] = {"last", "mean"};

/* The places that a measure may have on each dimension; none where it has no name. */
static const struct {
    const char *const *names;
    int n;
} places[DIM_COUNT] = {
    [DIM_SYSTEM] = {system_names, N_SYSTEMS},
    [DIM_SPLIT] = {split_names, N_SPLITS},
    [DIM_LAYER] = {layer_rules, N_LAYER_RULES},
};

bool measure_is_field(enum field_id id)
{
    const struct field *field = field_get(id);
    if (!field_is_grouped(id) || field->n_dims < 1 || field->dims[0] != DIM_SNAPSHOT)
        return false;
    for (int d = 1; d < field->n_dims; d++)
        if (places[field->dims[d]].n == 0)
            return false;
    return true;
}

/* The dimension that a name without LAYERS leaves out; 0 where there is none. */
static int layer_dim(enum field_id id)
{
    const struct field *field = field_get(id);
    int last = field->n_dims - 1;
    return last > 0 && field->dims[last] == DIM_LAYER ? last : 0;
}

bool measure_is_by_layer(const struct measure *measure)
{
    int d = layer_dim(measure->field);
    return d > 0 && measure->at[d] == MEASURE_EACH_LAYER;
}

bool measure_next(struct measure *measure)
{
    const struct field *field = field_get(measure->field);
    for (int d = field->n_dims - 1 - measure_is_by_layer(measure); d > 0; d--) {
        if (++measure->at[d] < places[field->dims[d]].n)
            return true;
        measure->at[d] = 0;
    }
    return false;
}

bool measure_name(const struct measure *measure, char out[TABLE_WORD_MAX])
{
    const struct field *field = field_get(measure->field);
    bool training = true;
    int length = snprintf(out, TABLE_WORD_MAX, "%s", field->name);
    int n_dims = field->n_dims - measure_is_by_layer(measure);
    for (int d = 1; d < n_dims && length < TABLE_WORD_MAX; d++) {
        length += snprintf(out + length, (size_t)(TABLE_WORD_MAX - length), ".%s",
                           places[field->dims[d]].names[measure->at[d]]);
        if (field->dims[d] == DIM_SPLIT)
            training = measure->at[d] == SPLIT_TRAIN;
    }
    return training;
}

enum status measure_fail_unknown(const char *option, const char *word, struct error *err)
{
    const char *names[FIELD_COUNT];
    size_t n = 0;
    for (int id = 0; id < FIELD_COUNT; id++)
        if (measure_is_field((enum field_id)id))
            names[n++] = field_get((enum field_id)id)->name;
    return error_set(err, STATUS_USAGE, "--%s %s: no such measure%s", option,
                     text_quote(word).text, text_suggest(word, names, n).text);
}

/* Moves on to the measure called `name`. */
static bool seek(struct measure *measure, const char *name)
{
    char known[TABLE_WORD_MAX];
    do {
        measure_name(measure, known);
        if (strcmp(known, name) == 0)
            return true;
    } while (measure_next(measure));
    return false;
}

static enum status find(struct measure *measure, const char *name, bool each_layer,
                        const char *option, struct error *err)
{
    char field[TABLE_WORD_MAX], example[TABLE_WORD_MAX];
    snprintf(field, sizeof field, "%.*s", (int)strcspn(name, "."), name);
    enum field_id id = field_find(field);
    if (id == FIELD_COUNT || !measure_is_field(id))
        return measure_fail_unknown(option, name, err);
    *measure = (struct measure){.field = id};
    if (seek(measure, name))
        return STATUS_OK;
    *measure = (struct measure){.field = id};
    if (each_layer && layer_dim(id) > 0)
        measure->at[layer_dim(id)] = MEASURE_EACH_LAYER;
    measure_name(measure, example);
    if (measure_is_by_layer(measure) && seek(measure, name))
        return STATUS_OK;
    return error_set(err, STATUS_USAGE, "--%s %s: names no one number: as in %s", option,
                     text_quote(name).text, example);
}

enum status measure_find(struct measure *measure, const char *name, const char *option,
                         struct error *err)
{
    return find(measure, name, false, option, err);
}

enum status measure_find_any(struct measure *measure, const char *name,
                             const char *option, struct error *err)
{
    return find(measure, name, true, option, err);
}

static double value_at(enum field_id id, const struct record *record, int snapshot,
                       const int at[FIELD_DIMS_MAX])
{
    double value = record_real(
        record, id)[record_index(id, record->shape, snapshot, at[1], at[2], at[3])];
    return value == RECORD_FILL_REAL ? (double)NAN : value;
}

double measure_of_cell(const struct measure *measure, const struct record *record,
                       int snapshot)
{
    int at[FIELD_DIMS_MAX], layer = layer_dim(measure->field);
    int depth = record->shape.n_layers - 1;
    memcpy(at, measure->at, sizeof at);
    if (layer == 0)
        return value_at(measure->field, record, snapshot, at);
    if (depth < 1)
        return NAN; /* what no network has, but a damaged file may */
    int first = at[layer] == MEASURE_LAST_HIDDEN ? depth - 1 : 0;
    double sum = 0;
    for (int l = first; l < depth; l++) {
        at[layer] = l;
        sum += value_at(measure->field, record, snapshot, at);
    }
    return sum / (depth - first);
}
