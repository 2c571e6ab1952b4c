/* The summary of an archive: how well the networks do, and what each layer knows. */
#ifndef STRATA_ANALYSIS_SUMMARY_H
#define STRATA_ANALYSIS_SUMMARY_H

#include <stdbool.h>

#include "analysis/cells/interval.h"
#include "analysis/tables/table.h"
#include "archive/archive.h"
#include "base/error.h"
#include "base/text.h"

enum summary_adjustment { SUMMARY_HOLM, SUMMARY_BH };
enum summary_part { SUMMARY_NETWORK = 1, SUMMARY_LAYERS = 2 };

struct summary_request {
    bool over[OPTION_COUNT]; /* options that are averaged over; others are apart */
    bool show_all;           /* options that are apart, though they do not vary */
    const char *snapshot;    /* a label; NULL: best, else final, else the last */
    const char *where;       /* cells, or layers, that count (where.h); NULL: all */
    const char *select;      /* options that are selected (selection.h); NULL: as the
                              * archive's study says */
    const char
        *compare; /* "depth=2,6": pairs over seeds instead (contrast.h); NULL: no */
    enum interval_kind interval;        /* of means and of differences */
    enum summary_adjustment adjustment; /* of p values */
    enum table_format format;
    unsigned parts; /* bits of enum summary_part */
};

/* Appends the tables. For people, the layers of the deepest networks are shown and notes
 * say what was left out; for programs, everything. STATUS_USAGE for a snapshot that the
 * archive does not have and for an expression that is none, STATUS_MISSING where nothing
 * matches. Only layers alone may be chosen by layer. */
enum status summary_render(struct archive *archive, const struct summary_request *request,
                           struct text *out, struct error *err);

#endif
