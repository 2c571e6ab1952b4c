/* Teams: ranks that work on one thing together, on communicators of their own.
 *
 * A team has a leader, its rank 0. It calls; the members wait for its calls without
 * burning a core. Everything below `dist_team_wait` is collective over the team. A rank
 * that dies leaves its team hanging until the launcher ends the job, as launchers do.
 */
#ifndef STRATA_DIST_TEAM_H
#define STRATA_DIST_TEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct dist;
struct dist_team;

/* Divides all ranks into teams of `size`, 1 <= size <= dist_size: host by host, in the
 * order of ranks within one, so that few teams span hosts and rank 0 leads team 0. Ranks
 * that fill no team are in none. Collective over all ranks. */
enum status dist_team_create(struct dist_team **out, struct dist *dist, int size,
                             struct error *err);
/* Collective over the team. NULL is fine. */
void dist_team_destroy(struct dist_team *team);

/* Number of this rank's team, -1 for none, and its rank in the team. */
int dist_team_number(const struct dist_team *team);
int dist_team_rank(const struct dist_team *team);
int dist_team_size(const struct dist_team *team);

/* The leader's call to all members, and how each of them waits for it. */
void dist_team_call(struct dist_team *team, const void *call, size_t length);
void dist_team_wait(struct dist_team *team, void *call, size_t length);

/* The leader's bytes to all. */
void dist_team_broadcast(struct dist_team *team, void *data, size_t length);

/* Element-wise sums, and largest values, to all, in place. */
void dist_team_sum(struct dist_team *team, uint64_t *values, size_t n);
void dist_team_largest(struct dist_team *team, float *values, size_t n);

/* Sums of which each member needs a part: values are parts of n[0], n[1] .. elements, one
 * behind the other; member r gets the sums of part r at the start of values, and what
 * stands behind them is lost. At most INT_MAX elements in all. */
void dist_team_sum_parts(struct dist_team *team, uint64_t *values, const size_t *n);

/* Everyone's part to everyone: data are parts of lengths[0], lengths[1] .. bytes, one
 * behind the other; member r brings part r, in its place. At most INT_MAX bytes in all.
 */
void dist_team_share(struct dist_team *team, void *data, const size_t *lengths);

/* To each member its own: `out` are blocks of out_lengths[r] bytes for member r, one
 * behind the other; `in` gets those for this member in the same way, in_lengths[r] bytes
 * from member r, and must hold them. */
void dist_team_exchange(struct dist_team *team, const void *out,
                        const size_t *out_lengths, void *in, size_t *in_lengths);

/* Bytes that this member has sent to others, at least: what the best algorithms send. */
double dist_team_bytes(const struct dist_team *team);

#endif
