/* Judges an archive's measures as predictors of the generalization gap. */
#ifndef STRATA_ANALYSIS_RANKING_H
#define STRATA_ANALYSIS_RANKING_H

#include <stdbool.h>

#include "analysis/tables/table.h"
#include "archive/archive.h"
#include "base/error.h"
#include "base/text.h"

/* What stands before "- test accuracy": accuracy on the labels trained with, on clean
 * training samples, or 1, so that the gap is the test error. */
enum ranking_gap { RANKING_GIVEN, RANKING_CLEAN, RANKING_TEST };

/* The gap called `name` (given, clean, test); false where there is none. */
bool ranking_gap_find(const char *name, enum ranking_gap *gap);

/* "given", "clean", "test". */
const char *ranking_gap_name(enum ranking_gap gap);

/* Its definition: "train accuracy on given labels - test accuracy". */
const char *ranking_gap_text(enum ranking_gap gap);

enum { RANKING_FEWEST = 5 }; /* settings from which on a measure is judged */

struct ranking_request {
    const char *measures; /* names with commas between; NULL: all of training samples */
    const char *snapshot; /* a label; NULL: best, else final, else the last */
    const char *where;    /* cells that count (where.h); NULL: all */
    const char *select;   /* options that are selected (selection.h); NULL: the study's */
    enum ranking_gap gap;
    enum table_format format;
    bool settings; /* what the measures are judged by, in place of the judgement */
    int permutations;
};

/* Appends the table. STATUS_USAGE for a measure, a snapshot or an expression that is
 * none; STATUS_MISSING where no cell matches, and where too few settings have a gap to
 * judge anything. */
enum status ranking_render(struct archive *archive, const struct ranking_request *request,
                           struct text *out, struct error *err);

#endif
