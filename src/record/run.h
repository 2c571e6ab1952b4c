/* Provenance of one run: a row on the archive's `run` dimension. */
#ifndef STRATA_RECORD_RUN_H
#define STRATA_RECORD_RUN_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum { RUN_ID_LENGTH = 32, RUN_TEXT_MAX = 256 };

/* Unknown texts are empty. */
struct run_info {
    char id[RUN_ID_LENGTH + 1];
    char command[RUN_TEXT_MAX];
    char host[RUN_TEXT_MAX];
    char start_time[32]; /* ISO 8601, UTC */
    int32_t n_ranks;
    char blas[RUN_TEXT_MAX]; /* library, version, kernel */
    int32_t blas_threads;
    char slurm_job[32];
    int32_t restart_count;
    char mpi[RUN_TEXT_MAX];
    char versions[RUN_TEXT_MAX]; /* of strata and of its numerics */
};

void run_info_pack(const struct run_info *run, struct bytes *out);
enum status run_info_unpack(struct run_info *run, const void *data, size_t length,
                            struct error *err);

#endif
