#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/guard.h"
#include "archive/nodes.h"
#include "archive/nodes_format.h"
#include "archive/schema.h"
#include "base/memory.h"

/* A network and where its nodes stand. */
struct place {
    char id[ID_LENGTH + 1], label[LABEL_LENGTH + 1];
    int32_t step, offset, count;
};

struct nodes {
    struct netcdf file;
    char path[IO_PATH_MAX];
    bool newer_minor; /* the content hash may cover what we do not know */
    struct nodes_schema schema;
    struct place *places; /* [networks] */
};

int64_t nodes_count(const struct nodes *nodes)
{
    return (int64_t)nodes->schema.lengths[NODES_NETWORK];
}

int64_t nodes_count_records(const struct nodes *nodes)
{
    return (int64_t)nodes->schema.lengths[NODE_DIM_NODE];
}

int nodes_count_bins(const struct nodes *nodes)
{
    return (int)nodes->schema.lengths[NODE_DIM_BIN];
}

const char *nodes_cell_id(const struct nodes *nodes, int64_t i)
{
    return nodes->places[i].id;
}

static enum status find_variable(const struct nodes *n,
                                 const struct netcdf_variable *variable, size_t bytes,
                                 int *id, struct error *err)
{
    if (netcdf_find(&n->file, variable, id, err) == STATUS_OK && *id < 0)
        error_set(err, STATUS_DATA, "%s: %s is missing", n->path, variable->name);
    return netcdf_check_stored(&n->file, variable->name, bytes, err);
}

static enum status find_variables(struct nodes *n, struct error *err)
{
    struct nodes_schema *schema = &n->schema;
    struct node_shape shape = {.n_nodes = (int)schema->lengths[NODE_DIM_NODE],
                               .n_classes = (int)schema->lengths[NODE_DIM_CLASS],
                               .n_bins = (int)schema->lengths[NODE_DIM_BIN]};
    for (int i = 0; i < NODES_INDICES && err->status == STATUS_OK; i++) {
        struct netcdf_variable variable = nodes_index_variable(schema,
                                                               (enum nodes_index)i);
        size_t rows =
            schema->lengths[i == NODES_RECORD_NETWORK ? NODE_DIM_NODE : NODES_NETWORK];
        find_variable(n, &variable, rows * nodes_index_bytes((enum nodes_index)i),
                      &schema->indices[i], err);
    }
    for (int c = 0; c < NODE_COLUMNS && err->status == STATUS_OK; c++) {
        enum node_column column = (enum node_column)c;
        struct netcdf_variable variable = nodes_column_variable(schema, column);
        size_t rows = nodes_is_of_network(column) ? schema->lengths[NODES_NETWORK] : 1;
        schema->columns[c] = -1;
        if (c == NODE_HISTOGRAM && shape.n_bins == 0)
            continue;
        /* At most 2^31 nodes x 3 x 2^16 classes x 2^6 bins x 8 bytes. */
        find_variable(n, &variable,
                      rows * node_column_extent(column, shape) * sizeof(int32_t),
                      &schema->columns[c], err);
    }
    return err->status;
}

static enum status find_dims(struct nodes *n, struct error *err)
{
    static const size_t limits[NODES_DIMS] = {
        [NODE_DIM_NODE] = INT32_MAX,   [NODE_DIM_SPLIT] = N_SPLITS,
        [NODE_DIM_CLASS] = UINT16_MAX, [NODE_DIM_BIN] = NODE_BINS,
        [NODES_NETWORK] = INT32_MAX,   [NODES_ID] = ID_LENGTH,
        [NODES_LABEL] = LABEL_LENGTH,
    };
    struct nodes_schema *schema = &n->schema;
    for (int d = 0; d < NODES_DIMS; d++) {
        int dim;
        if (d == NODE_DIM_BIN &&
            nc_inq_dimid(n->file.id, nodes_dim_names[d], &dim) != NC_NOERR)
            continue;
        netcdf_find_dim(&n->file, nodes_dim_names[d], limits[d], &schema->dims[d],
                        &schema->lengths[d], err);
        bool fixed = d == NODE_DIM_SPLIT || d == NODE_DIM_BIN || d == NODES_ID ||
                     d == NODES_LABEL;
        if (err->status == STATUS_OK &&
            (schema->lengths[d] == 0 || (fixed && schema->lengths[d] != limits[d])))
            error_set(err, STATUS_DATA, "%s: dimension %s of %zu", n->path,
                      nodes_dim_names[d], schema->lengths[d]);
    }
    return err->status;
}

/* All of an index of the networks, as a new array. */
static void *read_index(const struct nodes *n, enum nodes_index index, struct error *err)
{
    size_t networks = n->schema.lengths[NODES_NETWORK], size = nodes_index_bytes(index);
    const size_t start[2] = {0, 0}, count[2] = {networks, size};
    void *rows = memory_alloc(networks, size, err);
    netcdf_read(&n->file, n->schema.indices[index], start, count, rows, err);
    return rows;
}

/* Networks stand one behind the other and make up all records. */
static enum status check_places(const struct nodes *n, struct error *err)
{
    size_t next = 0;
    for (int64_t i = 0; i < nodes_count(n); i++) {
        const struct place *place = &n->places[i];
        if (place->offset < 0 || (size_t)place->offset != next || place->count < 1)
            return error_set(err, STATUS_DATA, "%s: network %lld has %d records from %d",
                             n->path, (long long)i, place->count, place->offset);
        next += (size_t)place->count;
    }
    if (next != n->schema.lengths[NODE_DIM_NODE])
        error_set(err, STATUS_DATA, "%s: %zu records, its networks have %zu", n->path,
                  n->schema.lengths[NODE_DIM_NODE], next);
    return err->status;
}

static enum status read_places(struct nodes *n, struct error *err)
{
    char *ids = read_index(n, NODES_CELL_ID, err);
    char *labels = read_index(n, NODES_SNAPSHOT, err);
    int32_t *steps = read_index(n, NODES_STEP, err);
    int32_t *offsets = read_index(n, NODES_RECORD_OFFSET, err);
    int32_t *counts = read_index(n, NODES_RECORD_COUNT, err);
    n->places = memory_alloc((size_t)nodes_count(n), sizeof *n->places, err);
    for (int64_t i = 0; err->status == STATUS_OK && i < nodes_count(n); i++) {
        struct place *place = &n->places[i];
        *place = (struct place){
            .step = steps[i], .offset = offsets[i], .count = counts[i]};
        memcpy(place->id, ids + i * ID_LENGTH, ID_LENGTH);
        memcpy(place->label, labels + i * LABEL_LENGTH, LABEL_LENGTH);
    }
    free(ids);
    free(labels);
    free(steps);
    free(offsets);
    free(counts);
    return err->status == STATUS_OK ? check_places(n, err) : err->status;
}

static enum status describe(struct nodes *n, struct error *err)
{
    if (find_dims(n, err) == STATUS_OK && find_variables(n, err) == STATUS_OK)
        read_places(n, err);
    return err->status;
}

static enum status open_here(struct nodes **nodes, const char *path, bool guarded,
                             struct error *err)
{
    *nodes = NULL;
    struct nodes *new = memory_alloc(1, sizeof *new, err);
    if (!new)
        return err->status;
    snprintf(new->path, sizeof new->path, "%s", path);
    new->file.guarded = guarded;
    if (schema_open_companion(&new->file, new->path, "record_layout", "Strata's nodes",
                              &new->newer_minor, err) != STATUS_OK) {
        free(new);
        return err->status;
    }
    if (describe(new, err) != STATUS_OK)
        nodes_close(new);
    else
        *nodes = new;
    return err->status;
}

void nodes_close(struct nodes *nodes)
{
    if (!nodes)
        return;
    nc_close(nodes->file.id);
    free(nodes->places);
    free(nodes);
}

int64_t nodes_find(const struct nodes *nodes, const char *cell_id, const char *label)
{
    for (int64_t i = 0; i < nodes_count(nodes); i++)
        if (strcmp(nodes->places[i].id, cell_id) == 0 &&
            strcmp(nodes->places[i].label, label) == 0)
            return i;
    return -1;
}

enum status nodes_read(const struct nodes *n, int64_t i, struct node_set *set,
                       struct error *err)
{
    if (i < 0 || i >= nodes_count(n))
        return error_set(err, STATUS_INTERNAL, "%s: network %lld of %lld", n->path,
                         (long long)i, (long long)nodes_count(n));
    const struct place *place = &n->places[i];
    struct node_shape shape = {.n_nodes = place->count,
                               .n_classes = (int)n->schema.lengths[NODE_DIM_CLASS],
                               .n_bins = nodes_count_bins(n)};
    if (node_set_init(set, shape, err) != STATUS_OK)
        return err->status;
    memcpy(set->label, place->label, sizeof place->label);
    set->step = place->step;
    for (int c = 0; c < NODE_COLUMNS; c++) {
        size_t start[NETCDF_DIMS_MAX], count[NETCDF_DIMS_MAX], length;
        enum node_column column = (enum node_column)c;
        bool of_network = nodes_is_of_network(column);
        void *values = node_bytes(set, column, &length);
        if (n->schema.columns[c] < 0)
            continue;
        nodes_range(&n->schema, column, (size_t)(of_network ? i : place->offset),
                    (size_t)(of_network ? 1 : place->count), start, count);
        netcdf_read(&n->file, n->schema.columns[c], start, count, values, err);
    }
    if (err->status != STATUS_OK)
        node_set_fini(set);
    return err->status;
}

/* ---- the whole file ---- */

/* Coordinates have no hash, but every chunk its checksum. */
static enum status touch_coordinates(const struct nodes *n, struct error *err)
{
    static const enum node_dim dims[] = {NODE_DIM_SPLIT, NODE_DIM_CLASS, NODE_DIM_BIN};
    for (size_t d = 0; d < sizeof dims / sizeof *dims && err->status == STATUS_OK; d++) {
        int variable;
        if (nc_inq_varid(n->file.id, nodes_dim_names[dims[d]], &variable) == NC_NOERR)
            netcdf_touch(&n->file, variable, err);
        else if (n->schema.lengths[dims[d]] > 0)
            error_set(err, STATUS_DATA, "%s: coordinate %s is missing", n->path,
                      nodes_dim_names[dims[d]]);
    }
    return err->status;
}

static void fold(struct hash128 *hash, const void *data, size_t length)
{
    *hash = hash_chain(*hash, hash_bytes(data, length));
}

/* As the writer folds a network. */
static enum status fold_network(const struct nodes *n, int64_t i, struct hash128 *hash,
                                struct error *err)
{
    const struct place *place = &n->places[i];
    size_t start = (size_t)place->offset, count = (size_t)place->count;
    struct node_set set;
    if (nodes_read(n, i, &set, err) != STATUS_OK)
        return err->status;
    int32_t *networks = memory_alloc(count, sizeof *networks, err);
    if (networks && netcdf_read(&n->file, n->schema.indices[NODES_RECORD_NETWORK], &start,
                                &count, networks, err) == STATUS_OK) {
        fold(hash, place->id, ID_LENGTH);
        fold(hash, place->label, LABEL_LENGTH);
        fold(hash, &place->step, sizeof place->step);
        fold(hash, &place->offset, sizeof place->offset);
        fold(hash, &place->count, sizeof place->count);
        fold(hash, networks, count * sizeof *networks);
        for (int c = 0; c < NODE_COLUMNS; c++) {
            size_t length;
            const void *values = node_bytes(&set, (enum node_column)c, &length);
            if (n->schema.columns[c] >= 0)
                fold(hash, values, length);
        }
    }
    free(networks);
    node_set_fini(&set);
    return err->status;
}

static enum status hash_all(const struct nodes *n, struct hash128 *content,
                            struct error *err)
{
    *content = (struct hash128){0, 0};
    for (int64_t i = 0; i < nodes_count(n) && err->status == STATUS_OK; i++)
        fold_network(n, i, content, err);
    return err->status;
}

enum status nodes_content(const char *path, struct hash128 *content, struct error *err)
{
    struct nodes *nodes;
    if (open_here(&nodes, path, false, err) == STATUS_OK && nodes)
        hash_all(nodes, content, err);
    nodes_close(nodes);
    return err->status;
}

static enum status check_here(const char *path, struct hash128 *content,
                              struct error *err)
{
    struct nodes *nodes;
    if (open_here(&nodes, path, true, err) == STATUS_OK && nodes &&
        hash_all(nodes, content, err) == STATUS_OK &&
        touch_coordinates(nodes, err) == STATUS_OK)
        netcdf_match_content(&nodes->file, *content, "the nodes", nodes->newer_minor,
                             err);
    nodes_close(nodes);
    return err->status;
}

static enum status describe_here(const char *path, struct hash128 *content,
                                 struct error *err)
{
    struct nodes *nodes;
    *content = (struct hash128){0, 0};
    open_here(&nodes, path, true, err);
    nodes_close(nodes);
    return err->status;
}

enum status nodes_check(const char *path, struct hash128 *content, struct error *err)
{
    return guard_try(check_here, path, content, err);
}

enum status nodes_open(struct nodes **nodes, const char *path, struct error *err)
{
    *nodes = NULL;
    if (guard_try(describe_here, path, NULL, err) != STATUS_OK)
        return err->status;
    return open_here(nodes, path, false, err);
}
