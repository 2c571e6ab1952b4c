#include "record/node_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "record/record.h"

const struct node_column_row node_columns[NODE_COLUMNS] = {
    [NODE_SAMPLE_COUNT] = {"sample_count",
                           "1",
                           "samples of the class in the split",
                           false,
                           2,
                           {NODE_DIM_SPLIT, NODE_DIM_CLASS}},
    [NODE_LAYER] = {"layer",
                    "1",
                    "layer of the node; the output layer of a cell is its depth + 1",
                    false,
                    1,
                    {NODE_DIM_NODE}},
    [NODE_INDEX] = {"node",
                    "1",
                    "number of the node in its layer, from 0",
                    false,
                    1,
                    {NODE_DIM_NODE}},
    [NODE_ACTIVE_COUNT] = {"active_count",
                           "1",
                           "samples of the class that activate the node",
                           false,
                           3,
                           {NODE_DIM_NODE, NODE_DIM_SPLIT, NODE_DIM_CLASS}},
    [NODE_PREDICTABILITY] = {"predictability",
                             "1",
                             "how well the class tells whether the node is active",
                             true,
                             2,
                             {NODE_DIM_NODE, NODE_DIM_SPLIT}},
    [NODE_INFORMATIVENESS] = {"informativeness",
                              "1",
                              "how well the node tells the class by being active",
                              true,
                              2,
                              {NODE_DIM_NODE, NODE_DIM_SPLIT}},
    [NODE_BANDWIDTH] = {"bandwidth",
                        "1",
                        "bandwidth of the density of the class",
                        true,
                        2,
                        {NODE_DIM_NODE, NODE_DIM_CLASS}},
    [NODE_LOW] =
        {"low", "1", "smallest pre-activation of all samples", true, 1, {NODE_DIM_NODE}},
    [NODE_HIGH] =
        {"high", "1", "largest pre-activation of all samples", true, 1, {NODE_DIM_NODE}},
    [NODE_HISTOGRAM] = {"histogram",
                        "1",
                        "samples of the class in a bin of the range from low to high",
                        false,
                        4,
                        {NODE_DIM_NODE, NODE_DIM_SPLIT, NODE_DIM_CLASS, NODE_DIM_BIN}},
};

size_t node_dim_length(enum node_dim dim, struct node_shape shape)
{
    const int lengths[NODE_DIMS] = {[NODE_DIM_NODE] = shape.n_nodes,
                                    [NODE_DIM_SPLIT] = N_SPLITS,
                                    [NODE_DIM_CLASS] = shape.n_classes,
                                    [NODE_DIM_BIN] = shape.n_bins};
    return (size_t)lengths[dim];
}

size_t node_column_extent(enum node_column column, struct node_shape shape)
{
    size_t extent = 1;
    for (int d = 0; d < node_columns[column].n_dims; d++)
        extent *= node_dim_length(node_columns[column].dims[d], shape);
    return extent;
}

static size_t value_size(enum node_column column)
{
    return node_columns[column].real ? sizeof(double) : sizeof(int32_t);
}

double node_set_size(struct node_shape shape)
{
    double bytes = 0;
    for (int c = 0; c < NODE_COLUMNS; c++)
        bytes += (double)node_column_extent((enum node_column)c, shape) *
                 (double)value_size((enum node_column)c);
    return bytes;
}

static void fill(struct node_set *set, enum node_column column)
{
    size_t extent = node_column_extent(column, set->shape);
    for (size_t i = 0; i < extent; i++)
        if (node_columns[column].real)
            node_reals(set, column)[i] = RECORD_FILL_REAL;
        else
            node_ints(set, column)[i] = RECORD_FILL_INT;
}

enum status node_set_init(struct node_set *set, struct node_shape shape,
                          struct error *err)
{
    *set = (struct node_set){.shape = shape};
    for (int c = 0; c < NODE_COLUMNS; c++) {
        enum node_column column = (enum node_column)c;
        set->columns[c] = memory_alloc(node_column_extent(column, shape),
                                       value_size(column), err);
        if (set->columns[c])
            fill(set, column);
    }
    if (err->status != STATUS_OK)
        node_set_fini(set);
    return err->status;
}

void node_set_fini(struct node_set *set)
{
    for (int c = 0; c < NODE_COLUMNS; c++)
        free(set->columns[c]);
    memset(set, 0, sizeof *set);
}

int32_t *node_ints(const struct node_set *set, enum node_column column)
{
    assert(!node_columns[column].real);
    return set->columns[column];
}

double *node_reals(const struct node_set *set, enum node_column column)
{
    assert(node_columns[column].real);
    return set->columns[column];
}

void *node_bytes(const struct node_set *set, enum node_column column, size_t *length)
{
    *length = node_column_extent(column, set->shape) * value_size(column);
    return set->columns[column];
}

static uint64_t key_of(enum node_column column)
{
    return hash_bytes(node_columns[column].name, strlen(node_columns[column].name)).low;
}

void node_set_pack(const struct node_set *set, struct bytes *out)
{
    bytes_put_string(out, set->label);
    bytes_put_u32(out, (uint32_t)set->step);
    bytes_put_u32(out, (uint32_t)set->shape.n_nodes);
    bytes_put_u32(out, (uint32_t)set->shape.n_classes);
    bytes_put_u32(out, (uint32_t)set->shape.n_bins);
    bytes_put_u32(out, NODE_COLUMNS);
    for (int c = 0; c < NODE_COLUMNS; c++) {
        size_t length;
        const void *values = node_bytes(set, (enum node_column)c, &length);
        bytes_put_u64(out, key_of((enum node_column)c));
        bytes_put_u64(out, length);
        bytes_put(out, values, length);
    }
}

/* Whether a payload of that length can hold the shape that it claims: its counts are of
 * four bytes each. */
static bool shape_fits(uint64_t nodes, uint64_t classes, uint64_t bins, size_t length)
{
    uint64_t counts = nodes * N_SPLITS * classes;
    return nodes >= 1 && nodes <= INT32_MAX && classes >= 1 && classes <= UINT16_MAX &&
           (bins == 0 || bins == NODE_BINS) && counts <= length / sizeof(int32_t) &&
           counts * bins <= length / sizeof(int32_t);
}

static enum status unpack_columns(struct node_set *set, struct bytes_reader *reader,
                                  struct error *err)
{
    uint32_t n = bytes_get_u32(reader);
    for (uint32_t i = 0; i < n && !reader->failed; i++) {
        uint64_t key = bytes_get_u64(reader), stored = bytes_get_u64(reader);
        const void *data = bytes_get(reader, stored);
        int c = 0;
        while (c < NODE_COLUMNS && key_of((enum node_column)c) != key)
            c++;
        if (!data || c == NODE_COLUMNS)
            continue;
        size_t length;
        void *values = node_bytes(set, (enum node_column)c, &length);
        if (stored != length)
            return error_set(err, STATUS_DATA, "nodes: %s has %llu bytes, not %zu",
                             node_columns[c].name, (unsigned long long)stored, length);
        memcpy(values, data, length);
    }
    if (reader->failed || reader->offset != reader->length)
        return error_set(err, STATUS_DATA, "nodes: %zu bytes do not hold their columns",
                         reader->length);
    return STATUS_OK;
}

enum status node_set_unpack(struct node_set *set, const void *data, size_t length,
                            struct error *err)
{
    struct bytes_reader reader = bytes_reader(data, length);
    char label[NODE_LABEL_MAX];
    *set = (struct node_set){.step = 0};
    bytes_get_string(&reader, label, sizeof label);
    int32_t step = (int32_t)bytes_get_u32(&reader);
    uint32_t nodes = bytes_get_u32(&reader), classes = bytes_get_u32(&reader);
    uint32_t bins = bytes_get_u32(&reader);
    if (reader.failed || !shape_fits(nodes, classes, bins, length))
        return error_set(err, STATUS_DATA, "nodes: impossible shape %u x %u x %u", nodes,
                         classes, bins);
    struct node_shape shape = {(int)nodes, (int)classes, (int)bins};
    if (node_set_init(set, shape, err) != STATUS_OK)
        return err->status;
    memcpy(set->label, label, sizeof label);
    set->step = step;
    if (unpack_columns(set, &reader, err) != STATUS_OK)
        node_set_fini(set);
    return err->status;
}
