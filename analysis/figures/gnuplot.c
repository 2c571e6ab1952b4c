#include "analysis/figures/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/memory.h"
#include "base/text.h"

extern char **environ;

enum { LONGEST_SECONDS = 120, POLL_NANOSECONDS = 5000000, MESSAGES_MAX = 1 << 20 };
static const char *const messages_name = "messages";

/* The words of the call: posix_spawn wants them writable. */
struct call {
    char program[8], defaults[3], script[64];
    char locale[16], time[24];
    char **environment; /* the caller's, but in the C locale and at a fixed time, which
                           some formats write into files */
};

static enum status make_call(struct call *call, const char *script, struct error *err)
{
    size_t n = 0, kept = 0;
    *call = (struct call){"gnuplot", "-d", "", "LC_ALL=C.UTF-8", "SOURCE_DATE_EPOCH=0",
                          NULL};
    snprintf(call->script, sizeof call->script, "%s", script);
    while (environ[n])
        n++;
    call->environment = memory_alloc(n + 3, sizeof *call->environment, err);
    if (!call->environment)
        return err->status;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) != 0 &&
            strncmp(environ[i], "SOURCE_DATE_EPOCH=", 18) != 0)
            call->environment[kept++] = environ[i];
    call->environment[kept++] = call->locale;
    call->environment[kept] = call->time;
    return STATUS_OK;
}

/* A process group of its own, to be ended as a whole, and no signal held back. */
static int spawn(struct call *call, const posix_spawn_file_actions_t *actions,
                 pid_t *child)
{
    char *arguments[] = {call->program, call->defaults, call->script, NULL};
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int failed = posix_spawnattr_init(&attributes);
    if (failed)
        return failed;
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    failed = posix_spawnattr_setflags(&attributes,
                                      POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    if (!failed)
        failed = posix_spawnp(child, call->program, actions, &attributes, arguments,
                              call->environment);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static int start(struct call *call, const char *folder, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawn_file_actions_addchdir_np(&actions, folder);
    for (int fd = 0; !failed && fd < 2; fd++)
        failed = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
                                                  fd ? O_WRONLY : O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, 2, messages_name,
                                                  O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!failed)
        failed = spawn(call, &actions, child);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
enum { N_ENDING = sizeof ending / sizeof *ending };

void gnuplot_hold_signals(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    for (int i = 0; i < N_ENDING; i++) {
        struct sigaction action; /* one that is ignored would be pending for ever */
        if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&held, ending[i]);
    }
    sigprocmask(SIG_BLOCK, &held, before);
}

void gnuplot_release_signals(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

static bool is_to_end(void)
{
    sigset_t pending;
    bool found = false;
    sigpending(&pending);
    for (int i = 0; i < N_ENDING; i++)
        found |= sigismember(&pending, ending[i]) == 1;
    return found;
}

static pid_t wait_once(pid_t child, int *outcome, int flags)
{
    pid_t ended;
    while ((ended = waitpid(child, outcome, flags)) < 0 && errno == EINTR)
        continue;
    return ended;
}

/* Waits until the child has ended; ends it, and what it started, after a time. */
static enum status wait_for(pid_t child, int *outcome, struct error *err)
{
    const struct timespec pause = {.tv_nsec = POLL_NANOSECONDS};
    double begin = clock_seconds();
    pid_t ended;
    while ((ended = wait_once(child, outcome, WNOHANG)) == 0) {
        bool late = clock_seconds() - begin > LONGEST_SECONDS;
        if (late || is_to_end()) {
            kill(-child, SIGKILL);
            wait_once(child, outcome, 0);
            return late ? error_set(err, STATUS_STOPPED, "gnuplot took longer than %d s",
                                    LONGEST_SECONDS)
                        : error_set(err, STATUS_STOPPED, "gnuplot was ended by a signal");
        }
        nanosleep(&pause, NULL);
    }
    return ended < 0 ? error_set(err, STATUS_INTERNAL, "gnuplot: %s", strerror(errno))
                     : STATUS_OK;
}

/* What gnuplot said, on one line. */
static enum status fail_by_messages(const char *folder, struct error *err)
{
    struct error unread = {0};
    char path[IO_PATH_MAX], *text = NULL;
    size_t length, kept = 0;
    if (io_join(path, folder, messages_name, &unread) != STATUS_OK ||
        io_read_file(path, MESSAGES_MAX, &text, &length, &unread) != STATUS_OK)
        return error_set(err, STATUS_INTERNAL, "gnuplot failed: %s", unread.text);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] > ' ')
            text[kept++] = text[i];
        else if (kept > 0 && text[kept - 1] != ' ')
            text[kept++] = ' ';
    if (kept > 0)
        error_set(err, STATUS_INTERNAL, "gnuplot failed: %.*s",
                  (int)(kept < 600 ? kept : 600), text);
    else
        error_set(err, STATUS_INTERNAL, "gnuplot failed without a word");
    free(text);
    return err->status;
}

enum status gnuplot_run(const char *folder, const char *script, struct error *err)
{
    pid_t child;
    int outcome;
    struct call call;
    if (make_call(&call, script, err) != STATUS_OK)
        return err->status;
    int failed = start(&call, folder, &child);
    free(call.environment);
    if (failed == ENOENT)
        return error_set(err, STATUS_MISSING,
                         "figures are drawn by gnuplot, which is not on PATH: install "
                         "gnuplot-nox (Debian), or ask for it to be loaded");
    if (failed)
        return error_set(err, STATUS_IO, "gnuplot: %s", strerror(failed));
    if (wait_for(child, &outcome, err) != STATUS_OK)
        return err->status;
    return WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0
               ? STATUS_OK
               : fail_by_messages(folder, err);
}
