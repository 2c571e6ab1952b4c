/* A run directory: lock, canonical study, journals. */
#ifndef STRATA_CLI_RUNDIR_H
#define STRATA_CLI_RUNDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/io.h"
#include "record/record.h"
#include "sweep/grid.h"
#include "sweep/journal.h"
#include "sweep/study.h"

struct rundir {
    char path[IO_PATH_MAX];
    char run_id[RUN_ID_LENGTH + 1];
    int lock; /* descriptor that holds the lock, -1 */
};

/* What earlier runs did with the cells of a grid. */
struct rundir_past {
    uint8_t *bytes;    /* [3 n_cells], owned: the three arrays */
    uint8_t *done;     /* 1: finished */
    uint8_t *attempts; /* at most 255, as the next */
    uint8_t *deaths;   /* attempts that ended with their process */
};

/* Creates the directory where needed, takes its lock, checks that it belongs to this
 * study and writes study.yaml. STATUS_LOCKED names the run that holds it; STATUS_CREATE
 * where it holds another study, or a study.yaml that no run wrote. Removes temporary
 * files of runs that died. For the collector. */
enum status rundir_open(struct rundir *dir, const char *path, const struct study *study,
                        bool lock, struct error *err);

/* For the other ranks: checks that they see the collector's lock file. */
enum status rundir_join(struct rundir *dir, const char *path, const char *run_id,
                        struct error *err);

/* Whether a file of that name, in DIR or its journal folder, is one that a killed process
 * left half-written. */
bool rundir_is_temporary(const char *name);

void rundir_close(struct rundir *dir);

/* A new run's id: UTC time and random digits. */
void rundir_make_run_id(char id[RUN_ID_LENGTH + 1]);

/* Reads all journals of DIR. */
enum status rundir_scan(struct journal_index *index, const char *path, struct error *err);

/* Marks results of the grid's cells without all that the study keeps: damage took records
 * of them. Their cells are left, unless another result has it all. */
enum status rundir_mark_lacking(struct journal_index *index, const struct study *study,
                                const struct grid *grid, struct error *err);

/* With retry_failed a cell that failed is not done. The caller frees past->bytes. */
enum status rundir_progress(struct rundir_past *past, const struct journal_index *index,
                            const struct grid *grid, bool retry_failed,
                            struct error *err);

/* Points into bytes [3 n], which it takes over. */
void rundir_past_init(struct rundir_past *past, uint8_t *bytes, size_t n);

/* Whether a record is of the cell of that identity, and where the grid has the cell, of
 * its options. */
bool rundir_is_record_of(const struct record *record, struct hash128 id,
                         const struct grid *grid);

/* Reads the record of an entry into a new one (record_fini): STATUS_DATA where it is not
 * of the cell that it stands for, as where a journal was tampered with or mixed up. A
 * cell that the grid lacks is known by its identity alone. */
enum status rundir_read_cell(const struct journal_index *index,
                             const struct journal_entry *entry, const struct grid *grid,
                             struct record *record, struct error *err);

/* Writes the run, rank and attempt of an entry into its record; NULL: unknown. */
void rundir_stamp(const struct journal_index *index, const struct journal_entry *entry,
                  struct record *record);

/* Whether two results of a cell, which may lie in different directories, kept the same.
 * What one of them lacks is no difference. */
bool rundir_kept_equal(const struct journal_index *index,
                       const struct journal_entry *entry,
                       const struct journal_index *other_index,
                       const struct journal_entry *other, struct error *err);

/* STATUS_DATA where a cell of the grid has two results that are not equal, or kept
 * different networks or node sets. */
enum status rundir_check_conflicts(const struct journal_index *index,
                                   const struct grid *grid, struct error *err);

/* Finished cells in the journals that the grid does not have. */
size_t rundir_count_others(const struct journal_index *index, const struct grid *grid);

/* Says on standard error how many there are. */
void rundir_warn_others(const struct journal_index *index, const struct grid *grid);

/* The same of cells that are left because no result of theirs has all that they kept. */
void rundir_warn_lacking(const struct journal_index *index);

/* Reads DIR/study.yaml, the canonical study with the hash of its data; STATUS_MISSING
 * where there is none. */
enum status rundir_read_study(struct study *study, const char *path, struct error *err);

/* Whether a live run holds the directory's lock. */
bool rundir_is_locked(const char *path);

#endif
