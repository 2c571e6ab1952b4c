/* Files and folders. Every path in an error text is the one the caller gave. */
#ifndef STRATA_BASE_IO_H
#define STRATA_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { IO_PATH_MAX = 4096 };

/* dir + "/" + name into out[IO_PATH_MAX]; STATUS_USAGE where it does not fit. */
enum status io_join(char out[IO_PATH_MAX], const char *dir, const char *name,
                    struct error *err);

/* Reads a whole regular file into a new, terminated buffer (caller frees `*data`).
 * STATUS_MISSING where it cannot be opened, STATUS_DATA where it is larger than `limit`
 * bytes or no regular file. */
enum status io_read_file(const char *path, size_t limit, char **data, size_t *length,
                         struct error *err);

/* A regular file mapped for reading. */
struct io_mapping {
    const uint8_t *data; /* NULL where the file is empty */
    size_t size;
};

/* Maps a whole file; symbolic links are not followed. STATUS_MISSING where there is none,
 * STATUS_DATA where it is no regular file. Zeroed on failure. */
enum status io_map(struct io_mapping *map, const char *path, struct error *err);
void io_unmap(struct io_mapping *map);

/* Writes all bytes to a descriptor; STATUS_IO names `path`. */
enum status io_write_all(int fd, const void *data, size_t length, const char *path,
                         struct error *err);

/* Replaces `path` by new content: temporary name, fsync, rename, fsync of the folder. At
 * every instant the file is the old one or the new one. */
enum status io_replace_file(const char *path, const void *data, size_t length,
                            struct error *err);

/* Renames a complete, synced temporary file over `path` and syncs the folder. */
enum status io_publish(const char *temporary, const char *path, struct error *err);

/* fsync of the folder that holds `path`, so that a new name survives a crash. */
enum status io_sync_parent(const char *path, struct error *err);

/* Creates a folder (one level), and syncs its parent; an existing folder is fine. */
enum status io_make_dir(const char *path, struct error *err);

bool io_exists(const char *path);

#endif
