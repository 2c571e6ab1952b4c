#include "sweep/study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sweep/study_internal.h"

const char *const measure_names[N_MEASURES] = {"patterns", "classifiers", "sample-sets",
                                               "corruption", "updates"};

_Static_assert(MEASURE_PATTERNS == 1 && MEASURE_CLASSIFIERS == 2 &&
                   MEASURE_SAMPLE_SETS == 4 && MEASURE_CORRUPTION == 8 &&
                   MEASURE_UPDATES == 16,
               "measure_names is in the order of the bits");

int study_measures(const struct study *study, const char *names[N_MEASURES])
{
    int n = 0;
    for (int i = 0; i < N_MEASURES; i++)
        if (study->measures & 1u << i)
            names[n++] = measure_names[i];
    return n;
}

/* --- Release ----------------------------------------------------------------------- */

static void blocks_free(struct grid_block *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < blocks[i].n_axes; k++)
            free(blocks[i].axes[k].values);
        free(blocks[i].axes);
    }
    free(blocks);
}

void study_fini(struct study *study)
{
    blocks_free(study->blocks, study->n_blocks);
    blocks_free(study->excludes, study->n_excludes);
    free(study->snapshots);
    memset(study, 0, sizeof *study);
}

/* --- study_set_axis ---------------------------------------------------------------- */

/* The string without blanks around it, cut in place. */
static char *trim(char *string)
{
    static const char blanks[] = " \t";
    string += strspn(string, blanks);
    size_t end = strlen(string);
    while (end > 0 && strchr(blanks, string[end - 1]))
        end--;
    string[end] = '\0';
    return string;
}

/* Splits "a, b, c" or "[a, b, c]" in place. Returns how many items were written. */
static size_t split_items(char *values, const char **items)
{
    size_t n = 0, length = strlen(values);
    if (length >= 2 && values[0] == '[' && values[length - 1] == ']') {
        values[length - 1] = '\0';
        values++;
    }
    for (char *item = values, *comma; item; item = comma) {
        comma = strchr(item, ',');
        if (comma)
            *comma++ = '\0';
        items[n++] = trim(item);
    }
    return n;
}

/* Builds the axis that `name` = `values` asks for. */
static enum status parse_values(struct axis *axis, const char *name, char *values,
                                struct error *err)
{
    enum field_id option = option_find(name);
    if (option == FIELD_COUNT) {
        const char *names[OPTION_COUNT];
        int n = option_names(names);
        return error_set(err, STATUS_STUDY, "no option is called '%s'%s",
                         text_quote(name).text,
                         text_suggest(name, names, (size_t)n).text);
    }
    if (!*values)
        return error_set(err, STATUS_STUDY, "the axis has no values");
    size_t most = 1;
    for (const char *p = values; *p; p++)
        most += *p == ',';
    const char **items = memory_alloc(most, sizeof *items, err);
    if (!items)
        return err->status;
    struct axis_source source = {.items = items, .limit = STUDY_AXIS_MAX};
    source.n_items = split_items(values, items);
    enum status status = axis_build(axis, option, &source, err);
    free(items);
    return status;
}

static size_t count_values(const struct grid_block *blocks, size_t n,
                           enum field_id except)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < blocks[i].n_axes; k++)
            if (blocks[i].axes[k].option != except)
                sum += blocks[i].axes[k].n_values;
    return sum;
}

/* Every block that will have the axis gets a copy of it: the sum stays within the limit
 * that study_parse keeps. */
static enum status check_total(const struct study *study, const struct axis *axis,
                               struct error *err)
{
    size_t sum = count_values(study->blocks, study->n_blocks, axis->option) +
                 count_values(study->excludes, study->n_excludes, FIELD_COUNT);
    if (sum > STUDY_VALUES_MAX ||
        axis->n_values * study->n_blocks > STUDY_VALUES_MAX - sum)
        return error_set(err, STATUS_STUDY, "more than %d values in all blocks together",
                         STUDY_VALUES_MAX);
    return STATUS_OK;
}

/* Puts a copy of the axis into the block: over its present one, or behind the others. */
static enum status block_set_axis(struct grid_block *block, const struct axis *axis,
                                  struct error *err)
{
    struct spec *values = memory_alloc(axis->n_values, sizeof *values, err);
    if (!values)
        return err->status;
    memcpy(values, axis->values, axis->n_values * sizeof *values);
    struct axis *place = block_axis(block, axis->option);
    if (!place) {
        struct axis *axes = memory_alloc(block->n_axes + 1, sizeof *axes, err);
        if (!axes) {
            free(values);
            return err->status;
        }
        memcpy(axes, block->axes, block->n_axes * sizeof *axes);
        free(block->axes);
        block->axes = axes;
        place = &axes[block->n_axes++];
    }
    free(place->values);
    *place = *axis;
    place->values = values;
    return STATUS_OK;
}

static enum status set_axis(struct study *study, const struct axis *axis,
                            struct error *err)
{
    bool present = false;
    enum status status = check_total(study, axis, err);
    for (size_t i = 0; i < study->n_blocks; i++)
        present = present || block_axis(&study->blocks[i], axis->option);
    for (size_t i = 0; !status && i < study->n_blocks; i++)
        if (!present || block_axis(&study->blocks[i], axis->option))
            status = block_set_axis(&study->blocks[i], axis, err);
    return status;
}

/* Sets the axis of "name=values"; `copy` may be written to. */
static enum status assign(struct study *study, char *copy, struct error *err)
{
    char *values = strchr(copy, '=');
    if (!values)
        return error_set(err, STATUS_STUDY, "expected axis=values");
    *values++ = '\0';
    struct axis axis = {0};
    enum status status = parse_values(&axis, trim(copy), trim(values), err);
    if (!status)
        status = set_axis(study, &axis, err);
    free(axis.values);
    return status;
}

enum status study_set_axis(struct study *study, const char *assignment, struct error *err)
{
    size_t length = strlen(assignment);
    if (length > STUDY_FILE_MAX)
        return error_set(err, STATUS_STUDY, "--set %s: too long",
                         text_quote(assignment).text);
    char *copy = memory_alloc(length + 1, 1, err);
    if (!copy)
        return err->status;
    memcpy(copy, assignment, length + 1);
    struct error inner = {0};
    enum status status = assign(study, copy, &inner);
    free(copy);
    if (status)
        error_set(err, status, "--set %s: %s", text_quote(assignment).text, inner.text);
    return status;
}
