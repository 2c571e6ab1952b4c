#include "sweep/spec.h"

#include <stdio.h>
#include <string.h>

#include "sweep/study_internal.h"

#define SEED_MAX   2147483647
#define EPOCHS_MAX 1000000

/* Defaults: docs/measures.md, protocol of Davel et al. 2020; Adam's are those of Kingma &
 * Ba 2015; batch size, epochs and patience are not stated there and are ours. */
static const struct option options[OPTION_COUNT] = {
    [FIELD_SEED] = {OPTION_IN_GRID, .required = true, .low = 0, .high = SEED_MAX},
    [FIELD_DEPTH] = {OPTION_IN_GRID, .required = true, .low = 1, .high = 256},
    [FIELD_WIDTH] = {OPTION_IN_GRID, .required = true, .low = 1, .high = 65536},
    [FIELD_ACTIVATION] = {OPTION_IN_TRAIN, .fallback = ACTIVATION_RELU},
    [FIELD_LOSS] = {OPTION_IN_TRAIN, .fallback = LOSS_MSE},
    [FIELD_OPTIMIZER] = {OPTION_IN_TRAIN, .fallback = OPTIMIZER_ADAM},
    [FIELD_LEARNING_RATE] = {OPTION_IN_TRAIN, .fallback = 1e-3, .high = 100,
                             .low_open = true},
    [FIELD_MOMENTUM] = {OPTION_IN_TRAIN, .fallback = 0.9, .high = 1, .high_open = true},
    [FIELD_ADAM_BETA1] = {OPTION_IN_TRAIN, .fallback = 0.9, .high = 1, .high_open = true},
    [FIELD_ADAM_BETA2] = {OPTION_IN_TRAIN, .fallback = 0.999, .high = 1,
                          .high_open = true},
    /* Smaller ones are 0 to a float, and parameters without gradient 0 / 0. */
    [FIELD_ADAM_EPSILON] = {OPTION_IN_TRAIN, .fallback = 1e-8, .low = 1e-30, .high = 1},
    [FIELD_BATCH_SIZE] = {OPTION_IN_TRAIN, .fallback = 128, .low = 1, .high = 65536},
    [FIELD_EPOCHS] = {OPTION_IN_TRAIN, .fallback = 200, .high = EPOCHS_MAX},
    [FIELD_PATIENCE] = {OPTION_IN_TRAIN, .fallback = 50, .high = EPOCHS_MAX},
    [FIELD_BIAS] = {OPTION_IN_TRAIN, .fallback = BIAS_FIRST},
    [FIELD_INIT] = {OPTION_IN_TRAIN, .fallback = INIT_GLOROT_UNIFORM},
    [FIELD_LABEL_CORRUPTION] = {OPTION_IN_TRAIN, .high = 1},
    [FIELD_CORRUPTION_MODE] = {OPTION_IN_TRAIN, .fallback = CORRUPTION_ANY},
    [FIELD_BANDWIDTH] = {OPTION_IN_PROBE, .fallback = BANDWIDTH_SCOTT},
    [FIELD_BANDWIDTH_FIXED] = {OPTION_IN_PROBE, .high = 1e6, .low_open = true,
                               .spelled_elsewhere = true},
    [FIELD_PRIOR] = {OPTION_IN_PROBE, .fallback = PRIOR_PER_NODE},
    [FIELD_DENSITY_GRID] = {OPTION_IN_PROBE, .fallback = DENSITY_GRID_ADAPTIVE},
    [FIELD_BATCH_NORM] = {OPTION_IN_TRAIN},
    [FIELD_BATCH_NORM_MOMENTUM] = {OPTION_IN_TRAIN, .fallback = 0.1, .high = 1,
                                   .low_open = true},
    [FIELD_BATCH_NORM_EPSILON] = {OPTION_IN_TRAIN, .fallback = 1e-5, .low = 1e-30,
                                  .high = 1},
    [FIELD_INPUT_NOISE] = {OPTION_IN_TRAIN, .high = 100},
    [FIELD_INPUT_CORRUPTION] = {OPTION_IN_TRAIN, .fallback = INPUT_CORRUPTION_NONE},
    [FIELD_INPUT_CORRUPTION_FRACTION] = {OPTION_IN_TRAIN, .high = 1},
    [FIELD_STOP_LOSS] = {OPTION_IN_TRAIN, .high = 1e6},
    [FIELD_STOP_ACCURACY] = {OPTION_IN_TRAIN, .high = 1},
    [FIELD_QUARANTINE_LEAST] = {OPTION_IN_PROBE, .fallback = 5, .low = 1,
                                .high = 10000000},
    [FIELD_QUARANTINE_PURITY] = {OPTION_IN_PROBE, .fallback = 0.95, .high = 1},
    [FIELD_SPECIFIC_SHARE] = {OPTION_IN_PROBE, .fallback = 0.95, .low = 0.5, .high = 1},
};

static const char fixed_prefix[] = "fixed:";

const struct option *option_get(enum field_id id)
{
    return &options[id];
}

enum field_id option_find(const char *name)
{
    enum field_id id = field_find(name);
    bool spelled = (int)id < OPTION_COUNT && !options[id].spelled_elsewhere;
    return spelled ? id : FIELD_COUNT;
}

int option_names(const char *names[OPTION_COUNT])
{
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (!options[i].spelled_elsewhere)
            names[n++] = field_get((enum field_id)i)->name;
    return n;
}

void spec_defaults(struct spec *spec)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        spec->value[i] = options[i].fallback;
}

static bool in_range(const struct option *option, double value)
{
    bool above = option->low_open ? value > option->low : value >= option->low;
    bool below = option->high_open ? value < option->high : value <= option->high;
    return above && below;
}

static enum status parse_number(double *value, enum field_id id, const char *scalar,
                                struct error *err)
{
    const struct option *option = &options[id];
    bool whole = field_get(id)->type == FIELD_TYPE_INT;
    int64_t integer = 0;
    double number = 0;
    bool parsed = whole ? text_parse_int(scalar, &integer)
                        : text_parse_double(scalar, &number);
    if (whole)
        number = (double)integer;
    if (parsed && in_range(option, number)) {
        *value = number == 0 ? 0 : number; /* no negative zero */
        return STATUS_OK;
    }
    if (whole)
        return error_set(err, STATUS_STUDY,
                         "expected a whole number from %.0f to %.0f, got '%s'",
                         option->low, option->high, text_quote(scalar).text);
    return error_set(err, STATUS_STUDY, "expected a number %s %g and %s %g, got '%s'",
                     option->low_open ? "above" : "of at least", option->low,
                     option->high_open ? "below" : "at most", option->high,
                     text_quote(scalar).text);
}

enum { FLAGS_MAX = 16, FLAG_NAME_MAX = 32 };

static enum status unknown_flag(enum field_id id, const char *scalar, struct error *err)
{
    char words[FLAGS_MAX][FLAG_NAME_MAX];
    const char *names[FLAGS_MAX];
    char list[256] = "";
    size_t length = 0;
    int n = field_flag_count(id);
    for (int i = 0; i < n && i < FLAGS_MAX; i++) {
        bool fixed = id == FIELD_BANDWIDTH && i == BANDWIDTH_FIXED;
        if (fixed)
            snprintf(words[i], sizeof words[i], "%s<h>", fixed_prefix);
        else
            field_flag_name(id, i, words[i], sizeof words[i]);
        names[i] = words[i];
        if (length < sizeof list)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                       i ? ", " : "", words[i]);
    }
    return error_set(err, STATUS_STUDY, "expected one of %s, got '%s'%s", list,
                     text_quote(scalar).text,
                     text_suggest(scalar, names, (size_t)n).text);
}

static enum status parse_bandwidth(struct spec *spec, const char *scalar,
                                   struct error *err)
{
    size_t prefix = strlen(fixed_prefix);
    double fixed = 0;
    int rule = BANDWIDTH_FIXED;
    if (strncmp(scalar, fixed_prefix, prefix) == 0) {
        struct error inner = {0};
        if (parse_number(&fixed, FIELD_BANDWIDTH_FIXED, scalar + prefix, &inner))
            return error_set(err, STATUS_STUDY, "'%s': %s", text_quote(scalar).text,
                             inner.text);
    } else {
        rule = field_flag_value(FIELD_BANDWIDTH, scalar);
        if (rule < 0 || rule == BANDWIDTH_FIXED)
            return unknown_flag(FIELD_BANDWIDTH, scalar, err);
    }
    spec->value[FIELD_BANDWIDTH] = rule;
    spec->value[FIELD_BANDWIDTH_FIXED] = fixed;
    return STATUS_OK;
}

enum status spec_parse(struct spec *spec, enum field_id id, const char *scalar,
                       struct error *err)
{
    if (id == FIELD_BANDWIDTH)
        return parse_bandwidth(spec, scalar, err);
    if (field_get(id)->type != FIELD_TYPE_FLAG)
        return parse_number(&spec->value[id], id, scalar, err);
    int flag = field_flag_value(id, scalar);
    if (flag < 0)
        return unknown_flag(id, scalar, err);
    spec->value[id] = flag;
    return STATUS_OK;
}

void spec_format(const struct spec *spec, enum field_id id, struct text *out)
{
    char word[FLAG_NAME_MAX] = "";
    double value = spec->value[id];
    switch (field_get(id)->type) {
    case FIELD_TYPE_INT:
        snprintf(word, sizeof word, "%.0f", value);
        break;
    case FIELD_TYPE_FLAG:
        if (id == FIELD_BANDWIDTH && value == BANDWIDTH_FIXED) {
            text_append(out, fixed_prefix);
            spec_format(spec, FIELD_BANDWIDTH_FIXED, out);
            return;
        }
        field_flag_name(id, (int)value, word, sizeof word);
        break;
    default:
        text_format_double(word, sizeof word, value);
        break;
    }
    text_append(out, word);
}
