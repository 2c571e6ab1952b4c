/* SIGINT, SIGTERM and SIGUSR1 ask the run to stop soon: a handler only sets a flag, which
 * is read between minibatches. SIGPIPE is ignored: over TCP a survivor that sends to a
 * dead rank would die of it. */
#ifndef STRATA_CLI_SIGNALS_H
#define STRATA_CLI_SIGNALS_H

#include <stdbool.h>

/* Call before MPI starts. */
void signals_install(void);

/* A write beyond the file size limit fails and is reported, like one to a full disk. Part
 * of signals_install. */
void signals_report_size_limit(void);

/* A parent that ignores SIGCHLD hands that down: then no child of ours could be waited
 * for. */
void signals_report_children(void);

bool signals_stop_requested(void);

#endif
