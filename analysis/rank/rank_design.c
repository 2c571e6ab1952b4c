#include <stdlib.h>

#include "analysis/rank/rank.h"
#include "analysis/rank/rank_internal.h"
#include "base/memory.h"
#include "num/elementary.h"

static void partition_fini(struct rank_partition *p)
{
    free(p->group);
    free(p->members);
    free(p->start);
}

/* values is [n_axes][n]; bit i of `axes`: axis i counts. */
static bool alike(const double *values, size_t n, uint32_t axes, size_t a, size_t b)
{
    for (size_t axis = 0; axes >> axis; axis++)
        if ((axes >> axis & 1) && values[axis * n + a] != values[axis * n + b])
            return false;
    return true;
}

static enum status partition_init(struct rank_partition *p, const double *values,
                                  size_t n, uint32_t axes, struct error *err)
{
    p->group = memory_alloc(n, sizeof *p->group, err);
    p->members = memory_alloc(n, sizeof *p->members, err);
    p->start = memory_alloc(n + 2, sizeof *p->start, err);
    if (err->status != STATUS_OK)
        return err->status;
    uint32_t *first = p->members; /* of each group, until the members are known */
    for (size_t i = 0; i < n; i++) {
        size_t g = 0;
        while (g < p->n_groups && !alike(values, n, axes, first[g], i))
            g++;
        if (g == p->n_groups)
            first[p->n_groups++] = (uint32_t)i;
        p->group[i] = (uint32_t)g;
        p->start[g + 2]++;
    }
    for (size_t g = 0; g < p->n_groups; g++)
        p->start[g + 2] += p->start[g + 1];
    for (size_t i = 0; i < n; i++)
        p->members[p->start[p->group[i] + 1]++] = (uint32_t)i;
    return STATUS_OK;
}

static void init_logs(struct rank_design *d, struct error *err)
{
    d->x_log_x = memory_alloc(RANK_LOGS, sizeof *d->x_log_x, err);
    for (int i = 2; d->x_log_x && i < RANK_LOGS; i++)
        d->x_log_x[i] = i * elementary_log(i);
}

static enum status init_partitions(struct rank_design *d, const double *values,
                                   struct error *err)
{
    int k = d->n_axes;
    uint32_t all = k < 32 ? (1u << k) - 1 : ~0u;
    d->n_given = 1 + k + k * (k - 1) / 2;
    d->apart = memory_alloc((size_t)k, sizeof *d->apart, err);
    d->given = memory_alloc((size_t)d->n_given, sizeof *d->given, err);
    for (int i = 0; err->status == STATUS_OK && i < k; i++)
        partition_init(&d->apart[i], values, d->n, all & ~(1u << i), err);
    int set = 0;
    if (err->status == STATUS_OK)
        partition_init(&d->given[set++], values, d->n, 0, err);
    for (int i = 0; err->status == STATUS_OK && i < k; i++)
        partition_init(&d->given[set++], values, d->n, 1u << i, err);
    for (int i = 0; i < k; i++)
        for (int j = i + 1; err->status == STATUS_OK && j < k; j++)
            partition_init(&d->given[set++], values, d->n, 1u << i | 1u << j, err);
    return err->status;
}

enum status rank_design_create(struct rank_design **design, const double *values,
                               int n_axes, size_t n, struct error *err)
{
    *design = NULL;
    struct rank_design *d = memory_alloc(1, sizeof *d, err);
    if (!d)
        return err->status;
    d->n = n;
    d->n_axes = n_axes;
    init_logs(d, err);
    if (err->status != STATUS_OK || init_partitions(d, values, err) != STATUS_OK) {
        rank_design_destroy(d);
        return err->status;
    }
    double product = 1;
    for (int i = 0; i < n_axes; i++)
        product *= (double)d->given[1 + i].n_groups;
    d->complete = product == (double)n;
    *design = d;
    return STATUS_OK;
}

void rank_design_destroy(struct rank_design *d)
{
    if (!d)
        return;
    for (int i = 0; d->apart && i < d->n_axes; i++)
        partition_fini(&d->apart[i]);
    for (int i = 0; d->given && i < d->n_given; i++)
        partition_fini(&d->given[i]);
    free(d->apart);
    free(d->given);
    free(d->x_log_x);
    free(d);
}
