/* The sections grid:, blocks: and exclude:. */
#include <stdlib.h>

#include "base/memory.h"
#include "sweep/study_reader.h"

static enum status read_axis(struct study_reader *reader, struct axis *axis,
                             enum field_id option, const struct yaml_node *node,
                             struct error *err)
{
    const char *name = field_get(option)->name, **items;
    struct axis_source source = {.limit = STUDY_VALUES_MAX - reader->n_values};
    enum status status = study_read_items(reader, node, name, &items, &source.n_items,
                                          err);
    if (status)
        return status;
    source.items = items;
    if (source.limit > STUDY_AXIS_MAX)
        source.limit = STUDY_AXIS_MAX;
    struct error inner = {0};
    status = axis_build(axis, option, &source, &inner);
    free(items);
    reader->n_values += axis->n_values;
    if (status == STATUS_STUDY)
        return yaml_fail(reader->tree, study_item_node(reader, node, source.failed), err,
                         "%s: %s", name, inner.text);
    return status ? error_set(err, status, "%s", inner.text) : STATUS_OK;
}

/* Reads a mapping of options into a block, in the file's order. */
static enum status read_block(struct study_reader *reader, struct grid_block *block,
                              const struct yaml_node *map, const char *name,
                              struct error *err)
{
    struct section section = {.name = name};
    struct section_values values;
    study_section_options(&section, OPTION_IN_GRID);
    enum status status = study_read_section(reader, map, &section, &values, err);
    if (status)
        return status;
    size_t n_axes = map->n_children / 2;
    block->axes = memory_alloc(n_axes, sizeof *block->axes, err);
    if (!block->axes)
        return err->status;
    const struct yaml_tree *tree = reader->tree;
    const struct yaml_node *key = yaml_first(tree, map), *value;
    for (; key && !status; key = yaml_next(tree, value)) {
        value = yaml_next(tree, key);
        enum field_id option = option_find(yaml_text(tree, key));
        status = read_axis(reader, &block->axes[block->n_axes++], option, value, err);
    }
    return status;
}

static enum status check_required(const struct study_reader *reader,
                                  const struct grid_block *block,
                                  const struct yaml_node *map, const char *name,
                                  struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_get((enum field_id)i)->required &&
            !block_axis(block, (enum field_id)i))
            return yaml_fail(reader->tree, map, err, "%s the axis '%s' is missing", name,
                             field_get((enum field_id)i)->name);
    return STATUS_OK;
}

/* The number of entries of a list of mappings, and its first one. */
static enum status open_list(const struct study_reader *reader,
                             const struct yaml_node *list, const char *name, size_t *n,
                             struct error *err)
{
    *n = 0;
    if (!list || yaml_is_null(reader->tree, list))
        return STATUS_OK;
    if (list->kind != YAML_LIST)
        return yaml_fail(reader->tree, list, err,
                         "%s expected a list of mappings, got %s", name,
                         yaml_kind_text(list));
    if (list->n_children > STUDY_BLOCKS_MAX)
        return yaml_fail(reader->tree, list, err, "%s more than %d entries", name,
                         STUDY_BLOCKS_MAX);
    *n = list->n_children;
    return STATUS_OK;
}

enum status study_read_grids(struct study_reader *reader, const struct yaml_node *grid,
                             const struct yaml_node *blocks, struct error *err)
{
    struct study *study = reader->study;
    size_t n;
    if (!grid)
        return yaml_fail(reader->tree, reader->tree->nodes, err, "grid: is missing");
    enum status status = open_list(reader, blocks, "blocks:", &n, err);
    if (status)
        return status;
    study->blocks = memory_alloc(n + 1, sizeof *study->blocks, err);
    if (!study->blocks)
        return err->status;
    const struct yaml_node *map = grid;
    const char *name = "grid:";
    for (size_t i = 0; i <= n && !status; i++) {
        struct grid_block *block = &study->blocks[study->n_blocks++];
        status = read_block(reader, block, map, name, err);
        if (!status)
            status = check_required(reader, block, map, name, err);
        map = i == 0 ? (n > 0 ? yaml_first(reader->tree, blocks) : NULL)
                     : yaml_next(reader->tree, map);
        name = "blocks:";
    }
    return status;
}

enum status study_read_excludes(struct study_reader *reader, const struct yaml_node *list,
                                struct error *err)
{
    struct study *study = reader->study;
    size_t n;
    enum status status = open_list(reader, list, "exclude:", &n, err);
    if (status || n == 0)
        return status;
    study->excludes = memory_alloc(n, sizeof *study->excludes, err);
    if (!study->excludes)
        return err->status;
    const struct yaml_node *map = yaml_first(reader->tree, list);
    for (; map && !status; map = yaml_next(reader->tree, map)) {
        struct grid_block *block = &study->excludes[study->n_excludes++];
        status = read_block(reader, block, map, "exclude:", err);
        if (!status && block->n_axes == 0)
            status = yaml_fail(reader->tree, map, err,
                               "exclude: an empty combination would exclude every cell");
        for (size_t i = 0; !status && i < block->n_axes; i++)
            axis_sort(&block->axes[i]);
    }
    return status;
}
