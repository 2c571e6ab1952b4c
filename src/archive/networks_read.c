#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/guard.h"
#include "archive/networks.h"
#include "archive/networks_format.h"
#include "archive/schema.h"
#include "base/memory.h"
#include "record/record.h"

struct networks {
    struct netcdf file;
    char path[IO_PATH_MAX];
    int64_t size;                 /* of the file */
    bool newer_minor;             /* the content hash may cover what we do not know */
    size_t lengths[NETWORK_DIMS]; /* 0 where the file lacks the dimension */
    int variables[VARIABLE_COUNT];
    char id[ID_LENGTH + 1], label[LABEL_LENGTH + 1];
    float *parameters; /* of the network read last */
    size_t capacity;
};

static const char contents[] = "Strata's kept networks";

static enum status check_length(const struct networks *n, enum network_variable v,
                                struct error *err)
{
    const struct network_row *row = &network_rows[v];
    size_t bytes = network_value_size(v);
    for (int d = 0; d < row->n_dims; d++)
        bytes *= n->lengths[row->dims[d]]; /* at most 4 x 2^31 x 2^31 */
    return netcdf_check_stored(&n->file, row->name, bytes, err);
}

static enum status find_variables(struct networks *n, const int dims[NETWORK_DIMS],
                                  struct error *err)
{
    for (int v = 0; v < VARIABLE_COUNT && err->status == STATUS_OK; v++) {
        const struct network_row *row = &network_rows[v];
        struct netcdf_variable variable = {
            .name = row->name, .type = row->type, .n_dims = row->n_dims};
        bool present = true;
        n->variables[v] = -1;
        for (int d = 0; d < row->n_dims; d++) {
            present = present && n->lengths[row->dims[d]] > 0;
            variable.dims[d] = dims[row->dims[d]];
        }
        if (present &&
            netcdf_find(&n->file, &variable, &n->variables[v], err) == STATUS_OK &&
            n->variables[v] < 0 && !row->may_be_absent)
            error_set(err, STATUS_DATA, "%s: %s is missing", n->path, row->name);
        if (err->status == STATUS_OK && n->variables[v] >= 0)
            check_length(n, (enum network_variable)v, err);
    }
    return err->status;
}

static enum status describe(struct networks *n, struct error *err)
{
    int dims[NETWORK_DIMS] = {0};
    for (int d = 0; d < NETWORK_DIMS; d++)
        if (nc_inq_dimid(n->file.id, network_dim_names[d], &dims[d]) == NC_NOERR)
            netcdf_find_dim(&n->file, network_dim_names[d], INT32_MAX, &dims[d],
                            &n->lengths[d], err);
    if (err->status == STATUS_OK &&
        (n->lengths[ID] != ID_LENGTH || n->lengths[LABEL] != LABEL_LENGTH))
        return error_set(err, STATUS_DATA, "%s: not %s", n->path, contents);
    return find_variables(n, dims, err);
}

static enum status open_here(struct networks **networks, const char *path, bool guarded,
                             struct error *err)
{
    *networks = NULL;
    struct networks *new = memory_alloc(1, sizeof *new, err);
    if (!new)
        return err->status;
    snprintf(new->path, sizeof new->path, "%s", path);
    new->file.guarded = guarded;
    if (schema_open_companion(&new->file, new->path, "parameter_layout", contents,
                              &new->newer_minor, err) != STATUS_OK) {
        free(new);
        return err->status;
    }
    if (describe(new, err) != STATUS_OK)
        networks_close(new);
    else
        *networks = new;
    return err->status;
}

void networks_close(struct networks *networks)
{
    if (!networks)
        return;
    nc_close(networks->file.id);
    free(networks->parameters);
    free(networks);
}

int64_t networks_count(const struct networks *networks)
{
    return (int64_t)networks->lengths[NETWORK];
}

int64_t networks_count_cells(const struct networks *networks)
{
    return (int64_t)networks->lengths[CELL];
}

/* Reads a row of a variable and folds it into the hash, as the writer did. */
static enum status read_row(const struct networks *n, enum network_variable v,
                            size_t index, void *block, struct hash128 *hash,
                            struct error *err)
{
    const struct network_row *row = &network_rows[v];
    size_t length = row->n_dims == 2 ? n->lengths[row->dims[1]] : 1;
    const size_t start[2] = {index, 0}, count[2] = {1, length};
    if (n->variables[v] >= 0 &&
        netcdf_read(&n->file, n->variables[v], start, count, block, err) == STATUS_OK)
        *hash = hash_chain(*hash, hash_bytes(block, length * network_value_size(v)));
    return err->status;
}

static enum status read_parameters(struct networks *n, int32_t offset, int32_t count,
                                   struct hash128 *hash, struct error *err)
{
    const size_t start = (size_t)offset, length = (size_t)count;
    if (offset < 0 || count < 0 || length > n->lengths[PARAMETERS] ||
        start > n->lengths[PARAMETERS] - length)
        return error_set(err, STATUS_DATA, "%s: parameters %d to %lld of %zu", n->path,
                         (int)offset, (long long)offset + count, n->lengths[PARAMETERS]);
    if (memory_grow(&n->parameters, &n->capacity, length, sizeof *n->parameters, err) ==
            STATUS_OK &&
        length > 0 &&
        netcdf_read(&n->file, n->variables[PARAMETER], &start, &length, n->parameters,
                    err) == STATUS_OK)
        *hash = hash_chain(*hash,
                           hash_bytes(n->parameters, length * sizeof *n->parameters));
    return err->status;
}

static enum status read_network(struct networks *n, size_t i, struct network_entry *entry,
                                struct hash128 *hash, struct error *err)
{
    int32_t offset = 0;
    *entry = (struct network_entry){.cell_id = n->id, .label = n->label};
    read_row(n, NETWORK_CELL_ID, i, n->id, hash, err);
    read_row(n, NETWORK_SNAPSHOT, i, n->label, hash, err);
    read_row(n, NETWORK_STEP, i, &entry->step, hash, err);
    read_row(n, PARAMETER_OFFSET, i, &offset, hash, err);
    read_row(n, PARAMETER_COUNT, i, &entry->n_parameters, hash, err);
    if (err->status == STATUS_OK)
        read_parameters(n, offset, entry->n_parameters, hash, err);
    entry->parameters = n->parameters;
    return err->status;
}

enum status networks_read(struct networks *n, int64_t i, struct network_entry *entry,
                          struct error *err)
{
    struct hash128 unused = {0, 0};
    if (i < 0 || i >= networks_count(n))
        return error_set(err, STATUS_INTERNAL, "%s: network %lld of %lld", n->path,
                         (long long)i, (long long)networks_count(n));
    return read_network(n, (size_t)i, entry, &unused, err);
}

static enum status hash_all(struct networks *n, struct hash128 *content,
                            struct error *err)
{
    struct hash128 networks = {0, 0}, cells = {0, 0};
    size_t longest = n->lengths[SAMPLE] > n->lengths[VALIDATION] ? n->lengths[SAMPLE]
                                                                 : n->lengths[VALIDATION];
    void *row = memory_alloc(longest > ID_LENGTH ? longest : ID_LENGTH, sizeof(int32_t),
                             err);
    for (size_t i = 0; i < n->lengths[NETWORK] && err->status == STATUS_OK; i++) {
        struct network_entry entry;
        read_network(n, i, &entry, &networks, err);
    }
    for (size_t c = 0; c < n->lengths[CELL] && err->status == STATUS_OK; c++)
        for (int v = CELL_ID; v < VARIABLE_COUNT; v++)
            read_row(n, (enum network_variable)v, c, row, &cells, err);
    free(row);
    *content = hash_chain(cells, networks);
    return err->status;
}

enum status networks_content(const char *path, struct hash128 *content, struct error *err)
{
    struct networks *networks;
    if (open_here(&networks, path, false, err) == STATUS_OK && networks)
        hash_all(networks, content, err);
    networks_close(networks);
    return err->status;
}

static enum status check_here(const char *path, struct hash128 *content,
                              struct error *err)
{
    struct networks *networks;
    if (open_here(&networks, path, true, err) == STATUS_OK && networks &&
        hash_all(networks, content, err) == STATUS_OK)
        netcdf_match_content(&networks->file, *content, "the networks",
                             networks->newer_minor, err);
    networks_close(networks);
    return err->status;
}

static enum status describe_here(const char *path, struct hash128 *content,
                                 struct error *err)
{
    struct networks *networks;
    *content = (struct hash128){0, 0};
    open_here(&networks, path, true, err);
    networks_close(networks);
    return err->status;
}

enum status networks_check(const char *path, struct hash128 *content, struct error *err)
{
    return guard_try(check_here, path, content, err);
}

enum status networks_open(struct networks **networks, const char *path, struct error *err)
{
    *networks = NULL;
    if (guard_try(describe_here, path, NULL, err) != STATUS_OK)
        return err->status;
    return open_here(networks, path, false, err);
}
