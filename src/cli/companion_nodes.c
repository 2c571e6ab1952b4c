/* nodes.nc: what each node of kept snapshots does. */
#include "archive/nodes.h"
#include "cli/companion.h"
#include "sweep/cell_nodes.h"

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
    .add = add,
    .publish = publish,
    .discard = discard,
};
