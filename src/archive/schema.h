/* Dimensions, coordinates and variables of archive.nc, made from the field table. Private
 * to src/archive. */
#ifndef STRATA_ARCHIVE_SCHEMA_H
#define STRATA_ARCHIVE_SCHEMA_H

#include "archive/archive.h"
#include "archive/netcdf_util.h"

/* Every access to a variable makes netCDF look at all variables for the length of the
 * unlimited dimension: fewer and larger ones than chunks, and larger yet for readers, who
 * wait for nothing else. */
enum {
    SCHEMA_CHUNK_MAX = 64,
    SCHEMA_BATCH_MAX = 256,
    SCHEMA_READ_BATCH_MAX = 1024,
    SCHEMA_NAME_LENGTH = 32
};

/* The global attribute that names the options which the study selects. */
#define SCHEMA_SELECT_OVER "select_over"

/* What the definitions of one file came to. */
struct schema {
    struct record_shape shape;
    size_t batch;      /* cells written at once: a power of two, or all of few */
    size_t read_batch; /* cells read at once: a power of two */
    size_t chunk;      /* cells in a chunk: of a batch, at most SCHEMA_CHUNK_MAX */
    int cell_dim, label_dim;
    int dims[DIM_COUNT];
    int fields[FIELD_COUNT]; /* variables; -1 where the file has none */
    int cell_crc;
    int labels; /* snapshot_label */
};

/* How the block of a field in a cell's own shape lies in the block of the file's shape:
 * `rows` pieces of `own` elements, each at the start of `whole` elements. */
struct schema_rows {
    size_t rows, own, whole;
};

struct schema_rows schema_rows(enum field_id id, struct record_shape own,
                               struct record_shape whole);

/* start and count of `n` cells from `first` in a field's variable; both have
 * FIELD_DIMS_MAX + 1 elements. */
void schema_cell_range(enum field_id id, struct record_shape shape, size_t first,
                       size_t n, size_t *start, size_t *count);

/* Bytes of an element of the field in the file. */
size_t schema_element_size(enum field_id id);

/* Defines everything but the group statistics in a new file, and writes coordinates and
 * runs; the file takes data afterwards. STATUS_STUDY where a cell is too large. */
enum status schema_define(struct schema *schema, const struct netcdf *file,
                          const struct archive_header *header, struct error *err);

/* Defines a coordinate variable, named as its dimension. */
enum status schema_define_axis(const struct netcdf *file, nc_type type, int dim,
                               const char *long_name, int *id, struct error *err);

/* Writes first, first + 1, ... to an NC_INT or NC_BYTE coordinate. */
enum status schema_write_numbers(const struct netcdf *file, int id, nc_type type,
                                 int first, int count, struct error *err);

bool schema_has_dim(enum field_id id, enum field_dim dim);
nc_type schema_type(enum field_id id);

/* Global attributes that say what a file beside the archive is of. */
struct file_origin {
    const char *title, *source, *study;
    struct hash128 data_hash;
    int numerics_version;
};
enum status schema_put_origin(const struct netcdf *file, const struct file_origin *origin,
                              struct error *err);

/* Whether this program reads the file's schema_version. A later minor version may have
 * variables that are not known here, so that hashes differ. STATUS_VERSION for another
 * major, STATUS_DATA where there is none. */
enum status schema_check_version(const struct netcdf *file, bool *newer_minor,
                                 struct error *err);

/* Opens a file that stands beside an archive and holds `contents`, of a version that this
 * program reads: STATUS_DATA where it lacks the attribute `layout`. */
enum status schema_open_companion(struct netcdf *file, const char *path,
                                  const char *layout, const char *contents,
                                  bool *newer_minor, struct error *err);

/* Finds everything in a file and checks it against the field table: STATUS_DATA where the
 * shape is impossible, an option or identity variable is missing, or a type differs. */
enum status schema_load(struct schema *schema, const struct netcdf *file,
                        int64_t *n_cells, struct error *err);

/* The variables of runs: defined and written before any cell. */
enum { N_RUN_FIELDS = 11 };
struct run_variables {
    int index, fields[N_RUN_FIELDS];
};

enum status schema_define_runs(struct run_variables *runs, const struct schema *schema,
                               const struct netcdf *file, int n_runs, struct error *err);
enum status schema_write_runs(const struct run_variables *variables,
                              const struct netcdf *file, const struct run_info *runs,
                              int n_runs, struct error *err);

/* The rows on dimension `run` as a new array (free), NULL where there are none. */
enum status schema_read_runs(const struct netcdf *file, struct run_info **runs,
                             int *n_runs, struct error *err);

/* Defines and writes the statistics over seeds, after the last cell; the file takes data
 * before and afterwards. A table without groups leaves no trace. */
enum status schema_write_groups(const struct schema *schema, const struct netcdf *file,
                                const struct group_table *groups, struct error *err);

/* archive_check within this process: for a file that it has just written. */
enum status schema_check(const char *path, struct hash128 *content, struct error *err);

/* CRC-32 of a cell's hash, as it is stored. */
int32_t schema_cell_crc(struct hash128 hash);

#endif
