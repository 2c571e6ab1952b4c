#include "archive/netcdf_util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/guard.h"
#include "archive/hdf5_check.h"
#include "base/memory.h"
#include "record/record.h"

enum { CHUNK_BYTES = 4 << 20, DEFLATE_LEVEL = 1 };

enum status netcdf_error(const struct netcdf *file, enum status status, const char *what,
                         int code, struct error *err)
{
    if (code == NC_ENOMEM || code == ENOMEM)
        status = STATUS_MEMORY;
    /* netCDF does not tell why HDF5 could not write */
    bool writing = status == STATUS_IO && code == NC_EHDFERR;
    return error_set(err, status, "%s: %s: %s%s", file->path, what, nc_strerror(code),
                     writing ? " (is the disk full?)" : "");
}

enum status netcdf_variable_error(const struct netcdf *file, enum status status,
                                  int variable, int code, struct error *err)
{
    char name[NC_MAX_NAME + 1] = "global attribute";
    if (variable != NC_GLOBAL && nc_inq_varname(file->id, variable, name) != NC_NOERR)
        snprintf(name, sizeof name, "variable %d", variable);
    return netcdf_error(file, status, name, code, err);
}

/* The name as the library may see it. A leading "./" or "/" keeps it from being taken for
 * an address, but '#' starts protocol options even so. */
static enum status library_path(char out[IO_PATH_MAX], const char *path,
                                struct error *err)
{
    if (strchr(path, '#'))
        return error_set(err, STATUS_USAGE,
                         "%s: netCDF does not take a file name with '#'", path);
    if (path[0] == '/') {
        size_t length = strlen(path);
        if (length >= IO_PATH_MAX)
            return error_set(err, STATUS_USAGE, "%.200s...: path too long", path);
        memcpy(out, path, length + 1);
        return STATUS_OK;
    }
    return io_join(out, ".", path, err);
}

/* Settings files (.ncrc) of the current folder and the home folder may redirect files. */
static void ignore_settings_files(void)
{
    setenv("NCRCENV_IGNORE", "1", 1);
}

static enum status check_signature(const char *path, int64_t *size, struct error *err)
{
    static const unsigned char signature[8] = {0x89, 'H',  'D',  'F',
                                               '\r', '\n', 0x1a, '\n'};
    /* O_NONBLOCK: a named pipe must not make us wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(err, STATUS_MISSING, "%s: %s", path, strerror(errno));
    struct stat info;
    unsigned char start[sizeof signature];
    enum status status = STATUS_OK;
    if (fstat(fd, &info) < 0)
        status = error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        status = error_set(err, STATUS_DATA, "%s: not a regular file", path);
    else if (read(fd, start, sizeof start) != (ssize_t)sizeof start ||
             memcmp(start, signature, sizeof start) != 0)
        status = error_set(err, STATUS_DATA, "%s: not a netCDF-4 file", path);
    else
        *size = info.st_size;
    close(fd);
    return status;
}

enum status netcdf_open(struct netcdf *file, const char *path, struct error *err)
{
    char name[IO_PATH_MAX];
    if (err->status != STATUS_OK ||
        check_signature(path, &file->size, err) != STATUS_OK ||
        library_path(name, path, err) != STATUS_OK || hdf5_check(path, err) != STATUS_OK)
        return err->status;
    ignore_settings_files();
    file->path = path;
    int code = nc_open(name, NC_NOWRITE, &file->id), format;
    if (code != NC_NOERR)
        return netcdf_error(file, STATUS_DATA, "cannot open", code, err);
    code = nc_inq_format(file->id, &format);
    if (code == NC_NOERR && format == NC_FORMAT_NETCDF4_CLASSIC)
        return STATUS_OK;
    nc_close(file->id);
    return error_set(err, STATUS_DATA, "%s: not of the netCDF-4 classic model", path);
}

enum status netcdf_output_create(struct netcdf_output *output, const char *path,
                                 struct error *err)
{
    char name[IO_PATH_MAX];
    memset(output, 0, sizeof *output);
    output->file.path = output->path;
    int length = snprintf(output->path, IO_PATH_MAX, "%s", path);
    int n = snprintf(output->temporary, IO_PATH_MAX, "%s.tmp-%ld", path, (long)getpid());
    if (length < 0 || length >= IO_PATH_MAX || n < 0 || n >= IO_PATH_MAX)
        return error_set(err, STATUS_USAGE, "%.200s...: path too long", path);
    if (err->status != STATUS_OK ||
        library_path(name, output->temporary, err) != STATUS_OK)
        return err->status;
    ignore_settings_files();
    /* Left over from a killed process that had our number, as every start in a container
     * has. */
    unlink(output->temporary);
    int code = nc_create(name, NC_NETCDF4 | NC_CLASSIC_MODEL | NC_NOCLOBBER,
                         &output->file.id);
    if (code != NC_NOERR)
        return netcdf_error(&output->file, STATUS_CREATE, "cannot create", code, err);
    output->open = true;
    return STATUS_OK;
}

enum status netcdf_output_close(struct netcdf_output *output, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    output->open = false;
    /* What cannot be written comes out here. The file then stays open, and the process
     * leaves without the library (cli/main.c). */
    int code = nc_sync(output->file.id);
    if (code == NC_NOERR)
        code = guard_can_close(output->file.id) ? nc_close(output->file.id) : NC_EHDFERR;
    if (code != NC_NOERR)
        return netcdf_error(&output->file, STATUS_IO, "cannot complete the file", code,
                            err);
    return STATUS_OK;
}

enum status netcdf_output_publish(struct netcdf_output *output, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    int fd = open(output->temporary, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        error_set(err, STATUS_IO, "%s: %s", output->temporary, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (err->status != STATUS_OK)
        return err->status;
    return io_publish(output->temporary, output->path, err);
}

void netcdf_output_discard(struct netcdf_output *output)
{
    /* First the name: closing after a failed write may not return. */
    unlink(output->temporary);
    if (output->open)
        nc_close(output->file.id);
    output->open = false;
}

enum status netcdf_output_finish(struct netcdf_output *output, struct hash128 content,
                                 netcdf_content_fn *read, struct error *err)
{
    char text[HASH_HEX + 1];
    struct hash128 back;
    hash_format(content, text);
    netcdf_begin_definitions(&output->file, err);
    netcdf_put_text(&output->file, NC_GLOBAL, "content_hash", text, err);
    netcdf_begin_data(&output->file, err);
    if (netcdf_output_close(output, err) == STATUS_OK &&
        read(output->temporary, &back, err) == STATUS_OK && !hash_equal(back, content))
        error_set(err, STATUS_IO, "%s: what was read back is not what was written",
                  output->path);
    if (netcdf_output_publish(output, err) != STATUS_OK)
        netcdf_output_discard(output);
    return err->status;
}

enum status netcdf_define_dim(const struct netcdf *file, const char *name, size_t length,
                              int *dim, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    int code = nc_def_dim(file->id, name, length, dim);
    return code == NC_NOERR ? STATUS_OK : netcdf_error(file, STATUS_IO, name, code, err);
}

/* Chunk lengths and the bytes of a chunk. */
static int plan_chunks(const struct netcdf *file, const struct netcdf_variable *variable,
                       size_t chunks[NETCDF_DIMS_MAX], size_t *bytes)
{
    size_t element;
    int unlimited = -1, code = nc_inq_type(file->id, variable->type, NULL, &element);
    if (code == NC_NOERR)
        code = nc_inq_unlimdim(file->id, &unlimited);
    size_t room = variable->values_per_chunk ? variable->values_per_chunk
                                             : (size_t)CHUNK_BYTES / element;
    *bytes = element;
    for (int d = variable->n_dims - 1; d >= 0 && code == NC_NOERR; d--) {
        size_t length;
        code = nc_inq_dimlen(file->id, variable->dims[d], &length);
        if (variable->dims[d] == unlimited || (d == 0 && variable->cells_per_chunk > 0 &&
                                               variable->cells_per_chunk < length))
            length = variable->cells_per_chunk;
        size_t most = room;
        if (variable->dims[d] == unlimited)
            for (most = 1; most * 2 <= room; most *= 2)
                continue;
        chunks[d] = length < most ? length : most;
        if (chunks[d] < 1)
            chunks[d] = 1;
        room /= chunks[d];
        *bytes *= chunks[d];
    }
    return code;
}

enum status netcdf_define(const struct netcdf *file,
                          const struct netcdf_variable *variable, int *id,
                          struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    size_t chunks[NETCDF_DIMS_MAX], bytes;
    int code = nc_def_var(file->id, variable->name, variable->type, variable->n_dims,
                          variable->dims, id);
    if (code == NC_NOERR)
        code = plan_chunks(file, variable, chunks, &bytes);
    if (code == NC_NOERR)
        code = nc_def_var_chunking(file->id, *id, NC_CHUNKED, chunks);
    /* Measured reals are noise in most of their bytes: to deflate them took three
     * quarters of the time of writing an archive. */
    bool noise = variable->type == NC_DOUBLE;
    if (code == NC_NOERR && !noise)
        code = nc_def_var_deflate(file->id, *id, 1, 1, DEFLATE_LEVEL);
    if (code == NC_NOERR)
        code = nc_def_var_fletcher32(file->id, *id, NC_FLETCHER32);
    /* Chunks are written whole: more than one in the cache would be wasted memory. */
    if (code == NC_NOERR)
        code = nc_set_var_chunk_cache(file->id, *id, bytes, NETCDF_CACHE_SLOTS, 1.0f);
    if (code != NC_NOERR)
        return netcdf_error(file, STATUS_IO, variable->name, code, err);
    netcdf_put_text(file, *id, "long_name", variable->long_name, err);
    netcdf_put_text(file, *id, "units", variable->units, err);
    if (variable->type == NC_CHAR)
        netcdf_put_text(file, *id, "_Encoding", "utf-8", err);
    return err->status;
}

enum status netcdf_put_text(const struct netcdf *file, int variable, const char *name,
                            const char *text, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    size_t size = strlen(text);
    char *clean = memory_alloc(size, 1, err);
    if (!clean)
        return err->status;
    record_fit_text(clean, size, text);
    int code = nc_put_att_text(file->id, variable, name, size, clean);
    free(clean);
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_IO, variable, code, err);
    return STATUS_OK;
}

enum status netcdf_put_int(const struct netcdf *file, int variable, const char *name,
                           int64_t value, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    if (value < INT32_MIN || value > INT32_MAX)
        return error_set(err, STATUS_STUDY, "%s: %s of %lld does not fit the format",
                         file->path, name, (long long)value);
    int number = (int)value;
    int code = nc_put_att_int(file->id, variable, name, NC_INT, 1, &number);
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_IO, variable, code, err);
    return STATUS_OK;
}

enum status netcdf_put_real(const struct netcdf *file, int variable, const char *name,
                            double value, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    int code = nc_put_att_double(file->id, variable, name, NC_DOUBLE, 1, &value);
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_IO, variable, code, err);
    return STATUS_OK;
}

enum status netcdf_put_fill(const struct netcdf *file, int variable, nc_type type,
                            struct error *err)
{
    static const double real = RECORD_FILL_REAL;
    static const int32_t integer = RECORD_FILL_INT;
    static const signed char byte = NETCDF_FILL_BYTE;
    if (err->status != STATUS_OK)
        return err->status;
    const void *fill = type == NC_DOUBLE ? (const void *)&real
                       : type == NC_BYTE ? (const void *)&byte
                                         : (const void *)&integer;
    int code = nc_def_var_fill(file->id, variable, NC_FILL, fill);
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_IO, variable, code, err);
    return STATUS_OK;
}

enum status netcdf_put_flags(const struct netcdf *file, int variable, int n_values,
                             const char *meanings, struct error *err)
{
    signed char values[INT8_MAX + 1];
    if (err->status != STATUS_OK)
        return err->status;
    if (n_values < 0 || n_values > INT8_MAX)
        return error_set(err, STATUS_INTERNAL, "%s: %d flag values", file->path,
                         n_values);
    for (int i = 0; i < n_values; i++)
        values[i] = (signed char)i;
    int code = nc_put_att_schar(file->id, variable, "flag_values", NC_BYTE,
                                (size_t)n_values, values);
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_IO, variable, code, err);
    return netcdf_put_text(file, variable, "flag_meanings", meanings, err);
}

enum status netcdf_begin_data(const struct netcdf *file, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    int code = nc_enddef(file->id);
    if (code != NC_NOERR)
        return netcdf_error(file, STATUS_IO, "definitions", code, err);
    return STATUS_OK;
}

enum status netcdf_begin_definitions(const struct netcdf *file, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    int code = nc_redef(file->id);
    if (code != NC_NOERR)
        return netcdf_error(file, STATUS_IO, "definitions", code, err);
    return STATUS_OK;
}

enum status netcdf_write(const struct netcdf *file, int variable, const size_t *start,
                         const size_t *count, const void *data, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    int code = nc_put_vara(file->id, variable, start, count, data);
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_IO, variable, code, err);
    return STATUS_OK;
}
