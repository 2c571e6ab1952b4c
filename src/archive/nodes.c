#include "archive/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "archive/nodes_format.h"
#include "archive/schema.h"
#include "base/memory.h"
#include "record/record.h"

enum { ROWS_PER_CHUNK = 1024 };

const char *const nodes_dim_names[NODES_DIMS] = {
    [NODE_DIM_NODE] = "record", [NODE_DIM_SPLIT] = "split",  [NODE_DIM_CLASS] = "class",
    [NODE_DIM_BIN] = "bin",     [NODES_NETWORK] = "network", [NODES_ID] = "id_len",
    [NODES_LABEL] = "label_len"};

struct netcdf_variable nodes_index_variable(const struct nodes_schema *schema,
                                            enum nodes_index index)
{
    static const struct {
        const char *name, *long_name;
        nc_type type;
        int n_dims, dims[2];
    } rows[NODES_INDICES] = {
        [NODES_CELL_ID] = {"network_cell_id",
                           "identity of the network's cell",
                           NC_CHAR,
                           2,
                           {NODES_NETWORK, NODES_ID}},
        [NODES_SNAPSHOT] = {"network_snapshot",
                            "snapshot that the network is",
                            NC_CHAR,
                            2,
                            {NODES_NETWORK, NODES_LABEL}},
        [NODES_STEP] = {"network_step",
                        "optimizer steps taken before the snapshot",
                        NC_INT,
                        1,
                        {NODES_NETWORK}},
        [NODES_RECORD_OFFSET] = {"record_offset",
                                 "index on the record dimension of the first node",
                                 NC_INT,
                                 1,
                                 {NODES_NETWORK}},
        [NODES_RECORD_COUNT] =
            {"record_count", "nodes of the network", NC_INT, 1, {NODES_NETWORK}},
        [NODES_RECORD_NETWORK] = {"record_network",
                                  "index on the network dimension of the node's network",
                                  NC_INT,
                                  1,
                                  {NODE_DIM_NODE}},
    };
    struct netcdf_variable variable = {.name = rows[index].name,
                                       .type = rows[index].type,
                                       .n_dims = rows[index].n_dims,
                                       .long_name = rows[index].long_name,
                                       .units = "1",
                                       .cells_per_chunk = ROWS_PER_CHUNK};
    for (int d = 0; d < variable.n_dims; d++)
        variable.dims[d] = schema->dims[rows[index].dims[d]];
    return variable;
}

size_t nodes_index_bytes(enum nodes_index index)
{
    return index == NODES_CELL_ID    ? ID_LENGTH
           : index == NODES_SNAPSHOT ? LABEL_LENGTH
                                     : sizeof(int32_t);
}

bool nodes_is_of_network(enum node_column column)
{
    return node_columns[column].dims[0] != NODE_DIM_NODE;
}

struct netcdf_variable nodes_column_variable(const struct nodes_schema *schema,
                                             enum node_column column)
{
    const struct node_column_row *row = &node_columns[column];
    struct netcdf_variable variable = {.name = row->name,
                                       .type = row->real ? NC_DOUBLE : NC_INT,
                                       .long_name = row->long_name,
                                       .units = row->units,
                                       .cells_per_chunk = ROWS_PER_CHUNK};
    if (nodes_is_of_network(column))
        variable.dims[variable.n_dims++] = schema->dims[NODES_NETWORK];
    for (int d = 0; d < row->n_dims; d++)
        variable.dims[variable.n_dims++] = schema->dims[row->dims[d]];
    return variable;
}

void nodes_range(const struct nodes_schema *schema, enum node_column column, size_t first,
                 size_t n, size_t start[NETCDF_DIMS_MAX], size_t count[NETCDF_DIMS_MAX])
{
    const struct node_column_row *row = &node_columns[column];
    int at = 1;
    start[0] = first;
    count[0] = n;
    for (int d = nodes_is_of_network(column) ? 0 : 1; d < row->n_dims; d++, at++) {
        start[at] = 0;
        count[at] = schema->lengths[row->dims[d]];
    }
}

struct nodes_writer {
    struct netcdf_output output;
    struct nodes_schema schema;
    size_t n_networks, n_nodes; /* written so far */
    struct hash128 content;     /* of what was written */
};

/* ---- definitions ---- */

/* Coordinates of the columns' dimensions. */
struct axes {
    int split, class, bin;
};

static void define_dims(struct nodes_writer *writer, struct error *err)
{
    struct nodes_schema *schema = &writer->schema;
    for (int d = 0; d < NODES_DIMS; d++)
        if (schema->lengths[d] > 0)
            netcdf_define_dim(&writer->output.file, nodes_dim_names[d],
                              schema->lengths[d], &schema->dims[d], err);
}

static void define_axes(const struct nodes_writer *writer, struct axes *axes,
                        struct error *err)
{
    const struct netcdf *file = &writer->output.file;
    const int *dims = writer->schema.dims;
    schema_define_axis(file, NC_BYTE, dims[NODE_DIM_SPLIT], "part of the data",
                       &axes->split, err);
    netcdf_put_flags(file, axes->split, N_SPLITS, "train validation test", err);
    schema_define_axis(file, NC_INT, dims[NODE_DIM_CLASS], "class", &axes->class, err);
    if (writer->schema.lengths[NODE_DIM_BIN] > 0)
        schema_define_axis(file, NC_INT, dims[NODE_DIM_BIN],
                           "number of the equal part of the range from low to high",
                           &axes->bin, err);
}

static void write_axes(const struct nodes_writer *writer, const struct axes *axes,
                       struct error *err)
{
    const struct netcdf *file = &writer->output.file;
    const size_t *lengths = writer->schema.lengths;
    schema_write_numbers(file, axes->split, NC_BYTE, 0, N_SPLITS, err);
    schema_write_numbers(file, axes->class, NC_INT, 0, (int)lengths[NODE_DIM_CLASS], err);
    if (lengths[NODE_DIM_BIN] > 0)
        schema_write_numbers(file, axes->bin, NC_INT, 0, (int)lengths[NODE_DIM_BIN], err);
}

static void define_columns(struct nodes_writer *writer, struct error *err)
{
    const struct netcdf *file = &writer->output.file;
    struct nodes_schema *schema = &writer->schema;
    for (int c = 0; c < NODE_COLUMNS; c++) {
        enum node_column column = (enum node_column)c;
        struct netcdf_variable variable = nodes_column_variable(schema, column);
        schema->columns[c] = -1;
        if (c == NODE_HISTOGRAM && schema->lengths[NODE_DIM_BIN] == 0)
            continue;
        netcdf_define(file, &variable, &schema->columns[c], err);
        if (c == NODE_LAYER || c == NODE_INDEX)
            continue;
        netcdf_put_text(file, schema->columns[c], "coordinates",
                        nodes_is_of_network(column) ? "network_cell_id network_snapshot"
                                                    : "record_network layer node",
                        err);
        netcdf_put_fill(file, schema->columns[c], variable.type, err);
    }
}

static enum status define(struct nodes_writer *writer, const struct nodes_header *header,
                          struct error *err)
{
    const struct netcdf *file = &writer->output.file;
    struct nodes_schema *schema = &writer->schema;
    struct axes axes;
    define_dims(writer, err);
    define_axes(writer, &axes, err);
    for (int i = 0; i < NODES_INDICES; i++) {
        struct netcdf_variable variable = nodes_index_variable(schema,
                                                               (enum nodes_index)i);
        netcdf_define(file, &variable, &schema->indices[i], err);
    }
    define_columns(writer, err);
    schema_put_origin(file,
                      &(struct file_origin){.title = header->title,
                                            .source = header->source,
                                            .study = header->study,
                                            .data_hash = header->data_hash,
                                            .numerics_version = header->numerics_version},
                      err);
    netcdf_put_text(file, NC_GLOBAL, "record_layout",
                    "The nodes of a network are records record_offset to record_offset + "
                    "record_count - 1, layer by layer.",
                    err);
    if (netcdf_begin_data(file, err) == STATUS_OK)
        write_axes(writer, &axes, err);
    return err->status;
}

enum status nodes_create(struct nodes_writer **writer, const char *path,
                         const struct nodes_header *header, struct error *err)
{
    *writer = NULL;
    if (header->n_networks < 1 || header->n_nodes < header->n_networks ||
        header->n_nodes > INT32_MAX)
        return error_set(err, STATUS_STUDY,
                         "%s: %lld nodes of %lld networks; the format holds at most %d: "
                         "keep the nodes of fewer snapshots",
                         path, (long long)header->n_nodes, (long long)header->n_networks,
                         INT32_MAX);
    struct nodes_writer *new = memory_alloc(1, sizeof *new, err);
    if (!new)
        return err->status;
    if (netcdf_output_create(&new->output, path, err) != STATUS_OK) {
        free(new);
        return err->status;
    }
    size_t *lengths = new->schema.lengths;
    lengths[NODE_DIM_NODE] = (size_t)header->n_nodes;
    lengths[NODE_DIM_SPLIT] = N_SPLITS;
    lengths[NODE_DIM_CLASS] = (size_t)header->n_classes;
    lengths[NODE_DIM_BIN] = (size_t)header->n_bins;
    lengths[NODES_NETWORK] = (size_t)header->n_networks;
    lengths[NODES_ID] = ID_LENGTH;
    lengths[NODES_LABEL] = LABEL_LENGTH;
    if (define(new, header, err) != STATUS_OK)
        nodes_discard(new);
    else
        *writer = new;
    return err->status;
}

void nodes_discard(struct nodes_writer *writer)
{
    if (!writer)
        return;
    netcdf_output_discard(&writer->output);
    free(writer);
}

/* ---- data ---- */

/* Rows [first, first + n) of an index. */
static void write_index(struct nodes_writer *writer, enum nodes_index index, size_t first,
                        size_t n, const void *data, struct error *err)
{
    size_t bytes = nodes_index_bytes(index);
    const size_t start[2] = {first, 0}, count[2] = {n, bytes}; /* of text, its length */
    writer->content = hash_chain(writer->content, hash_bytes(data, n * bytes));
    netcdf_write(&writer->output.file, writer->schema.indices[index], start, count, data,
                 err);
}

static void write_indices(struct nodes_writer *writer, const char *cell_id,
                          const struct node_set *set, struct error *err)
{
    char id[ID_LENGTH], label[LABEL_LENGTH];
    size_t at = writer->n_networks, n = (size_t)set->shape.n_nodes;
    int32_t offset = (int32_t)writer->n_nodes, count = set->shape.n_nodes;
    int32_t *networks = memory_alloc(n, sizeof *networks, err);
    record_fit_text(id, sizeof id, cell_id);
    record_fit_text(label, sizeof label, set->label);
    for (size_t i = 0; networks && i < n; i++)
        networks[i] = (int32_t)at;
    write_index(writer, NODES_CELL_ID, at, 1, id, err);
    write_index(writer, NODES_SNAPSHOT, at, 1, label, err);
    write_index(writer, NODES_STEP, at, 1, &set->step, err);
    write_index(writer, NODES_RECORD_OFFSET, at, 1, &offset, err);
    write_index(writer, NODES_RECORD_COUNT, at, 1, &count, err);
    if (networks)
        write_index(writer, NODES_RECORD_NETWORK, writer->n_nodes, n, networks, err);
    free(networks);
}

enum status nodes_append(struct nodes_writer *writer, const char *cell_id,
                         const struct node_set *set, struct error *err)
{
    const struct nodes_schema *schema = &writer->schema;
    size_t n = (size_t)set->shape.n_nodes;
    if (writer->n_networks >= schema->lengths[NODES_NETWORK] ||
        n > schema->lengths[NODE_DIM_NODE] - writer->n_nodes ||
        (size_t)set->shape.n_classes != schema->lengths[NODE_DIM_CLASS] ||
        (size_t)set->shape.n_bins != schema->lengths[NODE_DIM_BIN])
        return error_set(err, STATUS_INTERNAL,
                         "%s: network %zu of %zu with %zu nodes after %zu of %zu, %d "
                         "classes, %d bins",
                         writer->output.path, writer->n_networks,
                         schema->lengths[NODES_NETWORK], n, writer->n_nodes,
                         schema->lengths[NODE_DIM_NODE], set->shape.n_classes,
                         set->shape.n_bins);
    write_indices(writer, cell_id, set, err);
    for (int c = 0; c < NODE_COLUMNS && err->status == STATUS_OK; c++) {
        size_t start[NETCDF_DIMS_MAX], count[NETCDF_DIMS_MAX], length;
        enum node_column column = (enum node_column)c;
        bool of_network = nodes_is_of_network(column);
        const void *values = node_bytes(set, column, &length);
        if (schema->columns[c] < 0)
            continue;
        nodes_range(schema, column, of_network ? writer->n_networks : writer->n_nodes,
                    of_network ? 1 : n, start, count);
        writer->content = hash_chain(writer->content, hash_bytes(values, length));
        netcdf_write(&writer->output.file, schema->columns[c], start, count, values, err);
    }
    writer->n_networks++;
    writer->n_nodes += n;
    return err->status;
}

enum status nodes_publish(struct nodes_writer *writer, struct error *err)
{
    const size_t *lengths = writer->schema.lengths;
    if (writer->n_networks != lengths[NODES_NETWORK] ||
        writer->n_nodes != lengths[NODE_DIM_NODE])
        error_set(err, STATUS_INTERNAL,
                  "%s: %zu networks, %zu nodes, not the %zu, %zu that were announced",
                  writer->output.path, writer->n_networks, writer->n_nodes,
                  lengths[NODES_NETWORK], lengths[NODE_DIM_NODE]);
    netcdf_output_finish(&writer->output, writer->content, nodes_content, err);
    free(writer);
    return err->status;
}
