/* Probes by a team of all ranks of the job: wall time, and bytes that the members send.
 *
 * usage: [mpirun -n N] strata-bench-team STUDY
 *
 * Runs the study's only cell, N ranks at it, and prints a line of JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cli/team.h"
#include "dist/dist.h"
#include "num/linalg.h"
#include "sweep/cell.h"
#include "sweep/grid.h"

struct job {
    struct dist *dist;
    struct dist_team *team;
    struct study study;
    struct dataset dataset;
    struct grid grid;
    struct cell_context context;
};

/* Every rank has data of its own: what is measured moves none of them. */
static enum status prepare(struct job *job, const char *path, struct error *err)
{
    char *text;
    size_t length;
    if (io_read_file(path, STUDY_FILE_MAX, &text, &length, err) != STATUS_OK)
        return err->status;
    study_parse(&job->study, text, length, path, err);
    free(text);
    if (err->status != STATUS_OK)
        return err->status;
    struct dataset_request request = {.name = job->study.data.name,
                                      .train = job->study.data.train,
                                      .test = job->study.data.test};
    job->context.study = &job->study;
    job->context.dataset = &job->dataset;
    if (dataset_load(&job->dataset, &request, err) != STATUS_OK ||
        split_sizes_get(&job->context.sizes, &job->study, &job->dataset, err) !=
            STATUS_OK ||
        study_resolve(&job->study, job->context.sizes.train, err) != STATUS_OK ||
        grid_expand(&job->grid, &job->study, job->dataset.hash, err) != STATUS_OK)
        return err->status;
    if (job->grid.n_cells != 1)
        return error_set(err, STATUS_STUDY, "%s: %zu cells, not one", path,
                         job->grid.n_cells);
    return STATUS_OK;
}

static double count_nodes(const struct net_shape *shape)
{
    return (double)shape->depth * shape->width + shape->n_outputs;
}

/* The leader's. */
static enum status lead(struct job *job, struct error *err)
{
    const struct cell *cell = &job->grid.cells[0];
    const struct split_sizes *sizes = &job->context.sizes;
    struct net_shape shape = cell_net_shape(&cell->spec, &job->dataset);
    struct cell_result result;
    int n_ranks = dist_team_size(job->team), n = job->study.n_snapshots;
    if (cell_run(&job->context, cell, &result, err) != STATUS_OK)
        return err->status;
    double samples = (double)sizes->train + sizes->validation + sizes->test;
    double rank_seconds = *record_real(&result.record, FIELD_PROBE_SECONDS);
    printf("{\"ranks\": %d, \"seconds\": %.6f, \"pre_activation_bytes\": %.0f, ", n_ranks,
           rank_seconds / n_ranks / n, 4.0 * samples * count_nodes(&shape));
    cell_result_fini(&result);
    return STATUS_OK;
}

static void run(struct job *job, struct error *err)
{
    struct cell_team cells = team_for_cells(job->team);
    bool leads = dist_team_rank(job->team) == 0;
    if (dist_team_size(job->team) > 1)
        job->context.team = &cells;
    if (leads) {
        lead(job, err);
        team_dismiss(&cells);
    } else {
        cell_assist(&job->context);
    }
    uint64_t bytes = (uint64_t)dist_team_bytes(job->team);
    dist_team_sum(job->team, &bytes, 1);
    if (leads && err->status == STATUS_OK)
        printf("\"sent_bytes\": %.0f}\n", (double)bytes / job->study.n_snapshots);
}

int main(int argc, char **argv)
{
    struct job job = {.dist = NULL};
    struct error err = {0};
    if (dist_start(&job.dist, &argc, &argv, &err) != STATUS_OK)
        return status_exit_code(err.status);
    if (argc != 2)
        error_set(&err, STATUS_USAGE, "usage: [mpirun -n N] strata-bench-team STUDY");
    else if (linalg_setup(&err) == STATUS_OK)
        prepare(&job, argv[1], &err);
    if (dist_agree(job.dist, &err) == STATUS_OK &&
        dist_team_create(&job.team, job.dist, dist_size(job.dist), &err) == STATUS_OK)
        run(&job, &err);
    dist_agree(job.dist, &err);
    if (err.status != STATUS_OK && dist_rank(job.dist) == 0)
        fprintf(stderr, "strata-bench-team: %s\n", err.text);
    dist_team_destroy(job.team);
    grid_fini(&job.grid);
    dataset_fini(&job.dataset);
    study_fini(&job.study);
    dist_stop(job.dist);
    return status_exit_code(err.status);
}
