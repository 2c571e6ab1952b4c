/* gnuplot as a child process. */
#ifndef STRATA_ANALYSIS_GNUPLOT_H
#define STRATA_ANALYSIS_GNUPLOT_H

#include "base/error.h"

/* Runs a script of `folder` there, without a shell and without the user's settings.
 * STATUS_MISSING where gnuplot is not installed; what it complains of is the error's
 * text.
 */
enum status gnuplot_run(const char *folder, const char *script, struct error *err);

#endif
