/* The specification of one cell: a value for every option of the table. */
#ifndef STRATA_SWEEP_SPEC_H
#define STRATA_SWEEP_SPEC_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "record/field.h"

/* value[FIELD_DEPTH], value[FIELD_LOSS] ...: integers and flag numbers are exact in
 * double. */
struct spec {
    double value[OPTION_COUNT];
};

/* Where in a study an option stands when it is not an axis. */
enum option_section { OPTION_IN_GRID, OPTION_IN_TRAIN, OPTION_IN_PROBE };

/* The study's side of an option: section, default and range. Names, types and flag values
 * are in the field table. */
struct option {
    enum option_section section;
    bool required; /* seed, depth and width have no default: they must be axes */
    double fallback;
    double low, high;         /* accepted range */
    bool low_open, high_open; /* the bound itself is not accepted */
    bool spelled_elsewhere;   /* bandwidth_fixed: written as `bandwidth: fixed:<h>` */
};

const struct option *option_get(enum field_id id);

/* The option called `name` that a study may spell, FIELD_COUNT where there is none. */
enum field_id option_find(const char *name);

/* Candidates for "did you mean": names of the options that a study may spell. Returns how
 * many were written to names[OPTION_COUNT]. */
int option_names(const char *names[OPTION_COUNT]);

/* Every option at its default (0 for required ones). */
void spec_defaults(struct spec *spec);

/* Parses one scalar of an option into a spec (bandwidth sets bandwidth_fixed too).
 * STATUS_STUDY says what was expected, with "did you mean" for flags; the caller adds
 * where. */
enum status spec_parse(struct spec *spec, enum field_id id, const char *scalar,
                       struct error *err);

/* Appends the option's value as a study spells it: 100, 1e-3, relu, fixed:0.5. */
void spec_format(const struct spec *spec, enum field_id id, struct text *out);

#endif
