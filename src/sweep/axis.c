#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sweep/study_internal.h"

/* One item of an axis: count values from `first`, `step` apart. A scalar has count 1. */
struct span {
    bool is_range;
    double first, step;
    size_t count;
};

/* Order of two specs' values of an option. */
static int compare_values(const struct spec *a, const struct spec *b,
                          enum field_id option)
{
    double x = a->value[option], y = b->value[option];
    if (x == y && option == FIELD_BANDWIDTH) {
        x = a->value[FIELD_BANDWIDTH_FIXED];
        y = b->value[FIELD_BANDWIDTH_FIXED];
    }
    return (x > y) - (x < y);
}

static void copy_value(const struct spec *from, enum field_id option, struct spec *to)
{
    to->value[option] = from->value[option];
    if (option == FIELD_BANDWIDTH)
        to->value[FIELD_BANDWIDTH_FIXED] = from->value[FIELD_BANDWIDTH_FIXED];
}

enum { NUMBER_TEXT_MAX = 24 };

/* Reads `length` characters as a value of the option. */
static enum status parse_end(double *value, enum field_id option, const char *text,
                             size_t length, struct error *err)
{
    char number[NUMBER_TEXT_MAX];
    struct spec spec = {{0}};
    if (length >= sizeof number)
        return error_set(err, STATUS_STUDY, "'%s': too many digits",
                         text_quote(text).text);
    memcpy(number, text, length);
    number[length] = '\0';
    enum status status = spec_parse(&spec, option, number, err);
    *value = spec.value[option];
    return status;
}

/* a..b or a..b:step, `dots` being where the two dots are. */
static enum status parse_range(struct span *span, enum field_id option, const char *item,
                               const char *dots, struct error *err)
{
    if (field_get(option)->type != FIELD_TYPE_INT)
        return error_set(err, STATUS_STUDY,
                         "'%s': a range a..b is for options with whole numbers",
                         text_quote(item).text);
    const char *last_text = dots + 2, *colon = strchr(last_text, ':');
    size_t last_length = colon ? (size_t)(colon - last_text) : strlen(last_text);
    double last = 0;
    int64_t step = 1;
    enum status status = parse_end(&span->first, option, item, (size_t)(dots - item),
                                   err);
    if (!status)
        status = parse_end(&last, option, last_text, last_length, err);
    if (status)
        return status;
    if (colon && (!text_parse_int(colon + 1, &step) || step < 1 || step > INT32_MAX))
        return error_set(err, STATUS_STUDY,
                         "'%s': the step of a range is a whole number from 1",
                         text_quote(item).text);
    if (last < span->first)
        return error_set(err, STATUS_STUDY,
                         "'%s': the range is empty (its end is below its start)",
                         text_quote(item).text);
    span->step = (double)step;
    span->count = (size_t)((int64_t)(last - span->first) / step) + 1;
    return STATUS_OK;
}

static enum status parse_item(struct span *span, enum field_id option, const char *item,
                              struct error *err)
{
    const char *dots = strstr(item, "..");
    *span = (struct span){.is_range = dots != NULL, .count = 1};
    return dots ? parse_range(span, option, item, dots, err) : STATUS_OK;
}

static enum status count_values(struct axis_source *source, enum field_id option,
                                size_t *count, struct error *err)
{
    *count = 0;
    for (size_t i = 0; i < source->n_items; i++) {
        struct span span;
        source->failed = i;
        enum status status = parse_item(&span, option, source->items[i], err);
        if (status)
            return status;
        if (span.count > source->limit - *count)
            return error_set(err, STATUS_STUDY,
                             "'%s': too many values: at most %d on one axis and %d in "
                             "all of a study",
                             text_quote(source->items[i]).text, STUDY_AXIS_MAX,
                             STUDY_VALUES_MAX);
        *count += span.count;
    }
    if (*count == 0)
        return error_set(err, STATUS_STUDY, "the axis has no values");
    return STATUS_OK;
}

static enum status fill_values(struct axis *axis, struct axis_source *source,
                               struct error *err)
{
    struct spec *value = axis->values;
    for (size_t i = 0; i < source->n_items; i++) {
        struct span span;
        source->failed = i;
        enum status status = parse_item(&span, axis->option, source->items[i], err);
        if (!status && !span.is_range)
            status = spec_parse(value++, axis->option, source->items[i], err);
        if (status)
            return status;
        for (size_t k = 0; span.is_range && k < span.count; k++)
            (value++)->value[axis->option] = span.first + (double)k * span.step;
    }
    return STATUS_OK;
}

static int compare_indices(const void *a, const void *b, void *context)
{
    const struct axis *axis = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int order = compare_values(&axis->values[i], &axis->values[j], axis->option);
    return order ? order : (i > j) - (i < j);
}

/* *at is the index of the first value that occurred before, n_values where there is none.
 */
static enum status find_duplicate(struct axis *axis, size_t *at, struct error *err)
{
    uint32_t *order = memory_alloc(axis->n_values, sizeof *order, err);
    if (!order)
        return err->status;
    for (size_t i = 0; i < axis->n_values; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, axis->n_values, sizeof *order, compare_indices, axis);
    *at = axis->n_values;
    for (size_t i = 1; i < axis->n_values; i++) {
        const struct spec *a = &axis->values[order[i - 1]], *b = &axis->values[order[i]];
        if (compare_values(a, b, axis->option) == 0 && order[i] < *at)
            *at = order[i];
    }
    free(order);
    return STATUS_OK;
}

static enum status check_duplicates(struct axis *axis, struct axis_source *source,
                                    struct error *err)
{
    size_t at = axis->n_values, end = 0;
    enum status status = find_duplicate(axis, &at, err);
    if (status || at == axis->n_values)
        return status;
    for (size_t i = 0; i < source->n_items && end <= at; i++) {
        struct span span;
        status = parse_item(&span, axis->option, source->items[i], err);
        if (status)
            return status;
        source->failed = i;
        end += span.count;
    }
    struct text value = {0};
    spec_format(&axis->values[at], axis->option, &value);
    error_set(err, STATUS_STUDY, "the value %s occurs twice", text_string(&value));
    text_free(&value);
    return STATUS_STUDY;
}

enum status axis_build(struct axis *axis, enum field_id option,
                       struct axis_source *source, struct error *err)
{
    *axis = (struct axis){.option = option};
    enum status status = count_values(source, option, &axis->n_values, err);
    if (status)
        return status;
    axis->values = memory_alloc(axis->n_values, sizeof *axis->values, err);
    if (!axis->values)
        return err->status;
    status = fill_values(axis, source, err);
    if (!status)
        status = check_duplicates(axis, source, err);
    if (status) {
        free(axis->values);
        *axis = (struct axis){.option = option};
    }
    return status;
}

static int compare_specs(const void *a, const void *b, void *context)
{
    const enum field_id *option = context;
    return compare_values(a, b, *option);
}

void axis_sort(struct axis *axis)
{
    qsort_r(axis->values, axis->n_values, sizeof *axis->values, compare_specs,
            &axis->option);
}

bool axis_has(const struct axis *axis, const struct spec *spec)
{
    size_t low = 0, high = axis->n_values;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_values(&axis->values[middle], spec, axis->option);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

void axis_apply(const struct axis *axis, size_t k, struct spec *spec)
{
    copy_value(&axis->values[k], axis->option, spec);
}

struct axis *block_axis(const struct grid_block *block, enum field_id option)
{
    for (size_t i = 0; i < block->n_axes; i++)
        if (block->axes[i].option == option)
            return &block->axes[i];
    return NULL;
}

bool study_is_axis(const struct study *study, enum field_id option)
{
    for (size_t i = 0; i < study->n_blocks; i++)
        if (!block_axis(&study->blocks[i], option))
            return false;
    return study->n_blocks > 0;
}
