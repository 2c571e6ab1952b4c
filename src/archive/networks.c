#include "archive/networks.h"

#include <stdlib.h>
#include <string.h>

#include "archive/networks_format.h"
#include "archive/schema.h"
#include "base/memory.h"
#include "record/record.h"

enum {
    PARAMETERS_PER_CHUNK = 65536,
    NETWORKS_PER_CHUNK = 1024,
    SAMPLES_PER_CHUNK = 1 << 20,
    N_FLAGS = 4 /* of train_corrupt */
};

const struct network_row network_rows[VARIABLE_COUNT] = {
    [NETWORK_CELL_ID] = {"network_cell_id",
                         "identity of the network's cell",
                         NC_CHAR,
                         2,
                         {NETWORK, ID},
                         NETWORKS_PER_CHUNK,
                         0,
                         NULL},
    [NETWORK_SNAPSHOT] = {"network_snapshot",
                          "snapshot that the network is",
                          NC_CHAR,
                          2,
                          {NETWORK, LABEL},
                          NETWORKS_PER_CHUNK,
                          0,
                          NULL},
    [NETWORK_STEP] = {"network_step",
                      "optimizer steps taken before the snapshot",
                      NC_INT,
                      1,
                      {NETWORK},
                      NETWORKS_PER_CHUNK,
                      0,
                      "network_cell_id network_snapshot"},
    [PARAMETER_OFFSET] = {"parameter_offset",
                          "index on the parameter dimension of the first parameter",
                          NC_INT,
                          1,
                          {NETWORK},
                          NETWORKS_PER_CHUNK,
                          0,
                          "network_cell_id network_snapshot"},
    [PARAMETER_COUNT] = {"parameter_count",
                         "parameters of the network, running statistics among them",
                         NC_INT,
                         1,
                         {NETWORK},
                         NETWORKS_PER_CHUNK,
                         0,
                         "network_cell_id network_snapshot"},
    [PARAMETER] = {"parameter",
                   "parameters of all networks, end to end",
                   NC_FLOAT,
                   1,
                   {PARAMETERS},
                   0,
                   PARAMETERS_PER_CHUNK,
                   NULL},
    [CELL_ID] = {"cell_id",
                 "identity of the cell",
                 NC_CHAR,
                 2,
                 {CELL, ID},
                 NETWORKS_PER_CHUNK,
                 0,
                 NULL},
    [TRAIN_SAMPLE] = {"train_sample",
                      "index of the sample in the training file",
                      NC_INT,
                      2,
                      {CELL, SAMPLE},
                      1,
                      SAMPLES_PER_CHUNK,
                      "cell_id"},
    [TRAIN_LABEL] = {"train_label",
                     "label that the sample was trained with",
                     NC_INT,
                     2,
                     {CELL, SAMPLE},
                     1,
                     SAMPLES_PER_CHUNK,
                     "cell_id"},
    [VALIDATION_SAMPLE] = {"validation_sample",
                           "index of the validation sample in the training file",
                           NC_INT,
                           2,
                           {CELL, VALIDATION},
                           1,
                           SAMPLES_PER_CHUNK,
                           "cell_id"},
    [TRAIN_CORRUPT] = {"train_corrupt",
                       "whether the sample's label differs from the original, or its "
                       "inputs are replaced",
                       NC_BYTE,
                       2,
                       {CELL, SAMPLE},
                       1,
                       SAMPLES_PER_CHUNK,
                       "cell_id",
                       "clean label input both",
                       true},
};

const char *const network_dim_names[NETWORK_DIMS] = {
    "network", "parameter", "cell", "sample", "validation", "id_len", "label_len"};

size_t network_value_size(enum network_variable v)
{
    bool small = network_rows[v].type == NC_CHAR || network_rows[v].type == NC_BYTE;
    return small ? 1 : sizeof(int32_t); /* or float */
}

static const char layout[] =
    "A network's vector is parameter[parameter_offset : parameter_offset + "
    "parameter_count]: for layer 1 to n_layers of its cell the weights [out, in], "
    "row-major, then the biases [out] where the layer has them. Where batch_norm is true "
    "the biases of hidden layers are the shifts, and the scales [out] follow them; "
    "behind "
    "all layers stand, for each hidden layer, the running means [out] and the running "
    "variances [out].";

struct networks_writer {
    struct netcdf_output output;
    size_t lengths[NETWORK_DIMS]; /* 0: the dimension and its variables are left out */
    int variables[VARIABLE_COUNT];
    size_t n_cells, n_networks, n_parameters; /* written so far */
    int32_t *row;                             /* [largest of samples and validation] */
    struct hash128 networks, cells;           /* of all rows; the two may come mixed */
};

static enum status define_dims(struct networks_writer *writer, int dims[NETWORK_DIMS],
                               struct error *err)
{
    for (int d = 0; d < NETWORK_DIMS; d++)
        if (writer->lengths[d] > 0)
            netcdf_define_dim(&writer->output.file, network_dim_names[d],
                              writer->lengths[d], &dims[d], err);
    return err->status;
}

static enum status define_variables(struct networks_writer *writer,
                                    const int dims[NETWORK_DIMS], struct error *err)
{
    const struct netcdf *file = &writer->output.file;
    for (int v = 0; v < VARIABLE_COUNT; v++) {
        const struct network_row *row = &network_rows[v];
        struct netcdf_variable variable = {.name = row->name,
                                           .type = row->type,
                                           .n_dims = row->n_dims,
                                           .long_name = row->long_name,
                                           .units = "1",
                                           .cells_per_chunk = row->rows_per_chunk,
                                           .values_per_chunk = row->values_per_chunk};
        writer->variables[v] = -1;
        bool present = true;
        for (int d = 0; d < row->n_dims; d++) {
            present = present && writer->lengths[row->dims[d]] > 0;
            variable.dims[d] = dims[row->dims[d]];
        }
        if (!present)
            continue;
        netcdf_define(file, &variable, &writer->variables[v], err);
        if (row->coordinates)
            netcdf_put_text(file, writer->variables[v], "coordinates", row->coordinates,
                            err);
        if (row->flags)
            netcdf_put_flags(file, writer->variables[v], N_FLAGS, row->flags, err);
        if (row->n_dims == 2 && row->type != NC_CHAR)
            netcdf_put_fill(file, writer->variables[v], row->type, err);
    }
    return err->status;
}

static enum status put_attributes(const struct netcdf *file,
                                  const struct networks_header *header, struct error *err)
{
    struct file_origin origin = {.title = header->title,
                                 .source = header->source,
                                 .study = header->study,
                                 .data_hash = header->data_hash,
                                 .numerics_version = header->numerics_version};
    schema_put_origin(file, &origin, err);
    return netcdf_put_text(file, NC_GLOBAL, "parameter_layout", layout, err);
}

static enum status check_totals(const char *path, const struct networks_header *header,
                                struct error *err)
{
    const int64_t totals[] = {header->n_cells, header->n_networks, header->n_parameters,
                              header->n_train, header->n_validation};
    static const char *const names[] = {"cells", "kept networks", "parameters",
                                        "training samples", "validation samples"};
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        if (totals[i] < 0 || totals[i] > INT32_MAX)
            return error_set(err, STATUS_STUDY,
                             "%s: %lld %s; the format holds at most %d: keep fewer "
                             "networks",
                             path, (long long)totals[i], names[i], INT32_MAX);
    return STATUS_OK;
}

enum status networks_create(struct networks_writer **writer, const char *path,
                            const struct networks_header *header, struct error *err)
{
    int dims[NETWORK_DIMS] = {0};
    *writer = NULL;
    if (check_totals(path, header, err) != STATUS_OK)
        return err->status;
    struct networks_writer *new = memory_alloc(1, sizeof *new, err);
    if (!new)
        return err->status;
    if (netcdf_output_create(&new->output, path, err) != STATUS_OK) {
        free(new);
        return err->status;
    }
    size_t n_train = (size_t)header->n_train, n_validation = (size_t)header->n_validation;
    new->lengths[NETWORK] = (size_t)header->n_networks;
    new->lengths[PARAMETERS] = (size_t)header->n_parameters;
    new->lengths[CELL] = (size_t)header->n_cells;
    new->lengths[SAMPLE] = n_train;
    new->lengths[VALIDATION] = n_validation;
    new->lengths[ID] = ID_LENGTH;
    new->lengths[LABEL] = LABEL_LENGTH;
    new->row = memory_alloc(n_train > n_validation ? n_train : n_validation,
                            sizeof *new->row, err);
    define_dims(new, dims, err);
    define_variables(new, dims, err);
    put_attributes(&new->output.file, header, err);
    if (netcdf_begin_data(&new->output.file, err) != STATUS_OK)
        networks_discard(new);
    else
        *writer = new;
    return err->status;
}

static void release(struct networks_writer *writer)
{
    free(writer->row);
    free(writer);
}

void networks_discard(struct networks_writer *writer)
{
    if (!writer)
        return;
    netcdf_output_discard(&writer->output);
    release(writer);
}

static void fold(struct networks_writer *writer, enum network_variable v,
                 const void *data, size_t length)
{
    struct hash128 *hash = v >= CELL_ID ? &writer->cells : &writer->networks;
    *hash = hash_chain(*hash, hash_bytes(data, length * network_value_size(v)));
}

/* Writes row `index` of a variable of two dimensions (or one: `length` is 1). */
static enum status write_row(struct networks_writer *writer, enum network_variable v,
                             size_t index, size_t length, const void *data,
                             struct error *err)
{
    const size_t start[2] = {index, 0}, count[2] = {1, length};
    if (writer->variables[v] < 0)
        return err->status;
    fold(writer, v, data, length);
    return netcdf_write(&writer->output.file, writer->variables[v], start, count, data,
                        err);
}

static enum status write_text(struct networks_writer *writer, enum network_variable v,
                              size_t index, const char *text, struct error *err)
{
    char padded[ID_LENGTH];
    size_t length = network_rows[v].dims[1] == ID ? ID_LENGTH : LABEL_LENGTH;
    record_fit_text(padded, length, text);
    return write_row(writer, v, index, length, padded, err);
}

static void pad_row(int32_t *row, size_t used, size_t length)
{
    for (size_t i = used; i < length; i++)
        row[i] = RECORD_FILL_INT;
}

enum status networks_append_cell(struct networks_writer *writer,
                                 const struct network_samples *samples, struct error *err)
{
    size_t n_train = (size_t)samples->n_train,
           n_validation = (size_t)samples->n_validation;
    size_t cell = writer->n_cells, *lengths = writer->lengths;
    if (cell >= lengths[CELL] || samples->n_train < 0 || samples->n_validation < 0 ||
        n_train > lengths[SAMPLE] || n_validation > lengths[VALIDATION])
        return error_set(
            err, STATUS_INTERNAL,
            "%s: cell %zu of %zu with %d and %d samples, at most %zu and %zu",
            writer->output.path, cell, lengths[CELL], samples->n_train,
            samples->n_validation, lengths[SAMPLE], lengths[VALIDATION]);
    write_text(writer, CELL_ID, cell, samples->cell_id, err);
    pad_row(writer->row, n_train, lengths[SAMPLE]);
    if (n_train > 0)
        memcpy(writer->row, samples->train_sample, n_train * sizeof *writer->row);
    write_row(writer, TRAIN_SAMPLE, cell, lengths[SAMPLE], writer->row, err);
    for (size_t i = 0; i < n_train; i++)
        writer->row[i] = samples->train_label[i];
    write_row(writer, TRAIN_LABEL, cell, lengths[SAMPLE], writer->row, err);
    pad_row(writer->row, n_validation, lengths[VALIDATION]);
    if (n_validation > 0)
        memcpy(writer->row, samples->validation_sample,
               n_validation * sizeof *writer->row);
    write_row(writer, VALIDATION_SAMPLE, cell, lengths[VALIDATION], writer->row, err);
    memset(writer->row, NETCDF_FILL_BYTE, lengths[SAMPLE]);
    if (n_train > 0)
        memcpy(writer->row, samples->train_corrupt, n_train);
    write_row(writer, TRAIN_CORRUPT, cell, lengths[SAMPLE], writer->row, err);
    writer->n_cells++;
    return err->status;
}

enum status networks_append(struct networks_writer *writer,
                            const struct network_entry *entry, struct error *err)
{
    size_t network = writer->n_networks, start = writer->n_parameters;
    size_t count = (size_t)entry->n_parameters;
    if (network >= writer->lengths[NETWORK] || entry->n_parameters < 0 ||
        count > writer->lengths[PARAMETERS] - start)
        return error_set(err, STATUS_INTERNAL,
                         "%s: network %zu of %zu with %d parameters after %zu of %zu",
                         writer->output.path, network, writer->lengths[NETWORK],
                         (int)entry->n_parameters, start, writer->lengths[PARAMETERS]);
    int32_t offset = (int32_t)start;
    write_text(writer, NETWORK_CELL_ID, network, entry->cell_id, err);
    write_text(writer, NETWORK_SNAPSHOT, network, entry->label, err);
    write_row(writer, NETWORK_STEP, network, 1, &entry->step, err);
    write_row(writer, PARAMETER_OFFSET, network, 1, &offset, err);
    write_row(writer, PARAMETER_COUNT, network, 1, &entry->n_parameters, err);
    if (count > 0) {
        fold(writer, PARAMETER, entry->parameters, count);
        netcdf_write(&writer->output.file, writer->variables[PARAMETER], &start, &count,
                     entry->parameters, err);
    }
    writer->n_networks++;
    writer->n_parameters += count;
    return err->status;
}

enum status networks_publish(struct networks_writer *writer, struct error *err)
{
    const size_t *lengths = writer->lengths;
    struct hash128 content = hash_chain(writer->cells, writer->networks);
    if (writer->n_cells != lengths[CELL] || writer->n_networks != lengths[NETWORK] ||
        writer->n_parameters != lengths[PARAMETERS])
        error_set(
            err, STATUS_INTERNAL,
            "%s: %zu cells, %zu networks, %zu parameters, not the %zu, %zu, %zu that "
            "were announced",
            writer->output.path, writer->n_cells, writer->n_networks,
            writer->n_parameters, lengths[CELL], lengths[NETWORK], lengths[PARAMETERS]);
    netcdf_output_finish(&writer->output, content, networks_content, err);
    release(writer);
    return err->status;
}
