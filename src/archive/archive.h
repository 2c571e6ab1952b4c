/* archive.nc: writing, publishing and reading. The only module, with networks.h beside
 * it, that knows netCDF. docs/archive.md is the contract of names. */
#ifndef STRATA_ARCHIVE_ARCHIVE_H
#define STRATA_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "record/group.h"
#include "record/record.h"
#include "record/run.h"

enum { LABEL_LENGTH = 24 };

/* What stands above the cells: dimensions, coordinates, global attributes. */
struct archive_header {
    struct record_shape shape;          /* largest of all cells */
    const char *const *snapshot_labels; /* [shape.n_snapshots] */
    const char *title;
    const char *study;   /* canonical text */
    const char *source;  /* "strata 0.1.0 (commit, modified)" */
    const char *history; /* one line */
    struct hash128 data_hash;
    int numerics_version;
    int64_t n_cells_planned;
    const struct run_info *runs;
    int n_runs;
    const bool *select; /* [OPTION_COUNT] options that the study selects; NULL: none */
};

struct archive_writer;

/* Starts `path` under a temporary name in the same folder; `path` itself is untouched
 * until archive_publish. Where writing or publishing gave STATUS_IO (a full disk), HDF5's
 * exit handler may crash: such a process leaves by _exit. */
enum status archive_create(struct archive_writer **writer, const char *path,
                           const struct archive_header *header, struct error *err);

/* Appends cells in order. Records may be smaller than the header's shape (fewer layers,
 * as their field n_layers says); what they lack is fill. Every flag has a value and texts
 * are UTF-8: STATUS_DATA otherwise. Buffers to whole chunks itself. */
enum status archive_append(struct archive_writer *writer, const struct record *record,
                           struct error *err);

/* Writes which cells [cells appended] are of a setting that the study selects, where the
 * header has it select. Once, after the last cell. */
enum status archive_write_selected(struct archive_writer *writer, const bool *selected,
                                   struct error *err);

/* Writes the group statistics. At most once, after the last cell; a table without groups
 * leaves no trace (a dimension of length 0 would be a second unlimited one). */
enum status archive_write_groups(struct archive_writer *writer,
                                 const struct group_table *groups, struct error *err);

/* Closes, reads every cell back and compares the content hash, syncs, renames over the
 * path and syncs the folder. `content` (may be NULL) gets the content hash. The writer is
 * gone afterwards, whatever the outcome; on failure the temporary file is removed and the
 * old archive is as it was. */
enum status archive_publish(struct archive_writer *writer, struct hash128 *content,
                            struct error *err);

/* Gives up: removes the temporary file. NULL is fine. */
void archive_discard(struct archive_writer *writer);

/* "netCDF 4.9.0": the library that the program runs with. */
void archive_library(char *out, size_t size);

struct archive; /* open for reading */

/* STATUS_MISSING, STATUS_DATA (not a Strata archive, damaged), STATUS_VERSION (newer
 * major). */
enum status archive_open(struct archive **archive, const char *path, struct error *err);

/* The same for a file that this process has just published: without the child process
 * that guards against damage, as a large MPI rank had better not fork. */
enum status archive_open_own(struct archive **archive, const char *path,
                             struct error *err);
void archive_close(struct archive *archive);

int64_t archive_n_cells(const struct archive *archive);
/* How many cells are best read at once: few where they are large. */
int64_t archive_batch(const struct archive *archive);
struct record_shape archive_shape(const struct archive *archive);
const char *archive_snapshot_label(const struct archive *archive, int snapshot);
/* Whether a later minor version wrote it: cells may have values that are not known here,
 * and their CRCs are not checked. */
bool archive_is_newer(const struct archive *archive);
/* Global attribute as text, "" where it is absent. Borrowed until archive_close. */
const char *archive_attribute(struct archive *archive, const char *name);
int64_t archive_n_cells_planned(const struct archive *archive);
/* Whether the archive's study selects, so that cells have FIELD_SELECTED, and over which
 * options [OPTION_COUNT]; those that this program does not know are left out. */
bool archive_selects(struct archive *archive, bool over[OPTION_COUNT]);

/* Reads the rows on dimension `run` into a new array (free), NULL where there are none.
 */
enum status archive_read_runs(struct archive *archive, struct run_info **runs,
                              int *n_runs, struct error *err);

/* Reads cells [first, first + count) into records that the function initialises, each
 * with the shape of its own cell (layers by its n_layers). Per-cell CRCs are checked:
 * STATUS_DATA names the cell. The caller releases them with record_fini; after a failure
 * all are empty. */
enum status archive_read(struct archive *archive, int64_t first, int64_t count,
                         struct record *records, struct error *err);

/* The same for some fields [FIELD_COUNT] alone; the others stay at their fill. NULL: all,
 * as archive_read. A cell's CRC is of all its fields, so it is not checked, and checksums
 * of chunks do not see where damage has a chunk taken for another one
 * (docs/reliability.md): good for a first look at cells that are then read whole. */
enum status archive_read_fields(struct archive *archive, const bool *fields,
                                int64_t first, int64_t count, struct record *records,
                                struct error *err);

/* Reads the options of all cells into [n_cells][OPTION_COUNT], and nothing else: fast,
 * but no CRC is checked. */
enum status archive_read_options(struct archive *archive, double *options,
                                 struct error *err);

/* Reads all of the file in a child process, checks CRCs and checksums, and compares the
 * content hash with the attribute. `content` may be NULL. */
enum status archive_check(const char *path, struct hash128 *content, struct error *err);

#endif
