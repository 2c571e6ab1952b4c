/* nodes.nc: what each node of kept snapshots does. */
#include <string.h>

#include "archive/nodes.h"
#include "cli/companion.h"
#include "sweep/cell_nodes.h"
#include "sweep/kept_network.h"

static struct node_shape shape_of(const struct publication *what, size_t cell)
{
    const double *value = what->grid->cells[cell].spec.value;
    struct net_shape shape = {.n_outputs = what->n_classes,
                              .depth = (int)value[FIELD_DEPTH],
                              .width = (int)value[FIELD_WIDTH]};
    return cell_node_shape(&shape, what->study->histograms);
}

static enum status create(void **out, const struct publication *what,
                          const int32_t *counts, struct error *err)
{
    struct companion_origin origin;
    struct nodes_writer *writer = NULL;
    struct nodes_header header = {.title = what->study->name,
                                  .source = origin.source,
                                  .data_hash = what->study->data.hash,
                                  .numerics_version = NUMERICS_VERSION,
                                  .n_classes = what->n_classes,
                                  .n_bins = what->study->histograms ? NODE_BINS : 0};
    *out = NULL;
    for (size_t i = 0; i < what->grid->n_cells; i++) {
        header.n_networks += counts[i];
        header.n_nodes += (int64_t)counts[i] * shape_of(what, i).n_nodes;
    }
    if (header.n_networks == 0)
        return STATUS_OK;
    if (companion_origin_init(&origin, &companion_nodes, what, err) == STATUS_OK) {
        header.study = text_string(&origin.study);
        nodes_create(&writer, origin.path, &header, err);
    }
    text_free(&origin.study);
    *out = writer;
    return err->status;
}

/* Whether rows are named layer by layer, as cell_nodes_name does. */
static bool has_names(const struct node_set *set, int depth, int width)
{
    const int32_t *layers = node_ints(set, NODE_LAYER);
    const int32_t *indices = node_ints(set, NODE_INDEX);
    for (int n = 0; n < set->shape.n_nodes; n++) {
        int layer = n / width < depth ? n / width : depth;
        if (layers[n] != layer + 1 || indices[n] != n - layer * width)
            return false;
    }
    return true;
}

static enum status check_set(const struct publication *what, size_t cell,
                             const struct node_set *set, struct error *err)
{
    const double *value = what->grid->cells[cell].spec.value;
    struct node_shape shape = shape_of(what, cell);
    if (!kept_at(what->study, set->label, JOURNAL_NODES))
        return error_set(err, STATUS_DATA,
                         "node set %s is at no snapshot of which the study keeps nodes",
                         set->label);
    if (memcmp(&set->shape, &shape, sizeof shape) != 0)
        return error_set(err, STATUS_DATA,
                         "node set %s has %d nodes, %d classes and %d bins, not %d, %d "
                         "and %d",
                         set->label, set->shape.n_nodes, set->shape.n_classes,
                         set->shape.n_bins, shape.n_nodes, shape.n_classes, shape.n_bins);
    if (!has_names(set, (int)value[FIELD_DEPTH], (int)value[FIELD_WIDTH]))
        return error_set(err, STATUS_DATA,
                         "node set %s numbers other nodes than the cell has", set->label);
    return STATUS_OK;
}

static enum status check(const struct publication *what, size_t cell, const void *payload,
                         size_t length, struct error *err)
{
    struct node_set set;
    if (node_set_unpack(&set, payload, length, err) != STATUS_OK)
        return err->status;
    check_set(what, cell, &set, err);
    node_set_fini(&set);
    return err->status;
}

static enum status add(void *writer, const struct publication *what, size_t cell,
                       const void *payload, size_t length, struct error *err)
{
    struct node_set set;
    char id[HASH_HEX + 1];
    hash_format(what->grid->cells[cell].id, id);
    if (node_set_unpack(&set, payload, length, err) != STATUS_OK)
        return err->status;
    nodes_append(writer, id, &set, err);
    node_set_fini(&set);
    return err->status;
}

static enum status publish(void *writer, struct error *err)
{
    return nodes_publish(writer, err);
}

static void discard(void *writer)
{
    nodes_discard(writer);
}

const struct companion companion_nodes = {
    .file = "nodes.nc",
    .noun = "node set",
    .type = JOURNAL_NODES,
    .create = create,
    .check = check,
    .add = add,
    .publish = publish,
    .discard = discard,
};
