#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

void *memory_alloc(size_t count, size_t size, struct error *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) {
        error_set(err, STATUS_MEMORY, "%zu elements of %zu bytes: too large", count,
                  size);
        return NULL;
    }
    bytes = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    void *p = aligned_alloc(ALIGNMENT, bytes);
    if (!p) {
        error_set(err, STATUS_MEMORY, "cannot allocate %zu bytes", bytes);
        return NULL;
    }
    return memset(p, 0, bytes);
}

enum status memory_grow(void *array, size_t *capacity, size_t needed, size_t size,
                        struct error *err)
{
    if (needed <= *capacity)
        return STATUS_OK;
    size_t wanted = *capacity ? *capacity : 16, bytes;
    while (wanted < needed)
        wanted += wanted / 2;
    if (__builtin_mul_overflow(wanted, size, &bytes))
        return error_set(err, STATUS_MEMORY, "%zu elements: too large", wanted);
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, bytes);
    if (!grown)
        return error_set(err, STATUS_MEMORY, "cannot allocate %zu bytes", bytes);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return STATUS_OK;
}
