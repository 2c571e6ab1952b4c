/* Checked allocation. */
#ifndef STRATA_BASE_MEMORY_H
#define STRATA_BASE_MEMORY_H

#include <stddef.h>

#include "base/error.h"

/* Zeroed, 64-byte aligned array of `count` elements of `size` bytes, to be released with
 * free(). NULL with STATUS_MEMORY in `err` when it does not fit or the product overflows;
 * a count of 0 gives a valid pointer. */
void *memory_alloc(size_t count, size_t size, struct error *err);

/* Grows `*array` so that it holds at least `needed` elements of `size` bytes; `*capacity`
 * is its element count. On failure array and capacity are as they were. */
enum status memory_grow(void *array, size_t *capacity, size_t needed, size_t size,
                        struct error *err);

#endif
