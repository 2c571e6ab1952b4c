#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

/* The one variable that a signal handler may write. */
static volatile sig_atomic_t stop_requested;

static void on_signal(int signal)
{
    (void)signal;
    stop_requested = 1;
}

void signals_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags |= SA_RESETHAND; /* who types Ctrl-C twice means it */
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    signals_report_size_limit();
}

void signals_report_size_limit(void)
{
    signal(SIGXFSZ, SIG_IGN);
}

void signals_report_children(void)
{
    signal(SIGCHLD, SIG_DFL);
}

bool signals_stop_requested(void)
{
    return stop_requested != 0;
}
