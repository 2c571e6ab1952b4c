#include "dist/dist.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "dist/dist_internal.h"

enum status dist_start(struct dist **out, int *argc, char ***argv, struct error *err)
{
    *out = NULL;
    struct dist *dist = memory_alloc(1, sizeof *dist, err);
    if (!dist)
        return err->status;
    if (MPI_Init(argc, argv) != MPI_SUCCESS) {
        free(dist);
        return error_set(err, STATUS_INTERNAL, "MPI does not start");
    }
    MPI_Comm_dup(MPI_COMM_WORLD, &dist->comm);
    MPI_Comm_rank(dist->comm, &dist->rank);
    MPI_Comm_size(dist->comm, &dist->size);
    MPI_Comm_split_type(dist->comm, MPI_COMM_TYPE_SHARED, dist->rank, MPI_INFO_NULL,
                        &dist->host);
    MPI_Comm_rank(dist->host, &dist->local_rank);
    MPI_Comm_size(dist->host, &dist->local_size);
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(text, &length);
    text[strcspn(text, ",\n")] = '\0';
    snprintf(dist->library, sizeof dist->library, "%.120s", text);
    dist->sending = MPI_REQUEST_NULL;
    *out = dist;
    return STATUS_OK;
}

void dist_stop(struct dist *dist)
{
    if (!dist)
        return;
    /* The last progress message may be one that nobody will receive. */
    if (dist->sending != MPI_REQUEST_NULL) {
        MPI_Cancel(&dist->sending);
        MPI_Wait(&dist->sending, MPI_STATUS_IGNORE);
    }
    MPI_Comm_free(&dist->host);
    MPI_Comm_free(&dist->comm);
    MPI_Finalize();
    free(dist);
}

int dist_rank(const struct dist *dist)
{
    return dist->rank;
}

int dist_size(const struct dist *dist)
{
    return dist->size;
}

int dist_local_rank(const struct dist *dist)
{
    return dist->local_rank;
}

int dist_local_size(const struct dist *dist)
{
    return dist->local_size;
}

const char *dist_library(const struct dist *dist)
{
    return dist->library;
}

enum status dist_agree(struct dist *dist, struct error *err)
{
    /* A fault goes before a request to stop, then the lowest rank speaks. */
    int64_t mine = err->status == STATUS_OK        ? INT64_MAX
                   : err->status == STATUS_STOPPED ? (int64_t)dist->size + dist->rank
                                                   : dist->rank;
    int64_t first;
    MPI_Allreduce(&mine, &first, 1, MPI_INT64_T, MPI_MIN, dist->comm);
    if (first == INT64_MAX)
        return STATUS_OK;
    struct error theirs = *err;
    MPI_Bcast(&theirs, (int)sizeof theirs, MPI_BYTE, (int)(first % dist->size),
              dist->comm);
    *err = theirs;
    return err->status;
}

/* From rank 0 of a communicator to the rest of it. */
static enum status broadcast(struct dist *dist, MPI_Comm comm, bool receives,
                             struct bytes *bytes, struct error *err)
{
    uint64_t length = bytes->length;
    MPI_Bcast(&length, 1, MPI_UINT64_T, 0, comm);
    if (receives) {
        bytes_free(bytes);
        bytes->data = memory_alloc(length, 1, err);
        bytes->length = bytes->capacity = length;
    }
    if (dist_agree(dist, err) != STATUS_OK)
        return err->status;
    for (uint64_t at = 0; at < length; at += PIECE) {
        uint64_t n = length - at < PIECE ? length - at : PIECE;
        MPI_Bcast(bytes->data + at, (int)n, MPI_BYTE, 0, comm);
    }
    return STATUS_OK;
}

enum status dist_broadcast(struct dist *dist, struct bytes *bytes, struct error *err)
{
    return broadcast(dist, dist->comm, dist->rank != DIST_COLLECTOR, bytes, err);
}

enum status dist_host_broadcast(struct dist *dist, struct bytes *bytes, struct error *err)
{
    return broadcast(dist, dist->host, dist->local_rank != 0, bytes, err);
}

void dist_sum_counts(struct dist *dist, int32_t *counts, size_t n)
{
    for (size_t at = 0; at < n; at += PIECE) {
        int piece = n - at < PIECE ? (int)(n - at) : PIECE;
        bool collector = dist->rank == DIST_COLLECTOR;
        MPI_Reduce(collector ? MPI_IN_PLACE : counts + at, counts + at, piece,
                   MPI_INT32_T, MPI_SUM, DIST_COLLECTOR, dist->comm);
    }
}

void dist_sum_counts_all(struct dist *dist, int32_t *counts, size_t n)
{
    for (size_t at = 0; at < n; at += PIECE) {
        int piece = n - at < PIECE ? (int)(n - at) : PIECE;
        MPI_Allreduce(MPI_IN_PLACE, counts + at, piece, MPI_INT32_T, MPI_SUM, dist->comm);
    }
}

/* Receives `length` bytes of a rank, sent by send_pieces. */
static void receive_pieces(struct dist *dist, int from, uint8_t *data, uint64_t length)
{
    for (uint64_t at = 0; at < length; at += PIECE) {
        uint64_t n = length - at < PIECE ? length - at : PIECE;
        MPI_Recv(data + at, (int)n, MPI_BYTE, from, TAG_BYTES, dist->comm,
                 MPI_STATUS_IGNORE);
    }
}

static void send_pieces(struct dist *dist, const uint8_t *data, uint64_t length)
{
    for (uint64_t at = 0; at < length; at += PIECE) {
        uint64_t n = length - at < PIECE ? length - at : PIECE;
        MPI_Send(data + at, (int)n, MPI_BYTE, DIST_COLLECTOR, TAG_BYTES, dist->comm);
    }
}

enum status dist_gather(struct dist *dist, const struct bytes *mine, struct bytes *all,
                        size_t *offsets, struct error *err)
{
    uint64_t length = mine->length;
    uint64_t *lengths = memory_alloc((size_t)dist->size, sizeof *lengths, err);
    if (mine->failed)
        error_set(err, STATUS_MEMORY, "no memory for a message");
    if (dist_agree(dist, err) != STATUS_OK) {
        free(lengths);
        return err->status;
    }
    MPI_Gather(&length, 1, MPI_UINT64_T, lengths, 1, MPI_UINT64_T, DIST_COLLECTOR,
               dist->comm);
    if (dist->rank == DIST_COLLECTOR) {
        offsets[0] = 0;
        for (int r = 0; r < dist->size; r++)
            offsets[r + 1] = offsets[r] + lengths[r];
        bytes_free(all);
        all->data = memory_alloc(offsets[dist->size], 1, err);
        all->length = all->capacity = offsets[dist->size];
    }
    free(lengths);
    if (dist_agree(dist, err) != STATUS_OK)
        return err->status;
    if (dist->rank != DIST_COLLECTOR) {
        send_pieces(dist, mine->data, length);
        return STATUS_OK;
    }
    if (length > 0)
        memcpy(all->data, mine->data, length);
    for (int r = 1; r < dist->size; r++)
        receive_pieces(dist, r, all->data + offsets[r], offsets[r + 1] - offsets[r]);
    return STATUS_OK;
}

/* The owner tells the length, waits for a go, and sends. */
static enum status send_to_collector(struct dist *dist, const struct bytes *bytes,
                                     struct error *err)
{
    uint64_t length = bytes->failed ? UINT64_MAX : bytes->length;
    int go;
    MPI_Send(&length, 1, MPI_UINT64_T, DIST_COLLECTOR, TAG_BYTES, dist->comm);
    MPI_Recv(&go, 1, MPI_INT, DIST_COLLECTOR, TAG_BYTES, dist->comm, MPI_STATUS_IGNORE);
    if (bytes->failed)
        return error_set(err, STATUS_MEMORY, "no memory for a message");
    if (go)
        send_pieces(dist, bytes->data, length);
    return STATUS_OK;
}

static enum status receive_from(struct dist *dist, int owner, struct bytes *bytes,
                                struct error *err)
{
    uint64_t length;
    MPI_Recv(&length, 1, MPI_UINT64_T, owner, TAG_BYTES, dist->comm, MPI_STATUS_IGNORE);
    bytes_free(bytes);
    if (length == UINT64_MAX)
        error_set(err, STATUS_MEMORY, "rank %d had no memory for a message", owner);
    else
        bytes->data = memory_alloc(length, 1, err);
    int go = bytes->data != NULL;
    MPI_Send(&go, 1, MPI_INT, owner, TAG_BYTES, dist->comm);
    if (!go)
        return err->status;
    bytes->length = bytes->capacity = length;
    receive_pieces(dist, owner, bytes->data, length);
    return STATUS_OK;
}

enum status dist_send(struct dist *dist, int owner, struct bytes *bytes,
                      struct error *err)
{
    if (owner == DIST_COLLECTOR)
        return STATUS_OK;
    return dist->rank == owner ? send_to_collector(dist, bytes, err)
                               : receive_from(dist, owner, bytes, err);
}

void dist_wait(struct dist *dist, void (*poll)(void *state), void *state)
{
    MPI_Request request;
    int done = 0;
    MPI_Ibarrier(dist->comm, &request);
    for (;;) {
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done)
            return;
        if (poll)
            poll(state);
        struct timespec pause = {.tv_nsec = WAIT_NANOSECONDS};
        nanosleep(&pause, NULL);
    }
}

void dist_post_progress(struct dist *dist, const struct dist_progress *progress)
{
    if (dist->rank == DIST_COLLECTOR) {
        dist->outgoing = *progress;
        return;
    }
    int done = 1;
    if (dist->sending != MPI_REQUEST_NULL)
        MPI_Test(&dist->sending, &done, MPI_STATUS_IGNORE);
    if (!done)
        return; /* the collector has not taken the last one: a later one will tell */
    dist->outgoing = *progress;
    MPI_Isend(&dist->outgoing, (int)sizeof dist->outgoing, MPI_BYTE, DIST_COLLECTOR,
              TAG_PROGRESS, dist->comm, &dist->sending);
}

void dist_poll_progress(struct dist *dist, struct dist_progress *progress)
{
    progress[DIST_COLLECTOR] = dist->outgoing;
    for (;;) {
        int waiting;
        MPI_Status from;
        MPI_Iprobe(MPI_ANY_SOURCE, TAG_PROGRESS, dist->comm, &waiting, &from);
        if (!waiting)
            return;
        MPI_Recv(&progress[from.MPI_SOURCE], (int)sizeof *progress, MPI_BYTE,
                 from.MPI_SOURCE, TAG_PROGRESS, dist->comm, MPI_STATUS_IGNORE);
    }
}

void dist_tell_stop(struct dist *dist)
{
    for (int r = 0; r < dist->size && !dist->told_stop; r++) {
        MPI_Request request;
        if (r == dist->rank)
            continue;
        MPI_Isend(NULL, 0, MPI_BYTE, r, TAG_STOP, dist->comm, &request);
        MPI_Request_free(&request);
    }
    dist->told_stop = true;
}

bool dist_told_stop(struct dist *dist)
{
    int waiting = 0;
    if (!dist->told_stop && dist->rank != DIST_COLLECTOR)
        MPI_Iprobe(DIST_COLLECTOR, TAG_STOP, dist->comm, &waiting, MPI_STATUS_IGNORE);
    if (waiting) {
        MPI_Recv(NULL, 0, MPI_BYTE, DIST_COLLECTOR, TAG_STOP, dist->comm,
                 MPI_STATUS_IGNORE);
        dist->told_stop = true;
    }
    return dist->told_stop;
}
