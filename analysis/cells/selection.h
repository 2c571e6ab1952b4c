/* Which settings of an archive count for those who read it: all, or of some options the
 * values that were selected by validation error. Tables, figures, rankings and reports
 * all ask here. */
#ifndef STRATA_ANALYSIS_SELECTION_H
#define STRATA_ANALYSIS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "archive/archive.h"
#include "base/error.h"
#include "base/text.h"
#include "record/record.h"

struct selection {
    bool over[OPTION_COUNT]; /* the options of which one setting counts */
    bool active;             /* some setting may not count */
    bool stored;             /* the archive says which count: it is its study's choice */
};

/* `request` is that of --select: NULL for what the archive's study selects, "none", or
 * names of options with commas between. STATUS_USAGE where it is none of these. */
enum status selection_init(struct selection *selection, struct archive *archive,
                           const char *request, struct error *err);

/* Adds the fields that selection_mark looks at. */
void selection_add_fields(const struct selection *selection, bool fields[FIELD_COUNT]);

/* What a cell is selected by; `snapshot` is that of the request's own choice. */
double selection_mark(const struct selection *selection, const struct record *record,
                      int snapshot);

/* Leaves true in `kept`, of the cells that count in it so far, those of selected
 * settings. options are [n][OPTION_COUNT], marks and kept [n]. STATUS_MISSING where none
 * is left. */
enum status selection_apply(const struct selection *selection, const double *options,
                            const double *marks, size_t n, bool *kept, struct error *err);

/* STATUS_USAGE where an option that `option` ("x") asks to tell apart is selected. */
enum status selection_check_free(const struct selection *selection, const char *option,
                                 enum field_id id, struct error *err);

/* Appends "learning_rate selected by validation error: 0.01, 0.1", with the values that
 * the cells `kept` [n] have; all of n where it is NULL. Nothing where all settings count.
 */
void selection_put(const struct selection *selection, const double *options,
                   const bool *kept, size_t n, struct text *out);

#endif
