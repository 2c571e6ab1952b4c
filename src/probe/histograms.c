#include "probe/histograms.h"

#include <string.h>

#include "probe/densities.h"

enum { BIN_SHIFT = KDE_POSITION_BITS - PROBE_BIN_BITS };

static void count_own(const struct probe_view *view, size_t node, int32_t *counts)
{
    const struct sample_groups *own = &view->share->own;
    const float *z = view->z + node * view->stride;
    bool constant = densities_is_constant(view->range[node]);
    struct kde_scale scale = {0};
    if (!constant)
        scale = kde_scale(view->range[node]);
    for (int g = 0; g < PROBE_SPLITS * own->n_classes; g++, counts += PROBE_BINS)
        for (uint32_t i = own->start[g]; i < own->start[g + 1]; i++)
            counts[constant ? 0 : kde_position(z[i], scale) >> BIN_SHIFT]++;
}

static void sum_counts(const struct probe_team *team, int32_t *counts, uint64_t *words,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        words[i] = (uint64_t)counts[i];
    team->sum(team->state, words, n);
    for (size_t i = 0; i < n; i++)
        counts[i] = (int32_t)words[i];
}

void histograms_count(const struct probe_view *view, int32_t *counts, uint64_t *words)
{
    const struct probe_team *team = view->share->team;
    size_t n = PROBE_SPLITS * (size_t)view->share->all.n_classes * PROBE_BINS;
    for (size_t node = 0; node < (size_t)view->n_nodes; node++, counts += n) {
        memset(counts, 0, n * sizeof *counts);
        count_own(view, node, counts);
        if (team)
            sum_counts(team, counts, words, n);
    }
}
