/* What is read of a file, and how far its lengths are believed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/guard.h"
#include "archive/netcdf_util.h"
#include "base/memory.h"

enum {
    CHUNK_BYTES_READ = 256 << 20,
    TEXT_BYTES_READ = 16 << 20,
    DEFLATE_RATIO_MAX = 1032 /* deflate makes no more of a byte */
};

enum status netcdf_read(const struct netcdf *file, int variable, const size_t *start,
                        const size_t *count, void *data, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    if (file->guarded)
        guard_step();
    int code = nc_get_vara(file->id, variable, start, count, data);
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_DATA, variable, code, err);
    return STATUS_OK;
}

enum status netcdf_find_dim(const struct netcdf *file, const char *name, size_t limit,
                            int *dim, size_t *length, struct error *err)
{
    if (err->status != STATUS_OK)
        return err->status;
    int code = nc_inq_dimid(file->id, name, dim);
    if (code == NC_NOERR)
        code = nc_inq_dimlen(file->id, *dim, length);
    if (code != NC_NOERR)
        return error_set(err, STATUS_DATA, "%s: dimension %s: %s", file->path, name,
                         nc_strerror(code));
    if (*length > limit)
        return error_set(err, STATUS_DATA, "%s: dimension %s of %zu, limit %zu",
                         file->path, name, *length, limit);
    return STATUS_OK;
}

/* Sets the cache so that it holds a chunk; false in *fine where that would be too large.
 */
static int cache_chunk(const struct netcdf *file, int variable, bool *fine)
{
    int storage, n_dims;
    size_t chunks[NC_MAX_VAR_DIMS], bytes;
    nc_type type;
    *fine = true;
    int code = nc_inq_var(file->id, variable, NULL, &type, &n_dims, NULL, NULL);
    if (code == NC_NOERR)
        code = nc_inq_type(file->id, type, NULL, &bytes);
    if (code == NC_NOERR)
        code = nc_inq_var_chunking(file->id, variable, &storage, chunks);
    if (code != NC_NOERR || storage != NC_CHUNKED)
        return code;
    for (int d = 0; d < n_dims && *fine; d++)
        *fine = !__builtin_mul_overflow(bytes, chunks[d], &bytes) &&
                bytes <= CHUNK_BYTES_READ;
    return *fine ? nc_set_var_chunk_cache(file->id, variable, bytes, NETCDF_CACHE_SLOTS,
                                          0.75f)
                 : code;
}

enum status netcdf_find(const struct netcdf *file, const struct netcdf_variable *variable,
                        int *id, struct error *err)
{
    *id = -1;
    if (err->status != STATUS_OK)
        return err->status;
    if (file->guarded)
        guard_step();
    int found, n_dims, dims[NC_MAX_VAR_DIMS];
    int code = nc_inq_varid(file->id, variable->name, &found);
    if (code == NC_ENOTVAR)
        return STATUS_OK;
    nc_type type;
    if (code == NC_NOERR)
        code = nc_inq_var(file->id, found, NULL, &type, &n_dims, dims, NULL);
    if (code != NC_NOERR)
        return netcdf_error(file, STATUS_DATA, variable->name, code, err);
    if (type != variable->type || n_dims != variable->n_dims ||
        memcmp(dims, variable->dims, (size_t)n_dims * sizeof *dims) != 0)
        return error_set(err, STATUS_DATA, "%s: %s has another type or shape", file->path,
                         variable->name);
    bool fine;
    code = cache_chunk(file, found, &fine);
    if (code != NC_NOERR)
        return netcdf_error(file, STATUS_DATA, variable->name, code, err);
    if (!fine)
        return error_set(err, STATUS_DATA, "%s: %s has chunks of more than %d bytes",
                         file->path, variable->name, CHUNK_BYTES_READ);
    *id = found;
    return STATUS_OK;
}

enum status netcdf_check_stored(const struct netcdf *file, const char *name, size_t bytes,
                                struct error *err)
{
    if (err->status == STATUS_OK && bytes / DEFLATE_RATIO_MAX > (size_t)file->size)
        error_set(err, STATUS_DATA, "%s: %s is too long for a file of %lld bytes",
                  file->path, name, (long long)file->size);
    return err->status;
}

/* Lengths of a variable that no reader knows, and the bytes of a row of its first
 * dimension. */
static enum status measure(const struct netcdf *file, int variable,
                           size_t count[NC_MAX_VAR_DIMS], size_t *row, struct error *err)
{
    char name[NC_MAX_NAME + 1];
    int n_dims, dims[NC_MAX_VAR_DIMS];
    nc_type type;
    bool fine;
    count[0] = 1;
    int code = nc_inq_var(file->id, variable, name, &type, &n_dims, dims, NULL);
    if (code == NC_NOERR)
        code = nc_inq_type(file->id, type, NULL, row);
    if (code == NC_NOERR)
        code = cache_chunk(file, variable, &fine);
    for (int d = 0; d < n_dims && code == NC_NOERR; d++) {
        code = nc_inq_dimlen(file->id, dims[d], &count[d]);
        fine = fine && (d == 0 || !__builtin_mul_overflow(*row, count[d], row));
    }
    if (code != NC_NOERR)
        return netcdf_variable_error(file, STATUS_DATA, variable, code, err);
    size_t bytes;
    if (!fine || *row > CHUNK_BYTES_READ ||
        __builtin_mul_overflow(*row, count[0], &bytes))
        return error_set(err, STATUS_DATA, "%s: %s is too large", file->path, name);
    return netcdf_check_stored(file, name, bytes, err);
}

enum status netcdf_touch(const struct netcdf *file, int variable, struct error *err)
{
    size_t start[NC_MAX_VAR_DIMS] = {0}, count[NC_MAX_VAR_DIMS], row = 0;
    if (err->status != STATUS_OK)
        return err->status;
    if (file->guarded)
        guard_step();
    if (measure(file, variable, count, &row, err) != STATUS_OK)
        return err->status;
    size_t n_rows = count[0], most = row > 0 ? CHUNK_BYTES_READ / row : n_rows;
    most = most < n_rows ? most : n_rows;
    void *data = memory_alloc(most, row, err);
    for (; start[0] < n_rows && err->status == STATUS_OK; start[0] += count[0]) {
        count[0] = n_rows - start[0] < most ? n_rows - start[0] : most;
        netcdf_read(file, variable, start, count, data, err);
    }
    free(data);
    return err->status;
}

enum status netcdf_get_text(const struct netcdf *file, const char *name, char **text,
                            struct error *err)
{
    *text = NULL;
    if (err->status != STATUS_OK)
        return err->status;
    nc_type type;
    size_t length;
    int number, code = nc_inq_att(file->id, NC_GLOBAL, name, &type, &length);
    if (code != NC_NOERR)
        return code == NC_ENOTATT ? STATUS_OK
                                  : netcdf_error(file, STATUS_DATA, name, code, err);
    bool is_number = type == NC_INT && length == 1;
    if ((type != NC_CHAR && !is_number) || length > TEXT_BYTES_READ)
        return STATUS_OK;
    size_t size = is_number ? 16 : length + 1;
    *text = memory_alloc(size, 1, err);
    if (!*text)
        return err->status;
    if (is_number && (code = nc_get_att_int(file->id, NC_GLOBAL, name, &number)) == 0)
        snprintf(*text, size, "%d", number);
    else if (!is_number)
        code = nc_get_att_text(file->id, NC_GLOBAL, name, *text);
    if (code == NC_NOERR)
        return STATUS_OK;
    free(*text);
    *text = NULL;
    return netcdf_error(file, STATUS_DATA, name, code, err);
}

enum status netcdf_match_content(const struct netcdf *file, struct hash128 content,
                                 const char *what, bool newer_minor, struct error *err)
{
    struct hash128 stated;
    char *text;
    if (netcdf_get_text(file, "content_hash", &text, err) == STATUS_OK &&
        (!text || !hash_parse(text, &stated) || !hash_equal(stated, content)))
        error_set(err, newer_minor ? STATUS_VERSION : STATUS_DATA,
                  "%s: %s are not those of content_hash%s", file->path, what,
                  newer_minor ? ", as far as this version knows" : "");
    free(text);
    return err->status;
}
