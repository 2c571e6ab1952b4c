/* Ends a process that hangs: one that has not fed its watchdog for so long waits for
 * something that will not come (a rank that died, a disk that does not answer), and keeps
 * the others waiting. The launcher ends them when this process is gone. */
#ifndef STRATA_CLI_WATCHDOG_H
#define STRATA_CLI_WATCHDOG_H

#include "base/error.h"

/* Starts to watch, until the process ends. `rank` is for the message. */
enum status watchdog_start(int rank, struct error *err);

/* All is well, and there will be word again within so many seconds; 0: nobody knows when.
 */
void watchdog_feed(double seconds);

/* The same once more, with as many seconds as were given last. */
void watchdog_touch(void);

#endif
