/* The variables on dimension `run`. */
#include <stdlib.h>
#include <string.h>

#include "archive/schema.h"
#include "base/memory.h"

/* What is believed: a run an hour for 15 years. */
enum { RUNS_MAX = 1 << 17 };

/* The variables of a run: where each stands in struct run_info. */
static const struct run_field {
    const char *name, *long_name;
    size_t offset, length; /* a length of 0: an int */
} run_fields[] = {
#define TEXT(member, length, text)                                      \
    {                                                                   \
        "run_" #member, text, offsetof(struct run_info, member), length \
    }
#define INT(member, text)                                          \
    {                                                              \
        "run_" #member, text, offsetof(struct run_info, member), 0 \
    }
    TEXT(id, ID_LENGTH, "identity of the run"),
    TEXT(command, RUN_TEXT_MAX, "command line"),
    TEXT(host, RUN_TEXT_MAX, "host of the first rank"),
    TEXT(start_time, SCHEMA_NAME_LENGTH, "start of the run, ISO 8601, UTC"),
    INT(n_ranks, "MPI ranks"),
    TEXT(blas, RUN_TEXT_MAX, "BLAS library, version and kernel"),
    INT(blas_threads, "threads of BLAS in each rank"),
    TEXT(slurm_job, SCHEMA_NAME_LENGTH, "Slurm job"),
    INT(restart_count, "restarts of the Slurm job before the run"),
    TEXT(mpi, RUN_TEXT_MAX, "MPI library and version"),
    TEXT(versions, RUN_TEXT_MAX, "versions of libraries and program"),
#undef TEXT
#undef INT
};
_Static_assert((int)RUN_ID_LENGTH == (int)ID_LENGTH, "run_id is on id_len");
_Static_assert(sizeof run_fields / sizeof *run_fields == N_RUN_FIELDS,
               "every field has its variable");

/* The dimensions of runs' variables. */
struct run_dims {
    int run, id, text, name;
};

static struct netcdf_variable run_variable(const struct run_field *field,
                                           const struct run_dims *dims)
{
    bool is_id = field->offset == offsetof(struct run_info, id);
    int length_dim = is_id                           ? dims->id
                     : field->length == RUN_TEXT_MAX ? dims->text
                                                     : dims->name;
    return (struct netcdf_variable){.name = field->name,
                                    .type = field->length ? NC_CHAR : NC_INT,
                                    .n_dims = field->length ? 2 : 1,
                                    .dims = {dims->run, field->length ? length_dim : 0},
                                    .long_name = field->long_name,
                                    .units = "1"};
}

enum status schema_define_runs(struct run_variables *runs, const struct schema *schema,
                               const struct netcdf *file, int n_runs, struct error *err)
{
    struct run_dims dims = {.id = schema->dims[DIM_ID]};
    netcdf_define_dim(file, "run", (size_t)n_runs, &dims.run, err);
    netcdf_define_dim(file, "run_text_len", RUN_TEXT_MAX, &dims.text, err);
    netcdf_define_dim(file, "name_len", SCHEMA_NAME_LENGTH, &dims.name, err);
    for (int i = 0; i < N_RUN_FIELDS && err->status == STATUS_OK; i++) {
        struct netcdf_variable variable = run_variable(&run_fields[i], &dims);
        netcdf_define(file, &variable, &runs->fields[i], err);
    }
    return schema_define_axis(file, NC_INT, dims.run, "index of the run", &runs->index,
                              err);
}

enum status schema_write_runs(const struct run_variables *variables,
                              const struct netcdf *file, const struct run_info *runs,
                              int n_runs, struct error *err)
{
    schema_write_numbers(file, variables->index, NC_INT, 0, n_runs, err);
    for (int i = 0; i < N_RUN_FIELDS; i++) {
        const struct run_field *field = &run_fields[i];
        for (int r = 0; r < n_runs; r++) {
            const char *value = (const char *)&runs[r] + field->offset;
            const size_t start[2] = {(size_t)r, 0};
            const size_t count[2] = {1, field->length};
            char text[RUN_TEXT_MAX];
            if (field->length)
                record_fit_text(text, field->length, value);
            netcdf_write(file, variables->fields[i], start, count,
                         field->length ? text : value, err);
        }
    }
    return err->status;
}

/* Reads one variable of all runs. */
static enum status read_run_field(const struct netcdf *file,
                                  const struct run_field *field,
                                  const struct run_dims *dims, struct run_info *runs,
                                  size_t n_runs, struct error *err)
{
    struct netcdf_variable variable = run_variable(field, dims);
    size_t length = field->length ? field->length : sizeof(int32_t);
    const size_t start[2] = {0, 0}, count[2] = {n_runs, field->length};
    int id;
    if (netcdf_find(file, &variable, &id, err) == STATUS_OK && id < 0)
        error_set(err, STATUS_DATA, "%s: has no %s", file->path, field->name);
    char *values = memory_alloc(n_runs, length, err);
    netcdf_read(file, id, start, count, values, err);
    bool ends = field->length && field->offset != offsetof(struct run_info, id);
    for (size_t r = 0; r < n_runs && err->status == STATUS_OK; r++)
        memcpy((char *)&runs[r] + field->offset, values + r * length, length - ends);
    free(values);
    return err->status;
}

static enum status find_run_dims(const struct netcdf *file, struct run_dims *dims,
                                 size_t *n_runs, struct error *err)
{
    size_t id = 0, text = 0, name = 0;
    netcdf_find_dim(file, "run", RUNS_MAX, &dims->run, n_runs, err);
    netcdf_find_dim(file, "id_len", ID_LENGTH, &dims->id, &id, err);
    netcdf_find_dim(file, "run_text_len", RUN_TEXT_MAX, &dims->text, &text, err);
    netcdf_find_dim(file, "name_len", SCHEMA_NAME_LENGTH, &dims->name, &name, err);
    if (err->status == STATUS_OK &&
        (id != ID_LENGTH || text != RUN_TEXT_MAX || name != SCHEMA_NAME_LENGTH))
        error_set(err, STATUS_DATA, "%s: texts of runs have another length", file->path);
    return err->status;
}

enum status schema_read_runs(const struct netcdf *file, struct run_info **runs,
                             int *n_runs, struct error *err)
{
    struct run_dims dims;
    size_t n = 0;
    *runs = NULL;
    *n_runs = 0;
    if (nc_inq_dimid(file->id, "run", &dims.run) != NC_NOERR ||
        find_run_dims(file, &dims, &n, err) != STATUS_OK)
        return err->status;
    struct run_info *new = memory_alloc(n, sizeof *new, err);
    for (int i = 0; i < N_RUN_FIELDS && err->status == STATUS_OK; i++)
        read_run_field(file, &run_fields[i], &dims, new, n, err);
    if (err->status != STATUS_OK) {
        free(new);
        return err->status;
    }
    *runs = new;
    *n_runs = (int)n;
    return STATUS_OK;
}
