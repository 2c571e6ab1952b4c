/* Long (tidy) tables of an archive's own numbers: columns are variables, rows are cells,
 * or what of cells the variables' dimensions tell apart. */
#ifndef STRATA_ANALYSIS_EXPORT_H
#define STRATA_ANALYSIS_EXPORT_H

#include <stddef.h>

#include "archive/archive.h"
#include "base/error.h"

enum export_format { EXPORT_CSV, EXPORT_JSON };

struct export_request {
    const char *variables; /* "best_epoch, system_accuracy[test]" (where.h) */
    const char *where;     /* rows; NULL: all */
    const char *snapshot;  /* a label; NULL: all of them are rows */
    enum export_format format;
};

/* Takes the next part of the output, of a megabyte or so. */
typedef void (*export_sink_fn)(const char *bytes, size_t length);

/* Writes the table. STATUS_USAGE for a list or an expression that is none, STATUS_MISSING
 * where no row matches, both before anything is written. */
enum status export_write(struct archive *archive, const struct export_request *request,
                         export_sink_fn sink, struct error *err);

#endif
