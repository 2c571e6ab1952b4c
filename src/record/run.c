#include "record/run.h"

#include <string.h>

void run_info_pack(const struct run_info *run, struct bytes *out)
{
    bytes_put_string(out, run->id);
    bytes_put_string(out, run->command);
    bytes_put_string(out, run->host);
    bytes_put_string(out, run->start_time);
    bytes_put_u32(out, (uint32_t)run->n_ranks);
    bytes_put_string(out, run->blas);
    bytes_put_u32(out, (uint32_t)run->blas_threads);
    bytes_put_string(out, run->slurm_job);
    bytes_put_u32(out, (uint32_t)run->restart_count);
    bytes_put_string(out, run->mpi);
    bytes_put_string(out, run->versions);
}

enum status run_info_unpack(struct run_info *run, const void *data, size_t length,
                            struct error *err)
{
    struct bytes_reader reader = bytes_reader(data, length);
    memset(run, 0, sizeof *run);
    bytes_get_string(&reader, run->id, sizeof run->id);
    bytes_get_string(&reader, run->command, sizeof run->command);
    bytes_get_string(&reader, run->host, sizeof run->host);
    bytes_get_string(&reader, run->start_time, sizeof run->start_time);
    run->n_ranks = (int32_t)bytes_get_u32(&reader);
    bytes_get_string(&reader, run->blas, sizeof run->blas);
    run->blas_threads = (int32_t)bytes_get_u32(&reader);
    bytes_get_string(&reader, run->slurm_job, sizeof run->slurm_job);
    run->restart_count = (int32_t)bytes_get_u32(&reader);
    bytes_get_string(&reader, run->mpi, sizeof run->mpi);
    bytes_get_string(&reader, run->versions, sizeof run->versions);
    if (reader.failed)
        return error_set(err, STATUS_DATA, "run record: malformed");
    return STATUS_OK;
}
