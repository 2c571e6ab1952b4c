/* Makes calls of the operating system fail, in a program as it is shipped: preload it.
 *
 *   STRATA_FAULT=FILE.CALL:N=KIND   the N-th such call, counted from 1 in each process
 *   STRATA_FAULT=FILE.CALL:N+=KIND  that one and all that follow
 *
 * FILE is journal, archive, networks, study, lock, folder (any of the run directory's) or
 * any; CALL open, write, sync, rename, truncate, or with FILE `any` alloc. KIND is kill
 * (the process ends at once, before the call), eio, enospc, or for writes short (half is
 * written; the next write fails). STRATA_FAULT_DIR is the run directory: other files are
 * left alone. STRATA_FAULT_RANK: only this rank. A call that is made to fail leaves a
 * file STRATA_FAULT_HIT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD = 32, FILES = 1024 };

static struct {
    bool on, persists, half_written;
    char file[WORD], call[WORD], kind[WORD];
    long at, seen;
    char dir[PATH_MAX];
    const char *hit;
    char open_files[FILES][WORD]; /* kind of file that a descriptor is of */
} fault;

#define REAL(name)                 \
    static __typeof__(name) *real; \
    if (!real)                     \
    real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void set_up(void)
{
    const char *text = getenv("STRATA_FAULT"), *dir = getenv("STRATA_FAULT_DIR");
    const char *rank = getenv("STRATA_FAULT_RANK"),
               *mine = getenv("OMPI_COMM_WORLD_RANK");
    char sign[2] = "";
    if (!text || !dir || (rank && strcmp(rank, mine ? mine : "0") != 0))
        return;
    if (sscanf(text, "%31[a-z].%31[a-z]:%ld%1[+]=%31[a-z]", fault.file, fault.call,
               &fault.at, sign, fault.kind) != 5 &&
        sscanf(text, "%31[a-z].%31[a-z]:%ld=%31[a-z]", fault.file, fault.call, &fault.at,
               fault.kind) != 4) {
        fprintf(stderr, "STRATA_FAULT=%s: not understood\n", text);
        _exit(127);
    }
    fault.persists = sign[0] == '+';
    snprintf(fault.dir, sizeof fault.dir, "%s", dir);
    fault.hit = getenv("STRATA_FAULT_HIT");
    fault.on = true;
}

/* What kind of file of the run directory a path is; "" for others. */
static const char *kind_of(const char *path)
{
    static const struct {
        const char *part, *kind;
    } kinds[] = {{".jrn", "journal"},         {"archive.nc", "archive"},
                 {"networks.nc", "networks"}, {"study.yaml", "study"},
                 {"RUN.lock", "lock"},        {"", "folder"}};
    if (!fault.on || !strstr(path, fault.dir))
        return "";
    for (size_t i = 0;; i++)
        if (strstr(path, kinds[i].part))
            return kinds[i].kind;
}

static void note(void)
{
    const int saved = errno;
    REAL(open);
    int fd = fault.hit ? real(fault.hit, O_CREAT | O_WRONLY | O_CLOEXEC, 0666) : -1;
    if (fd >= 0)
        close(fd);
    errno = saved;
}

/* Whether this call is to fail; does not return where the process is to end. */
static bool fails(const char *kind, const char *call)
{
    if (!fault.on || strcmp(call, fault.call) != 0 || !kind[0] ||
        (strcmp(kind, fault.file) != 0 && strcmp(fault.file, "any") != 0))
        return false;
    long n = __atomic_add_fetch(&fault.seen, 1, __ATOMIC_SEQ_CST);
    if (n != fault.at && !(fault.persists && n > fault.at))
        return false;
    note();
    if (strcmp(fault.kind, "kill") == 0) {
        kill(getpid(), SIGKILL);
        for (;;)
            pause();
    }
    errno = strcmp(fault.kind, "eio") == 0 ? EIO : ENOSPC;
    return true;
}

static const char *kind_of_fd(int fd)
{
    return fd >= 0 && fd < FILES ? fault.open_files[fd] : "";
}

static int remember(int fd, const char *kind)
{
    if (fd >= 0 && fd < FILES)
        snprintf(fault.open_files[fd], WORD, "%s", kind);
    return fd;
}

#define DEFINE_OPEN(name)                                                       \
    int name(const char *path, int flags, ...)                                  \
    {                                                                           \
        REAL(name);                                                             \
        va_list rest;                                                           \
        va_start(rest, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                           \
        const char *kind = kind_of(path);                                       \
        if (fails(kind, "open"))                                                \
            return -1;                                                          \
        return remember(real(path, flags, mode), kind);                         \
    }

DEFINE_OPEN(open)
DEFINE_OPEN(open64)

int close(int fd)
{
    REAL(close);
    remember(fd, "");
    return real(fd);
}

/* What is to be written of n bytes; -1 for an error. */
static ssize_t writable(int fd, size_t n)
{
    const char *kind = kind_of_fd(fd);
    if (fault.half_written && kind[0] && strcmp(kind, fault.file) == 0) {
        errno = ENOSPC;
        fault.half_written = fault.persists;
        return -1;
    }
    if (!fails(kind, "write"))
        return (ssize_t)n;
    if (strcmp(fault.kind, "short") != 0)
        return -1;
    fault.half_written = true;
    return (ssize_t)(n / 2);
}

ssize_t write(int fd, const void *data, size_t n)
{
    REAL(write);
    ssize_t some = writable(fd, n);
    return some < 0 ? -1 : real(fd, data, (size_t)some);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
    REAL(pwrite);
    ssize_t some = writable(fd, n);
    return some < 0 ? -1 : real(fd, data, (size_t)some, at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
    REAL(pwrite64);
    ssize_t some = writable(fd, n);
    return some < 0 ? -1 : real(fd, data, (size_t)some, at);
}

int fsync(int fd)
{
    REAL(fsync);
    return fails(kind_of_fd(fd), "sync") ? -1 : real(fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    return fails(kind_of_fd(fd), "sync") ? -1 : real(fd);
}

int ftruncate(int fd, off_t length)
{
    REAL(ftruncate);
    return fails(kind_of_fd(fd), "truncate") ? -1 : real(fd, length);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    return fails(kind_of(to), "rename") ? -1 : real(from, to);
}

/* What the program allocates its own arrays with. */
void *aligned_alloc(size_t alignment, size_t size)
{
    REAL(aligned_alloc);
    if (fails("any", "alloc")) {
        errno = ENOMEM;
        return NULL;
    }
    return real(alignment, size);
}
