/* Which of a cell's numbers are drawn, and where. */
#include <math.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/figures/figure_internal.h"
#include "base/memory.h"

enum status figure_observe(struct figure_data *f, const struct record *record,
                           const struct figure_place *at, double y, struct error *err)
{
    bool in_rows = f->kind->rows == ROWS_SPLITS, along_x = f->kind->x == X_EPOCH;
    int column = f->groups.of_cell[f->cell], row = in_rows ? at->split : at->quantity;
    if (!isfinite(y) || !isfinite(at->x) || y == RECORD_FILL_REAL ||
        at->x == RECORD_FILL_REAL)
        return err->status;
    if (memory_grow(&f->observations, &f->observations_capacity, f->n_observations + 1,
                    sizeof *f->observations, err) != STATUS_OK)
        return err->status;
    if (!along_x)
        column = column * f->n_snapshots + at->snapshot;
    if (!in_rows)
        column = column * f->n_splits + at->split;
    f->groups.drawn[f->groups.of_cell[f->cell]] = true;
    f->settings.drawn[f->settings.of_cell[f->cell]] = true;
    f->along.drawn[f->along.of_cell[f->cell]] = true;
    f->observations[f->n_observations++] = (struct figure_observation){
        .panel = row * f->n_columns + column,
        .curve = at->curve,
        .key = at->key,
        .seed = *record_int(record, FIELD_SEED),
        .x = at->x,
        .y = y};
    return STATUS_OK;
}

static double value_at(const struct record *record, enum field_id id, const int at[4])
{
    return record_real(record,
                       id)[record_index(id, record->shape, at[0], at[1], at[2], at[3])];
}

/* One quantity at a snapshot and a split: a value, or one a layer, for one system or all.
 */
static enum status collect_layers(struct figure_data *f, const struct record *record,
                                  struct figure_place place, struct error *err)
{
    const struct figure_quantity *q = &f->kind->quantities[place.quantity];
    const struct field *field = field_get(q->field);
    int n_layers = archive_shape(f->archive).n_layers - 1;
    bool by_system = field->dims[1] == DIM_SYSTEM;
    for (int system = 0; system < (by_system ? N_SYSTEMS : 1); system++) {
        if (by_system && !(f->systems >> system & 1))
            continue;
        for (int l = 0; l < record->shape.n_layers - 1; l++) {
            int at[4] = {f->snapshots[place.snapshot], f->splits[place.split], l, 0};
            if (by_system)
                memcpy(at + 1, (const int[]){system, f->splits[place.split], l},
                       3 * sizeof *at);
            if (f->kind->x == X_LAYER)
                place.key = l, place.x = l + 1;
            if (f->kind->curves == CURVES_LAYERS)
                place.curve = figure_sample(l, n_layers, FIGURE_CURVES_MAX);
            else if (by_system)
                place.curve = system;
            if (place.curve >= 0)
                figure_observe(f, record, &place, value_at(record, q->field, at), err);
        }
    }
    return err->status;
}

/* The network's own accuracy, as wide as its layers. */
static enum status collect_network(struct figure_data *f, const struct record *record,
                                   struct figure_place place, struct error *err)
{
    const int at[4] = {f->snapshots[place.snapshot], f->splits[place.split]};
    double accuracy = value_at(record, FIELD_NETWORK_ACCURACY, at);
    place.curve = N_SYSTEMS;
    for (int l = 0; l < record->shape.n_layers - 1; l++) {
        place.key = l;
        place.x = l + 1;
        figure_observe(f, record, &place, accuracy, err);
    }
    return err->status;
}

static enum status collect_fields(struct figure_data *f, const struct record *record,
                                  struct figure_place place, struct error *err)
{
    const double *epochs = record_real(record, FIELD_SNAPSHOT_EPOCH);
    size_t before = f->n_observations;
    if (f->kind->x == X_EPOCH) {
        place.key = place.snapshot;
        place.x = epochs[f->snapshots[place.snapshot]];
    }
    for (int q = 0; q < f->kind->n_quantities; q++) {
        const int at[4] = {f->snapshots[place.snapshot], f->splits[place.split]};
        enum field_id id = f->kind->quantities[q].field;
        const struct field *field = field_get(id);
        place.quantity = q;
        if (field->dims[field->n_dims - 1] == DIM_LAYER)
            collect_layers(f, record, place, err);
        else
            figure_observe(f, record, &place, value_at(record, id, at), err);
    }
    place.quantity = 0;
    if (f->kind->curves == CURVES_SYSTEMS && f->n_observations > before)
        collect_network(f, record, place, err);
    return err->status;
}

/* A network's train accuracy or what the gap has in its place, less test accuracy. */
static double gap_of(const struct figure_data *f, const struct record *record,
                     int snapshot)
{
    const int train[4] = {snapshot, SPLIT_TRAIN}, test[4] = {snapshot, SPLIT_TEST};
    const int clean[4] = {snapshot};
    const double best[] = {value_at(record, FIELD_NETWORK_ACCURACY, train),
                           value_at(record, FIELD_TRAIN_ACCURACY_CLEAN, clean), 1};
    double from = best[f->request.gap],
           less = value_at(record, FIELD_NETWORK_ACCURACY, test);
    return from == RECORD_FILL_REAL || less == RECORD_FILL_REAL ? (double)NAN
                                                                : from - less;
}

/* A number of the whole network, over an option or against the gap. */
static enum status collect_network_value(struct figure_data *f,
                                         const struct record *record,
                                         struct figure_place place, struct error *err)
{
    int snapshot = f->snapshots[place.snapshot];
    const int at[4] = {snapshot, f->splits[place.split]};
    double y, value = measure_of_cell(&f->measure, record, snapshot);
    place.key = f->along.of_cell[f->cell];
    if (f->kind->x == X_MEASURE) {
        place.x = value;
        y = gap_of(f, record, snapshot);
    } else {
        double options[OPTION_COUNT];
        cells_options(record, options);
        place.x = options[f->x_option];
        y = value;
        if (!figure_is_heatmap(f)) {
            y = value_at(record, FIELD_NETWORK_ACCURACY, at);
            y = y == RECORD_FILL_REAL ? (double)NAN : 1 - y;
        }
    }
    return figure_observe(f, record, &place, y, err);
}

enum status figure_collect(struct figure_data *f, const struct record *record,
                           struct error *err)
{
    int status = *record_int(record, FIELD_STATUS);
    size_t before = f->n_observations, cell = f->cell;
    if (status < 0 || status > CELL_QUARANTINED)
        status = CELL_FAILED;
    f->n_status[status]++;
    if (figure_is_of_nodes(f))
        return status == CELL_COMPLETE && figure_has_cell(f, cell)
                   ? figure_collect_nodes(f, record, err)
                   : err->status;
    struct figure_place place = {.curve = f->settings.of_cell[cell]};
    if (status != CELL_COMPLETE || !figure_has_cell(f, cell))
        return err->status;
    for (place.snapshot = 0; place.snapshot < f->n_snapshots; place.snapshot++)
        for (place.split = 0; place.split < f->n_splits; place.split++)
            if (f->kind->x == X_OPTION || f->kind->x == X_MEASURE)
                collect_network_value(f, record, place, err);
            else
                collect_fields(f, record, place, err);
    if (f->n_observations > before)
        f->n_drawn++;
    else
        f->n_empty++;
    return err->status;
}
