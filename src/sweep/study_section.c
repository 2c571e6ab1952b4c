#include "sweep/study_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void study_section_options(struct section *section, enum option_section where)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = option_get((enum field_id)i);
        bool belongs = where == OPTION_IN_GRID || option->section == where;
        if (belongs && !option->spelled_elsewhere)
            section->keys[section->n_keys++] = field_get((enum field_id)i)->name;
    }
}

static enum status unknown_key(const struct study_reader *reader,
                               const struct section *section, const struct yaml_node *key,
                               struct error *err)
{
    static const char *const places[] = {
        [OPTION_IN_GRID] = "grid:",
        [OPTION_IN_TRAIN] = "train: (or, as an axis, grid:)",
        [OPTION_IN_PROBE] = "probe: (or, as an axis, grid:)",
    };
    const char *name = yaml_text(reader->tree, key);
    enum field_id option = option_find(name);
    if (option != FIELD_COUNT)
        return yaml_fail(reader->tree, key, err, "'%s' belongs under %s", name,
                         places[option_get(option)->section]);
    return yaml_fail(reader->tree, key, err, "unknown key '%s' in %s%s",
                     text_quote(name).text, section->name[0] ? section->name : "a study",
                     text_suggest(name, section->keys, (size_t)section->n_keys).text);
}

static int find_key(const struct section *section, const char *name)
{
    for (int i = 0; i < section->n_keys; i++)
        if (strcmp(section->keys[i], name) == 0)
            return i;
    return -1;
}

enum status study_read_section(const struct study_reader *reader,
                               const struct yaml_node *map, const struct section *section,
                               struct section_values *values, struct error *err)
{
    const struct yaml_tree *tree = reader->tree;
    memset(values, 0, sizeof *values);
    if (yaml_is_null(tree, map))
        return STATUS_OK;
    if (map->kind != YAML_MAP)
        return yaml_fail(tree, map, err, "%s expected a mapping (key: value), got %s",
                         section->name, yaml_kind_text(map));
    const struct yaml_node *key = yaml_first(tree, map), *value;
    for (; key; key = yaml_next(tree, value)) {
        value = yaml_next(tree, key);
        int i = find_key(section, yaml_text(tree, key));
        if (i < 0)
            return unknown_key(reader, section, key, err);
        if (values->at[i])
            return yaml_fail(tree, key, err, "duplicate key '%s'", section->keys[i]);
        values->at[i] = value;
    }
    return STATUS_OK;
}

/* --- Values ------------------------------------------------------------------------ */

enum status study_read_scalar(const struct study_reader *reader,
                              const struct yaml_node *node, const char *key,
                              const char **text, struct error *err)
{
    if (node->kind != YAML_SCALAR)
        return yaml_fail(reader->tree, node, err, "%s: expected a single value, got %s",
                         key, yaml_kind_text(node));
    *text = yaml_text(reader->tree, node);
    return STATUS_OK;
}

enum status study_read_items(const struct study_reader *reader,
                             const struct yaml_node *node, const char *key,
                             const char ***items, size_t *n, struct error *err)
{
    bool list = node->kind == YAML_LIST;
    *n = 0;
    *items = memory_alloc(list ? node->n_children : 1, sizeof **items, err);
    if (!*items)
        return err->status;
    const struct yaml_node *item = list ? yaml_first(reader->tree, node) : node;
    enum status status = STATUS_OK;
    for (; item && !status; item = list ? yaml_next(reader->tree, item) : NULL)
        status = study_read_scalar(reader, item, key, &(*items)[(*n)++], err);
    if (status)
        free(*items);
    return status;
}

const struct yaml_node *study_item_node(const struct study_reader *reader,
                                        const struct yaml_node *node, size_t i)
{
    if (node->kind != YAML_LIST || node->n_children == 0)
        return node;
    const struct yaml_node *item = yaml_first(reader->tree, node);
    while (i-- > 0)
        item = yaml_next(reader->tree, item);
    return item;
}

/* --- Constants --------------------------------------------------------------------- */

static enum status read_constant(const struct study_reader *reader, enum field_id option,
                                 const struct yaml_node *node, struct error *err)
{
    const char *name = field_get(option)->name, *text = NULL;
    if (node->kind == YAML_LIST)
        return yaml_fail(reader->tree, node, err,
                         "%s: a list makes an axis: put it under grid:", name);
    enum status status = study_read_scalar(reader, node, name, &text, err);
    if (status)
        return status;
    struct error inner = {0};
    if (spec_parse(&reader->study->base, option, text, &inner))
        return yaml_fail(reader->tree, node, err, "%s: %s", name, inner.text);
    return STATUS_OK;
}

enum status study_read_constants(const struct study_reader *reader,
                                 const struct section *section,
                                 const struct section_values *values, int first,
                                 struct error *err)
{
    for (int i = first; i < section->n_keys; i++) {
        enum field_id option = option_find(section->keys[i]);
        enum status status = values->at[i]
                                 ? read_constant(reader, option, values->at[i], err)
                                 : STATUS_OK;
        if (status)
            return status;
    }
    return STATUS_OK;
}
