#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum status io_join(char out[IO_PATH_MAX], const char *dir, const char *name,
                    struct error *err)
{
    int n = snprintf(out, IO_PATH_MAX, "%s/%s", dir, name);
    if (n < 0 || n >= IO_PATH_MAX)
        return error_set(err, STATUS_USAGE, "%.200s...: path too long", dir);
    return STATUS_OK;
}

static enum status read_all(int fd, const char *path, char *data, size_t length,
                            struct error *err)
{
    size_t done = 0;
    while (done < length) {
        ssize_t n = read(fd, data + done, length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
        if (n == 0)
            return error_set(err, STATUS_DATA, "%s: shorter than its size", path);
        done += (size_t)n;
    }
    return STATUS_OK;
}

enum status io_read_file(const char *path, size_t limit, char **data, size_t *length,
                         struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is no file */
    if (fd < 0)
        return error_set(err, STATUS_MISSING, "%s: %s", path, strerror(errno));
    struct stat info;
    char *buffer = NULL;
    enum status status = STATUS_OK;
    if (fstat(fd, &info) < 0)
        status = error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        status = error_set(err, STATUS_DATA, "%s: not a regular file", path);
    else if ((size_t)info.st_size > limit)
        status = error_set(err, STATUS_DATA, "%s: %lld bytes, more than the limit of %zu",
                           path, (long long)info.st_size, limit);
    if (status == STATUS_OK) {
        buffer = malloc((size_t)info.st_size + 1);
        if (!buffer)
            status = error_set(err, STATUS_MEMORY, "%s: cannot hold %lld bytes", path,
                               (long long)info.st_size);
        else
            status = read_all(fd, path, buffer, (size_t)info.st_size, err);
    }
    close(fd);
    if (status != STATUS_OK) {
        free(buffer);
        return status;
    }
    buffer[info.st_size] = '\0';
    *data = buffer;
    *length = (size_t)info.st_size;
    return STATUS_OK;
}

enum status io_map(struct io_mapping *map, const char *path, struct error *err)
{
    *map = (struct io_mapping){0};
    /* O_NONBLOCK: a named pipe must not make us wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;
    if (fd < 0)
        return error_set(err, errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: %s",
                         path, strerror(errno));
    if (fstat(fd, &info) < 0) {
        error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        error_set(err, STATUS_DATA, "%s: not a regular file", path);
    } else if (info.st_size > 0) {
        void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
        else
            *map = (struct io_mapping){data, (size_t)info.st_size};
    }
    close(fd);
    return err->status;
}

void io_unmap(struct io_mapping *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->size);
    *map = (struct io_mapping){0};
}

enum status io_write_all(int fd, const void *data, size_t length, const char *path,
                         struct error *err)
{
    const char *p = data;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(err, STATUS_IO, "%s: %s", path,
                             n < 0 ? strerror(errno) : "nothing was written");
        p += n;
        length -= (size_t)n;
    }
    return STATUS_OK;
}

enum status io_sync_parent(const char *path, struct error *err)
{
    char parent[IO_PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (!slash)
        snprintf(parent, sizeof parent, ".");
    else
        slash[slash == parent] = '\0';
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, STATUS_IO, "%s: %s", parent, strerror(errno));
    /* EINVAL: a file system that has no fsync for folders. */
    int failed = fsync(fd) < 0 && errno != EINVAL;
    int reason = errno;
    close(fd);
    if (failed)
        return error_set(err, STATUS_IO, "%s: %s", parent, strerror(reason));
    return STATUS_OK;
}

enum status io_publish(const char *temporary, const char *path, struct error *err)
{
    if (rename(temporary, path) < 0)
        return error_set(err, STATUS_IO, "%s: cannot rename to %s: %s", temporary, path,
                         strerror(errno));
    return io_sync_parent(path, err);
}

enum status io_replace_file(const char *path, const void *data, size_t length,
                            struct error *err)
{
    char temporary[IO_PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.tmp-%ld", path, (long)getpid());
    if (n < 0 || n >= (int)sizeof temporary)
        return error_set(err, STATUS_USAGE, "%.200s...: path too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return error_set(err, STATUS_CREATE, "%s: %s", temporary, strerror(errno));
    enum status status = io_write_all(fd, data, length, temporary, err);
    if (status == STATUS_OK && fsync(fd) < 0)
        status = error_set(err, STATUS_IO, "%s: %s", temporary, strerror(errno));
    if (close(fd) < 0 && status == STATUS_OK)
        status = error_set(err, STATUS_IO, "%s: %s", temporary, strerror(errno));
    if (status == STATUS_OK)
        status = io_publish(temporary, path, err);
    if (status != STATUS_OK)
        unlink(temporary);
    return status;
}

enum status io_make_dir(const char *path, struct error *err)
{
    if (mkdir(path, 0777) == 0)
        return io_sync_parent(path, err);
    int reason = errno;
    struct stat info;
    if (reason == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return STATUS_OK;
    return error_set(err, STATUS_CREATE, "%s: cannot create folder: %s", path,
                     strerror(reason));
}

bool io_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}
