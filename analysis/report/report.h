/* The report of an archive: what was asked, what there is of it, figures, tables, notes.
 */
#ifndef STRATA_ANALYSIS_REPORT_H
#define STRATA_ANALYSIS_REPORT_H

#include <stddef.h>

#include "analysis/rank/ranking.h"
#include "archive/archive.h"
#include "base/error.h"
#include "base/text.h"

enum report_format { REPORT_HTML, REPORT_TEXT };

struct report_request {
    const char *operand;   /* of the commands that it shows: DIR or FILE */
    const char *directory; /* the run directory, to resume in; NULL for a file */
    const char *where;     /* cells of figures and tables (where.h); NULL: all */
    const char *select;   /* options that are selected (selection.h); NULL: the study's */
    const char *snapshot; /* of the tables: a label; NULL: best, else final, else last */
    enum ranking_gap gap;
    const char *data;      /* the study's words for its data; NULL where unknown */
    const double *planned; /* [n_planned][OPTION_COUNT], the cells that the archive's
                            * study asks for; NULL where it cannot be read */
    size_t n_planned;
};

/* Appends the report. STATUS_USAGE for a snapshot that the archive does not have and for
 * an expression that is none, STATUS_MISSING where it matches no cell. */
enum status report_render(struct archive *archive, const struct report_request *request,
                          enum report_format format, struct text *out, struct error *err);

#endif
