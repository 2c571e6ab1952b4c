#include "cli/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

void rundir_make_run_id(char id[RUN_ID_LENGTH + 1])
{
    uint32_t random = 0;
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint32_t)getpid();
    char stamp[20];
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    snprintf(id, RUN_ID_LENGTH + 1, "%s-%08x", stamp, random);
}

/* Takes the lock of the whole file; it is the kernel's and ends with its holder. */
static enum status take_lock(struct rundir *dir, const char *path, struct error *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(dir->lock, F_OFD_SETLK, &lock) == 0)
        return STATUS_OK;
    if (errno != EAGAIN && errno != EACCES)
        return error_set(
            err, STATUS_CREATE,
            "%s: this file system has no locks (%s); with --lock none two runs "
            "on one directory are yours to prevent",
            path, strerror(errno));
    char holder[RUN_ID_LENGTH + 1] = "";
    ssize_t n = pread(dir->lock, holder, RUN_ID_LENGTH, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return error_set(err, STATUS_LOCKED, "%s: locked by the live run %s", dir->path,
                     holder);
}

static enum status open_lock(struct rundir *dir, bool lock, struct error *err)
{
    char path[IO_PATH_MAX], line[RUN_ID_LENGTH + 2];
    if (io_join(path, dir->path, "RUN.lock", err) != STATUS_OK)
        return err->status;
    dir->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (dir->lock < 0)
        return error_set(err, STATUS_CREATE, "%s: %s", path, strerror(errno));
    if (lock && take_lock(dir, path, err) != STATUS_OK)
        return err->status;
    snprintf(line, sizeof line, "%s\n", dir->run_id);
    if (ftruncate(dir->lock, 0) < 0)
        return error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    if (io_write_all(dir->lock, line, strlen(line), path, err) == STATUS_OK &&
        fsync(dir->lock) < 0) /* the other ranks read it, perhaps over a network */
        error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    return err->status;
}

bool rundir_is_temporary(const char *name)
{
    static const char *const starts[] = {"archive.nc.tmp-", "networks.nc.tmp-",
                                         "nodes.nc.tmp-", "study.yaml.tmp-"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return strstr(name, ".jrn.tmp-") != NULL;
}

/* What a killed run left: no reader looks at it, and the lock says that nobody writes it.
 */
static void remove_temporaries(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return;
    struct dirent *entry;
    while ((entry = readdir(folder)))
        if (rundir_is_temporary(entry->d_name))
            unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

enum status rundir_read_study(struct study *study, const char *path, struct error *err)
{
    char file[IO_PATH_MAX], *text;
    size_t length;
    if (io_join(file, path, "study.yaml", err) != STATUS_OK)
        return err->status;
    if (!io_exists(path))
        return error_set(err, STATUS_MISSING, "%s: %s", path, strerror(errno));
    if (!io_exists(file))
        return error_set(err, STATUS_MISSING,
                         "%s: no run directory (it has no study.yaml)", path);
    if (io_read_file(file, STUDY_FILE_MAX, &text, &length, err) != STATUS_OK)
        return err->status;
    study_parse(study, text, length, file, err);
    free(text);
    return err->status;
}

/* The study that the directory was made for must have this study's name; its grid may
 * have grown or shrunk since. A run always notes the hash of its data: a study file
 * without one is the user's own, which the canonical text must not replace. */
static enum status write_study(struct rundir *dir, const struct study *study,
                               struct error *err)
{
    char file[IO_PATH_MAX];
    if (io_join(file, dir->path, "study.yaml", err) != STATUS_OK)
        return err->status;
    if (io_exists(file)) {
        struct study old;
        if (rundir_read_study(&old, dir->path, err) != STATUS_OK)
            return err->status;
        if (strcmp(old.name, study->name) != 0)
            error_set(err, STATUS_CREATE, "%s: belongs to the study %s, not %s",
                      dir->path, old.name, study->name);
        else if (!old.data.has_hash)
            error_set(err, STATUS_CREATE,
                      "%s: not written by strata sweep; choose another run directory",
                      file);
        study_fini(&old);
        if (err->status != STATUS_OK)
            return err->status;
    }
    struct text text = {0};
    study_format(study, &text);
    if (text.failed)
        error_set(err, STATUS_MEMORY, "no memory for the study's text");
    else
        io_replace_file(file, text_string(&text), text.length, err);
    text_free(&text);
    return err->status;
}

/* A run directory has a journal folder, which is made before anything else in it. Without
 * one, files of our names are somebody's own. */
static enum status check_foreign(const char *path, const char *journals,
                                 struct error *err)
{
    static const char *const ours[] = {"study.yaml", "archive.nc", "networks.nc",
                                       "nodes.nc", "RUN.lock"};
    char file[IO_PATH_MAX];
    if (io_exists(journals))
        return STATUS_OK;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (io_join(file, path, ours[i], err) == STATUS_OK && io_exists(file))
            return error_set(
                err, STATUS_CREATE,
                "%s: is there, but the folder is no run directory (it has no "
                "journal): name another with -o; nothing was changed",
                file);
    return err->status;
}

enum status rundir_open(struct rundir *dir, const char *path, const struct study *study,
                        bool lock, struct error *err)
{
    char journals[IO_PATH_MAX];
    memset(dir, 0, sizeof *dir);
    dir->lock = -1;
    snprintf(dir->path, sizeof dir->path, "%s", path);
    rundir_make_run_id(dir->run_id);
    if (io_join(journals, path, "journal", err) != STATUS_OK ||
        io_make_dir(path, err) != STATUS_OK ||
        check_foreign(path, journals, err) != STATUS_OK ||
        io_make_dir(journals, err) != STATUS_OK || open_lock(dir, lock, err) != STATUS_OK)
        return err->status;
    if (lock) {
        remove_temporaries(path);
        remove_temporaries(journals);
    }
    return write_study(dir, study, err);
}

enum status rundir_join(struct rundir *dir, const char *path, const char *run_id,
                        struct error *err)
{
    char file[IO_PATH_MAX], *text;
    size_t length;
    memset(dir, 0, sizeof *dir);
    dir->lock = -1;
    snprintf(dir->path, sizeof dir->path, "%s", path);
    snprintf(dir->run_id, sizeof dir->run_id, "%s", run_id);
    if (io_join(file, path, "RUN.lock", err) != STATUS_OK)
        return err->status;
    struct error unseen = {0};
    if (io_read_file(file, 4096, &text, &length, &unseen) != STATUS_OK)
        return error_set(err, STATUS_CREATE,
                         "%s: not on a file system that all ranks share (%s)", path,
                         unseen.text);
    bool same = strncmp(text, run_id, strlen(run_id)) == 0;
    free(text);
    if (!same)
        return error_set(
            err, STATUS_CREATE,
            "%s: not on a file system that all ranks share (another run's lock "
            "file is here)",
            path);
    return STATUS_OK;
}

void rundir_close(struct rundir *dir)
{
    if (dir->lock >= 0)
        close(dir->lock);
    dir->lock = -1;
}

enum status rundir_scan(struct journal_index *index, const char *path, struct error *err)
{
    char journals[IO_PATH_MAX];
    if (io_join(journals, path, "journal", err) != STATUS_OK)
        return err->status;
    return journal_scan(index, journals, err);
}

bool rundir_is_record_of(const struct record *record, struct hash128 id,
                         const struct grid *grid)
{
    char text[HASH_HEX + 1];
    size_t cell = grid_find(grid, id);
    hash_format(id, text);
    if (memcmp(record_text(record, FIELD_CELL_ID), text, ID_LENGTH) != 0)
        return false;
    for (int i = 0; i < OPTION_COUNT && cell < grid->n_cells; i++) {
        enum field_id option = (enum field_id)i;
        double value = field_get(option)->type == FIELD_TYPE_REAL
                           ? *record_real(record, option)
                           : *record_int(record, option);
        if (value != grid->cells[cell].spec.value[i])
            return false;
    }
    return true;
}

enum status rundir_read_cell(const struct journal_index *index,
                             const struct journal_entry *entry, const struct grid *grid,
                             struct record *record, struct error *err)
{
    void *payload;
    if (journal_read(index, entry, &payload, err) != STATUS_OK)
        return err->status;
    if (record_unpack(record, payload, entry->length, err) == STATUS_OK &&
        !rundir_is_record_of(record, entry->id, grid)) {
        record_fini(record);
        error_set(err, STATUS_DATA, "%s/%s: a record is not of the cell it stands for",
                  index->dir, index->files[entry->file].name);
    }
    free(payload);
    return err->status;
}

static enum status hash_result(const struct journal_index *index,
                               const struct journal_entry *entry, const struct grid *grid,
                               struct hash128 *hash, struct error *err)
{
    struct record record;
    if (rundir_read_cell(index, entry, grid, &record, err) == STATUS_OK) {
        *hash = record_hash(&record);
        record_fini(&record);
    }
    return err->status;
}

enum status rundir_check_conflicts(const struct journal_index *index,
                                   const struct grid *grid, struct error *err)
{
    const struct journal_entry *first = NULL;
    struct hash128 one, other;
    for (size_t i = 0; i < index->n_entries && err->status == STATUS_OK; i++) {
        const struct journal_entry *entry = &index->entries[index->by_id[i]];
        if (entry->type != JOURNAL_RESULT || grid_find(grid, entry->id) == grid->n_cells)
            continue;
        if (!first || !hash_equal(first->id, entry->id)) {
            first = entry;
            continue;
        }
        char id[HASH_HEX + 1];
        hash_format(entry->id, id);
        if (hash_result(index, first, grid, &one, err) == STATUS_OK &&
            hash_result(index, entry, grid, &other, err) == STATUS_OK &&
            (!hash_equal(one, other) ||
             !rundir_kept_equal(index, first, index, entry, err)) &&
            err->status == STATUS_OK)
            error_set(err, STATUS_DATA, "%s: cell %s: %s and %s hold different results",
                      index->dir, id, index->files[first->file].name,
                      index->files[entry->file].name);
    }
    return err->status;
}

void rundir_stamp(const struct journal_index *index, const struct journal_entry *entry,
                  struct record *record)
{
    const struct journal_file *file = entry ? &index->files[entry->file] : NULL;
    *record_int(record, FIELD_CELL_RUN) = file ? file->run : -1;
    *record_int(record, FIELD_CELL_RANK) = file ? file->rank : -1;
    *record_int(record, FIELD_ATTEMPT) = entry ? (int32_t)entry->attempt : 0;
}

static uint8_t to_byte(uint32_t n)
{
    return (uint8_t)(n < UINT8_MAX ? n : UINT8_MAX);
}

void rundir_past_init(struct rundir_past *past, uint8_t *bytes, size_t n)
{
    *past = (struct rundir_past){bytes, bytes, bytes + n, bytes + 2 * n};
}

enum status rundir_progress(struct rundir_past *past, const struct journal_index *index,
                            const struct grid *grid, bool retry_failed, struct error *err)
{
    uint8_t *bytes = memory_alloc(grid->n_cells, 3, err);
    if (!bytes)
        return err->status;
    rundir_past_init(past, bytes, grid->n_cells);
    for (size_t i = 0; i < grid->n_cells; i++) {
        struct hash128 id = grid->cells[i].id;
        const struct journal_entry *entry = journal_find(index, id);
        past->done[i] = entry && (entry->type == JOURNAL_RESULT || !retry_failed);
        past->attempts[i] = to_byte(journal_count_claims(index, id));
        past->deaths[i] = to_byte(journal_count_deaths(index, id));
    }
    return STATUS_OK;
}

bool rundir_is_locked(const char *path)
{
    char file[IO_PATH_MAX];
    struct error err = {0};
    if (io_join(file, path, "RUN.lock", &err) != STATUS_OK)
        return false;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return locked;
}

size_t rundir_count_others(const struct journal_index *index, const struct grid *grid)
{
    size_t n = 0;
    for (size_t i = 0; i < index->n_entries; i++) {
        const struct journal_entry *entry = &index->entries[i];
        bool stands = entry->type == JOURNAL_RESULT || entry->type == JOURNAL_FAILED;
        n += stands && journal_find(index, entry->id) == entry &&
             grid_find(grid, entry->id) == grid->n_cells;
    }
    return n;
}

void rundir_warn_others(const struct journal_index *index, const struct grid *grid)
{
    size_t n = rundir_count_others(index, grid);
    if (n > 0)
        fprintf(stderr,
                "strata: %zu finished cell%s of other grids or studies: kept in the "
                "journals, left out of the archive\n",
                n, n == 1 ? "" : "s");
}
