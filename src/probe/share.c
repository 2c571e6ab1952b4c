#include "probe/share.h"

uint32_t groups_total(const struct sample_groups *groups)
{
    return groups->start[PROBE_SPLITS * groups->n_classes];
}

uint32_t groups_count(const struct sample_groups *groups, int split, int class)
{
    const uint32_t *start = groups->start + split * groups->n_classes + class;
    return start[1] - start[0];
}

uint32_t groups_split_count(const struct sample_groups *groups, int split)
{
    const uint32_t *start = groups->start + split * groups->n_classes;
    return start[groups->n_classes] - start[0];
}

struct probe_share probe_share_alone(const struct sample_groups *all)
{
    return (struct probe_share){.all = *all, .own = *all};
}

struct probe_share probe_share_of(const struct sample_groups *all,
                                  const struct probe_team *team, uint32_t *start)
{
    if (!team)
        return probe_share_alone(all);
    start[0] = 0;
    for (int g = 0; g < PROBE_SPLITS * all->n_classes; g++) {
        size_t n = all->start[g + 1] - all->start[g];
        start[g + 1] = start[g] + (uint32_t)(team_part(n, team->rank + 1, team->size) -
                                             team_part(n, team->rank, team->size));
    }
    return (struct probe_share){
        .all = *all, .own = {.n_classes = all->n_classes, .start = start}, .team = team};
}
