/* Ranks: the only module that includes <mpi.h>. It moves bytes and task numbers and knows
 * nothing of what they mean.
 *
 * Every function says whether it is collective. Between start-up and the final gather
 * nothing collective happens but within a team (dist/team.h), so a rank that works alone
 * never waits for another.
 */
#ifndef STRATA_DIST_DIST_H
#define STRATA_DIST_DIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct dist;

enum { DIST_COLLECTOR = 0 };

/* Starts MPI. Collective. A rank that cannot start gets STATUS_INTERNAL. */
enum status dist_start(struct dist **out, int *argc, char ***argv, struct error *err);

/* Ends MPI. Collective. NULL is fine. */
void dist_stop(struct dist *dist);

int dist_rank(const struct dist *dist);
int dist_size(const struct dist *dist);
/* Ranks on this rank's host, and this rank's number among them. */
int dist_local_size(const struct dist *dist);
int dist_local_rank(const struct dist *dist);
/* Name and version of the library: "Open MPI v4.1.4". */
const char *dist_library(const struct dist *dist);

/* Agrees on the outcome of a step: everyone returns the status, with its text, of the
 * lowest rank that met a fault, else of the lowest that was asked to stop. Collective. */
enum status dist_agree(struct dist *dist, struct error *err);

/* The collector's bytes to everyone; others' `bytes` are replaced. Collective. Memory
 * that runs out on one rank is agreed. */
enum status dist_broadcast(struct dist *dist, struct bytes *bytes, struct error *err);

/* The bytes of each host's first rank to all ranks of that host; theirs are replaced.
 * Collective, over all hosts: memory that runs out on one rank is agreed. */
enum status dist_host_broadcast(struct dist *dist, struct bytes *bytes,
                                struct error *err);

/* Element-wise sum of counts into the collector's array. Collective. */
void dist_sum_counts(struct dist *dist, int32_t *counts, size_t n);

/* Element-wise sum of counts, for everyone. Collective. */
void dist_sum_counts_all(struct dist *dist, int32_t *counts, size_t n);

/* Concatenates everyone's bytes at the collector, in rank order; offsets[size + 1] are
 * where each rank's begin. Only the collector's `all` and `offsets` are written.
 * Collective. */
enum status dist_gather(struct dist *dist, const struct bytes *mine, struct bytes *all,
                        size_t *offsets, struct error *err);

/* One rank's bytes to the collector (a no-op where the owner is the collector). Not
 * collective: called by the owner and the collector only. */
enum status dist_send(struct dist *dist, int owner, struct bytes *bytes,
                      struct error *err);

/* Waits for all ranks without burning a core: `poll` (may be NULL) is called about every
 * 2 ms. Collective. */
void dist_wait(struct dist *dist, void (*poll)(void *state), void *state);

/* A rank's progress, sent to the collector by a small message that nobody waits for. Not
 * collective. */
struct dist_progress {
    int64_t cells;  /* finished in this run */
    int64_t failed; /* of them, not complete */
    double cost; /* predicted cost of what is finished, with the share of what is not */
    double left; /* predicted cost of what it holds and has not begun */
};
void dist_post_progress(struct dist *dist, const struct dist_progress *progress);

/* The collector's latest view of every rank: progress[size]. Not collective. */
void dist_poll_progress(struct dist *dist, struct dist_progress *progress);

/* The collector tells everyone to stop soon; whether it has told this rank. Not
 * collective. */
void dist_tell_stop(struct dist *dist);
bool dist_told_stop(struct dist *dist);

#endif
