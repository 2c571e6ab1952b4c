#include "cli/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/memory.h"
#include "cli/host.h"
#include "dist/dist.h"
#include "nn/net.h"
#include "sweep/cell.h"
#include "sweep/cell_nodes.h"
#include "sweep/cost.h"
#include "sweep/grid_check.h"
#include "sweep/kept_network.h"

enum status session_read_study(struct study *study, const char *path,
                               const struct args *args, struct error *err)
{
    char *text = NULL;
    size_t length = strlen(quick_study_text);
    if (path && io_read_file(path, STUDY_FILE_MAX, &text, &length, err) != STATUS_OK) {
        if (err->status == STATUS_DATA)
            err->status = STATUS_STUDY; /* too large, or a folder: no study in any case */
        return err->status;
    }
    study_parse(study, path ? text : quick_study_text, length,
                path ? path : "<quick study>", err);
    free(text);
    if (err->status != STATUS_OK)
        return err->status;
    for (int i = 0; i < args->n_sets; i++)
        if (study_set_axis(study, args->sets[i], err) != STATUS_OK) {
            study_fini(study);
            return err->status;
        }
    return STATUS_OK;
}

static enum status check_hash(struct session *s, struct error *err)
{
    if (s->study.data.has_hash && !hash_equal(s->study.data.hash, s->dataset.hash)) {
        char expected[HASH_HEX + 1], found[HASH_HEX + 1];
        hash_format(s->study.data.hash, expected);
        hash_format(s->dataset.hash, found);
        return error_set(err, STATUS_DATA,
                         "data %s: content hash %s, but the study expects %s",
                         s->study.data.name, found, expected);
    }
    s->study.data.has_hash = true;
    s->study.data.hash = s->dataset.hash;
    return STATUS_OK;
}

struct cell_context session_context(const struct session *s)
{
    return (struct cell_context){.study = &s->study,
                                 .dataset = &s->dataset,
                                 .sizes = s->sizes,
                                 .normals = s->normals};
}

/* Bytes of a rank at the cell that needs most. */
static double find_largest(const struct session *s, const struct cell_team *team)
{
    struct cell_context context = session_context(s);
    double largest = 0;
    context.team = team;
    for (size_t i = 0; i < s->grid.n_cells; i++)
        largest = fmax(largest, cost_bytes(&context, &s->grid.cells[i].spec));
    return largest;
}

/* What networks.nc or nodes.nc would hold, before anything is computed for it. */
static enum status check_kept(double total, const char *things, const char *file,
                              struct error *err)
{
    if (total <= INT32_MAX)
        return STATUS_OK;
    return error_set(
        err, STATUS_STUDY,
        "keep: %.3g %s of all cells, and %s holds at most 2^31 - 1: keep fewer "
        "snapshots, or divide the study",
        total, things, file);
}

/* Walks over all cells once: memory, and what no cell may exceed. */
static enum status examine_cells(struct session *s, struct error *err)
{
    s->seconds = memory_alloc(s->grid.n_cells, sizeof *s->seconds, err);
    s->probe_seconds = memory_alloc(s->grid.n_cells, sizeof *s->probe_seconds, err);
    if (!s->seconds || !s->probe_seconds ||
        grid_check(&s->grid, &s->study, &s->dataset, err) != STATUS_OK)
        return err->status;
    double kept_parameters = 0.0, kept_nodes = 0.0;
    for (size_t i = 0; i < s->grid.n_cells; i++) {
        const struct spec *spec = &s->grid.cells[i].spec;
        struct net_shape shape = cell_net_shape(spec, &s->dataset);
        double parameters = net_count_parameters(&shape);
        kept_parameters += kept_planned(&s->study, JOURNAL_NETWORK) * parameters;
        kept_nodes += (double)kept_planned(&s->study, JOURNAL_NODES) *
                      cell_node_shape(&shape, false).n_nodes;
        if (parameters > INT32_MAX)
            return error_set(err, STATUS_STUDY,
                             "depth %d x width %d: %.3g parameters, more than 2^31 - 1",
                             shape.depth, shape.width, parameters);
        double batches = ceil(s->sizes.train / spec->value[FIELD_BATCH_SIZE]);
        if (spec->value[FIELD_EPOCHS] * batches > INT32_MAX)
            return error_set(err, STATUS_STUDY,
                             "%.0f epochs of %.0f minibatches: more than 2^31 - 1 steps",
                             spec->value[FIELD_EPOCHS], batches);
        s->most_layers = shape.depth + 1 > s->most_layers ? shape.depth + 1
                                                          : s->most_layers;
    }
    s->largest_bytes = find_largest(s, NULL);
    check_kept(kept_parameters, "kept parameters", "networks.nc", err);
    return check_kept(kept_nodes, "kept nodes", "nodes.nc", err);
}

/* Before glyphs are drawn, which takes a while. */
static enum status check_request(const struct dataset_request *request, struct error *err)
{
    double needed = dataset_request_bytes(request), available = host_available_memory();
    if (available == 0 || needed <= available)
        return STATUS_OK;
    char need[32], have[32];
    text_format_bytes(need, sizeof need, needed);
    text_format_bytes(have, sizeof have, available);
    return error_set(err, STATUS_MEMORY,
                     "data set %s: the samples take %s, and this host has %s: ask for "
                     "fewer",
                     request->name, need, have);
}

/* What a host's first rank loaded, to the others, until all have it. */
static enum status share_data(struct dataset *dataset,
                              const struct dataset_request *request, struct dist *dist,
                              struct error *refusal, struct error *err)
{
    struct bytes invitation = {0};
    bool leads = dist_local_rank(dist) == 0;
    if (leads && request->shareable)
        dataset_share(dataset, &invitation, refusal);
    if (dist_host_broadcast(dist, &invitation, err) == STATUS_OK && !leads &&
        dataset_attach(dataset, &invitation, refusal) != STATUS_OK)
        dataset_load(dataset, request, err);
    bytes_free(&invitation);
    dist_agree(dist, err);
    dataset_close(dataset);
    return err->status;
}

enum status session_load_data(struct dataset *dataset, struct dataset_request request,
                              struct dist *dist, struct error *refusal, struct error *err)
{
    bool leads = !dist || dist_local_rank(dist) == 0;
    request.shareable = leads && dist && dist_local_size(dist) > 1;
    if (leads && check_request(&request, err) == STATUS_OK)
        dataset_load(dataset, &request, err);
    if (!dist || dist_agree(dist, err) != STATUS_OK)
        return err->status;
    return share_data(dataset, &request, dist, refusal, err);
}

enum status session_prepare(struct session *s, struct dist *dist, struct error *err)
{
    struct error refusal = {0}; /* no fault of a sweep: doctor tells of it */
    struct dataset_request request = {.name = s->study.data.name,
                                      .train = s->study.data.train,
                                      .test = s->study.data.test};
    if (session_load_data(&s->dataset, request, dist, &refusal, err) != STATUS_OK ||
        check_hash(s, err) != STATUS_OK ||
        split_sizes_get(&s->sizes, &s->study, &s->dataset, err) != STATUS_OK ||
        study_resolve(&s->study, s->sizes.train, err) != STATUS_OK ||
        grid_expand(&s->grid, &s->study, s->dataset.hash, err) != STATUS_OK ||
        normals_create(&s->normals, err) != STATUS_OK)
        return err->status;
    calibration_init(&s->calibration);
    return examine_cells(s, err);
}

enum status session_read_calibration(struct session *s, const char *dir,
                                     struct error *err)
{
    char path[IO_PATH_MAX];
    if (io_join(path, dir, "calibration.json", err) != STATUS_OK || !io_exists(path))
        return err->status;
    return calibration_read(&s->calibration, path, err);
}

enum status session_predict(struct session *s, const struct journal_index *index,
                            struct error *err)
{
    struct cell_context context = session_context(s);
    if (calibration_learn(&s->calibration, &context, &s->grid, index, err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < s->grid.n_cells; i++) {
        const struct spec *spec = &s->grid.cells[i].spec;
        s->seconds[i] = calibration_seconds(&s->calibration, &context, spec);
        s->probe_seconds[i] = calibration_probe_seconds(&s->calibration, &context, spec);
    }
    return STATUS_OK;
}

double session_seconds(const struct session *s, size_t cell, int ranks_per_cell)
{
    double probe = s->probe_seconds[cell];
    return s->seconds[cell] - probe + probe / ranks_per_cell;
}

enum status session_check_memory(const struct session *s, const struct cell_team *team,
                                 int n_ranks, struct error *err)
{
    /* Data and libraries are loaded: what is available is what the rest may take. */
    double largest = team ? find_largest(s, team) : s->largest_bytes;
    double needed = largest - dataset_bytes(&s->dataset) - COST_PROCESS_BYTES;
    double available = host_available_memory();
    if (available == 0 || needed * n_ranks <= available)
        return STATUS_OK;
    char per_rank[32], have[32];
    text_format_bytes(per_rank, sizeof per_rank, needed);
    text_format_bytes(have, sizeof have, available);
    return error_set(err, STATUS_MEMORY,
                     "the study's largest cell needs %s a rank besides the data, and %d "
                     "rank%s on this host %s %s: use fewer ranks a host, or a smaller "
                     "study",
                     per_rank, n_ranks, n_ranks == 1 ? "" : "s",
                     n_ranks == 1 ? "has" : "have", have);
}

void session_fini(struct session *s)
{
    study_fini(&s->study);
    dataset_fini(&s->dataset);
    grid_fini(&s->grid);
    calibration_fini(&s->calibration);
    free(s->normals);
    free(s->seconds);
    free(s->probe_seconds);
    memset(s, 0, sizeof *s);
}
