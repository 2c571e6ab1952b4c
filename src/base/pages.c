#include "base/pages.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static bool map(struct pages *pages, int file, int protection)
{
    void *data = mmap(NULL, pages->length, protection, MAP_SHARED, file, 0);
    if (data == MAP_FAILED)
        return false;
    pages->data = data;
    pages->mapped = true;
    return true;
}

/* All memory is taken here: later, its lack would be a signal instead of an error. */
static int reserve(int file, size_t length)
{
    int failed;
    do
        failed = posix_fallocate(file, 0, (off_t)length);
    while (failed == EINTR);
    return failed;
}

/* Returns 0 or an errno. */
static int create_mapped(struct pages *pages)
{
    int file = memfd_create("strata", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0)
        return errno;
    int failed = reserve(file, pages->length);
    if (failed == 0 && !map(pages, file, PROT_READ | PROT_WRITE))
        failed = errno;
    if (failed == 0)
        pages->file = file;
    else
        close(file);
    return failed;
}

enum status pages_create(struct pages *pages, size_t length, bool shareable,
                         struct error *err)
{
    *pages = (struct pages){.length = length, .file = -1};
    if (shareable) {
        pages->refusal = create_mapped(pages);
        if (pages->refusal == 0)
            return STATUS_OK;
    }
    pages->data = memory_alloc(length, 1, err);
    return err->status;
}

static enum status cannot_share(const char *what, int reason, struct error *err)
{
    return error_set(err, STATUS_MEMORY, "memory cannot be shared: %s: %s", what,
                     strerror(reason));
}

/* A file cannot be sealed while something maps it by a descriptor that may write. */
static enum status map_for_reading(struct pages *pages, struct error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", pages->file);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return cannot_share(path, errno, err);
    void *writable = pages->data;
    if (!map(pages, file, PROT_READ)) {
        int reason = errno;
        close(file);
        return cannot_share("mmap", reason, err);
    }
    munmap(writable, pages->length);
    int sealed = fcntl(pages->file, F_ADD_SEALS, SEALS), reason = errno;
    close(pages->file);
    pages->file = file;
    return sealed == 0 ? STATUS_OK : cannot_share("seal", reason, err);
}

enum status pages_seal(struct pages *pages, struct pages_address *address,
                       struct error *err)
{
    struct stat info;
    assert(pages->file >= 0 || pages->refusal != 0); /* pages were to be shareable */
    if (pages->file < 0)
        return cannot_share("memfd", pages->refusal, err);
    if (map_for_reading(pages, err) != STATUS_OK)
        return err->status;
    if (fstat(pages->file, &info) < 0)
        return cannot_share("fstat", errno, err);
    *address = (struct pages_address){.process = getpid(),
                                      .file = pages->file,
                                      .device = info.st_dev,
                                      .inode = info.st_ino,
                                      .length = pages->length};
    return STATUS_OK;
}

/* Process ids are those of a namespace: what has the number here may be another. */
static bool is_at(int file, const struct pages_address *address)
{
    struct stat info;
    int seals = fcntl(file, F_GET_SEALS);
    return fstat(file, &info) == 0 && info.st_dev == address->device &&
           info.st_ino == address->inode && (uint64_t)info.st_size == address->length &&
           seals >= 0 && (seals & SEALS) == SEALS;
}

enum status pages_open(struct pages *pages, const struct pages_address *address,
                       struct error *err)
{
    char path[64];
    *pages = (struct pages){.length = (size_t)address->length, .file = -1};
    snprintf(path, sizeof path, "/proc/%" PRId64 "/fd/%" PRId64, address->process,
             address->file);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return error_set(err, STATUS_MISSING, "%s: %s", path, strerror(errno));
    if (!is_at(file, address))
        error_set(err, STATUS_MISSING, "%s: not the memory that is shared", path);
    else if (!map(pages, file, PROT_READ))
        error_set(err, STATUS_MEMORY, "%s: cannot map %zu bytes: %s", path, pages->length,
                  strerror(errno));
    close(file);
    return err->status;
}

void pages_close(struct pages *pages)
{
    if (pages->data && pages->file >= 0)
        close(pages->file);
    pages->file = -1;
}

void pages_fini(struct pages *pages)
{
    pages_close(pages);
    if (pages->mapped)
        munmap(pages->data, pages->length);
    else
        free(pages->data);
    *pages = (struct pages){.file = -1};
}
