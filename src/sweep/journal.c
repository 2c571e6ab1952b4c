#include "sweep/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sweep/journal_format.h"

struct journal {
    int fd;
    uint64_t end;        /* of the last sound record, */
    uint64_t committed;  /* and of the last that was committed, */
    double committed_at; /* when */
    uint64_t sequence;
    bool failed;
    char path[IO_PATH_MAX];
};

enum status journal_create(struct journal **out, const char *dir, const char *run_id,
                           int rank, struct error *err)
{
    *out = NULL;
    struct journal *journal = memory_alloc(1, sizeof *journal, err);
    if (!journal)
        return err->status;
    char name[128];
    snprintf(name, sizeof name, "%.64s-r%d.jrn", run_id, rank);
    enum status status = io_join(journal->path, dir, name, err);
    if (status == STATUS_OK) {
        journal->fd = open(journal->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (journal->fd < 0)
            status = error_set(err, STATUS_CREATE, "%s: %s", journal->path,
                               strerror(errno));
        else
            status = io_sync_parent(journal->path, err);
    }
    if (status != STATUS_OK) {
        free(journal);
        return status;
    }
    *out = journal;
    return STATUS_OK;
}

/* Leaves the file as it was before a write that failed half-way. */
static enum status give_up(struct journal *journal, struct error *err)
{
    journal->failed = true;
    if (ftruncate(journal->fd, (off_t)journal->end) < 0)
        return error_set(err, STATUS_IO, "%s: cannot cut a torn record: %s",
                         journal->path, strerror(errno));
    return err->status;
}

enum status journal_append(struct journal *journal, enum journal_type type,
                           struct hash128 id, uint32_t attempt,
                           const struct bytes *payload, struct error *err)
{
    if (journal->failed)
        return error_set(err, STATUS_IO, "%s: an earlier write failed", journal->path);
    struct journal_header header = {.type = type,
                                    .attempt = attempt,
                                    .length = payload ? payload->length : 0,
                                    .sequence = journal->sequence,
                                    .id = id};
    struct bytes record = {0};
    journal_header_put(&record, &header);
    if (header.length > 0)
        bytes_put(&record, payload->data, payload->length);
    if (!record.failed)
        bytes_put_u32(&record,
                      hash_crc32(record.data + JOURNAL_HEADER_SIZE, header.length));
    if (record.failed || (payload && payload->failed)) {
        bytes_free(&record);
        return error_set(err, STATUS_MEMORY, "%s: no memory for a record", journal->path);
    }
    enum status status = io_write_all(journal->fd, record.data, record.length,
                                      journal->path, err);
    if (status == STATUS_OK) {
        journal->end += record.length;
        journal->sequence++;
    } else {
        give_up(journal, err);
    }
    bytes_free(&record);
    return status;
}

enum status journal_commit(struct journal *journal, struct error *err)
{
    if (journal->failed)
        return error_set(err, STATUS_IO, "%s: an earlier write failed", journal->path);
    if (journal->committed == journal->end)
        return STATUS_OK;
    if (fdatasync(journal->fd) < 0) {
        journal->failed = true;
        return error_set(err, STATUS_IO, "%s: %s", journal->path, strerror(errno));
    }
    journal->committed = journal->end;
    journal->committed_at = clock_seconds();
    return STATUS_OK;
}

enum status journal_commit_group(struct journal *journal, struct error *err)
{
    if (clock_seconds() - journal->committed_at < JOURNAL_GROUP_SECONDS)
        return STATUS_OK;
    return journal_commit(journal, err);
}

const char *journal_name(const struct journal *journal)
{
    const char *slash = strrchr(journal->path, '/');
    return slash ? slash + 1 : journal->path;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    close(journal->fd);
    free(journal);
}
