/* What archive.nc, networks.nc and nodes.nc share: errors, safe opening, output under a
 * temporary name, attributes. Private to src/archive.
 *
 * Every function with `err` does nothing once `err` holds a fault and returns its status,
 * so that a row of calls needs one check at its end. */
#ifndef STRATA_ARCHIVE_NETCDF_UTIL_H
#define STRATA_ARCHIVE_NETCDF_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netcdf.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/io.h"

enum { NETCDF_DIMS_MAX = 8, NETCDF_CACHE_SLOTS = 101 };

/* An open file; `path` is borrowed and stands in error texts. */
struct netcdf {
    int id;
    const char *path;
    int64_t size; /* in bytes, of a file that is read */
    bool guarded; /* in a child of guard_try: every step has its time */
};

/* A file being written beside its final path. */
struct netcdf_output {
    struct netcdf file;
    char path[IO_PATH_MAX];
    char temporary[IO_PATH_MAX];
    bool open; /* false once nc_close was called, whatever it returned */
};

/* A variable to define or to find. */
struct netcdf_variable {
    const char *name;
    nc_type type;
    int n_dims;
    int dims[NETCDF_DIMS_MAX];
    const char *long_name, *units;
    size_t
        cells_per_chunk; /* most indices of the first dimension in a chunk, 0 for any */
    size_t values_per_chunk; /* 0: up to 4 MiB */
};

/* Sets the fault of a call that returned `code`: STATUS_MEMORY, else `status`. */
enum status netcdf_error(const struct netcdf *file, enum status status, const char *what,
                         int code, struct error *err);
enum status netcdf_variable_error(const struct netcdf *file, enum status status,
                                  int variable, int code, struct error *err);

/* Opens a netCDF-4 classic-model file for reading. Anything but a regular file with the
 * HDF5 signature that passes hdf5_check is refused before the library sees it.
 * STATUS_MISSING, STATUS_DATA, STATUS_USAGE (a name with '#'). */
enum status netcdf_open(struct netcdf *file, const char *path, struct error *err);

/* Creates `<path>.tmp-<pid>`; on failure nothing is left behind. */
enum status netcdf_output_create(struct netcdf_output *output, const char *path,
                                 struct error *err);

/* Closes the file; a full disk shows here. */
enum status netcdf_output_close(struct netcdf_output *output, struct error *err);

/* Syncs the closed temporary file and renames it over the path. */
enum status netcdf_output_publish(struct netcdf_output *output, struct error *err);

/* Ends a file: notes the hash of its content, closes it, reads it back by `read`, and
 * publishes it; without any of that it is discarded. */
typedef enum status netcdf_content_fn(const char *path, struct hash128 *content,
                                      struct error *err);
enum status netcdf_output_finish(struct netcdf_output *output, struct hash128 content,
                                 netcdf_content_fn *read, struct error *err);

/* Removes the temporary file. */
void netcdf_output_discard(struct netcdf_output *output);

enum status netcdf_define_dim(const struct netcdf *file, const char *name, size_t length,
                              int *dim, struct error *err);

/* Defines a variable with long_name, units and checksum, compressed unless it is double;
 * text gets _Encoding. A chunk holds whole trailing dimensions as far as 4 MiB go, and a
 * power of two of the first, so that batches of a power of two end on chunks. */
enum status netcdf_define(const struct netcdf *file,
                          const struct netcdf_variable *variable, int *id,
                          struct error *err);

/* Attributes; `variable` may be NC_GLOBAL. Bytes that are not UTF-8 become '?'. */
enum status netcdf_put_text(const struct netcdf *file, int variable, const char *name,
                            const char *text, struct error *err);
enum status netcdf_put_int(const struct netcdf *file, int variable, const char *name,
                           int64_t value, struct error *err);
enum status netcdf_put_real(const struct netcdf *file, int variable, const char *name,
                            double value, struct error *err);

/* _FillValue of an int (-1) or double (netCDF's default) variable. */
/* Of flags; numbers have the record's fill. */
enum { NETCDF_FILL_BYTE = NC_FILL_BYTE };

enum status netcdf_put_fill(const struct netcdf *file, int variable, nc_type type,
                            struct error *err);

/* flag_values 0, 1, ... and flag_meanings from blank-separated names. */
enum status netcdf_put_flags(const struct netcdf *file, int variable, int n_values,
                             const char *meanings, struct error *err);

/* Between definitions and data. */
enum status netcdf_begin_data(const struct netcdf *file, struct error *err);
enum status netcdf_begin_definitions(const struct netcdf *file, struct error *err);

/* Values [start, start + count) along every dimension, in the variable's own type. */
enum status netcdf_write(const struct netcdf *file, int variable, const size_t *start,
                         const size_t *count, const void *data, struct error *err);
enum status netcdf_read(const struct netcdf *file, int variable, const size_t *start,
                        const size_t *count, void *data, struct error *err);

/* Length of a dimension; STATUS_DATA where it is absent, 0 or above `limit`. */
enum status netcdf_find_dim(const struct netcdf *file, const char *name, size_t limit,
                            int *dim, size_t *length, struct error *err);

/* Finds a variable by name and checks type and dimensions against the description, and
 * the size of its chunks. *id is -1 where the file has none. */
enum status netcdf_find(const struct netcdf *file, const struct netcdf_variable *variable,
                        int *id, struct error *err);

/* Whether the file can hold `bytes` of a variable of which every value is stored. */
enum status netcdf_check_stored(const struct netcdf *file, const char *name, size_t bytes,
                                struct error *err);

/* Reads every value of a variable that no reader knows, so that checksums are tested, in
 * pieces of bounded size. */
enum status netcdf_touch(const struct netcdf *file, int variable, struct error *err);

/* A global attribute as new text (the caller frees it): text as it is, one integer in
 * decimal, NULL where it is absent or of another kind. */
enum status netcdf_get_text(const struct netcdf *file, const char *name, char **text,
                            struct error *err);

/* Whether the file's content_hash is that of what was read, `what` ("the nodes"); of a
 * later minor version, as far as this one can tell. */
enum status netcdf_match_content(const struct netcdf *file, struct hash128 content,
                                 const char *what, bool newer_minor, struct error *err);

#endif
