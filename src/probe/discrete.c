#include "probe/discrete.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/kernel.h"

/* Four nodes are looked up together. */
enum { NIBBLE = 4, STATES = 1 << NIBBLE, LANES = 16 };

typedef int32_t ints __attribute__((vector_size(LANES * sizeof(int32_t))));

struct discrete {
    size_t row;
    int n_nibbles;
    int32_t *table; /* [n_nibbles, STATES, 2, row]: all nodes, and those that are off */
};

static size_t table_entries(int max_nodes, size_t row)
{
    return (size_t)((max_nodes + NIBBLE - 1) / NIBBLE) * STATES * 2 * row;
}

double discrete_bytes(int max_nodes, size_t row)
{
    return 4.0 * (double)table_entries(max_nodes, row);
}

enum status discrete_create(struct discrete **out, int max_nodes, size_t row,
                            struct error *err)
{
    *out = NULL;
    struct discrete *d = memory_alloc(1, sizeof *d, err);
    if (!d)
        return err->status;
    d->row = row;
    d->table = memory_alloc(table_entries(max_nodes, row), sizeof *d->table, err);
    if (err->status != STATUS_OK) {
        discrete_destroy(d);
        return err->status;
    }
    *out = d;
    return STATUS_OK;
}

void discrete_destroy(struct discrete *d)
{
    if (!d)
        return;
    free(d->table);
    free(d);
}

void discrete_fit(struct discrete *d, int n_nodes, const struct discrete_values *values)
{
    const size_t row = d->row;
    d->n_nibbles = (n_nodes + NIBBLE - 1) / NIBBLE;
    memset(d->table, 0, table_entries(n_nodes, row) * sizeof *d->table);
    for (int node = 0; node < n_nodes; node++) {
        size_t at = (size_t)node * row;
        for (int state = 0; state < STATES; state++) {
            size_t entry = (size_t)(node / NIBBLE) * STATES + (size_t)state;
            int32_t *all = d->table + entry * 2 * row, *off = all + row;
            bool is_on = state >> node % NIBBLE & 1;
            for (size_t k = 0; k < row; k++) {
                all[k] += is_on ? values->on[at + k] : values->off[at + k];
                off[k] += is_on ? 0 : values->off_coarse[at + k];
            }
        }
    }
}

/* LANES classes from number k. */
static inline __attribute__((always_inline)) void sum_lanes(const struct discrete *d,
                                                            const uint64_t *key, size_t k,
                                                            size_t row, int32_t *all,
                                                            int32_t *off)
{
    ints sum_all = {0}, sum_off = {0}, entry;
    const int32_t *table = d->table + k;
    for (int q = 0; q < d->n_nibbles; q++, table += STATES * 2 * row) {
        const int32_t *at = table +
                            (key[q / 16] >> q % 16 * NIBBLE & (STATES - 1)) * 2 * row;
        memcpy(&entry, at, sizeof entry);
        sum_all += entry;
        memcpy(&entry, at + row, sizeof entry);
        sum_off += entry;
    }
    memcpy(all + k, &sum_all, sizeof sum_all);
    memcpy(off + k, &sum_off, sizeof sum_off);
}

STRATA_KERNEL
void discrete_sum(const struct discrete *d, const uint64_t *key, int32_t *all,
                  int32_t *off)
{
    if (d->row == LANES)
        sum_lanes(d, key, 0, LANES, all, off);
    else
        for (size_t k = 0; k < d->row; k += LANES)
            sum_lanes(d, key, k, d->row, all, off);
}
