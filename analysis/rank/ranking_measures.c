/* The measures of a ranking, and their values: one a setting. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rank/measure.h"
#include "analysis/rank/ranking_load.h"
#include "base/memory.h"
#include "num/rng.h"

static double mean_at(const struct ranking *r, const struct setting *setting,
                      const struct measure *place)
{
    const struct field *field = field_get(place->field);
    int at[FIELD_DIMS_MAX - 1] = {place->at[1], place->at[2], place->at[3]}, layer = -1;
    for (int d = 1; d < field->n_dims; d++)
        layer = field->dims[d] == DIM_LAYER ? d - 1 : layer;
    if (layer < 0)
        return ranking_mean(r, setting, place->field, at);
    int depth = (int)ranking_option(r, setting, FIELD_DEPTH);
    int first = at[layer] == MEASURE_LAST_HIDDEN ? depth - 1 : 0;
    double sum = 0;
    if (depth < 1 || depth >= r->summary.groups.shape.n_layers)
        return NAN; /* what no network has, but a damaged file may */
    for (int l = first; l < depth; l++) {
        at[layer] = l;
        sum += ranking_mean(r, setting, place->field, at);
    }
    return sum / (depth - first);
}

static double value_at(const struct ranking *r, const struct setting *setting,
                       const struct measure *place)
{
    double mean = mean_at(r, setting, place);
    int exponent;
    if (!isfinite(mean))
        return NAN;
    frexp(mean, &exponent);
    return ranking_round(mean, exponent);
}

static struct ranked_measure *add_measure(struct ranking *r, const char *name,
                                          bool baseline, struct error *err)
{
    for (size_t i = 0; i < r->n_measures; i++)
        if (strcmp(r->measures[i].name, name) == 0)
            return NULL;
    if (memory_grow(&r->measures, &r->capacity, r->n_measures + 1, sizeof *r->measures,
                    err) != STATUS_OK)
        return NULL;
    struct ranked_measure *m = &r->measures[r->n_measures];
    memset(m, 0, sizeof *m);
    m->values = memory_alloc(r->n_settings, sizeof *m->values, err);
    if (!m->values)
        return NULL;
    snprintf(m->name, sizeof m->name, "%s", name);
    m->baseline = baseline;
    r->n_measures++;
    return m;
}

static void count_values(const struct ranking *r, struct ranked_measure *measure)
{
    for (size_t k = 0; k < r->n_settings; k++)
        measure->n += !isnan(measure->values[k]);
}

static void add_place(struct ranking *r, const struct measure *place, const char *name,
                      bool baseline, struct error *err)
{
    struct ranked_measure *measure = add_measure(r, name, baseline, err);
    for (size_t k = 0; measure && k < r->n_settings; k++)
        measure->values[k] = value_at(r, &r->settings[k], place);
    if (measure)
        count_values(r, measure);
}

static void add_parameter_count(struct ranking *r, struct error *err)
{
    const struct summary *s = &r->summary;
    struct ranked_measure *measure = add_measure(r, "n_parameters", true, err);
    for (size_t k = 0; measure && k < r->n_settings; k++)
        for (size_t cell = 0; cell < s->n_chosen; cell++)
            if (aggregate_group(s->aggregate, cell) == r->settings[k].group &&
                s->n_parameters[cell] > measure->values[k])
                measure->values[k] = s->n_parameters[cell];
    if (measure)
        count_values(r, measure);
}

static void add_option(struct ranking *r, enum field_id id, struct error *err)
{
    struct ranked_measure *measure = add_measure(r, field_get(id)->name, true, err);
    for (size_t k = 0; measure && k < r->n_settings; k++)
        measure->values[k] = ranking_option(r, &r->settings[k], id);
    if (measure)
        count_values(r, measure);
}

static void add_random(struct ranking *r, struct error *err)
{
    struct rng rng = {.purpose = RNG_RANK};
    struct ranked_measure *measure = add_measure(r, "random", true, err);
    for (size_t k = 0; measure && k < r->n_settings; k++)
        measure->values[k] = rng_uniform(&rng, k);
    if (measure)
        count_values(r, measure);
}

static void add_baselines(struct ranking *r, struct error *err)
{
    static const struct measure train_loss = {FIELD_NETWORK_LOSS, {0, SPLIT_TRAIN}};
    add_parameter_count(r, err);
    add_option(r, FIELD_DEPTH, err);
    add_option(r, FIELD_LABEL_CORRUPTION, err);
    add_place(r, &train_loss, "network_loss.train", true, err);
    add_random(r, err);
}

/* Whether the words of `name` begin with those of the selector of that length. */
static bool begins_with(const char *name, const char *selector, size_t length)
{
    return strncmp(name, selector, length) == 0 &&
           (name[length] == '.' || name[length] == '\0');
}

static bool names_a_split(const char *selector, size_t length)
{
    for (int split = 0; split < N_SPLITS; split++) {
        const char *found = strstr(selector, split_names[split]);
        if (found && found > selector && found[-1] == '.' && found < selector + length)
            return true;
    }
    return false;
}

/* Adds what a selector, or the request's absence, stands for; returns how many. */
static size_t add_selected(struct ranking *r, const char *selector, size_t length,
                           struct error *err)
{
    size_t found = 0;
    for (size_t i = 0; selector && i < r->n_measures; i++)
        found += begins_with(r->measures[i].name, selector, length);
    for (int id = 0; id < FIELD_COUNT; id++) {
        if (!measure_is_field((enum field_id)id))
            continue;
        struct measure place = {.field = (enum field_id)id};
        do {
            char name[TABLE_WORD_MAX];
            bool training = measure_name(&place, name);
            if (selector ? begins_with(name, selector, length) &&
                               (training || names_a_split(selector, length))
                         : training) {
                add_place(r, &place, name, false, err);
                found++;
            }
        } while (measure_next(&place));
    }
    return found;
}

static enum status fail_unknown(const char *selector, size_t length, struct error *err)
{
    char word[TEXT_WORD_MAX];
    snprintf(word, sizeof word, "%.*s", (int)length, selector);
    return measure_fail_unknown("measures", word, err);
}

/* Measures that no setting has are only shown where they were asked for by name. */
static void drop_absent(struct ranking *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n_measures; i++) {
        if (r->measures[i].n > 0 || r->measures[i].baseline)
            r->measures[kept++] = r->measures[i];
        else
            free(r->measures[i].values);
    }
    r->n_measures = kept;
}

static int by_name(const void *a, const void *b)
{
    const struct ranked_measure *x = a, *y = b;
    return strcmp(x->name, y->name);
}

enum status ranking_add_measures(struct ranking *r, struct error *err)
{
    const char *list = r->request->measures;
    add_baselines(r, err);
    if (!list) {
        add_selected(r, NULL, 0, err);
        drop_absent(r);
    }
    while (list && *list && err->status == STATUS_OK) {
        size_t length = strcspn(list, ",");
        if (add_selected(r, list, length, err) == 0)
            return fail_unknown(list, length, err);
        list += length + (list[length] == ',');
    }
    if (err->status == STATUS_OK)
        qsort(r->measures, r->n_measures, sizeof *r->measures, by_name);
    return err->status;
}
