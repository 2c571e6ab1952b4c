/* A look at a file in a child process: what describes an HDF5 file has checksums only in
 * part, and damage in the rest crashes the library. Here that is one more kind of damage.
 * Private to src/archive. */
#ifndef STRATA_ARCHIVE_GUARD_H
#define STRATA_ARCHIVE_GUARD_H

#include "base/error.h"
#include "base/hash.h"

typedef enum status guard_fn(const char *path, struct hash128 *content,
                             struct error *err);

/* Runs `try` in a child process; its outcome is ours, STATUS_DATA where it crashed. */
enum status guard_try(guard_fn *try, const char *path, struct hash128 *content,
                      struct error *err);

#endif
