/* Which numbers of an archive are measures, what they are called, and their values: one a
 * setting. A name is FIELD[.SYSTEM][.SPLIT][.LAYERS]. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ranking_load.h"
#include "base/memory.h"
#include "num/rng.h"

enum layers { LAST_HIDDEN, MEAN_HIDDEN, N_LAYER_RULES };

static const char *const layer_rules[N_LAYER_RULES] = {"last", "mean"};

/* One number of a network: a grouped field at one place of each of its dimensions. */
struct place {
    enum field_id field;
    int at[FIELD_DIMS_MAX]; /* of a layer dimension, the rule */
};

static double mean_at(const struct ranking *r, const struct setting *setting,
                      const struct place *place)
{
    const struct field *field = field_get(place->field);
    int at[FIELD_DIMS_MAX - 1] = {place->at[1], place->at[2], place->at[3]}, layer = -1;
    for (int d = 1; d < field->n_dims; d++)
        layer = field->dims[d] == DIM_LAYER ? d - 1 : layer;
    if (layer < 0)
        return ranking_mean(r, setting, place->field, at);
    int depth = (int)ranking_option(r, setting, FIELD_DEPTH);
    int first = at[layer] == LAST_HIDDEN ? depth - 1 : 0;
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
                       const struct place *place)
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

static void add_place(struct ranking *r, const struct place *place, const char *name,
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
    static const struct place train_loss = {FIELD_NETWORK_LOSS, {0, SPLIT_TRAIN}};
    add_parameter_count(r, err);
    add_option(r, FIELD_DEPTH, err);
    add_option(r, FIELD_LABEL_CORRUPTION, err);
    add_place(r, &train_loss, "network_loss.train", true, err);
    add_random(r, err);
}

/* The places that a measure may have on each dimension; none where it has no name. */
static const struct {
    const char *const *names;
    int n;
} places[DIM_COUNT] = {
    [DIM_SYSTEM] = {system_names, N_SYSTEMS},
    [DIM_SPLIT] = {split_names, N_SPLITS},
    [DIM_LAYER] = {layer_rules, N_LAYER_RULES},
};

/* Moves to the next place of the field; false behind the last. */
static bool next_place(struct place *place)
{
    const struct field *field = field_get(place->field);
    for (int d = field->n_dims - 1; d > 0; d--) {
        if (++place->at[d] < places[field->dims[d]].n)
            return true;
        place->at[d] = 0;
    }
    return false;
}

/* Its name; whether it is of training samples, which a predictor may know. */
static bool name_place(const struct place *place, char out[TABLE_WORD_MAX])
{
    const struct field *field = field_get(place->field);
    bool training = true;
    int length = snprintf(out, TABLE_WORD_MAX, "%s", field->name);
    for (int d = 1; d < field->n_dims && length < TABLE_WORD_MAX; d++) {
        length += snprintf(out + length, (size_t)(TABLE_WORD_MAX - length), ".%s",
                           places[field->dims[d]].names[place->at[d]]);
        if (field->dims[d] == DIM_SPLIT)
            training = place->at[d] == SPLIT_TRAIN;
    }
    return training;
}

static bool is_measure(enum field_id id)
{
    const struct field *field = field_get(id);
    if (!field_is_grouped(id) || field->n_dims < 1 || field->dims[0] != DIM_SNAPSHOT)
        return false;
    for (int d = 1; d < field->n_dims; d++)
        if (places[field->dims[d]].n == 0)
            return false;
    return true;
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
        if (!is_measure((enum field_id)id))
            continue;
        struct place place = {.field = (enum field_id)id};
        do {
            char name[TABLE_WORD_MAX];
            bool training = name_place(&place, name);
            if (selector ? begins_with(name, selector, length) &&
                               (training || names_a_split(selector, length))
                         : training) {
                add_place(r, &place, name, false, err);
                found++;
            }
        } while (next_place(&place));
    }
    return found;
}

static enum status fail_unknown(const char *selector, size_t length, struct error *err)
{
    char word[TEXT_WORD_MAX];
    const char *names[FIELD_COUNT];
    size_t n = 0;
    snprintf(word, sizeof word, "%.*s", (int)length, selector);
    for (int id = 0; id < FIELD_COUNT; id++)
        if (is_measure((enum field_id)id))
            names[n++] = field_get((enum field_id)id)->name;
    return error_set(err, STATUS_USAGE, "--measures %s: no such measure%s",
                     text_quote(word).text, text_suggest(word, names, n).text);
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
