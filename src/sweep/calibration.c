#include "sweep/calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { CELLS_READ_MAX = 4096 };

/* Nominal rates know which of two cells takes longer, and roughly by how much. */
static const double nominal_spread = 0.3;

void calibration_init(struct calibration *c)
{
    memset(c, 0, sizeof *c);
    c->rates = cost_nominal_rates;
    c->spread = nominal_spread;
    c->epochs_share = 1;
}

void calibration_fini(struct calibration *c)
{
    free(c->epochs);
    memset(c, 0, sizeof *c);
}

/* ---- epochs ---- */

static struct hash128 hash_but_seed(const struct spec *spec)
{
    struct spec like = *spec;
    like.value[FIELD_SEED] = 0;
    return hash_bytes(&like, sizeof like);
}

static int compare_like(const void *a, const void *b)
{
    const struct epochs_seen *x = a, *y = b;
    if (x->like.high != y->like.high)
        return x->like.high < y->like.high ? -1 : 1;
    return (x->like.low > y->like.low) - (x->like.low < y->like.low);
}

/* One past the last entry that is like entry `first`. */
static size_t end_of_like(const struct calibration *c, size_t first)
{
    size_t end = first;
    while (end < c->n_epochs && hash_equal(c->epochs[end].like, c->epochs[first].like))
        end++;
    return end;
}

static double share_of(const struct epochs_seen *seen, size_t n)
{
    double run = 0, asked = 0;
    for (size_t i = 0; i < n; i++) {
        run += seen[i].run;
        asked += seen[i].asked;
    }
    return run / asked;
}

/* Sorts what was seen, and finds the share of epochs and how far cells are from it. */
static void summarise_epochs(struct calibration *c)
{
    double squares = 0;
    if (c->n_epochs == 0)
        return;
    qsort(c->epochs, c->n_epochs, sizeof *c->epochs, compare_like);
    c->epochs_share = share_of(c->epochs, c->n_epochs);
    for (size_t first = 0, end; first < c->n_epochs; first = end) {
        end = end_of_like(c, first);
        double n = (double)(end - first);
        double share = n > 1 ? share_of(c->epochs + first, end - first) : c->epochs_share;
        for (size_t i = first; i < end; i++) {
            double miss = c->epochs[i].run / c->epochs[i].asked / share - 1;
            /* A mean is nearer to its own members than to the next: n / (n - 1). */
            squares += miss * miss * (n > 1 ? n / (n - 1) : 1);
        }
    }
    c->epochs_spread = sqrt(squares / (double)c->n_epochs);
}

double calibration_epochs(const struct calibration *c, const struct spec *spec)
{
    double asked = spec->value[FIELD_EPOCHS];
    if (!cell_may_stop_early(spec))
        return asked;
    struct epochs_seen key = {.like = hash_but_seed(spec)};
    const struct epochs_seen *found = c->n_epochs ? bsearch(&key, c->epochs, c->n_epochs,
                                                            sizeof key, compare_like)
                                                  : NULL;
    if (!found)
        return asked * c->epochs_share;
    size_t first = (size_t)(found - c->epochs);
    while (first > 0 && hash_equal(c->epochs[first - 1].like, key.like))
        first--;
    return asked * share_of(c->epochs + first, end_of_like(c, first) - first);
}

double calibration_seconds(const struct calibration *c,
                           const struct cell_context *context, const struct spec *spec)
{
    struct cost_counts counts = cost_count_cell(context, spec,
                                                calibration_epochs(c, spec));
    return cost_seconds(&counts, &c->rates);
}

double calibration_probe_seconds(const struct calibration *c,
                                 const struct cell_context *context,
                                 const struct spec *spec)
{
    struct cost_counts counts = cost_count_cell(context, spec,
                                                calibration_epochs(c, spec));
    return cost_part_seconds(&counts, &c->rates, COST_PROBE);
}

/* ---- measured cells ---- */

/* What a complete cell's record tells of its cost; false where it tells nothing. */
static bool measure_record(const struct cell_context *context, const struct spec *spec,
                           const struct record *record, struct cost_measurement *out)
{
    double epochs = *record_int(record, FIELD_EPOCHS_RUN);
    double train = *record_real(record, FIELD_TRAIN_SECONDS);
    double probe = *record_real(record, FIELD_PROBE_SECONDS);
    if (*record_int(record, FIELD_STATUS) != CELL_COMPLETE || epochs < 0 ||
        epochs > spec->value[FIELD_EPOCHS] || !(train > 0 && train < RECORD_FILL_REAL) ||
        !(probe >= 0 && probe < RECORD_FILL_REAL))
        return false;
    out->counts = cost_count_cell(context, spec, epochs);
    out->seconds[COST_TRAIN] = train;
    out->seconds[COST_PROBE] = probe;
    return true;
}

static enum status learn_cell(struct calibration *c, const struct cell_context *context,
                              const struct journal_index *index, const struct cell *cell,
                              struct cost_measurement *measurements, struct error *err)
{
    const struct journal_entry *entry = journal_find(index, cell->id);
    const struct spec *spec = &cell->spec;
    struct record record;
    void *payload;
    if (journal_read(index, entry, &payload, err) != STATUS_OK)
        return err->status;
    if (record_unpack(&record, payload, entry->length, err) == STATUS_OK) {
        if (measure_record(context, spec, &record, &measurements[c->n_cells])) {
            c->n_cells++;
            if (cell_may_stop_early(spec) && spec->value[FIELD_EPOCHS] > 0)
                c->epochs[c->n_epochs++] = (struct epochs_seen){
                    .like = hash_but_seed(spec),
                    .run = *record_int(&record, FIELD_EPOCHS_RUN),
                    .asked = spec->value[FIELD_EPOCHS]};
        }
        record_fini(&record);
    }
    free(payload);
    return err->status;
}

enum status calibration_learn(struct calibration *c, const struct cell_context *context,
                              const struct grid *grid, const struct journal_index *index,
                              struct error *err)
{
    size_t n_results = 0;
    size_t *results = memory_alloc(grid->n_cells, sizeof *results, err);
    for (size_t i = 0; results && i < grid->n_cells; i++) {
        const struct journal_entry *entry = journal_find(index, grid->cells[i].id);
        if (entry && entry->type == JOURNAL_RESULT)
            results[n_results++] = i;
    }
    size_t stride = (n_results + CELLS_READ_MAX - 1) / CELLS_READ_MAX;
    struct cost_measurement *measurements = memory_alloc(
        n_results < CELLS_READ_MAX ? n_results : CELLS_READ_MAX, sizeof *measurements,
        err);
    c->epochs = memory_alloc(n_results, sizeof *c->epochs, err);
    for (size_t i = 0; err->status == STATUS_OK && i < n_results; i += stride)
        learn_cell(c, context, index, &grid->cells[results[i]], measurements, err);
    if (err->status == STATUS_OK && c->n_cells > 0)
        calibration_fit(&c->rates, &c->spread, measurements, c->n_cells, err);
    summarise_epochs(c);
    free(results);
    free(measurements);
    return err->status;
}

/* ---- short cells ---- */

static const double train_seconds = 1.5, longest_seconds = 3.0;

/* A structure of the grid: what one epoch and one snapshot of a cell count. */
struct structure {
    const struct spec *spec;
    struct cost_counts counts;
    double seconds;
};

static int compare_counts(const struct cost_counts *a, const struct cost_counts *b)
{
    for (int u = 0; u < COST_COUNT; u++)
        if (a->units[u] != b->units[u])
            return a->units[u] < b->units[u] ? -1 : 1;
    return 0;
}

static int compare_structures(const void *a, const void *b)
{
    const struct structure *x = a, *y = b;
    if (x->seconds != y->seconds)
        return x->seconds < y->seconds ? -1 : 1;
    int order = compare_counts(&x->counts, &y->counts);
    return order ? order : (x->spec > y->spec) - (x->spec < y->spec);
}

/* Different structures by cost; sets *n. The caller frees them. */
static struct structure *list_structures(const struct cell_context *context,
                                         const struct grid *grid, size_t *n,
                                         struct error *err)
{
    struct structure *list = memory_alloc(grid->n_cells, sizeof *list, err);
    *n = 0;
    if (!list)
        return NULL;
    for (size_t i = 0; i < grid->n_cells; i++) {
        list[i].spec = &grid->cells[i].spec;
        list[i].counts = cost_count_cell(context, list[i].spec, 1);
        list[i].seconds = cost_seconds(&list[i].counts, &cost_nominal_rates);
    }
    qsort(list, grid->n_cells, sizeof *list, compare_structures);
    for (size_t i = 0; i < grid->n_cells; i++)
        if (*n == 0 || compare_counts(&list[*n - 1].counts, &list[i].counts) != 0)
            list[(*n)++] = list[i];
    return list;
}

/* Epochs so that training takes about train_seconds at these rates, but at least one; and
 * fewer samples where that, with its probe, would take too long. */
static void shorten(struct piece *piece, const struct cell_context *context,
                    const struct cost_rates *rates)
{
    enum { BATCHES_MIN = 8, EPOCHS_MAX = 1000 };
    struct cost_counts none = cost_count_cell(context, &piece->spec, 0);
    struct cost_counts one = cost_count_cell(context, &piece->spec, 1);
    double rest = cost_seconds(&none, rates), epoch = cost_seconds(&one, rates) - rest;
    double epochs = fmax(floor(train_seconds / epoch), 1);
    double share = fmin(longest_seconds / (rest + epochs * epoch), 1);
    double least = BATCHES_MIN * piece->spec.value[FIELD_BATCH_SIZE];
    piece->spec.value[FIELD_EPOCHS] = fmin(epochs, EPOCHS_MAX);
    piece->spec.value[FIELD_PATIENCE] = 0;
    piece->spec.value[FIELD_STOP_LOSS] = piece->spec.value[FIELD_STOP_ACCURACY] = 0;
    piece->sizes = (struct split_sizes){
        .train = (uint32_t)fmin(fmax(share * context->sizes.train, least),
                                context->sizes.train),
        .validation = (uint32_t)ceil(share * context->sizes.validation),
        .test = (uint32_t)ceil(share * context->sizes.test)};
}

/* Runs a short cell; false where it came to nothing. */
static bool run_piece(struct piece *piece, const struct cell_context *context,
                      struct cost_measurement *out, struct error *err)
{
    struct cell_context shorter = *context;
    struct cell cell = {.spec = piece->spec};
    struct cell_result result;
    shorter.sizes = piece->sizes;
    if (cell_run(&shorter, &cell, &result, err) != STATUS_OK)
        return false;
    bool measured = measure_record(&shorter, &piece->spec, &result.record, out);
    if (measured)
        memcpy(piece->seconds, out->seconds, sizeof piece->seconds);
    cell_result_fini(&result);
    return measured;
}

enum status calibration_measure(struct calibration *c, const struct cell_context *context,
                                const struct grid *grid, struct error *err)
{
    struct cost_measurement measurements[PIECES_MAX];
    struct snapshot final = {.kind = SNAPSHOT_FINAL};
    struct study study = *context->study;
    struct cell_context once = *context; /* each cell is probed once */
    study.snapshots = &final;
    study.n_snapshots = 1;
    once.study = &study;
    size_t n_structures;
    struct structure *list = list_structures(&once, grid, &n_structures, err);
    size_t n = n_structures < PIECES_MAX ? n_structures : PIECES_MAX;
    c->n_pieces = 0;
    for (size_t i = 0; err->status == STATUS_OK && i < n; i++) {
        struct piece *piece = &c->pieces[c->n_pieces];
        size_t chosen = n > 1 ? i * (n_structures - 1) / (n - 1) : 0;
        *piece = (struct piece){.spec = *list[chosen].spec};
        /* What the cheaper ones have shown says how long the next may be. */
        shorten(piece, &once, &c->rates);
        if (!run_piece(piece, &once, &measurements[c->n_pieces], err))
            continue;
        c->n_pieces++;
        c->rates = cost_nominal_rates;
        c->spread = nominal_spread;
        calibration_fit(&c->rates, &c->spread, measurements, (size_t)c->n_pieces, err);
    }
    for (int i = 0; i < c->n_pieces; i++)
        c->pieces[i].predicted = cost_seconds(&measurements[i].counts, &c->rates);
    free(list);
    return err->status;
}
