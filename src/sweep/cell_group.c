#include "sweep/cell_group.h"

#include <string.h>

bool cell_group_joins(const struct cell_context *context, const struct spec *spec)
{
    /* Larger ones gain less than the noise, and fill the cache. */
    enum { MOST_PARAMETERS = 65536 };
    struct net_shape shape = cell_net_shape(spec, context->dataset);
    return !context->team && net_count_parameters(&shape) <= MOST_PARAMETERS;
}

static bool same_minibatches(const struct spec *a, const struct spec *b)
{
    static const enum field_id needed[] = {
        FIELD_SEED, FIELD_BATCH_SIZE, FIELD_INPUT_CORRUPTION,
        FIELD_INPUT_CORRUPTION_FRACTION, FIELD_INPUT_NOISE};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (a->value[needed[i]] != b->value[needed[i]])
            return false;
    return true;
}

int cell_group_gather(const struct cell_context *context, const struct grid *grid,
                      const uint8_t *attempts, size_t *tasks, size_t n_tasks)
{
    enum { LOOK_AHEAD = 1024 }; /* company of similar cost is near */
    const struct spec *first = &grid->cells[tasks[0]].spec;
    size_t end = n_tasks < LOOK_AHEAD ? n_tasks : LOOK_AHEAD;
    int n = 1;
    if (attempts[tasks[0]] > 0 || !cell_group_joins(context, first))
        return n;
    for (size_t i = 1; i < end && n < CELL_GROUP_MAX; i++) {
        size_t task = tasks[i];
        const struct spec *spec = &grid->cells[task].spec;
        if (attempts[task] > 0 || !same_minibatches(first, spec) ||
            !cell_group_joins(context, spec))
            continue;
        memmove(tasks + n + 1, tasks + n, (i - (size_t)n) * sizeof *tasks);
        tasks[n++] = task;
    }
    return n;
}

/* A group at work. */
struct group {
    struct cell_context context; /* the caller's, but for poll */
    const struct cell_context *caller;
    const struct cell *const *cells;
    int n;
    struct minibatches *minibatches;         /* NULL: each its own */
    struct cell_work *works[CELL_GROUP_MAX]; /* NULL: not at work */
    double shares[CELL_GROUP_MAX];           /* of its epochs that are done */
    bool retry[CELL_GROUP_MAX];
    int current; /* whose turn it is */
    cell_group_take_fn *take;
    void *state;
};

/* Tells the caller the mean over the cells at work. */
static bool poll_group(void *state, double share)
{
    struct group *g = state;
    double sum = 0;
    int n = 0;
    g->shares[g->current] = share;
    for (int i = 0; i < g->n; i++) {
        sum += g->works[i] ? g->shares[i] : 0;
        n += g->works[i] != NULL;
    }
    return g->caller->poll(g->caller->poll_state, n > 0 ? sum / n : 0);
}

/* Without memory for them each cell makes its own, or finds that it cannot. */
static void share_minibatches(struct group *g)
{
    struct error none = {0};
    const struct spec *spec = &g->cells[0]->spec;
    struct train_options options = cell_train_options(spec);
    struct train_data data = cell_train_data(g->caller, spec, NULL);
    struct minibatch_options minibatches = trainer_minibatches(
        &options, &data, g->caller->dataset->n_inputs);
    if (g->n > 1)
        minibatches_create(&g->minibatches, &minibatches, &none);
}

/* What a cell lacks before its work begins, company may have taken too. */
static void begin_cell(struct group *g, int i, struct error *err)
{
    struct error lack = {0};
    g->retry[i] = cell_work_begin(&g->works[i], &g->context, g->cells[i], g->minibatches,
                                  &lack) != STATUS_OK;
    if (g->retry[i] && g->n == 1)
        *err = lack;
}

static bool lacked_memory(const struct cell_result *result)
{
    return *record_int(&result->record, FIELD_STATUS) == CELL_FAILED;
}

static enum status end_cell(struct group *g, int i, struct error *err)
{
    struct cell_result result;
    struct error outcome = {0};
    cell_work_end(g->works[i], &result, &outcome);
    g->works[i] = NULL;
    if (outcome.status != STATUS_OK)
        return error_set(err, outcome.status, "%s", outcome.text);
    g->retry[i] = g->n > 1 && lacked_memory(&result);
    if (err->status == STATUS_OK && !g->retry[i])
        return g->take(g->state, i, &result, err);
    cell_result_fini(&result);
    return err->status;
}

/* Cells whose company left them no memory. */
static enum status retry_alone(struct group *g, struct error *err)
{
    for (int i = 0; i < g->n; i++) {
        struct cell_result result;
        if (g->retry[i] && err->status == STATUS_OK &&
            cell_run(g->caller, g->cells[i], &result, err) == STATUS_OK)
            g->take(g->state, i, &result, err);
    }
    return err->status;
}

/* Each in turn takes a step. Who is first loads the pixels, and the time that takes is
 * its own: so the first changes. */
static bool advance_all(struct group *g, int first, struct error *err)
{
    bool more = false;
    for (int k = 0; k < g->n && err->status == STATUS_OK; k++) {
        int i = g->current = (first + k) % g->n;
        if (!g->works[i])
            continue;
        if (cell_work_advance(g->works[i]))
            more = true;
        else
            end_cell(g, i, err);
    }
    return more && err->status == STATUS_OK;
}

enum status cell_group_run(const struct cell_context *context,
                           const struct cell *const *cells, int n,
                           cell_group_take_fn *take, void *state, struct error *err)
{
    struct group g = {.context = *context,
                      .caller = context,
                      .cells = cells,
                      .n = n,
                      .take = take,
                      .state = state};
    g.context.poll = context->poll ? poll_group : NULL;
    g.context.poll_state = &g;
    share_minibatches(&g);
    for (int i = 0; i < n && err->status == STATUS_OK; i++)
        begin_cell(&g, i, err);
    for (int first = 0; advance_all(&g, first, err); first++)
        continue;
    for (int i = 0; i < n; i++)
        if (g.works[i])
            end_cell(&g, i, err);
    minibatches_destroy(g.minibatches);
    return retry_alone(&g, err);
}
