/* gnuplot as a child process. */
#ifndef STRATA_ANALYSIS_GNUPLOT_H
#define STRATA_ANALYSIS_GNUPLOT_H

#include <signal.h>

#include "base/error.h"

/* Runs a script of `folder` there, without a shell and without the user's settings.
 * STATUS_MISSING where gnuplot is not installed, STATUS_STOPPED where it
 * takes too long or a signal that was held back asks for the end; what it complains of is
 * the error's text.
 */
enum status gnuplot_run(const char *folder, const char *script, struct error *err);

/* Holds back the signals that end a program, while there is a folder to be removed:
 * gnuplot_run ends early when one arrives, and it takes its course when they are let go.
 */
void gnuplot_hold_signals(sigset_t *before);
void gnuplot_release_signals(const sigset_t *before);

#endif
