#include "archive/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netcdf.h>

#include "base/io.h"

/* A step is one call of the library, on a file's description or one block of values;
 * those take fractions of a second. */
enum { STEP_CPU_SECONDS = 10 };

/* What a child reports. */
struct verdict {
    struct hash128 content;
    struct error err;
};

/* A child may crash, and says nothing. */
static void become_child(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        signal(faults[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    /* The C library's last words are nothing to show: the caller says what is wrong. */
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0)
        dup2(null, STDERR_FILENO);
}

/* How it ended, as waitpid says it. */
static int await(pid_t child)
{
    int result = 0;
    while (waitpid(child, &result, 0) < 0 && errno == EINTR)
        continue;
    return result;
}

/* Time on the processor, so that neither a slow disk nor a busy machine ends it. */
void guard_step(void)
{
    struct rusage used;
    struct rlimit limit;
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_CPU, &limit);
    rlim_t end = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + STEP_CPU_SECONDS;
    limit.rlim_cur = end < limit.rlim_max ? end : limit.rlim_max;
    setrlimit(RLIMIT_CPU, &limit);
}

__attribute__((noreturn)) static void be_child(int fd, const char *path, guard_fn *try)
{
    become_child();
    guard_step();
    struct verdict verdict = {0};
    struct error ignored = {0};
    try(path, &verdict.content, &verdict.err);
    io_write_all(fd, &verdict, sizeof verdict, path, &ignored);
    _exit(0);
}

static bool receive(int fd, struct verdict *verdict)
{
    size_t done = 0;
    while (done < sizeof *verdict) {
        ssize_t n = read(fd, (char *)verdict + done, sizeof *verdict - done);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

enum status guard_try(guard_fn *try, const char *path, struct hash128 *content,
                      struct error *err)
{
    int ends[2];
    struct verdict verdict;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set(err, STATUS_INTERNAL, "%s: no pipe: %s", path, strerror(errno));
    pid_t child = fork();
    if (child == 0)
        be_child(ends[1], path, try);
    close(ends[1]);
    bool received = child > 0 && receive(ends[0], &verdict);
    close(ends[0]);
    if (child < 0)
        return error_set(err, STATUS_INTERNAL, "%s: no process to check it: %s", path,
                         strerror(errno));
    await(child);
    if (!received)
        return error_set(err, STATUS_DATA, "%s: damaged: the netCDF library fails on it",
                         path);
    if (verdict.err.status != STATUS_OK)
        return error_set(err, verdict.err.status, "%s", verdict.err.text);
    if (content)
        *content = verdict.content;
    return STATUS_OK;
}

bool guard_can_close(int id)
{
    pid_t child = fork();
    if (child == 0) {
        become_child();
        _exit(nc_close(id) == NC_NOERR ? 0 : 1);
    }
    if (child < 0)
        return true; /* then the caller must try */
    int result = await(child);
    return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}
