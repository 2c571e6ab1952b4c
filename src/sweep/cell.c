#include "sweep/cell_work.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "sweep/cell_nodes.h"

/* Of the densities' grid; 0 for one that adapts to each node. */
static int grid_bits(const struct spec *spec)
{
    enum { BITS_OF_256 = 8 };
    int grid = (int)spec->value[FIELD_DENSITY_GRID];
    return grid == DENSITY_GRID_ADAPTIVE ? 0 : BITS_OF_256 + grid - DENSITY_GRID_256;
}

enum status cell_work_prepare(struct cell_work *work, struct error *err)
{
    const struct cell_context *context = work->context;
    struct net_shape shape = cell_net_shape(work->spec, context->dataset);
    if (cell_samples_init(&work->samples, work->spec, &context->sizes, context->dataset,
                          err) == STATUS_OK)
        net_create(&work->net, &shape, err);
    return err->status;
}

static enum status create_trainer(struct cell_work *work, struct error *err)
{
    struct train_options options = cell_train_options(work->spec);
    struct train_data data = cell_train_data(work->context, work->spec,
                                             work->samples.train_labels);
    data.minibatches = work->minibatches;
    return trainer_create(&work->trainer, &work->net, &options, &data, err);
}

static enum status create_updates(struct cell_work *work, struct error *err)
{
    const struct cell_context *context = work->context;
    struct cell_updates_setup setup = {
        .net = &work->net,
        .loss = (enum loss_kind)(int)work->spec->value[FIELD_LOSS],
        .data = cell_train_data(context, work->spec, work->samples.train_labels),
        .team = context->team};
    if (!cell_updates_taken(context->study, work->spec))
        return STATUS_OK;
    return cell_updates_create(&work->updates, &setup, err);
}

enum status cell_work_create_probe(struct cell_work *work, struct error *err)
{
    const struct cell_context *context = work->context;
    const double *value = work->spec->value;
    struct cell_probe_setup setup = {
        .net = &work->net,
        .loss = (enum loss_kind)(int)value[FIELD_LOSS],
        .dataset = context->dataset,
        .samples = &work->samples,
        .corruption = cell_input_corruption(work->spec, context->dataset,
                                            context->normals),
        .team = context->team ? &context->team->probe : NULL,
        .options = {.measures = context->study->measures,
                    .bandwidth = (enum kde_rule)(int)value[FIELD_BANDWIDTH],
                    .bandwidth_fixed = value[FIELD_BANDWIDTH_FIXED],
                    .prior = (enum probe_prior)(int)value[FIELD_PRIOR],
                    .quarantine_least = (int)value[FIELD_QUARANTINE_LEAST],
                    .quarantine_purity = value[FIELD_QUARANTINE_PURITY],
                    .specific_share = value[FIELD_SPECIFIC_SHARE],
                    .grid_bits = grid_bits(work->spec)}};
    if (cell_probe_create(&work->probe, &setup, err) != STATUS_OK)
        return err->status;
    return create_updates(work, err);
}

enum status cell_work_agree(const struct cell_team *team, struct error *err)
{
    uint64_t failed = err->status != STATUS_OK;
    team->probe.sum(team->probe.state, &failed, 1);
    if (failed > 0)
        error_set(err, STATUS_MEMORY, "no memory on %d of the cell's %d ranks",
                  (int)failed, team->probe.size);
    return err->status;
}

static void call_team(struct cell_work *work, enum cell_call call, int snapshot)
{
    const struct cell_team *team = work->context->team;
    struct cell_order order = {.call = call, .spec = *work->spec, .snapshot = snapshot};
    team->call(team->state, &order);
    work->called = call != CELL_CALL_END;
}

static enum status start(struct cell_work *work, struct error *err)
{
    if (cell_work_prepare(work, err) != STATUS_OK ||
        create_trainer(work, err) != STATUS_OK)
        return err->status;
    if (!work->context->team)
        return cell_work_create_probe(work, err);
    call_team(work, CELL_CALL_START, 0);
    cell_work_create_probe(work, err);
    return cell_work_agree(work->context->team, err);
}

void cell_work_finish(struct cell_work *work)
{
    if (work->called)
        call_team(work, CELL_CALL_END, 0);
    cell_probe_destroy(work->probe);
    cell_updates_destroy(work->updates);
    trainer_destroy(work->trainer);
    net_fini(&work->net);
    cell_samples_fini(&work->samples);
}

static enum status keep_network(struct cell_work *work, int snapshot,
                                const float *parameters, int64_t step, struct error *err)
{
    struct cell_result *result = &work->result;
    float *copy = memory_alloc(work->net.n_parameters, sizeof *copy, err);
    if (!copy)
        return err->status;
    memcpy(copy, parameters, work->net.n_parameters * sizeof *copy);
    result->networks[result->n_networks++] = (struct kept_network){
        .snapshot = snapshot, .step = (int32_t)step, .parameters = copy};
    return STATUS_OK;
}

enum status cell_work_create_nodes(const struct cell_work *work, struct node_set *nodes,
                                   struct error *err)
{
    bool histograms = work->context->study->histograms;
    return node_set_init(nodes, cell_node_shape(&work->net.shape, histograms), err);
}

/* The set that snapshot number `index` fills: NULL, and a status, without memory, NULL
 * where the study keeps none. */
static struct node_set *keep_nodes(struct cell_work *work, int index, int64_t step,
                                   struct error *err)
{
    const struct snapshot *snapshot = &work->context->study->snapshots[index];
    struct cell_result *result = &work->result;
    struct node_set *nodes = &result->node_sets[result->n_node_sets];
    if (!snapshot->keep_nodes || cell_work_create_nodes(work, nodes, err) != STATUS_OK)
        return NULL;
    snprintf(nodes->label, sizeof nodes->label, "%.*s", SNAPSHOT_LABEL_MAX - 1,
             snapshot->label);
    nodes->step = (int32_t)step;
    result->n_node_sets++;
    return nodes;
}

/* Probes what the network is outside training into the record, with the team where there
 * is one. */
static void probe(struct cell_work *work, const float *parameters, int64_t step,
                  int index, struct node_set *nodes)
{
    struct record *record = &work->result.record;
    const struct cell_team *team = work->context->team;
    double started = clock_seconds();
    parameters = trainer_fold(work->trainer, parameters);
    if (team) {
        call_team(work, CELL_CALL_PROBE, index);
        team->broadcast(team->state, (float *)(uintptr_t)parameters,
                        work->net.n_parameters);
    }
    if (!cell_probe_run(work->probe, parameters, index, record, nodes))
        work->diverged = true;
    else if (work->updates)
        cell_updates_run(work->updates, parameters, work->trainer, step, index, record);
    work->probe_seconds += clock_seconds() - started;
}

static enum status take_snapshot(struct cell_work *work, int index, struct error *err)
{
    const struct snapshot *snapshot = &work->context->study->snapshots[index];
    const struct train_progress *progress = trainer_progress(work->trainer);
    struct record *record = &work->result.record;
    bool best = snapshot->kind == SNAPSHOT_BEST;
    const float *parameters = best ? trainer_best_parameters(work->trainer)
                                   : trainer_parameters(work->trainer);
    int64_t step = best ? progress->best_step : progress->step;
    record_int(record, FIELD_SNAPSHOT_STEP)[index] = (int32_t)step;
    record_real(record, FIELD_SNAPSHOT_EPOCH)[index] = (double)step /
                                                       (double)progress->steps_per_epoch;
    struct node_set *nodes = keep_nodes(work, index, step, err);
    if (err->status != STATUS_OK)
        return err->status;
    probe(work, parameters, step, index, nodes);
    return snapshot->keep ? keep_network(work, index, parameters, step, err) : STATUS_OK;
}

/* Whether a snapshot is to be taken after the step just made (or before the first). */
static bool is_due(const struct snapshot *snapshot, const struct train_progress *progress)
{
    bool running = progress->state == TRAIN_RUNNING;
    bool epoch_ended = progress->step == progress->epoch * progress->steps_per_epoch;
    switch (snapshot->kind) {
    case SNAPSHOT_INIT:
        return progress->step == 0;
    case SNAPSHOT_STEP:
        return progress->step == snapshot->at;
    case SNAPSHOT_EPOCH:
        return epoch_ended && progress->epoch == snapshot->at && progress->step > 0;
    case SNAPSHOT_BEST:
    case SNAPSHOT_FINAL:
        return !running;
    }
    return false;
}

static bool asked_to_stop(const struct cell_work *work)
{
    const struct cell_context *context = work->context;
    const struct train_progress *progress = trainer_progress(work->trainer);
    double all = work->spec->value[FIELD_EPOCHS] * (double)progress->steps_per_epoch;
    return context->poll &&
           context->poll(context->poll_state, all > 0 ? (double)progress->step / all : 0);
}

static enum status take_due_snapshots(struct cell_work *work, struct error *err)
{
    const struct cell_context *context = work->context;
    for (int i = 0; i < context->study->n_snapshots; i++) {
        if (!is_due(&context->study->snapshots[i], trainer_progress(work->trainer)))
            continue;
        /* Asked before, never after: a cell whose last snapshot is taken is finished. */
        if (asked_to_stop(work))
            return error_set(err, STATUS_STOPPED, "stopped by request");
        if (take_snapshot(work, i, err) != STATUS_OK)
            return err->status;
    }
    return STATUS_OK;
}

static enum status advance(struct cell_work *work, struct error *err)
{
    const struct train_progress *progress = trainer_progress(work->trainer);
    if (progress->step == 0 && take_due_snapshots(work, err) != STATUS_OK)
        return err->status;
    work->timed_out = work->context->timeout > 0 &&
                      work->seconds > work->context->timeout;
    if (progress->state == TRAIN_RUNNING && !work->timed_out) {
        if (asked_to_stop(work))
            return error_set(err, STATUS_STOPPED, "stopped by request");
        trainer_step(work->trainer);
        if (take_due_snapshots(work, err) != STATUS_OK)
            return err->status;
    }
    work->finished = progress->state != TRAIN_RUNNING || work->timed_out;
    return STATUS_OK;
}

bool cell_work_advance(struct cell_work *work)
{
    if (work->finished || work->outcome.status != STATUS_OK)
        return false;
    double started = clock_seconds();
    advance(work, &work->outcome);
    work->seconds += clock_seconds() - started;
    return !work->finished && work->outcome.status == STATUS_OK;
}

static void store_identity(struct record *record, const struct cell *cell)
{
    char id[HASH_HEX + 1];
    hash_format(cell->id, id);
    record_set_text(record, FIELD_CELL_ID, id);
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id option = (enum field_id)i;
        double value = cell->spec.value[i];
        if (field_get(option)->type == FIELD_TYPE_REAL)
            *record_real(record, option) = value;
        else
            *record_int(record, option) = (int32_t)value;
    }
    *record_int(record, FIELD_STATUS) = CELL_FAILED;
    *record_int(record, FIELD_N_LAYERS) = record->shape.n_layers;
    *record_int(record, FIELD_N_PARAMETERS) = 0;
    *record_int(record, FIELD_EPOCHS_RUN) = 0;
    *record_int(record, FIELD_BEST_EPOCH) = 0;
    *record_real(record, FIELD_TRAIN_SECONDS) = 0;
    *record_real(record, FIELD_PROBE_SECONDS) = 0;
}

static void store_outcome(struct cell_work *work)
{
    struct record *record = &work->result.record;
    const struct train_progress *progress = trainer_progress(work->trainer);
    *record_int(record, FIELD_STATUS) = CELL_COMPLETE;
    if (progress->state == TRAIN_DIVERGED || work->diverged) {
        char message[MESSAGE_LENGTH];
        snprintf(message, sizeof message,
                 progress->state == TRAIN_DIVERGED
                     ? "the loss is not finite after step %lld"
                     : "a pre-activation is not finite after step %lld",
                 (long long)progress->step);
        *record_int(record, FIELD_STATUS) = CELL_DIVERGED;
        record_set_text(record, FIELD_MESSAGE, message);
    }
    *record_int(record, FIELD_N_PARAMETERS) = (int32_t)work->net.n_trained;
    *record_int(record, FIELD_EPOCHS_RUN) = progress->epoch;
    *record_int(record, FIELD_BEST_EPOCH) = progress->best_epoch;
    *record_int(record, FIELD_STOP_REASON) = cell_stop_reason(work->spec, progress);
    *record_int(record, FIELD_CORRUPT_COUNT) = (int32_t)work->samples.corrupt_count;
    if (work->spec->value[FIELD_INPUT_CORRUPTION] != INPUT_CORRUPTION_NONE)
        *record_int(
            record,
            FIELD_INPUT_CORRUPT_COUNT) = (int32_t)work->samples.input_corrupt_count;
    for (int split = 0; split < N_SPLITS; split++)
        for (int c = 0; c < record->shape.n_classes; c++)
            record_int(record, FIELD_SAMPLE_COUNT)[split * record->shape.n_classes + c] =
                (int32_t)groups_count(&work->samples.groups, split, c);
    /* Of all ranks: what probing costs, however many share it. */
    const struct cell_team *team = work->context->team;
    *record_real(record, FIELD_PROBE_SECONDS) = work->probe_seconds *
                                                (team ? team->probe.size : 1);
    *record_real(record, FIELD_TRAIN_SECONDS) = work->seconds - work->probe_seconds;
}

static double peak_rss(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024.0;
}

static enum status result_init(struct cell_result *result,
                               const struct cell_context *context,
                               const struct cell *cell, struct error *err)
{
    struct record_shape shape = cell_record_shape(&cell->spec, context->study,
                                                  context->dataset->n_classes);
    memset(result, 0, sizeof *result);
    result->networks = memory_alloc((size_t)context->study->n_snapshots,
                                    sizeof *result->networks, err);
    result->node_sets = memory_alloc((size_t)context->study->n_snapshots,
                                     sizeof *result->node_sets, err);
    if (result->networks && result->node_sets &&
        record_init(&result->record, shape, err) == STATUS_OK)
        store_identity(&result->record, cell);
    else
        cell_result_fini(result);
    return err->status;
}

static void forget_kept(struct cell_result *result)
{
    for (int i = 0; i < result->n_networks; i++)
        free(result->networks[i].parameters);
    for (int i = 0; i < result->n_node_sets; i++)
        node_set_fini(&result->node_sets[i]);
    result->n_networks = result->n_node_sets = 0;
}

/* How far a cell came when it was given up depends on the machine: nothing of it stays.
 */
static void result_give_up(struct cell_result *result, const struct cell *cell,
                           enum cell_status status, const char *message)
{
    forget_kept(result);
    record_clear(&result->record);
    store_identity(&result->record, cell);
    *record_int(&result->record, FIELD_STATUS) = (int32_t)status;
    record_set_text(&result->record, FIELD_MESSAGE, message);
}

enum status cell_give_up(const struct cell_context *context, const struct cell *cell,
                         enum cell_status status, const char *message,
                         struct cell_result *result, struct error *err)
{
    if (result_init(result, context, cell, err) == STATUS_OK)
        result_give_up(result, cell, status, message);
    return err->status;
}

enum status cell_work_begin(struct cell_work **out, const struct cell_context *context,
                            const struct cell *cell, struct minibatches *minibatches,
                            struct error *err)
{
    *out = NULL;
    struct cell_work *work = memory_alloc(1, sizeof *work, err);
    if (!work || result_init(&work->result, context, cell, err) != STATUS_OK) {
        free(work);
        return err->status;
    }
    work->context = context;
    work->spec = &cell->spec;
    work->cell = cell;
    work->minibatches = minibatches;
    double started = clock_seconds();
    start(work, &work->outcome);
    work->seconds = clock_seconds() - started;
    *out = work;
    return STATUS_OK;
}

static void give_up_in_time(struct cell_work *work)
{
    char message[MESSAGE_LENGTH], limit[32];
    text_format_duration(limit, sizeof limit, work->context->timeout);
    snprintf(message, sizeof message, "took longer than %s (--cell-timeout)", limit);
    result_give_up(&work->result, work->cell, CELL_TIMEOUT, message);
}

enum status cell_work_end(struct cell_work *work, struct cell_result *result,
                          struct error *err)
{
    *err = work->outcome;
    if (err->status == STATUS_OK && !work->finished)
        error_set(err, STATUS_STOPPED, "given up before its end");
    if (err->status == STATUS_OK && work->timed_out)
        give_up_in_time(work);
    else if (err->status == STATUS_OK)
        store_outcome(work);
    work->result.n_parameters = work->net.n_parameters;
    cell_work_finish(work);
    if (err->status == STATUS_MEMORY) {
        /* Too large for this machine: the cell's outcome, others may fit. */
        result_give_up(&work->result, work->cell, CELL_FAILED, err->text);
        *err = (struct error){0};
    }
    if (err->status == STATUS_OK)
        *record_real(&work->result.record, FIELD_PEAK_RSS_BYTES) = peak_rss();
    else
        cell_result_fini(&work->result);
    *result = work->result;
    free(work);
    return err->status;
}

enum status cell_run(const struct cell_context *context, const struct cell *cell,
                     struct cell_result *result, struct error *err)
{
    struct cell_work *work;
    if (cell_work_begin(&work, context, cell, NULL, err) != STATUS_OK)
        return err->status;
    while (cell_work_advance(work))
        continue;
    return cell_work_end(work, result, err);
}

void cell_result_fini(struct cell_result *result)
{
    forget_kept(result);
    free(result->networks);
    free(result->node_sets);
    record_fini(&result->record);
    memset(result, 0, sizeof *result);
}
