#include "dist/balance.h"

#include <time.h>

#include "dist/dist_internal.h"

/* What travels:
 *   ask    to the collector: a rank that was found empty, or -1
 *   give   from the collector to a holder: the rank that asked
 *   tasks  from a holder to who asked; none where it has none
 *   none   from the collector to who asked: nobody has any */

enum { NOBODY = -1 };

static void send_rank(struct dist *dist, int to, int tag, int32_t rank)
{
    MPI_Send(&rank, 1, MPI_INT32_T, to, tag, dist->comm);
}

/* A message with that tag, if one has come; returns its sender or NOBODY. */
static int receive_rank(struct dist *dist, int tag, int32_t *rank)
{
    int waiting;
    MPI_Status from;
    MPI_Iprobe(MPI_ANY_SOURCE, tag, dist->comm, &waiting, &from);
    if (!waiting)
        return NOBODY;
    MPI_Recv(rank, 1, MPI_INT32_T, from.MPI_SOURCE, tag, dist->comm, MPI_STATUS_IGNORE);
    return from.MPI_SOURCE;
}

static void give(struct dist *dist, const struct dist_balance *balance, int to)
{
    uint64_t tasks[DIST_TASKS_MAX];
    size_t n = balance->give(balance->state, tasks);
    MPI_Send(tasks, (int)n, MPI_UINT64_T, to, TAG_TASKS, dist->comm);
}

/* The collector's answer to a rank that asks. */
static void answer(struct dist *dist, const struct dist_balance *balance, int to)
{
    int holder = balance->choose(balance->state, to);
    if (holder == NOBODY)
        send_rank(dist, to, TAG_NONE, 0);
    else if (holder == dist->rank)
        give(dist, balance, to);
    else
        send_rank(dist, holder, TAG_GIVE, to);
}

void dist_balance_serve(struct dist *dist, const struct dist_balance *balance)
{
    int32_t rank;
    int from;
    if (dist->size == 1)
        return;
    while (dist->rank == DIST_COLLECTOR &&
           (from = receive_rank(dist, TAG_ASK, &rank)) != NOBODY) {
        if (rank != NOBODY)
            balance->found_empty(balance->state, rank);
        answer(dist, balance, from);
    }
    while (receive_rank(dist, TAG_GIVE, &rank) != NOBODY)
        give(dist, balance, rank);
}

/* Sends the question on its way; false where the answer is clear at once. */
static bool ask(struct dist *dist, const struct dist_balance *balance, int empty)
{
    if (dist->rank != DIST_COLLECTOR) {
        send_rank(dist, DIST_COLLECTOR, TAG_ASK, empty);
        return true;
    }
    if (empty != NOBODY)
        balance->found_empty(balance->state, empty);
    int holder = balance->choose(balance->state, dist->rank);
    if (holder != NOBODY)
        send_rank(dist, holder, TAG_GIVE, dist->rank);
    return holder != NOBODY;
}

/* Waits for the answer: returns the holder whose n tasks came, or NOBODY. */
static int await_tasks(struct dist *dist, const struct dist_balance *balance,
                       uint64_t *tasks, size_t *n, void (*poll)(void *state))
{
    for (;;) {
        int waiting, count;
        int32_t nothing;
        MPI_Status from;
        MPI_Iprobe(MPI_ANY_SOURCE, TAG_TASKS, dist->comm, &waiting, &from);
        if (waiting) {
            MPI_Recv(tasks, DIST_TASKS_MAX, MPI_UINT64_T, from.MPI_SOURCE, TAG_TASKS,
                     dist->comm, &from);
            MPI_Get_count(&from, MPI_UINT64_T, &count);
            *n = (size_t)count;
            return from.MPI_SOURCE;
        }
        if (receive_rank(dist, TAG_NONE, &nothing) != NOBODY)
            return NOBODY;
        dist_balance_serve(dist, balance);
        if (poll)
            poll(balance->state);
        struct timespec pause = {.tv_nsec = WAIT_NANOSECONDS / 2};
        nanosleep(&pause, NULL);
    }
}

size_t dist_balance_take(struct dist *dist, const struct dist_balance *balance,
                         uint64_t *tasks, void (*poll)(void *state))
{
    size_t n = 0;
    int holder = NOBODY;
    while (dist->size > 1 && n == 0 && ask(dist, balance, holder)) {
        holder = await_tasks(dist, balance, tasks, &n, poll);
        if (holder == NOBODY)
            return 0;
    }
    return n;
}
