#include "probe/discrete.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/kernel.h"

/* Four nodes are looked up together. */
enum { NIBBLE = 4, STATES = 1 << NIBBLE, NIBBLES = 64 / NIBBLE, LANES = 16 };

typedef uint32_t uints __attribute__((vector_size(LANES * sizeof(uint32_t))));

struct discrete {
    size_t row;
    int n_nibbles;
    uint32_t *table; /* [n_nibbles, STATES, 2, row]: of score and rest */
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

/* The first nodes' entries have the priors too. */
static void start_tables(struct discrete *d, int n_nodes,
                         const struct discrete_values *values)
{
    memset(d->table, 0, table_entries(n_nodes, d->row) * sizeof *d->table);
    for (int state = 0; state < STATES; state++) {
        uint32_t *entry = d->table + (size_t)state * 2 * d->row;
        memcpy(entry, values->prior, d->row * sizeof *entry);
        memcpy(entry + d->row, values->prior_coarse, d->row * sizeof *entry);
    }
}

void discrete_fit(struct discrete *d, int n_nodes, const struct discrete_values *values)
{
    const size_t row = d->row;
    d->n_nibbles = (n_nodes + NIBBLE - 1) / NIBBLE;
    start_tables(d, n_nodes, values);
    for (int node = 0; node < n_nodes; node++) {
        size_t at = (size_t)node * row;
        for (int state = 0; state < STATES; state++) {
            size_t entry = (size_t)(node / NIBBLE) * STATES + (size_t)state;
            uint32_t *score = d->table + entry * 2 * row, *rest = score + row;
            bool is_on = state >> node % NIBBLE & 1;
            for (size_t k = 0; k < row; k++) {
                score[k] += (uint32_t)(is_on ? values->on[at + k] : values->off[at + k]);
                rest[k] += is_on ? values->on_constant
                                 : (uint32_t)values->off_coarse[at + k];
            }
        }
    }
}

/* LANES classes from number k. */
static inline __attribute__((always_inline)) void sum_lanes(const struct discrete *d,
                                                            const uint64_t *key, size_t k,
                                                            size_t row, int32_t *score,
                                                            uint32_t *rest)
{
    uints sum = {0}, sum_rest = {0}, entry;
    const uint32_t *table = d->table + k;
    for (int q = 0; q < d->n_nibbles; key++) {
        uint64_t bits = *key;
        int end = q + NIBBLES < d->n_nibbles ? q + NIBBLES : d->n_nibbles;
        for (; q < end; q++, bits >>= NIBBLE, table += STATES * 2 * row) {
            const uint32_t *at = table + (bits & (STATES - 1)) * 2 * row;
            memcpy(&entry, at, sizeof entry);
            sum += entry;
            memcpy(&entry, at + row, sizeof entry);
            sum_rest += entry;
        }
    }
    memcpy(score + k, &sum, sizeof sum);
    memcpy(rest + k, &sum_rest, sizeof sum_rest);
}

STRATA_KERNEL
void discrete_sum(const struct discrete *d, const uint64_t *keys, size_t words, size_t n,
                  int32_t *score, uint32_t *rest)
{
    const size_t row = d->row;
    for (size_t i = 0; i < n; i++, keys += words, score += row, rest += row) {
        if (row == LANES)
            sum_lanes(d, keys, 0, LANES, score, rest);
        else
            for (size_t k = 0; k < row; k += LANES)
                sum_lanes(d, keys, k, row, score, rest);
    }
}
