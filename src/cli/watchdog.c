#include "cli/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"

/* A signal handler reads these, so they are static: when the process is to end (seconds
 * of the clock, 0: never), and its last words. */
static atomic_long deadline;
static char last_words[160];
static double patience; /* seconds; as last fed */

static void on_alarm(int signal)
{
    (void)signal;
    long until = atomic_load(&deadline);
    if (until == 0 || clock_seconds() < (double)until)
        return;
    /* Nothing but what a handler may do; nothing is lost, as journals are the truth. */
    ssize_t ignored = write(STDERR_FILENO, last_words, strlen(last_words));
    (void)ignored;
    _exit(status_exit_code(STATUS_INTERNAL));
}

enum status watchdog_start(int rank, struct error *err)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    action.sa_flags = SA_RESTART;
    snprintf(
        last_words, sizeof last_words,
        "strata: rank %d hangs, and is ended; finished cells are in the journals, the "
        "same command continues\n",
        rank);
    if (sigaction(SIGALRM, &action, NULL) < 0)
        return error_set(err, STATUS_INTERNAL, "watchdog: %s", strerror(errno));
    struct itimerval every = {.it_interval.tv_sec = 1, .it_value.tv_sec = 1};
    if (setitimer(ITIMER_REAL, &every, NULL) < 0)
        return error_set(err, STATUS_INTERNAL, "watchdog: %s", strerror(errno));
    return STATUS_OK;
}

void watchdog_feed(double seconds)
{
    patience = seconds;
    watchdog_touch();
}

void watchdog_touch(void)
{
    atomic_store(&deadline, patience > 0 ? (long)(clock_seconds() + patience) + 1 : 0);
}
