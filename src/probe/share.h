/* Whose samples a probe sees: all of a cell's, or one part where a team of ranks divides
 * them. Probes know no ranks: they ask a team for sums, and it is the caller's. */
#ifndef STRATA_PROBE_SHARE_H
#define STRATA_PROBE_SHARE_H

#include <stddef.h>
#include <stdint.h>

/* Splits in the order of the archive's dimension. */
enum { PROBE_SPLITS = 3 };
enum { PROBE_TRAIN = 0 };

/* Samples stand in groups: split by split, within a split class by class. Group
 * g = split * n_classes + class is [start[g], start[g + 1]). */
struct sample_groups {
    int n_classes;
    const uint32_t *start; /* [PROBE_SPLITS * n_classes + 1] */
};

uint32_t groups_total(const struct sample_groups *groups);
/* Samples of a class in a split, and of a whole split. */
uint32_t groups_count(const struct sample_groups *groups, int split, int class);
uint32_t groups_split_count(const struct sample_groups *groups, int split);

/* Members that each hold a part of the samples. Every function is called by all of them,
 * in the same order, and gets `state`. */
struct probe_team {
    int size, rank; /* rank 0 leads: it gets the whole result */
    void *state;
    /* Element-wise sums, and largest values, to all, in place. */
    void (*sum)(void *state, uint64_t *values, size_t n);
    void (*largest)(void *state, float *values, size_t n);
    /* Values are parts of n[0], n[1] .. elements, one behind the other: member r gets the
     * sums of part r at their start. */
    void (*sum_parts)(void *state, uint64_t *values, const size_t *n);
    /* Data are parts of lengths[0], lengths[1] .. bytes, one behind the other, of which
     * member r brings part r: all get all. */
    void (*share)(void *state, void *data, const size_t *lengths);
    /* `out` are blocks of out_lengths[r] bytes for member r, one behind the other; `in`
     * gets in_lengths[r] bytes from member r in the same way. */
    void (*exchange)(void *state, const void *out, const size_t *out_lengths, void *in,
                     size_t *in_lengths);
};

/* Start of the r-th of `size` even parts of n; of part `size`, n. */
static inline size_t team_part(size_t n, int rank, int size)
{
    return n * (size_t)rank / (size_t)size;
}

struct probe_share {
    struct sample_groups all;      /* of the cell */
    struct sample_groups own;      /* of this member: how samples stand in its matrices */
    const struct probe_team *team; /* NULL: alone, and own is all */
    /* [all training samples], in group order: 1 where a sample was corrupted; NULL: none
     * was. The caller's to set. */
    const uint8_t *corrupt;
};

/* Member r of a team of N gets the r-th of N even parts of every group. `start`,
 * [PROBE_SPLITS * n_classes + 1], is where the share keeps its own groups; borrowed, as
 * are the groups. */
struct probe_share probe_share_of(const struct sample_groups *all,
                                  const struct probe_team *team, uint32_t *start);
struct probe_share probe_share_alone(const struct sample_groups *all);

#endif
