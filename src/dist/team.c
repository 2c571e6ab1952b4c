#include "dist/team.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "dist/dist_internal.h"

enum { TAG_CALL = 3, TAG_BLOCK = 4 };

struct dist_team {
    MPI_Comm comm; /* MPI_COMM_NULL for a rank in no team */
    int number, rank, size;
    double bytes;
    int *counts, *starts; /* [size]: of a collective's parts */
};

/* All ranks, those of a host one after another. */
static MPI_Comm order_by_host(struct dist *dist)
{
    MPI_Comm ordered;
    int first = dist->rank; /* of the host's ranks */
    MPI_Bcast(&first, 1, MPI_INT, 0, dist->host);
    MPI_Comm_split(dist->comm, 0, first, &ordered);
    return ordered;
}

enum status dist_team_create(struct dist_team **out, struct dist *dist, int size,
                             struct error *err)
{
    *out = NULL;
    struct dist_team *team = memory_alloc(1, sizeof *team, err);
    int *counts = memory_alloc((size_t)size, sizeof *counts, err);
    int *starts = memory_alloc((size_t)size, sizeof *starts, err);
    if (dist_agree(dist, err) != STATUS_OK) {
        free(team);
        free(counts);
        free(starts);
        return err->status;
    }
    MPI_Comm ordered = order_by_host(dist);
    int position;
    MPI_Comm_rank(ordered, &position);
    bool idle = position >= dist->size / size * size;
    MPI_Comm_split(ordered, idle ? MPI_UNDEFINED : position / size, position,
                   &team->comm);
    MPI_Comm_free(&ordered);
    team->number = idle ? -1 : position / size;
    team->rank = idle ? 0 : position % size;
    team->size = size;
    team->counts = counts;
    team->starts = starts;
    *out = team;
    return STATUS_OK;
}

void dist_team_destroy(struct dist_team *team)
{
    if (!team)
        return;
    if (team->comm != MPI_COMM_NULL)
        MPI_Comm_free(&team->comm);
    free(team->counts);
    free(team->starts);
    free(team);
}

int dist_team_number(const struct dist_team *team)
{
    return team->number;
}

int dist_team_rank(const struct dist_team *team)
{
    return team->rank;
}

int dist_team_size(const struct dist_team *team)
{
    return team->size;
}

double dist_team_bytes(const struct dist_team *team)
{
    return team->bytes;
}

void dist_team_call(struct dist_team *team, const void *call, size_t length)
{
    for (int r = 1; r < team->size; r++)
        MPI_Send(call, (int)length, MPI_BYTE, r, TAG_CALL, team->comm);
    team->bytes += (double)length * (team->size - 1);
}

void dist_team_wait(struct dist_team *team, void *call, size_t length)
{
    for (;;) {
        int called;
        MPI_Iprobe(0, TAG_CALL, team->comm, &called, MPI_STATUS_IGNORE);
        if (called)
            break;
        struct timespec pause = {.tv_nsec = WAIT_NANOSECONDS};
        nanosleep(&pause, NULL);
    }
    MPI_Recv(call, (int)length, MPI_BYTE, 0, TAG_CALL, team->comm, MPI_STATUS_IGNORE);
}

/* A member's share of what N members must at least send so that each gets n bytes of the
 * others': n (N - 1) / N. */
static void count_bytes(struct dist_team *team, double n)
{
    team->bytes += n * (team->size - 1) / team->size;
}

void dist_team_broadcast(struct dist_team *team, void *data, size_t length)
{
    uint8_t *bytes = data;
    for (size_t at = 0; at < length; at += PIECE) {
        size_t n = length - at < PIECE ? length - at : PIECE;
        MPI_Bcast(bytes + at, (int)n, MPI_BYTE, 0, team->comm);
    }
    count_bytes(team, (double)length);
}

static void reduce(struct dist_team *team, void *values, size_t n, MPI_Datatype type,
                   MPI_Op op)
{
    int size;
    MPI_Type_size(type, &size);
    for (size_t at = 0; at < n; at += PIECE) {
        size_t piece = n - at < PIECE ? n - at : PIECE;
        MPI_Allreduce(MPI_IN_PLACE, (uint8_t *)values + at * (size_t)size, (int)piece,
                      type, op, team->comm);
    }
    count_bytes(team, 2.0 * (double)n * size); /* parts of sums, then the sums */
}

void dist_team_sum(struct dist_team *team, uint64_t *values, size_t n)
{
    reduce(team, values, n, MPI_UINT64_T, MPI_SUM);
}

void dist_team_largest(struct dist_team *team, float *values, size_t n)
{
    reduce(team, values, n, MPI_FLOAT, MPI_MAX);
}

/* Counts and starts as MPI takes them; returns their end. */
static int set_parts(struct dist_team *team, const size_t *n)
{
    int end = 0;
    for (int r = 0; r < team->size; r++) {
        team->starts[r] = end;
        team->counts[r] = (int)n[r];
        end += (int)n[r];
    }
    return end;
}

void dist_team_sum_parts(struct dist_team *team, uint64_t *values, const size_t *n)
{
    double total = set_parts(team, n);
    MPI_Reduce_scatter(MPI_IN_PLACE, values, team->counts, MPI_UINT64_T, MPI_SUM,
                       team->comm);
    count_bytes(team, total * sizeof *values);
}

void dist_team_share(struct dist_team *team, void *data, const size_t *lengths)
{
    count_bytes(team, set_parts(team, lengths));
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, data, team->counts, team->starts,
                   MPI_BYTE, team->comm);
}

struct block {
    uint8_t *data;
    size_t length;
    int rank; /* where it goes, or comes from */
};

static void send_and_receive(struct dist_team *team, struct block out, struct block in)
{
    size_t longest = out.length > in.length ? out.length : in.length;
    for (size_t at = 0; at < longest; at += PIECE) {
        MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
        if (at < in.length)
            MPI_Irecv(in.data + at,
                      in.length - at < PIECE ? (int)(in.length - at) : PIECE, MPI_BYTE,
                      in.rank, TAG_BLOCK, team->comm, &requests[0]);
        if (at < out.length)
            MPI_Isend(out.data + at,
                      out.length - at < PIECE ? (int)(out.length - at) : PIECE, MPI_BYTE,
                      out.rank, TAG_BLOCK, team->comm, &requests[1]);
        MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    }
    team->bytes += (double)out.length;
}

static struct block block_of(const void *data, const size_t *lengths, int rank)
{
    struct block block = {.data = (uint8_t *)(uintptr_t)data, .rank = rank};
    for (int r = 0; r < rank; r++)
        block.data += lengths[r];
    block.length = lengths[rank];
    return block;
}

/* In the k-th round each sends to the k-th rank after it. */
void dist_team_exchange(struct dist_team *team, const void *out,
                        const size_t *out_lengths, void *in, size_t *in_lengths)
{
    MPI_Alltoall(out_lengths, sizeof *out_lengths, MPI_BYTE, in_lengths,
                 sizeof *in_lengths, MPI_BYTE, team->comm);
    count_bytes(team, (double)team->size * sizeof *out_lengths);
    struct block own = block_of(out, out_lengths, team->rank);
    if (own.length > 0)
        memcpy(block_of(in, in_lengths, team->rank).data, own.data, own.length);
    for (int k = 1; k < team->size; k++) {
        int to = (team->rank + k) % team->size;
        int from = (team->rank + team->size - k) % team->size;
        send_and_receive(team, block_of(out, out_lengths, to),
                         block_of(in, in_lengths, from));
    }
}
