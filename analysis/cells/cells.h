/* Walking through an archive's cells, and what requests name in it. */
#ifndef STRATA_ANALYSIS_CELLS_H
#define STRATA_ANALYSIS_CELLS_H

#include "analysis/where/where.h"
#include "archive/archive.h"
#include "base/error.h"
#include "record/record.h"

typedef enum status (*cells_visit_fn)(void *context, const struct record *record,
                                      struct error *err);

/* Calls `visit` with every record, in order, until one fails. `fields` [FIELD_COUNT] are
 * those that it looks at (archive_read_fields): for a first look that chooses cells.
 * NULL: cells are read whole and their CRCs checked, as they must be where numbers are
 * made of them. */
enum status cells_visit(struct archive *archive, const bool *fields, cells_visit_fn visit,
                        void *context, struct error *err);

/* Adds all options to a set of fields. */
void cells_add_options(bool fields[FIELD_COUNT]);

/* The snapshot that results are of where nothing is said: best, else final, else the
 * last. */
int cells_prefer_snapshot(const char *const *labels, int n);

/* The snapshot called `label`; where that is NULL the preferred one.
 * STATUS_USAGE names those that there are. */
enum status cells_find_snapshot(struct archive *archive, const char *label, int *snapshot,
                                struct error *err);

/* Sets what expressions over the archive may name. Returns the labels in it, which the
 * caller frees after their last use; NULL on failure. */
const char **cells_scope(struct archive *archive, struct where_scope *scope,
                         struct error *err);

void cells_options(const struct record *record, double options[OPTION_COUNT]);

#endif
