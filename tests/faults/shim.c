/* Makes calls of the operating system and of MPI fail, in a program as it is shipped:
 * preload it.
 *
 *   STRATA_FAULT=FILE.CALL:N=KIND   the N-th such call, counted from 1 in each process
 *   STRATA_FAULT=FILE.CALL:N+=KIND  that one and all that follow
 *
 * FILE.CALL is
 *   a file's  FILE is journal, archive, networks, nodes, study, lock, folder (any of the
 * run directory's) or any; CALL is open, write, sync, rename or truncate any.alloc what
 * the program itself allocates, not its libraries mpi.call  what ranks do together or
 * wait for KIND is kill (the process ends at once, before the call), hang (the call never
 * ends), eio, enospc, short (half is written; the next write fails) for files, oom for
 * memory.
 *
 * STRATA_FAULT_DIR is the run directory: other files are left alone. STRATA_FAULT_RANK:
 * only this rank. A call that is made to fail leaves a file STRATA_FAULT_HIT. The file
 * STRATA_FAULT_SYNCED gets a line for each sync of a journal that went well, in all
 * ranks: the journal's inode and its length. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <mpi.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WORD = 32, FILES = 1024 };

static struct {
    bool on, persists, half_written;
    char file[WORD], call[WORD], kind[WORD];
    long at, seen;
    char dir[PATH_MAX];
    const char *hit, *synced;
    uintptr_t program, program_end; /* where the program's own code lies */
    char open_files[FILES][WORD];   /* kind of file that a descriptor is of */
} fault;

#define REAL(name)                 \
    static __typeof__(name) *real; \
    if (!real)                     \
    real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* Calls with the program first. */
static int find_program(struct dl_phdr_info *info, size_t size, void *state)
{
    (void)size;
    (void)state;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
            fault.program = info->dlpi_addr + part->p_vaddr;
            fault.program_end = fault.program + part->p_memsz;
        }
    }
    return 1;
}

__attribute__((constructor)) static void set_up(void)
{
    const char *text = getenv("STRATA_FAULT"), *dir = getenv("STRATA_FAULT_DIR");
    const char *rank = getenv("STRATA_FAULT_RANK"),
               *mine = getenv("OMPI_COMM_WORLD_RANK");
    char sign[2] = "";
    if (!dir)
        return;
    snprintf(fault.dir, sizeof fault.dir, "%s", dir);
    fault.synced = getenv("STRATA_FAULT_SYNCED");
    if (!text)
        return;
    if (sscanf(text, "%31[a-z].%31[a-z]:%ld%1[+]=%31[a-z]", fault.file, fault.call,
               &fault.at, sign, fault.kind) != 5 &&
        sscanf(text, "%31[a-z].%31[a-z]:%ld=%31[a-z]", fault.file, fault.call, &fault.at,
               fault.kind) != 4) {
        fprintf(stderr, "STRATA_FAULT=%s: not understood\n", text);
        _exit(127);
    }
    fault.persists = sign[0] == '+';
    fault.hit = getenv("STRATA_FAULT_HIT");
    dl_iterate_phdr(find_program, NULL);
    fault.on = !rank || strcmp(rank, mine ? mine : "0") == 0;
}

/* What kind of file of the run directory a path is; "" for others. */
static const char *kind_of(const char *path)
{
    static const struct {
        const char *part, *kind;
    } kinds[] = {
        {".jrn", "journal"},   {"archive.nc", "archive"}, {"networks.nc", "networks"},
        {"nodes.nc", "nodes"}, {"study.yaml", "study"},   {"RUN.lock", "lock"},
        {"", "folder"}};
    const char *inside = fault.dir[0] ? strstr(path, fault.dir) : NULL;
    if (!inside)
        return "";
    inside += strlen(fault.dir);
    for (size_t i = 0;; i++)
        if (strstr(inside, kinds[i].part))
            return kinds[i].kind;
}

static void note(const char *path, const char *line)
{
    const int saved = errno;
    REAL(open);
    int fd = path ? real(path, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0666) : -1;
    if (fd >= 0 && write(fd, line, strlen(line)) < 0)
        _exit(126);
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
    note(fault.hit, "");
    if (strcmp(fault.kind, "kill") == 0)
        kill(getpid(), SIGKILL);
    while (strcmp(fault.kind, "kill") == 0 || strcmp(fault.kind, "hang") == 0)
        pause();
    errno = strcmp(fault.kind, "eio") == 0   ? EIO
            : strcmp(fault.kind, "oom") == 0 ? ENOMEM
                                             : ENOSPC;
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

static void note_sync(int fd)
{
    struct stat info;
    struct timespec now;
    char line[64];
    if (strcmp(kind_of_fd(fd), "journal") != 0 || fstat(fd, &info) < 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(line, sizeof line, "%llu %lld %.6f\n", (unsigned long long)info.st_ino,
             (long long)info.st_size, (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
    note(fault.synced, line);
}

#define DEFINE_SYNC(name)                  \
    int name(int fd)                       \
    {                                      \
        REAL(name);                        \
        if (fails(kind_of_fd(fd), "sync")) \
            return -1;                     \
        int result = real(fd);             \
        if (result == 0)                   \
            note_sync(fd);                 \
        return result;                     \
    }

DEFINE_SYNC(fsync)
DEFINE_SYNC(fdatasync)

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

/* ---- memory ---- */

/* Whether what is asked for from that place in the code is refused. */
static bool lacks_memory(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    return at >= fault.program && at < fault.program_end && fails("any", "alloc");
}

void *__libc_malloc(size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *realloc(void *old, size_t size)
{
    return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *calloc(size_t n, size_t size)
{
    return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return lacks_memory(__builtin_return_address(0)) ? NULL
                                                     : __libc_memalign(alignment, size);
}

/* ---- MPI: it has no errors that the program would see ---- */

#define DEFINE_MPI(name, parameters, arguments) \
    int MPI_##name parameters                   \
    {                                           \
        fails("mpi", "call");                   \
        return PMPI_##name arguments;           \
    }

DEFINE_MPI(Allreduce,
           (const void *from, void *to, int n, MPI_Datatype type, MPI_Op op,
            MPI_Comm comm),
           (from, to, n, type, op, comm))
DEFINE_MPI(Reduce,
           (const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, int root,
            MPI_Comm comm),
           (from, to, n, type, op, root, comm))
DEFINE_MPI(Bcast, (void *data, int n, MPI_Datatype type, int root, MPI_Comm comm),
           (data, n, type, root, comm))
DEFINE_MPI(Gather,
           (const void *from, int n, MPI_Datatype type, void *to, int n_to,
            MPI_Datatype type_to, int root, MPI_Comm comm),
           (from, n, type, to, n_to, type_to, root, comm))
DEFINE_MPI(Send,
           (const void *data, int n, MPI_Datatype type, int to, int tag, MPI_Comm comm),
           (data, n, type, to, tag, comm))
DEFINE_MPI(Recv,
           (void *data, int n, MPI_Datatype type, int from, int tag, MPI_Comm comm,
            MPI_Status *status),
           (data, n, type, from, tag, comm, status))
DEFINE_MPI(Ibarrier, (MPI_Comm comm, MPI_Request *request), (comm, request))
DEFINE_MPI(Comm_dup, (MPI_Comm comm, MPI_Comm *copy), (comm, copy))
DEFINE_MPI(Comm_free, (MPI_Comm * comm), (comm))
DEFINE_MPI(Finalize, (void), ())
