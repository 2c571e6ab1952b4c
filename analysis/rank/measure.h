/* Which numbers of an archive are measures of a network, and what they are called:
 * FIELD[.SYSTEM][.SPLIT][.LAYERS], as "system_accuracy.combined.train.last". LAYERS is
 * last, the last hidden layer, or mean, the mean over hidden layers. Without LAYERS a
 * name means the number of each layer. */
#ifndef STRATA_ANALYSIS_MEASURE_H
#define STRATA_ANALYSIS_MEASURE_H

#include <stdbool.h>

#include "analysis/tables/table.h"
#include "base/error.h"
#include "record/record.h"

enum measure_layers { MEASURE_LAST_HIDDEN, MEASURE_MEAN_HIDDEN, MEASURE_EACH_LAYER };

/* One number of a network: a grouped field at one place of each of its dimensions. */
struct measure {
    enum field_id field;
    int at[FIELD_DIMS_MAX]; /* [0], the snapshot, is not looked at; of a layer dimension
                               it is enum measure_layers */
};

/* Whether a field holds measures. */
bool measure_is_field(enum field_id id);

/* Whether it is a number of each layer, not one of the network. */
bool measure_is_by_layer(const struct measure *measure);

/* Moves to the next measure of the field, from all places 0; false behind the last. Those
 * of each layer follow each other. */
bool measure_next(struct measure *measure);

/* Its name; whether it is of training samples, which a predictor may know. */
bool measure_name(const struct measure *measure, char out[TABLE_WORD_MAX]);

/* The measure called `name`, in full; STATUS_USAGE names `option` where there is none. */
enum status measure_find(struct measure *measure, const char *name, const char *option,
                         struct error *err);

/* The same; names of each layer's number are found too. */
enum status measure_find_any(struct measure *measure, const char *name,
                             const char *option, struct error *err);

/* STATUS_USAGE for a word that names no measure, with a suggestion. */
enum status measure_fail_unknown(const char *option, const char *word, struct error *err);

/* What one cell has, at a snapshot; NaN where it has nothing. Not of each layer's. */
double measure_of_cell(const struct measure *measure, const struct record *record,
                       int snapshot);

#endif
