#include "probe/corrupted.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Adds class `class`: of all its samples [first, end) some are own, from own_first on. */
static void add_class(struct corrupted *c, const struct probe_share *share, int class)
{
    const struct probe_team *team = share->team;
    uint32_t first = share->all.start[class], n = share->all.start[class + 1] - first;
    uint32_t own_first = share->own.start[class];
    size_t from = team ? team_part(n, team->rank, team->size) : 0;
    size_t to = team ? team_part(n, team->rank + 1, team->size) : n;
    uint32_t n_own = c->start[class];
    for (size_t i = 0; share->corrupt && i < n; i++) {
        if (!share->corrupt[first + i])
            continue;
        c->count[class]++;
        if (i >= from && i < to)
            c->own[n_own++] = own_first + (uint32_t)(i - from);
    }
    c->start[class + 1] = n_own;
    c->total += c->count[class];
}

enum status corrupted_init(struct corrupted *c, const struct probe_share *share,
                           struct error *err)
{
    size_t n_classes = (size_t)share->all.n_classes;
    memset(c, 0, sizeof *c);
    c->own = memory_alloc(groups_split_count(&share->own, PROBE_TRAIN), sizeof *c->own,
                          err);
    c->start = memory_alloc(n_classes + 1, sizeof *c->start, err);
    c->count = memory_alloc(n_classes, sizeof *c->count, err);
    if (err->status != STATUS_OK) {
        corrupted_fini(c);
        return err->status;
    }
    for (int class = 0; class < share->all.n_classes; class ++)
        add_class(c, share, class);
    return STATUS_OK;
}

void corrupted_fini(struct corrupted *c)
{
    free(c->own);
    free(c->start);
    free(c->count);
    memset(c, 0, sizeof *c);
}
