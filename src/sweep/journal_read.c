#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "sweep/journal_format.h"

/* Whatever keeps a journal from being read is a fault of the disk. */
static enum status map_journal(struct io_mapping *map, const char *path,
                               struct error *err)
{
    struct error found = {0};
    if (io_map(map, path, &found) != STATUS_OK)
        return error_set(err, STATUS_IO, "%s", found.text);
    return STATUS_OK;
}

static int find_run(const struct journal_index *index, const char *id)
{
    for (size_t i = 0; i < index->n_runs; i++)
        if (strcmp(index->runs[i].id, id) == 0)
            return (int)i;
    return -1;
}

static enum status add_run(struct journal_index *index, const void *payload,
                           uint64_t length, struct error *err)
{
    struct run_info run;
    struct error malformed = {0};
    struct journal_file *file = &index->files[index->n_files - 1];
    if (file->run >= 0)
        return STATUS_OK; /* a file is of one run */
    if (run_info_unpack(&run, payload, length, &malformed) != STATUS_OK)
        return STATUS_OK; /* the file's cells count all the same, without a run */
    int at = find_run(index, run.id);
    if (at < 0) {
        if (memory_grow(&index->runs, &index->runs_capacity, index->n_runs + 1,
                        sizeof *index->runs, err) != STATUS_OK)
            return err->status;
        at = (int)index->n_runs;
        index->runs[index->n_runs++] = run;
    }
    file->run = at;
    return STATUS_OK;
}

static enum status add_record(struct journal_index *index,
                              const struct journal_header *header,
                              const struct io_mapping *map, uint64_t payload,
                              struct error *err)
{
    if (header->type == JOURNAL_RUN)
        return add_run(index, map->data + payload, header->length, err);
    if (memory_grow(&index->entries, &index->entries_capacity, index->n_entries + 1,
                    sizeof *index->entries, err) != STATUS_OK)
        return err->status;
    index->entries[index->n_entries++] = (struct journal_entry){
        .type = header->type,
        .id = header->id,
        .attempt = header->attempt,
        .file = (int)index->n_files - 1,
        .offset = payload,
        .length = header->length};
    return STATUS_OK;
}

static enum status scan_records(struct journal_index *index, const struct io_mapping *map,
                                uint64_t *damaged, uint64_t *first, struct error *err)
{
    struct journal_walk walk = {.data = map->data, .size = map->size};
    struct journal_header header;
    enum journal_piece piece;
    while ((piece = journal_walk_next(&walk, &header)) != JOURNAL_PIECE_END) {
        if (piece == JOURNAL_PIECE_NEWER)
            return error_set(err, STATUS_VERSION,
                             "%s/%s: journal format %d, this program reads up to %d: it "
                             "takes a newer strata",
                             index->dir, index->files[index->n_files - 1].name,
                             header.version, JOURNAL_VERSION);
        if (piece == JOURNAL_PIECE_RECORD) {
            if (add_record(index, &header, map, walk.at + JOURNAL_HEADER_SIZE, err) !=
                STATUS_OK)
                return err->status;
            continue;
        }
        if (*damaged == 0)
            *first = walk.at;
        *damaged += walk.length;
    }
    return STATUS_OK;
}

static enum status scan_file(struct journal_index *index, const char *name,
                             struct error *err)
{
    char path[IO_PATH_MAX];
    struct io_mapping map;
    struct stat info;
    if (io_join(path, index->dir, name, err) != STATUS_OK)
        return err->status;
    if (lstat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        if (index->damaged_files++ == 0)
            snprintf(index->first_damage, sizeof index->first_damage,
                     "%.2000s: not a regular file", path);
        return STATUS_OK;
    }
    if (map_journal(&map, path, err) != STATUS_OK)
        return err->status;
    uint64_t damaged = 0, first = 0;
    enum status status = memory_grow(&index->files, &index->files_capacity,
                                     index->n_files + 1, sizeof *index->files, err);
    if (status == STATUS_OK) {
        struct journal_file *file = &index->files[index->n_files++];
        snprintf(file->name, sizeof file->name, "%s", name);
        const char *rank = strstr(name, "-r");
        file->rank = rank ? atoi(rank + 2) : -1;
        file->run = -1;
        status = scan_records(index, &map, &damaged, &first, err);
    }
    io_unmap(&map);
    if (damaged > 0) {
        if (index->damaged_files++ == 0)
            snprintf(index->first_damage, sizeof index->first_damage,
                     "%.2000s: %llu bytes from offset %llu", path,
                     (unsigned long long)damaged, (unsigned long long)first);
        index->damaged_bytes += damaged;
    }
    return status;
}

static int is_journal(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".jrn") == 0;
}

/* By start time, then id: the order does not depend on the names of files. */
static int compare_runs(const void *a, const void *b)
{
    const struct run_info *x = a, *y = b;
    int order = strcmp(x->start_time, y->start_time);
    return order ? order : strcmp(x->id, y->id);
}

static enum status sort_runs(struct journal_index *index, struct error *err)
{
    if (index->n_runs < 2)
        return STATUS_OK;
    struct run_info *sorted = memory_alloc(index->n_runs, sizeof *sorted, err);
    if (!sorted)
        return err->status;
    memcpy(sorted, index->runs, index->n_runs * sizeof *sorted);
    qsort(sorted, index->n_runs, sizeof *sorted, compare_runs);
    struct run_info *unsorted = index->runs;
    index->runs = sorted;
    index->runs_capacity = index->n_runs;
    for (size_t f = 0; f < index->n_files; f++)
        if (index->files[f].run >= 0)
            index->files[f].run = find_run(index, unsorted[index->files[f].run].id);
    free(unsorted);
    return STATUS_OK;
}

static int compare_ids(struct hash128 a, struct hash128 b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

static int compare_entries(const void *a, const void *b, void *entries)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const struct journal_entry *all = entries;
    int order = compare_ids(all[x].id, all[y].id);
    return order ? order : (x > y) - (x < y);
}

static enum status order_entries(struct journal_index *index, struct error *err)
{
    index->by_id = memory_alloc(index->n_entries, sizeof *index->by_id, err);
    if (!index->by_id)
        return err->status;
    for (size_t i = 0; i < index->n_entries; i++)
        index->by_id[i] = i;
    qsort_r(index->by_id, index->n_entries, sizeof *index->by_id, compare_entries,
            index->entries);
    return STATUS_OK;
}

static void index_init(struct journal_index *index, const char *dir)
{
    memset(index, 0, sizeof *index);
    snprintf(index->dir, sizeof index->dir, "%s", dir);
}

/* Brings the index into its final order once all files are in it. */
static enum status index_finish(struct journal_index *index, struct error *err)
{
    if (err->status == STATUS_OK && sort_runs(index, err) == STATUS_OK)
        order_entries(index, err);
    if (err->status != STATUS_OK)
        journal_index_fini(index);
    return err->status;
}

enum status journal_scan_file(struct journal_index *index, const char *dir,
                              const char *name, struct error *err)
{
    index_init(index, dir);
    scan_file(index, name, err);
    return index_finish(index, err);
}

enum status journal_scan(struct journal_index *index, const char *dir, struct error *err)
{
    index_init(index, dir);
    struct dirent **names;
    int n = scandir(dir, &names, is_journal, alphasort);
    if (n < 0 && errno == ENOENT)
        return STATUS_OK;
    if (n < 0)
        return error_set(err, STATUS_IO, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (err->status == STATUS_OK)
            scan_file(index, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return index_finish(index, err);
}

void journal_index_fini(struct journal_index *index)
{
    free(index->files);
    free(index->runs);
    free(index->entries);
    free(index->by_id);
    memset(index, 0, sizeof *index);
}

/* First position in by_id whose entry has an id not below `id`. */
static size_t lower_bound(const struct journal_index *index, struct hash128 id)
{
    size_t low = 0, high = index->n_entries;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_ids(index->entries[index->by_id[middle]].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The entry at position `at` of by_id where it is one of the cell, else NULL. */
static const struct journal_entry *entry_of(const struct journal_index *index, size_t at,
                                            struct hash128 id)
{
    if (at >= index->n_entries)
        return NULL;
    const struct journal_entry *entry = &index->entries[index->by_id[at]];
    return hash_equal(entry->id, id) ? entry : NULL;
}

const struct journal_entry *journal_find(const struct journal_index *index,
                                         struct hash128 id)
{
    const struct journal_entry *entry, *failed = NULL;
    for (size_t at = lower_bound(index, id); (entry = entry_of(index, at, id)); at++) {
        if (entry->type == JOURNAL_RESULT && !entry->lacking)
            return entry;
        if (entry->type == JOURNAL_FAILED)
            failed = entry;
    }
    return failed;
}

uint32_t journal_count_claims(const struct journal_index *index, struct hash128 id)
{
    uint32_t n = 0;
    const struct journal_entry *entry;
    for (size_t at = lower_bound(index, id); (entry = entry_of(index, at, id)); at++)
        n += entry->type == JOURNAL_CLAIM;
    return n;
}

/* Entries of a file stand in the order in which they were written, and a process settles
 * its claim of a cell before it claims that again. */
static bool is_settled(const struct journal_index *index, size_t at)
{
    const struct journal_entry *claim = &index->entries[index->by_id[at]], *entry;
    while ((entry = entry_of(index, ++at, claim->id)) && entry->file == claim->file &&
           entry->type != JOURNAL_CLAIM)
        if (entry->attempt == claim->attempt &&
            (entry->type == JOURNAL_RESULT || entry->type == JOURNAL_FAILED ||
             entry->type == JOURNAL_RELEASE))
            return true;
    return false;
}

/* Files need not stand in the order of their runs; attempts are counted. */
uint32_t journal_count_deaths(const struct journal_index *index, struct hash128 id)
{
    uint32_t n = 0, failed = 0;
    const struct journal_entry *entry;
    size_t first = lower_bound(index, id);
    for (size_t at = first; (entry = entry_of(index, at, id)); at++)
        if (entry->type == JOURNAL_FAILED && entry->attempt > failed)
            failed = entry->attempt;
    for (size_t at = first; (entry = entry_of(index, at, id)); at++)
        n += entry->type == JOURNAL_CLAIM && entry->attempt > failed &&
             !is_settled(index, at);
    return n;
}

const struct journal_entry *journal_find_kept(const struct journal_index *index,
                                              const struct journal_entry *result,
                                              enum journal_type type, int i)
{
    const struct journal_entry *entry;
    for (size_t at = lower_bound(index, result->id);
         (entry = entry_of(index, at, result->id)); at++)
        if (entry->type == type && entry->file == result->file &&
            entry->attempt == result->attempt && entry->offset < result->offset &&
            i-- == 0)
            return entry;
    return NULL;
}

int journal_count_kept(const struct journal_index *index,
                       const struct journal_entry *result, enum journal_type type)
{
    int n = 0;
    while (journal_find_kept(index, result, type, n))
        n++;
    return n;
}

enum status journal_read(const struct journal_index *index,
                         const struct journal_entry *entry, void **payload,
                         struct error *err)
{
    char path[IO_PATH_MAX];
    struct io_mapping map;
    *payload = NULL;
    if (io_join(path, index->dir, index->files[entry->file].name, err) != STATUS_OK ||
        map_journal(&map, path, err) != STATUS_OK)
        return err->status;
    if (entry->offset > map.size ||
        !journal_payload_sound(map.data, map.size, entry->offset, entry->length)) {
        error_set(err, STATUS_DATA, "%s: record at %llu was damaged after it was read",
                  path, (unsigned long long)entry->offset);
    } else {
        *payload = memory_alloc(entry->length, 1, err);
        if (*payload)
            memcpy(*payload, map.data + entry->offset, entry->length);
    }
    io_unmap(&map);
    return err->status;
}
