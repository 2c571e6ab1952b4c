/* The section select:. */
#include <stdlib.h>
#include <string.h>

#include "sweep/study_reader.h"

enum { SELECT_OVER, SELECT_BY };

static const struct section select_section = {"select:", {"over", "by"}, 2};
static const char criterion[] = "validation_error"; /* the only one */

/* Whether cells may differ in the option. */
static bool is_some_axis(const struct study *study, enum field_id option)
{
    for (size_t i = 0; i < study->n_blocks; i++)
        if (block_axis(&study->blocks[i], option))
            return true;
    return false;
}

static enum status add_option(const struct study_reader *reader,
                              const struct yaml_node *node, const char *name,
                              struct error *err)
{
    struct study *study = reader->study;
    enum field_id option = option_find(name);
    if (option == FIELD_COUNT) {
        const char *names[OPTION_COUNT];
        int n = option_names(names);
        return yaml_fail(reader->tree, node, err, "over: no option is called '%s'%s",
                         text_quote(name).text,
                         text_suggest(name, names, (size_t)n).text);
    }
    if (option == FIELD_SEED)
        return yaml_fail(reader->tree, node, err,
                         "over: a seed is no better than another");
    if (field_is_of_probe(option))
        return yaml_fail(reader->tree, node, err,
                         "over: the validation error does not depend on %s", name);
    if (!is_some_axis(study, option))
        return yaml_fail(reader->tree, node, err, "over: %s is no axis of the grid",
                         name);
    if (study->select[option])
        return yaml_fail(reader->tree, node, err, "over: %s occurs twice", name);
    study->select[option] = true;
    return STATUS_OK;
}

static enum status read_over(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err)
{
    const char **items;
    size_t n;
    enum status status = study_read_items(reader, node, "over", &items, &n, err);
    if (status)
        return status;
    if (n == 0)
        status = yaml_fail(reader->tree, node, err,
                           "over: names no option to select a value of");
    for (size_t i = 0; !status && i < n; i++)
        status = add_option(reader, study_item_node(reader, node, i), items[i], err);
    free(items);
    return status;
}

static enum status read_by(const struct study_reader *reader,
                           const struct yaml_node *node, struct error *err)
{
    const char *name;
    enum status status = study_read_scalar(reader, node, "by", &name, err);
    if (!status && strcmp(name, criterion) != 0)
        status = yaml_fail(reader->tree, node, err, "by: expected %s, got '%s'",
                           criterion, text_quote(name).text);
    return status;
}

enum status study_read_select(const struct study_reader *reader,
                              const struct yaml_node *node, struct error *err)
{
    struct section_values values;
    if (!node || yaml_is_null(reader->tree, node))
        return STATUS_OK;
    enum status status = study_read_section(reader, node, &select_section, &values, err);
    if (!status && !values.at[SELECT_OVER])
        status = yaml_fail(reader->tree, node, err,
                           "select: over is missing (the options to select a value of)");
    if (!status)
        status = read_over(reader, values.at[SELECT_OVER], err);
    if (!status && values.at[SELECT_BY])
        status = read_by(reader, values.at[SELECT_BY], err);
    return status;
}

bool study_selects(const struct study *study)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (study->select[i])
            return true;
    return false;
}

void study_format_select(const struct study *study, struct text *out)
{
    const char *separator = "";
    if (!study_selects(study))
        return;
    text_append(out, "select:\n  over: [");
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!study->select[i])
            continue;
        text_appendf(out, "%s%s", separator, field_get((enum field_id)i)->name);
        separator = ", ";
    }
    text_appendf(out, "]\n  by: %s\n", criterion);
}
