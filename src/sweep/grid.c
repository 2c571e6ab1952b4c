#include "sweep/grid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "sweep/kept_network.h"
#include "sweep/study_internal.h"

/* --- Identity ---------------------------------------------------------------------- */

/* What the identities of one study have in common, and the order of the options. */
struct identity {
    struct bytes before, after; /* the canonical bytes around the cell's options */
    struct bytes scratch;
    enum field_id order[OPTION_COUNT]; /* by name */
};

static int compare_names(const void *a, const void *b)
{
    const enum field_id *x = a, *y = b;
    return strcmp(field_get(*x)->name, field_get(*y)->name);
}

static void identity_init(struct identity *identity, const struct study *study,
                          struct hash128 data_hash)
{
    *identity = (struct identity){.order = {0}};
    for (int i = 0; i < OPTION_COUNT; i++)
        identity->order[i] = (enum field_id)i;
    qsort(identity->order, OPTION_COUNT, sizeof identity->order[0], compare_names);
    struct bytes *before = &identity->before, *after = &identity->after;
    bytes_put_string(before, "strata-cell");
    bytes_put_u32(before, NUMERICS_VERSION);
    bytes_put_u64(before, data_hash.high);
    bytes_put_u64(before, data_hash.low);
    /* The data hash covers how many samples were loaded; only their division is left. */
    bytes_put_u32(before, study->data.validation);
    bytes_put_string(after, "snapshots");
    for (int i = 0; i < study->n_snapshots; i++)
        bytes_put_string(after, study->snapshots[i].label);
    bytes_put_string(after, "measures");
    const char *measures[N_MEASURES];
    int n_measures = study_measures(study, measures);
    for (int i = 0; i < n_measures; i++)
        bytes_put_string(after, measures[i]);
    bytes_put_string(after, "keep");
    for (int i = 0; i < study->n_snapshots; i++)
        if (study->snapshots[i].keep)
            bytes_put_string(after, study->snapshots[i].label);
    if (kept_planned(study, JOURNAL_NODES) == 0)
        return; /* as before nodes could be kept */
    bytes_put_string(after, study->histograms ? "histograms" : "nodes");
    for (int i = 0; i < study->n_snapshots; i++)
        if (study->snapshots[i].keep_nodes)
            bytes_put_string(after, study->snapshots[i].label);
}

static void identity_fini(struct identity *identity)
{
    bytes_free(&identity->before);
    bytes_free(&identity->after);
    bytes_free(&identity->scratch);
}

/* An option as (name, type tag, value). A flag counts by the name of its value, so that
 * the order of names in the field table has no part in it; the bits of -0.0 are those of
 * 0.0. Cells keep their identity when the table of options grows: an option that was
 * added later is left out where it has the value that cells had before
 * (FIELD_IMPLIED_LIST). */
static void put_option(struct bytes *bytes, const struct spec *spec, enum field_id id)
{
    enum { FLAG_NAME_MAX = 64 };
    char flag[FLAG_NAME_MAX];
    double value = spec->value[id] == 0 ? 0 : spec->value[id], implied;
    if (field_implies(id, &implied) && value == implied)
        return;
    bytes_put_string(bytes, field_get(id)->name);
    switch (field_get(id)->type) {
    case FIELD_TYPE_FLAG:
        bytes_put_u8(bytes, 'f');
        if (!field_flag_name(id, (int)value, flag, sizeof flag))
            bytes->failed = true;
        else
            bytes_put_string(bytes, flag);
        break;
    case FIELD_TYPE_INT:
        bytes_put_u8(bytes, 'i');
        bytes_put_f64(bytes, value);
        break;
    default:
        bytes_put_u8(bytes, 'r');
        bytes_put_f64(bytes, value);
        break;
    }
}

static enum status identify(struct identity *identity, struct cell *cell,
                            struct error *err)
{
    struct bytes *bytes = &identity->scratch;
    bytes->length = 0;
    bytes_put(bytes, identity->before.data, identity->before.length);
    for (int i = 0; i < OPTION_COUNT; i++)
        put_option(bytes, &cell->spec, identity->order[i]);
    bytes_put(bytes, identity->after.data, identity->after.length);
    if (bytes->failed || identity->before.failed || identity->after.failed)
        return error_set(err, STATUS_MEMORY, "cannot allocate a cell's identity");
    cell->id = hash_bytes(bytes->data, bytes->length);
    return STATUS_OK;
}

/* --- Index by identity ------------------------------------------------------------- */

/* Slot of an identity: where it is or would be. Slots hold the cell's index + 1, 0 is
 * free; the table is at most half full, so the search ends. */
static size_t find_slot(const struct grid *grid, struct hash128 id)
{
    size_t slot = (size_t)id.low & (grid->n_slots - 1);
    while (grid->slots[slot] && !hash_equal(grid->cells[grid->slots[slot] - 1].id, id))
        slot = (slot + 1) & (grid->n_slots - 1);
    return slot;
}

size_t grid_find(const struct grid *grid, struct hash128 id)
{
    if (grid->slots) {
        uint32_t found = grid->slots[find_slot(grid, id)];
        return found ? found - 1 : grid->n_cells;
    }
    size_t i = 0;
    while (i < grid->n_cells && !hash_equal(grid->cells[i].id, id))
        i++;
    return i;
}

static enum status allocate(struct grid *grid, size_t most, struct error *err)
{
    grid->n_slots = 16;
    while (grid->n_slots < 2 * most)
        grid->n_slots *= 2;
    grid->cells = memory_alloc(most, sizeof *grid->cells, err);
    grid->slots = memory_alloc(grid->n_slots, sizeof *grid->slots, err);
    return grid->cells && grid->slots ? STATUS_OK : err->status;
}

void grid_fini(struct grid *grid)
{
    free(grid->cells);
    free(grid->slots);
    memset(grid, 0, sizeof *grid);
}

/* --- Expansion --------------------------------------------------------------------- */

/* Cells of all blocks before duplicates and excluded ones are dropped. */
static enum status count_cells(const struct study *study, size_t *count,
                               struct error *err)
{
    *count = 0;
    for (size_t i = 0; i < study->n_blocks; i++) {
        size_t product = 1;
        bool overflow = false;
        for (size_t k = 0; k < study->blocks[i].n_axes; k++) {
            size_t n = study->blocks[i].axes[k].n_values;
            if (n == 0)
                return error_set(err, STATUS_STUDY, "%s: the axis has no values",
                                 field_get(study->blocks[i].axes[k].option)->name);
            overflow = overflow || n > STUDY_CELLS_MAX / product;
            product = overflow ? product : product * n;
        }
        if (overflow || product > STUDY_CELLS_MAX - *count)
            return error_set(err, STATUS_STUDY, "the study has more than %d cells",
                             STUDY_CELLS_MAX);
        *count += product;
    }
    return STATUS_OK;
}

/* Every cell may be compared with every key of exclude:. */
static enum status check_comparisons(const struct study *study, size_t n_cells,
                                     struct error *err)
{
    size_t n_keys = 0;
    for (size_t i = 0; i < study->n_excludes; i++)
        n_keys += study->excludes[i].n_axes;
    if (n_keys > 0 && n_cells > STUDY_COMPARISONS_MAX / n_keys)
        return error_set(err, STATUS_STUDY,
                         "exclude: %zu keys for %zu cells are more than %d comparisons",
                         n_keys, n_cells, STUDY_COMPARISONS_MAX);
    return STATUS_OK;
}

static bool is_excluded(const struct study *study, const struct spec *spec)
{
    for (size_t i = 0; i < study->n_excludes; i++) {
        const struct grid_block *combination = &study->excludes[i];
        bool matches = combination->n_axes > 0;
        for (size_t k = 0; matches && k < combination->n_axes; k++)
            matches = axis_has(&combination->axes[k], spec);
        if (matches)
            return true;
    }
    return false;
}

/* Cell number `index` of a block's product: the last axis varies fastest. */
static void make_spec(const struct study *study, const struct grid_block *block,
                      size_t index, struct spec *spec)
{
    *spec = study->base;
    for (size_t k = block->n_axes; k-- > 0;) {
        const struct axis *axis = &block->axes[k];
        axis_apply(axis, index % axis->n_values, spec);
        index /= axis->n_values;
    }
}

static size_t block_size(const struct grid_block *block)
{
    size_t product = 1;
    for (size_t k = 0; k < block->n_axes; k++)
        product *= block->axes[k].n_values;
    return product;
}

static enum status expand_block(struct grid *grid, const struct study *study,
                                const struct grid_block *block, struct identity *identity,
                                struct error *err)
{
    size_t size = block_size(block);
    for (size_t i = 0; i < size; i++) {
        struct cell *cell = &grid->cells[grid->n_cells];
        make_spec(study, block, i, &cell->spec);
        if (is_excluded(study, &cell->spec))
            continue;
        enum status status = identify(identity, cell, err);
        if (status)
            return status;
        size_t slot = find_slot(grid, cell->id);
        if (!grid->slots[slot])
            grid->slots[slot] = (uint32_t)++grid->n_cells;
    }
    return STATUS_OK;
}

/* --- Snapshots that cells can reach ------------------------------------------------ */

static enum status no_cells(const struct study *study, struct error *err)
{
    return error_set(err, STATUS_STUDY, "the study has no cells%s",
                     study->n_excludes ? ": exclude leaves none" : "");
}

static void measure_spec(struct grid_extent *extent, const struct spec *spec,
                         uint32_t n_train)
{
    int64_t batch = (int64_t)spec->value[FIELD_BATCH_SIZE];
    int64_t epochs = (int64_t)spec->value[FIELD_EPOCHS];
    int64_t steps = epochs > 0 ? ((int64_t)n_train + batch - 1) / batch : 0;
    extent->epochs = epochs > extent->epochs ? epochs : extent->epochs;
    extent->epoch_steps = steps > extent->epoch_steps ? steps : extent->epoch_steps;
}

enum status grid_measure(struct grid_extent *extent, const struct study *study,
                         uint32_t n_train, struct error *err)
{
    size_t most, n_cells = 0;
    *extent = (struct grid_extent){0};
    if (count_cells(study, &most, err) || check_comparisons(study, most, err))
        return err->status;
    for (size_t i = 0; i < study->n_blocks; i++)
        for (size_t k = 0; k < block_size(&study->blocks[i]); k++) {
            struct spec spec;
            make_spec(study, &study->blocks[i], k, &spec);
            if (is_excluded(study, &spec))
                continue;
            measure_spec(extent, &spec, n_train);
            n_cells++;
        }
    return n_cells > 0 ? STATUS_OK : no_cells(study, err);
}

/* Steps of a cell that trains all its epochs. A study that takes all samples does not
 * know how many there are: then the largest number there can be. */
static double most_steps(const struct study *study, const struct spec *spec)
{
    int64_t all = study->data.train ? study->data.train : DATASET_SAMPLES_MAX;
    int64_t batch = (int64_t)spec->value[FIELD_BATCH_SIZE];
    int64_t steps_per_epoch = (all - study->data.validation + batch - 1) / batch;
    return spec->value[FIELD_EPOCHS] * (double)steps_per_epoch;
}

/* A snapshot that no cell can reach is a slip of the pen. */
static enum status check_snapshots(const struct grid *grid, const struct study *study,
                                   struct error *err)
{
    double epochs = 0, steps = 0;
    for (size_t i = 0; i < grid->n_cells; i++) {
        const struct spec *spec = &grid->cells[i].spec;
        double cell_steps = most_steps(study, spec);
        epochs = spec->value[FIELD_EPOCHS] > epochs ? spec->value[FIELD_EPOCHS] : epochs;
        steps = cell_steps > steps ? cell_steps : steps;
    }
    for (int i = 0; i < study->n_snapshots; i++) {
        const struct snapshot *snapshot = &study->snapshots[i];
        bool by_step = snapshot->kind == SNAPSHOT_STEP;
        if (!by_step && snapshot->kind != SNAPSHOT_EPOCH)
            continue;
        double most = by_step ? steps : epochs;
        if ((double)snapshot->at > most)
            return error_set(err, STATUS_STUDY,
                             "probe.at: no cell reaches %s: the longest training has "
                             "%.0f %s",
                             snapshot->label, most, by_step ? "steps" : "epochs");
    }
    return STATUS_OK;
}

enum status grid_expand(struct grid *grid, const struct study *study,
                        struct hash128 data_hash, struct error *err)
{
    size_t most;
    const struct snapshot *schedule = study_find_schedule(study);
    memset(grid, 0, sizeof *grid);
    if (schedule)
        return error_set(
            err, STATUS_STUDY,
            "probe.at: %s is a schedule: only with its data is it known which "
            "snapshots a study has",
            schedule->label);
    if (count_cells(study, &most, err) || check_comparisons(study, most, err))
        return err->status;
    struct identity identity;
    identity_init(&identity, study, data_hash);
    enum status status = allocate(grid, most, err);
    for (size_t i = 0; !status && i < study->n_blocks; i++)
        status = expand_block(grid, study, &study->blocks[i], &identity, err);
    identity_fini(&identity);
    if (!status && grid->n_cells == 0)
        status = no_cells(study, err);
    if (!status)
        status = check_snapshots(grid, study, err);
    if (status)
        grid_fini(grid);
    return status;
}
