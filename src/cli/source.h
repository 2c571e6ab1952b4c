/* A place that holds finished cells: the journals of a run directory, or an archive. */
#ifndef STRATA_CLI_SOURCE_H
#define STRATA_CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "archive/archive.h"
#include "base/error.h"
#include "base/io.h"
#include "record/record.h"
#include "sweep/grid.h"
#include "sweep/journal.h"
#include "sweep/study.h"

struct source {
    char path[IO_PATH_MAX]; /* as the user named it */
    char archive_path[IO_PATH_MAX];
    struct archive *archive; /* NULL: the journals hold the cells */
    struct record *batch;    /* cells of the archive that were read together */
    size_t batch_first, n_batch;
    struct journal_index journals;
    bool has_study; /* an archive may come without one that we can read */
    struct study study;
    struct grid grid;
};

/* A finished cell of a source. */
struct held_cell {
    struct hash128 id, content; /* content: record_hash */
    struct hash128 provenance;  /* hash of what that leaves out */
    size_t at;                  /* entry of the journals, or number in the archive */
    bool failed;                /* an attempt that a result replaces */
};

/* Opens an operand as an archive: DIR means DIR/archive.nc, a file is taken as it is. */
enum status source_open_archive(struct archive **archive, const char *operand,
                                struct error *err);

/* DIR: its journals, or its archive.nc where it has none; FILE: an archive. */
enum status source_open(struct source *source, const char *path, struct error *err);
void source_close(struct source *source);

/* Every finished cell, by identity, results before failures; a cell that was finished
 * twice is there twice. The caller frees *cells. */
enum status source_list(struct source *source, struct held_cell **cells, size_t *n,
                        struct error *err);

/* The first of ordered cells that has the identity, NULL where there is none. */
const struct held_cell *source_find(const struct held_cell *cells, size_t n,
                                    struct hash128 id);

/* Reads a cell into a new record. Of an archive many are read at once: it is fast in the
 * order of places. */
enum status source_read(struct source *source, size_t at, struct record *record,
                        struct error *err);

/* The file that holds a cell. */
void source_name_file(const struct source *source, size_t at, char out[IO_PATH_MAX]);

/* Orders of held cells, for qsort: as source_list gives them; as they lie in files. */
int source_compare_cells(const void *a, const void *b);
int source_compare_places(const void *a, const void *b);

#endif
