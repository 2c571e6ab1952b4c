/* The table of archived quantities: one row a field (field_list.h holds the rows). */
#ifndef STRATA_RECORD_FIELD_H
#define STRATA_RECORD_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "record/field_list.h"

/* Version of the archive's schema: a change of names bumps the major. */
#define SCHEMA_VERSION "1.2"

enum field_id {
#define X(id, ...) FIELD_##id,
    FIELD_LIST(X)
#undef X
        FIELD_COUNT
};

/* The options of a cell are the first fields of the table. */
enum {
#define X(id, ...) +1
    OPTION_COUNT = 0 FIELD_OPTION_LIST(X)
#undef X
};

enum field_type { FIELD_TYPE_INT, FIELD_TYPE_FLAG, FIELD_TYPE_REAL, FIELD_TYPE_TEXT };

enum field_role {
    FIELD_ROLE_OPTION,
    FIELD_ROLE_IDENTITY,
    FIELD_ROLE_RESULT,
    FIELD_ROLE_GROUPED,
    FIELD_ROLE_PROVENANCE,
    FIELD_ROLE_SELECTION /* in archives whose study selects; changes as the grid grows */
};

/* Dimensions behind `cell`. ID and MESSAGE are text lengths. */
enum field_dim {
    DIM_SNAPSHOT,
    DIM_SYSTEM,
    DIM_SPLIT,
    DIM_LAYER,
    DIM_CLASS,
    DIM_QUANTILE,
    DIM_ID,
    DIM_MESSAGE,
    DIM_COUNT
};

enum { FIELD_DIMS_MAX = 4 };

enum {
    N_SYSTEMS = 3,
    N_SPLITS = 3,
    N_QUANTILES = 5,
    ID_LENGTH = 32,
    MESSAGE_LENGTH = 160
};

enum system_id { SYSTEM_DISCRETE, SYSTEM_CONTINUOUS, SYSTEM_COMBINED };
enum split_id { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST };
enum cell_status {
    CELL_COMPLETE,
    CELL_FAILED,
    CELL_DIVERGED,
    CELL_TIMEOUT,
    CELL_QUARANTINED
};

extern const char *const system_names[N_SYSTEMS];
extern const char *const split_names[N_SPLITS];
extern const double quantile_levels[N_QUANTILES];

/* Numbers of the flag values, in the order of field_list.h. */
enum { ACTIVATION_RELU, ACTIVATION_SIGMOID, ACTIVATION_TANH };
enum { LOSS_MSE, LOSS_CROSS_ENTROPY };
enum { OPTIMIZER_ADAM, OPTIMIZER_SGD };
enum { BIAS_FIRST, BIAS_ALL, BIAS_NONE };
enum { INIT_GLOROT_UNIFORM, INIT_LECUN_UNIFORM, INIT_HE_UNIFORM };
enum { CORRUPTION_ANY, CORRUPTION_OTHER };
enum { BANDWIDTH_SCOTT, BANDWIDTH_SILVERMAN, BANDWIDTH_FIXED };
enum { INPUT_CORRUPTION_NONE, INPUT_CORRUPTION_GAUSSIAN, INPUT_CORRUPTION_STRUCTURED };
enum { STOP_REASON_EPOCHS, STOP_REASON_PATIENCE, STOP_REASON_LOSS, STOP_REASON_ACCURACY };
enum { SELECTED_NO, SELECTED_YES };
enum { PRIOR_PER_NODE, PRIOR_ONCE, PRIOR_NONE };
enum {
    DENSITY_GRID_ADAPTIVE,
    DENSITY_GRID_256,
    DENSITY_GRID_512,
    DENSITY_GRID_1024,
    DENSITY_GRID_2048
};

struct field {
    const char *name;
    enum field_type type;
    int n_dims; /* behind `cell` */
    enum field_dim dims[FIELD_DIMS_MAX];
    enum field_role role;
    const char *units;
    const char *values; /* names of flag values, blank-separated; NULL for other types */
    const char *long_name;
};

/* The row of a field. */
const struct field *field_get(enum field_id id);

/* Whether the option was added after the first version, and then the value that cells had
 * before: what a file without it means. */
bool field_implies(enum field_id id, double *value);

/* True for options of what is measured alone: the network and its validation error do not
 * depend on them. */
bool field_is_of_probe(enum field_id option);

/* Name of the measure that a study must name to have the field, NULL where all have it.
 */
const char *field_measure(enum field_id id);

/* The field called `name`, FIELD_COUNT where there is none. */
enum field_id field_find(const char *name);

/* Name of dimension `dim` in the archive. */
const char *field_dim_name(enum field_dim dim);

/* Copies the name of flag value `value` into out; false where it has none. */
bool field_flag_name(enum field_id id, int value, char *out, size_t size);

/* Number of the flag value called `name`, -1 where there is none. */
int field_flag_value(enum field_id id, const char *name);

/* How many values a flag has. */
int field_flag_count(enum field_id id);

/* A value as people write it: a flag's name, a whole number, the shortest decimal. */
void field_format(enum field_id id, double value, char *out, size_t size);

/* True for results and the selection: they are fill where they do not exist. */
bool field_has_fill(enum field_id id);

/* True for what counts in a cell's hash. */
bool field_is_hashed(enum field_id id);

/* True for results that have statistics over seeds in the archive. */
bool field_is_grouped(enum field_id id);

#endif
