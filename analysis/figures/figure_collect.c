/* Which of a cell's numbers are drawn, and where. */
#include <math.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/figures/figure_internal.h"
#include "base/memory.h"

enum status figure_observe(struct figure_data *f, const struct record *record,
                           const struct figure_place *at, double y, struct error *err)
{
    int column = f->groups.of_cell[f->cell];
    int row = f->rows_by == ROWS_SPLITS       ? at->split
              : f->rows_by == ROWS_QUANTITIES ? at->quantity
                                              : 0;
    if (!isfinite(y) || !isfinite(at->x) || y == RECORD_FILL_REAL ||
        at->x == RECORD_FILL_REAL)
        return err->status;
    if (memory_grow(&f->observations, &f->observations_capacity, f->n_observations + 1,
                    sizeof *f->observations, err) != STATUS_OK)
        return err->status;
    if (figure_has_snapshot_columns(f))
        column = column * f->n_snapshots + at->snapshot;
    if (f->rows_by != ROWS_SPLITS)
        column = column * f->n_splits + at->split;
    f->seen[at->quantity] = true;
    f->groups.drawn[f->groups.of_cell[f->cell]] = true;
    f->settings.drawn[f->settings.of_cell[f->cell]] = true;
    f->along.drawn[f->along.of_cell[f->cell]] = true;
    f->observations[f->n_observations++] = (struct figure_observation){
        .panel = row * f->n_columns + column,
        .curve = at->curve,
        .key = at->key,
        .seed = *record_int(record, FIELD_SEED),
        .x = at->x,
        .y = y,
        .low = at->low,
        .high = at->high};
    return STATUS_OK;
}

static double value_at(const struct record *record, enum field_id id, const int at[4])
{
    return record_real(record,
                       id)[record_index(id, record->shape, at[0], at[1], at[2], at[3])];
}

/* A field's value at a place; `quantile` counts where the field has quantiles. Splits and
 * systems are the figure's choice, or part of a measure's name. */
static double value_of(const struct figure_data *f, const struct record *record,
                       const struct figure_place *place, enum field_id id, int quantile)
{
    const struct field *field = field_get(id);
    const int *named = f->measures[place->quantity].at;
    int at[FIELD_DIMS_MAX] = {0};
    for (int d = 0; d < field->n_dims; d++)
        switch (field->dims[d]) {
        case DIM_SNAPSHOT:
            at[d] = f->snapshots[place->snapshot];
            break;
        case DIM_SPLIT:
            at[d] = f->named ? named[d] : f->splits[place->split];
            break;
        case DIM_SYSTEM:
            at[d] = f->named ? named[d] : place->system;
            break;
        case DIM_LAYER:
            at[d] = place->layer;
            break;
        case DIM_QUANTILE:
            at[d] = quantile;
            break;
        default: /* no quantity has others */
            break;
        }
    return value_at(record, id, at);
}

/* The mean over nodes, and the quartiles where they are drawn. */
static enum status observe_layer(struct figure_data *f, const struct record *record,
                                 struct figure_place place, struct error *err)
{
    enum { LOWER = 1, UPPER = 3 }; /* of quantile_levels */
    enum field_id id = f->quantities[place.quantity].field;
    if (f->quartiles) {
        enum field_id quantiles = figure_quantiles_of(id);
        place.low = value_of(f, record, &place, quantiles, LOWER);
        place.high = value_of(f, record, &place, quantiles, UPPER);
    }
    return figure_observe(f, record, &place, value_of(f, record, &place, id, 0), err);
}

/* One quantity of each layer, for one system or all. */
static enum status collect_layers(struct figure_data *f, const struct record *record,
                                  struct figure_place place, struct error *err)
{
    int n_layers = archive_shape(f->archive).n_layers - 1;
    bool by_system = f->curves_by == CURVES_SYSTEMS;
    for (; place.system < (by_system ? N_SYSTEMS : 1); place.system++) {
        if (by_system && !(f->systems >> place.system & 1))
            continue;
        for (place.layer = 0; place.layer < record->shape.n_layers - 1; place.layer++) {
            if (f->kind->x == X_LAYER)
                place.key = place.layer, place.x = place.layer + 1;
            if (f->curves_by == CURVES_LAYERS)
                place.curve = figure_sample(place.layer, n_layers, FIGURE_CURVES_MAX);
            else if (by_system)
                place.curve = place.system;
            if (place.curve >= 0)
                observe_layer(f, record, place, err);
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

/* A number of the whole network. */
static double network_value(const struct figure_data *f, const struct record *record,
                            const struct figure_place *place)
{
    if (f->named)
        return measure_of_cell(&f->measures[place->quantity], record,
                               f->snapshots[place->snapshot]);
    return value_of(f, record, place, f->quantities[place->quantity].field, 0);
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
    for (place.quantity = 0; place.quantity < f->n_quantities; place.quantity++) {
        if (f->curves_by == CURVES_QUANTITIES)
            place.curve = place.quantity;
        if (f->by_layer)
            collect_layers(f, record, place, err);
        else
            figure_observe(f, record, &place, network_value(f, record, &place), err);
    }
    place.quantity = 0;
    if (f->curves_by == CURVES_SYSTEMS && f->n_observations > before)
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
        for (place.split = 0; place.split < f->n_splits; place.split++) {
            if (f->curves_by == CURVES_SNAPSHOTS)
                place.curve = place.snapshot;
            if (f->kind->x == X_OPTION || f->kind->x == X_MEASURE)
                collect_network_value(f, record, place, err);
            else
                collect_fields(f, record, place, err);
        }
    if (f->n_observations > before)
        f->n_drawn++;
    else
        f->n_empty++;
    return err->status;
}
