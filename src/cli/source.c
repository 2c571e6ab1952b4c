#include "cli/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "cli/rundir.h"

enum { BATCH = 64 }; /* most cells of an archive that are read together */

enum status source_open_archive(struct archive **archive, const char *operand,
                                struct error *err)
{
    struct stat info;
    char path[IO_PATH_MAX];
    if (stat(operand, &info) != 0 || !S_ISDIR(info.st_mode))
        snprintf(path, sizeof path, "%s", operand);
    else if (io_join(path, operand, "archive.nc", err) != STATUS_OK)
        return err->status;
    return archive_open(archive, path, err);
}

static enum status open_archive(struct source *s, struct error *err)
{
    struct error unread = {0};
    if (archive_open(&s->archive, s->archive_path, err) != STATUS_OK)
        return err->status;
    const char *text = archive_attribute(s->archive, "study");
    s->has_study = study_parse(&s->study, text, strlen(text), s->archive_path, &unread) ==
                   STATUS_OK;
    return STATUS_OK;
}

static enum status open_here(struct source *s, struct error *err)
{
    struct stat info;
    if (stat(s->path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        snprintf(s->archive_path, sizeof s->archive_path, "%s", s->path);
        return open_archive(s, err);
    }
    if (io_join(s->archive_path, s->path, "archive.nc", err) != STATUS_OK ||
        rundir_scan(&s->journals, s->path, err) != STATUS_OK)
        return err->status;
    if (s->journals.n_files == 0 && io_exists(s->archive_path))
        return open_archive(s, err);
    s->has_study = rundir_read_study(&s->study, s->path, err) == STATUS_OK;
    return err->status;
}

enum status source_open(struct source *s, const char *path, struct error *err)
{
    memset(s, 0, sizeof *s);
    if (strlen(path) >= sizeof s->path)
        return error_set(err, STATUS_USAGE, "%.200s...: path too long", path);
    snprintf(s->path, sizeof s->path, "%s", path);
    if (open_here(s, err) == STATUS_OK && s->has_study) {
        if (!s->study.data.has_hash)
            error_set(err, STATUS_DATA, "%s: its study has no data hash", path);
        else if (grid_expand(&s->grid, &s->study, s->study.data.hash, err) == STATUS_OK)
            rundir_mark_lacking(&s->journals, &s->study, &s->grid, err);
    }
    if (err->status != STATUS_OK)
        source_close(s);
    return err->status;
}

static void drop_batch(struct source *s)
{
    for (size_t i = 0; i < s->n_batch; i++)
        record_fini(&s->batch[i]);
    s->n_batch = 0;
}

void source_close(struct source *s)
{
    drop_batch(s);
    free(s->batch);
    archive_close(s->archive);
    journal_index_fini(&s->journals);
    grid_fini(&s->grid);
    if (s->has_study)
        study_fini(&s->study);
    memset(s, 0, sizeof *s);
}

/* Cell `at` of the archive, which stays until another batch is read; NULL on failure. */
static const struct record *find_in_archive(struct source *s, size_t at,
                                            struct error *err)
{
    size_t n_cells = (size_t)archive_n_cells(s->archive);
    if (!s->batch && !(s->batch = memory_alloc(BATCH, sizeof *s->batch, err)))
        return NULL;
    if (at < s->batch_first || at >= s->batch_first + s->n_batch) {
        drop_batch(s);
        size_t batch = (size_t)archive_batch(s->archive);
        batch = batch < BATCH ? batch : BATCH;
        s->batch_first = at - at % batch;
        size_t left = n_cells - s->batch_first, n = left < batch ? left : batch;
        if (archive_read(s->archive, (int64_t)s->batch_first, (int64_t)n, s->batch,
                         err) != STATUS_OK)
            return NULL;
        s->n_batch = n;
    }
    return &s->batch[at - s->batch_first];
}

static enum status copy_record(struct record *copy, const struct record *record,
                               struct error *err)
{
    if (record_init(copy, record->shape, err) != STATUS_OK)
        return err->status;
    memcpy(copy->ints, record->ints, record->n_ints * sizeof *record->ints);
    memcpy(copy->reals, record->reals, record->n_reals * sizeof *record->reals);
    memcpy(copy->texts, record->texts, record->n_texts);
    return STATUS_OK;
}

enum status source_read(struct source *s, size_t at, struct record *record,
                        struct error *err)
{
    if (s->archive) {
        const struct record *found = find_in_archive(s, at, err);
        return found ? copy_record(record, found, err) : err->status;
    }
    const struct journal_entry *entry = &s->journals.entries[at];
    if (rundir_read_cell(&s->journals, entry, &s->grid, record, err) == STATUS_OK)
        rundir_stamp(&s->journals, entry, record);
    return err->status;
}

static struct hash128 hash_provenance(const struct record *record)
{
    struct hash128 hash = {0, 0};
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        size_t n = record_extent(id, record->shape);
        if (field_get(id)->role != FIELD_ROLE_PROVENANCE)
            continue;
        hash = hash_chain(
            hash, field_get(id)->type == FIELD_TYPE_REAL
                      ? hash_bytes(record_real(record, id), n * sizeof *record->reals)
                      : hash_bytes(record_int(record, id), n * sizeof *record->ints));
    }
    return hash;
}

static void hold(struct held_cell *cell, const struct record *record, size_t at)
{
    char id[HASH_HEX + 1] = "";
    memcpy(id, record_text(record, FIELD_CELL_ID), ID_LENGTH);
    if (!hash_parse(id, &cell->id))
        cell->id = (struct hash128){0, 0};
    cell->content = record_hash(record);
    cell->provenance = hash_provenance(record);
    cell->at = at;
    int status = *record_int(record, FIELD_STATUS);
    cell->failed = status != CELL_COMPLETE && status != CELL_DIVERGED;
}

static enum status list_archive(struct source *s, struct held_cell **cells, size_t *n,
                                struct error *err)
{
    size_t n_cells = (size_t)archive_n_cells(s->archive);
    const struct record *record;
    *cells = memory_alloc(n_cells, sizeof **cells, err);
    for (; *cells && *n < n_cells && (record = find_in_archive(s, *n, err)); ++*n)
        hold(&(*cells)[*n], record, *n);
    return err->status;
}

static enum status list_journals(struct source *s, struct held_cell **cells, size_t *n,
                                 struct error *err)
{
    const struct journal_index *journals = &s->journals;
    *cells = memory_alloc(journals->n_entries, sizeof **cells, err);
    for (size_t i = 0; i < journals->n_entries && err->status == STATUS_OK; i++) {
        const struct journal_entry *entry = &journals->entries[i];
        struct record record;
        /* Of failed attempts the last one counts, and only where there is no result. */
        if (entry->type != JOURNAL_RESULT && journal_find(journals, entry->id) != entry)
            continue;
        if (source_read(s, i, &record, err) != STATUS_OK)
            break;
        hold(&(*cells)[*n], &record, i);
        (*cells)[(*n)++].failed = entry->type == JOURNAL_FAILED;
        record_fini(&record);
    }
    return err->status;
}

int source_compare_cells(const void *a, const void *b)
{
    const struct held_cell *x = a, *y = b;
    if (x->id.high != y->id.high)
        return x->id.high < y->id.high ? -1 : 1;
    if (x->id.low != y->id.low)
        return x->id.low < y->id.low ? -1 : 1;
    if (x->failed != y->failed)
        return x->failed ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

int source_compare_places(const void *a, const void *b)
{
    const struct held_cell *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

enum status source_list(struct source *s, struct held_cell **cells, size_t *n,
                        struct error *err)
{
    *cells = NULL;
    *n = 0;
    if ((s->archive ? list_archive : list_journals)(s, cells, n, err) == STATUS_OK) {
        qsort(*cells, *n, sizeof **cells, source_compare_cells);
        return STATUS_OK;
    }
    free(*cells);
    *cells = NULL;
    *n = 0;
    return err->status;
}

const struct held_cell *source_find(const struct held_cell *cells, size_t n,
                                    struct hash128 id)
{
    const struct held_cell wanted = {.id = id}; /* before every cell of the identity */
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (source_compare_cells(&cells[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && hash_equal(cells[low].id, id) ? &cells[low] : NULL;
}

void source_name_file(const struct source *s, size_t at, char out[IO_PATH_MAX])
{
    struct error ignored = {0};
    if (s->archive || io_join(out, s->journals.dir,
                              s->journals.files[s->journals.entries[at].file].name,
                              &ignored) != STATUS_OK)
        snprintf(out, IO_PATH_MAX, "%s", s->archive ? s->archive_path : s->path);
}
