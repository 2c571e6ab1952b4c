/* What a figure draws upwards: its kind's quantities, or measures that were named. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/figures/figure_internal.h"

/* --- How fields are drawn ------------------------------------------------------------
 */

static const struct {
    enum field_id field;
    struct figure_bounds bounds;
} known[] = {
    {FIELD_NETWORK_ACCURACY, {false, 0, 1}},
    {FIELD_NETWORK_LOSS, {false, 0, HUGE_VAL}},
    {FIELD_TRAIN_ACCURACY_CLEAN, {false, 0, 1}},
    {FIELD_TRAIN_ACCURACY_CORRUPT, {false, 0, 1}},
    {FIELD_TRAIN_ACCURACY_ORIGINAL, {false, 0, 1}},
    {FIELD_MEAN_PERPLEXITY, {true, 1, HUGE_VAL}},
    {FIELD_SYSTEM_ACCURACY, {false, 0, 1}},
    {FIELD_SAMPLE_COUNT, {false, 0, HUGE_VAL}},
    {FIELD_ACTIVATION_FRACTION, {false, 0, 1}},
    {FIELD_PREDICTABILITY, {false, -HUGE_VAL, 1}},
    {FIELD_PREDICTABILITY_LIVE, {false, -HUGE_VAL, 1}},
    {FIELD_INFORMATIVENESS, {false, -HUGE_VAL, 1}},
    {FIELD_INFORMATIVENESS_LIVE, {false, -HUGE_VAL, 1}},
    {FIELD_CLEAN_CORRUPT_COSINE, {false, -1, 1}},
    {FIELD_CLEAN_CLASS_COSINE, {false, -1, 1}},
    {FIELD_CORRUPT_CLASS_COSINE, {false, -1, 1}},
    {FIELD_SAMPLE_COSINE, {false, -1, 1}},
    {FIELD_CORRUPTION_PURITY, {false, 0, 1}},
    {FIELD_QUARANTINE_FRACTION, {false, 0, 1}},
    {FIELD_SPECIFIC_FRACTION_CLEAN, {false, 0, 1}},
    {FIELD_SPECIFIC_FRACTION_CORRUPT, {false, 0, 1}},
    {FIELD_SUPPORTED_COST, {true, 0, HUGE_VAL}},
    {FIELD_UPDATE_CHANGED, {false, 0, 1}},
    {FIELD_UPDATE_ADDED, {false, 0, 1}},
    {FIELD_UPDATE_AGREEMENT, {false, 0, 1}},
    {FIELD_UPDATE_PREDICTED, {false, 0, 1}},
};

static struct figure_bounds bounds_of_field(enum field_id id)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].field == id)
            return known[i].bounds;
    return (struct figure_bounds){false, -HUGE_VAL, HUGE_VAL};
}

const struct figure_quantity *figure_quantity_of(const struct figure_data *f, int row)
{
    static const struct figure_quantity none = {.label = "", .words = ""};
    int i = f->rows_by == ROWS_QUANTITIES ? row : 0;
    return f->n_quantities > 0 ? &f->quantities[i] : &none;
}

/* Curves in one panel share its axis. */
struct figure_bounds figure_bounds_of(const struct figure_data *f, int row)
{
    struct figure_bounds all = {false, -HUGE_VAL, HUGE_VAL};
    if (f->n_quantities > 0)
        all = bounds_of_field(figure_quantity_of(f, row)->field);
    for (int i = 0; f->curves_by == CURVES_QUANTITIES && i < f->n_quantities; i++) {
        struct figure_bounds own = bounds_of_field(f->quantities[i].field);
        all.log &= own.log;
        all.floor = fmin(all.floor, own.floor);
        all.ceiling = fmax(all.ceiling, own.ceiling);
    }
    return all;
}

enum field_id figure_quantiles_of(enum field_id id)
{
    char name[TABLE_WORD_MAX];
    snprintf(name, sizeof name, "%s_quantile", field_get(id)->name);
    return field_find(name);
}

/* --- Measures that were named --------------------------------------------------------
 */

/* "mean perplexity, train": the measure's name as words. */
static void name_quantity(struct figure_data *f, int i)
{
    char name[TABLE_WORD_MAX];
    size_t length = 0;
    measure_name(&f->measures[i], name);
    for (const char *c = name; *c && length + 3 < sizeof f->names[i]; c++) {
        if (*c == '.')
            f->names[i][length++] = ',';
        f->names[i][length++] = *c == '.' || *c == '_' ? ' ' : *c;
    }
    f->names[i][length] = '\0';
    f->quantities[i] = (struct figure_quantity){
        .field = f->measures[i].field, .label = f->names[i], .words = f->names[i]};
}

/* Along layers stand measures of each layer; through training either those, a curve a
 * layer, or numbers of the network. */
static enum status check_layers(const struct figure_data *f, const char *word,
                                struct error *err)
{
    bool by_layer = measure_is_by_layer(&f->measures[f->n_quantities]);
    if (f->kind->x == X_LAYER && !by_layer)
        return error_set(err, STATUS_USAGE,
                         "--measure %s: is one number of a network; those of each layer "
                         "are named without layers, as mean_perplexity.train",
                         text_quote(word).text);
    if (f->n_quantities > 0 && by_layer != f->by_layer)
        return error_set(err, STATUS_USAGE,
                         "--measure %s: each layer and the network as a whole do not go "
                         "together; draw them apart",
                         text_quote(word).text);
    return STATUS_OK;
}

static enum status name_measures(struct figure_data *f, struct error *err)
{
    const char *list = f->request.measure;
    char word[TABLE_WORD_MAX];
    f->named = true;
    f->by_split = false;
    f->n_quantities = 0;
    while (figure_next_word(&list, word, sizeof word)) {
        if (f->n_quantities == FIGURE_QUANTITIES_MAX)
            return error_set(err, STATUS_USAGE, "--measure: names more than %d",
                             FIGURE_QUANTITIES_MAX);
        struct measure *measure = &f->measures[f->n_quantities];
        if (measure_find_any(measure, word, "measure", err) != STATUS_OK ||
            check_layers(f, word, err) != STATUS_OK)
            return err->status;
        f->by_layer = measure_is_by_layer(measure);
        name_quantity(f, f->n_quantities++);
    }
    return f->n_quantities ? STATUS_OK
                           : error_set(err, STATUS_USAGE, "--measure: names none");
}

/* --- Curves and bands ----------------------------------------------------------------
 */

/* What quantities have in common that are drawn on one axis. */
static void name_axis(struct figure_data *f)
{
    const char *name = f->kind->axis ? f->kind->axis : f->quantities[0].words;
    for (int i = 1; !f->kind->axis && i < f->n_quantities; i++)
        if (f->quantities[i].field != f->quantities[0].field)
            name = "value";
    snprintf(f->axis, sizeof f->axis, "%.*s", (int)strcspn(name, ","), name);
}

/* What tells curves apart: what the kind says, layers, or what is asked for in place of
 * options. */
static enum status choose_curves(struct figure_data *f, struct error *err)
{
    const char *asked = f->request.curves;
    bool measures = asked && strcmp(asked, "measure") == 0;
    bool snapshots = asked && strcmp(asked, "snapshot") == 0;
    if (f->named && f->by_layer && f->kind->x == X_EPOCH)
        f->curves_by = CURVES_LAYERS;
    if (!measures && !snapshots) {
        f->curve_options = asked;
        return STATUS_OK;
    }
    bool along_x = f->kind->x == X_EPOCH || f->kind->x == X_MEASURE;
    if (f->curves_by != CURVES_SETTINGS || f->n_quantities == 0 ||
        (measures && !f->kind->any_measure) || (snapshots && along_x))
        return error_set(err, STATUS_USAGE, "--curves %s: %s has no such curves", asked,
                         f->kind->name);
    f->curves_by = measures ? CURVES_QUANTITIES : CURVES_SNAPSHOTS;
    if (measures)
        f->rows_by = ROWS_NONE;
    return STATUS_OK;
}

static enum status choose_bands(struct figure_data *f, struct error *err)
{
    const char *asked = f->request.bands;
    f->quartiles = asked && strcmp(asked, "quartiles") == 0;
    if (asked && !f->quartiles && strcmp(asked, "interval") != 0)
        return error_set(err, STATUS_USAGE, "--bands %s: not one of interval, quartiles",
                         text_quote(asked).text);
    for (int i = 0; f->quartiles && i < f->n_quantities; i++)
        if (!f->by_layer || figure_quantiles_of(f->quantities[i].field) == FIELD_COUNT)
            return error_set(err, STATUS_USAGE,
                             "--bands quartiles: the archive has no quantiles over nodes "
                             "of %s",
                             f->quantities[i].words);
    return STATUS_OK;
}

enum status figure_choose_quantities(struct figure_data *f, struct error *err)
{
    const struct figure_kind *kind = f->kind;
    const struct field *first = field_get(kind->quantities[0].field);
    f->curves_by = kind->curves;
    f->rows_by = kind->rows;
    f->by_split = kind->splits != NULL;
    f->n_quantities = kind->n_quantities;
    memcpy(f->quantities, kind->quantities, sizeof f->quantities);
    f->by_layer = first->n_dims > 0 && first->dims[first->n_dims - 1] == DIM_LAYER;
    if (kind->any_measure && f->request.measure && name_measures(f, err) != STATUS_OK)
        return err->status;
    if (f->n_quantities > 0)
        name_axis(f);
    return choose_curves(f, err) == STATUS_OK ? choose_bands(f, err) : err->status;
}
