/* Journals: the truth of a run directory.
 *
 * Each rank of each run appends to a file of its own, DIR/journal/<run>-r<rank>.jrn,
 * created with O_EXCL. A record is a 48-byte header (with CRC-32), a payload, and the
 * payload's CRC-32, written by one write(2). A cell counts as done when its RESULT record
 * has been synced. A reader believes nothing without its CRC and finds the next sound
 * record after damage.
 *
 * Payloads: RUN a run_info; RESULT and FAILED a packed record; NETWORK a kept network and
 * NODES a node set, which stand before the RESULT that commits them; CLAIM and RELEASE
 * nothing. A CLAIM
 * says that a cell begins, a RELEASE that it was left in good order: a claim that nothing
 * follows is that of a process that died.
 */
#ifndef STRATA_SWEEP_JOURNAL_H
#define STRATA_SWEEP_JOURNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/io.h"
#include "record/run.h"

enum { JOURNAL_VERSION = 1 };

enum journal_type {
    JOURNAL_RUN = 1,
    JOURNAL_CLAIM = 2,
    JOURNAL_RESULT = 3,
    JOURNAL_FAILED = 4,
    JOURNAL_NETWORK = 5,
    JOURNAL_RELEASE = 6,
    JOURNAL_NODES = 7
};

/* ---- writing ---- */

struct journal;

/* Creates the file of a rank; STATUS_CREATE where it exists or cannot be made. The folder
 * must exist. */
enum status journal_create(struct journal **out, const char *dir, const char *run_id,
                           int rank, struct error *err);

/* Appends one record, not yet committed. After a failed write the file is cut back to its
 * last sound end, and every later append fails too. */
enum status journal_append(struct journal *journal, enum journal_type type,
                           struct hash128 id, uint32_t attempt,
                           const struct bytes *payload, struct error *err);

/* Commits what was appended (fdatasync). Never retried on the same descriptor. */
enum status journal_commit(struct journal *journal, struct error *err);

/* The same, but at most once in JOURNAL_GROUP_SECONDS: records that follow each other
 * faster are committed together, by a later call of either function. */
#define JOURNAL_GROUP_SECONDS 0.2
enum status journal_commit_group(struct journal *journal, struct error *err);

/* Name of the file within its folder. */
const char *journal_name(const struct journal *journal);

void journal_close(struct journal *journal);

/* ---- reading ---- */

/* Where a record lies. */
struct journal_entry {
    enum journal_type type;
    struct hash128 id;
    uint32_t attempt;
    int file;        /* index into the index's files */
    uint64_t offset; /* of the payload */
    uint64_t length;
    bool lacking; /* a RESULT that stands for nothing: damage took what its cell kept */
};

struct journal_file {
    char name[NAME_MAX + 1]; /* within the journal folder */
    int run;                 /* index into runs, -1 where its RUN record is lost */
    int rank;
};

/* Everything sound in a journal folder. */
struct journal_index {
    char dir[IO_PATH_MAX];
    struct journal_file *files;
    size_t n_files, files_capacity;
    struct run_info *runs; /* by start time, then id */
    size_t n_runs, runs_capacity;
    struct journal_entry *entries; /* all but RUN, file by file */
    size_t n_entries, entries_capacity;
    size_t *by_id; /* [n_entries]: entries ordered by id, then as they stand in files */
    uint64_t damaged_bytes; /* skipped in all files; a torn tail of a killed run counts */
    size_t damaged_files;
    char first_damage[IO_PATH_MAX]; /* "file: n bytes at offset" of the first, or "" */
};

/* Reads every *.jrn below `dir`, in order of name; a folder that does not exist is empty.
 * Damage is counted, not an error; STATUS_VERSION for a newer format. */
enum status journal_scan(struct journal_index *index, const char *dir, struct error *err);

/* The same for one file of the folder, by its name. */
enum status journal_scan_file(struct journal_index *index, const char *dir,
                              const char *name, struct error *err);
void journal_index_fini(struct journal_index *index);

/* The entry that stands for a cell: its first RESULT that lacks nothing, else its last
 * FAILED, else NULL. */
const struct journal_entry *journal_find(const struct journal_index *index,
                                         struct hash128 id);

/* How often a cell was started. */
uint32_t journal_count_claims(const struct journal_index *index, struct hash128 id);

/* How often a process died while it was at the cell, since the cell last failed. */
uint32_t journal_count_deaths(const struct journal_index *index, struct hash128 id);

/* Number `i` = 0, 1, ... of what was kept in records of that type, JOURNAL_NETWORK or
 * JOURNAL_NODES, with `result`; NULL beyond the last. */
const struct journal_entry *journal_find_kept(const struct journal_index *index,
                                              const struct journal_entry *result,
                                              enum journal_type type, int i);

/* How many there are. */
int journal_count_kept(const struct journal_index *index,
                       const struct journal_entry *result, enum journal_type type);

/* Reads an entry's payload into a new buffer (free), checking its CRC again. */
enum status journal_read(const struct journal_index *index,
                         const struct journal_entry *entry, void **payload,
                         struct error *err);

#endif
