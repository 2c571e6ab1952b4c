/* What the files of this module share. */
#ifndef STRATA_DIST_DIST_INTERNAL_H
#define STRATA_DIST_DIST_INTERNAL_H

#include <mpi.h>

#include "dist/dist.h"

enum { WAIT_NANOSECONDS = 2000000 };

/* A message may not exceed INT_MAX elements: longer arrays go in pieces. */
enum { PIECE = 1 << 28 };

/* Of messages between two ranks. */
enum { TAG_PROGRESS = 1, TAG_BYTES, TAG_ASK, TAG_GIVE, TAG_TASKS, TAG_NONE, TAG_STOP };

struct dist {
    MPI_Comm comm;
    MPI_Comm host; /* the ranks of this host */
    int rank, size;
    int local_rank, local_size;
    char library[128];
    struct dist_progress outgoing;
    MPI_Request sending; /* of `outgoing` */
    bool told_stop;
};

#endif
