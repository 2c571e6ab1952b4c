#include "analysis/cells/grouping.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

/* Identity of a group: the values of the options that count. */
static struct hash128 group_key(const double *options, const bool *apart)
{
    double values[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++)
        values[i] = apart[i] ? options[i] + 0.0 : 0.0; /* -0 becomes 0 */
    return hash_bytes(values, sizeof values);
}

/* Open addressing over group keys: slot holds group + 1. */
struct key_table {
    struct hash128 *keys; /* [n_cells] by group */
    int *slots;
    size_t mask;
};

static int find_or_add(struct key_table *table, struct hash128 key, int *n_groups)
{
    size_t slot = key.low & table->mask;
    while (table->slots[slot]) {
        int group = table->slots[slot] - 1;
        if (hash_equal(table->keys[group], key))
            return group;
        slot = (slot + 1) & table->mask;
    }
    table->keys[*n_groups] = key;
    table->slots[slot] = ++*n_groups;
    return *n_groups - 1;
}

enum status grouping_assign(const double *options, size_t n_cells,
                            const bool apart[OPTION_COUNT], int *group, int *n_groups,
                            struct error *err)
{
    size_t slots = 16;
    while (slots < 2 * n_cells)
        slots *= 2;
    struct key_table table = {.mask = slots - 1};
    table.keys = memory_alloc(n_cells, sizeof *table.keys, err);
    table.slots = memory_alloc(slots, sizeof *table.slots, err);
    *n_groups = 0;
    for (size_t i = 0; err->status == STATUS_OK && i < n_cells; i++)
        group[i] = find_or_add(&table, group_key(options + i * OPTION_COUNT, apart),
                               n_groups);
    free(table.keys);
    free(table.slots);
    return err->status;
}
