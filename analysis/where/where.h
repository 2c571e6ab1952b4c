/* A small language that chooses cells, or layers of cells, by an archive's variables:
 *
 *     depth >= 3 and width in (50, 100) and not (optimizer == sgd or seed < 2)
 *     network_accuracy[train] == 1 and 2 <= layer < n_layers
 *
 * docs/commands.md has the grammar. Logic is three-valued, as in SQL: what compares with
 * a missing value (fill or NaN) is unknown, and so is its negation; only what is true
 * matches. */
#ifndef STRATA_ANALYSIS_WHERE_H
#define STRATA_ANALYSIS_WHERE_H

#include <stdbool.h>

#include "base/error.h"
#include "record/record.h"

struct where;

/* What the names of an expression are looked up in, besides the field table. */
struct where_scope {
    struct record_shape shape;          /* largest of all cells */
    const char *const *snapshot_labels; /* [shape.n_snapshots] */
    bool layers;                        /* rows are layers of cells; else cells */
    const char *for_layers;             /* what a user writes to make them layers */
};

/* STATUS_USAGE for what is no expression: the text names what is wrong and its column,
 * and shows the place. */
enum status where_parse(struct where **where, const char *text,
                        const struct where_scope *scope, struct error *err);
void where_destroy(struct where *where);

/* The expression, on one line. */
const char *where_text(const struct where *where);

/* Adds the fields that it looks at to a set of them. */
void where_add_fields(const struct where *where, bool fields[FIELD_COUNT]);

/* Whether it may differ between the layers of one cell. */
bool where_uses_layer(const struct where *where);

/* Whether a row matches: a cell at a snapshot; `layer`, from 0, counts where
 * where_uses_layer(). What the record does not have is missing. */
bool where_matches(const struct where *where, const struct record *record, int snapshot,
                   int layer);

/* A variable of an archive and what its index fixes: "system_accuracy[combined, test]".
 */
enum { WHERE_OPEN = -2, WHERE_VARIABLES_MAX = 64, WHERE_HEADING_MAX = 360 };
struct where_variable {
    enum field_id field;
    int at[FIELD_DIMS_MAX];          /* the index on each dimension, or WHERE_OPEN */
    char heading[WHERE_HEADING_MAX]; /* as it was written, without blanks */
};

/* Reads a list that commas part, the value of --variables. No variable may be there
 * twice. STATUS_USAGE as for where_parse. */
enum status where_parse_variables(struct where_variable variables[WHERE_VARIABLES_MAX],
                                  int *n, const char *text,
                                  const struct where_scope *scope, struct error *err);

#endif
