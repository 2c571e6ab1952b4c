#include "sweep/grid_check.h"

#include "sweep/cell_updates.h"

/* Half of an input corruption, a kind or a fraction, replaces nothing. */
static bool has_kind(const struct spec *spec)
{
    return spec->value[FIELD_INPUT_CORRUPTION] != INPUT_CORRUPTION_NONE;
}

static bool has_fraction(const struct spec *spec)
{
    return spec->value[FIELD_INPUT_CORRUPTION_FRACTION] > 0;
}

static enum status check_halves(const struct grid *grid, struct error *err)
{
    const struct spec *half = NULL;
    for (size_t i = 0; i < grid->n_cells; i++) {
        const struct spec *spec = &grid->cells[i].spec;
        if (has_kind(spec) && has_fraction(spec))
            return STATUS_OK;
        if (!half && (has_kind(spec) || has_fraction(spec)))
            half = spec;
    }
    if (!half)
        return STATUS_OK;
    char kind[32];
    field_format(FIELD_INPUT_CORRUPTION, half->value[FIELD_INPUT_CORRUPTION], kind,
                 sizeof kind);
    return error_set(
        err, STATUS_STUDY,
        "input_corruption: %s with input_corruption_fraction: %g replaces no "
        "inputs: some cell needs a kind, gaussian or structured, and a fraction "
        "above 0",
        kind, half->value[FIELD_INPUT_CORRUPTION_FRACTION]);
}

static enum status check_cell(const struct spec *spec, const struct study *study,
                              const struct dataset *dataset, struct error *err)
{
    if (spec->value[FIELD_INPUT_CORRUPTION] == INPUT_CORRUPTION_STRUCTURED &&
        dataset->n_rows != dataset->n_columns)
        return error_set(err, STATUS_STUDY,
                         "input_corruption: structured turns square images, and those "
                         "of %s are %dx%d",
                         study->data.name, dataset->n_rows, dataset->n_columns);
    if (spec->value[FIELD_BATCH_NORM] != 0 && spec->value[FIELD_BATCH_SIZE] == 1)
        return error_set(err, STATUS_STUDY,
                         "batch_norm: true with batch_size: 1: one sample has no "
                         "variance, and every node of the network is normalised to its "
                         "shift");
    return STATUS_OK;
}

static enum status check_updates(const struct grid *grid, const struct study *study,
                                 struct error *err)
{
    if (!(study->measures & MEASURE_UPDATES))
        return STATUS_OK;
    for (size_t i = 0; i < grid->n_cells; i++)
        if (cell_updates_taken(study, &grid->cells[i].spec))
            return STATUS_OK;
    return error_set(err, STATUS_STUDY,
                     "probe.measures: updates are of networks without batch "
                     "normalisation, and all cells have batch_norm: true");
}

enum status grid_check(const struct grid *grid, const struct study *study,
                       const struct dataset *dataset, struct error *err)
{
    for (size_t i = 0; i < grid->n_cells; i++)
        if (check_cell(&grid->cells[i].spec, study, dataset, err) != STATUS_OK)
            return err->status;
    if (check_halves(grid, err) != STATUS_OK)
        return err->status;
    return check_updates(grid, study, err);
}
