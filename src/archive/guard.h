/* A look at a file in a child process: what describes an HDF5 file has checksums only in
 * part, and damage in the rest crashes the library, or it goes round in circles. Here
 * that is one more kind of damage. Private to src/archive. */
#ifndef STRATA_ARCHIVE_GUARD_H
#define STRATA_ARCHIVE_GUARD_H

#include <stdbool.h>

#include "base/error.h"
#include "base/hash.h"

typedef enum status guard_fn(const char *path, struct hash128 *content,
                             struct error *err);

/* Runs `try` in a child process; its outcome is ours, STATUS_DATA where it crashed, or
 * used the processor for seconds without a step ahead. `content` may be NULL. */
enum status guard_try(guard_fn *try, const char *path, struct hash128 *content,
                      struct error *err);

/* Within `try`: a step is done, the next one has its full time. */
void guard_step(void);

/* Whether a netCDF file that was written can be closed: a child process does it first. On
 * a disk that is full, or fails, H5Fclose fails, and then nc_close crashes; the file must
 * not be closed. What the child has written, the caller writes again. */
bool guard_can_close(int id);

#endif
