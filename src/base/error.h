/* Outcomes and error texts.
 *
 * A function that can fail returns `enum status` and takes a caller-owned `struct error`
 * as its last parameter. The text is written where the fault is met and never replaced on
 * the way up: error_set() keeps the first text. Only src/cli turns a status into an exit
 * code of the process.
 */
#ifndef STRATA_BASE_ERROR_H
#define STRATA_BASE_ERROR_H

/* name, exit code (sysexits where one fits), what it means to the user */
#define STATUS_LIST(X)                                                   \
    X(OK, 0, "complete")                                                 \
    X(USAGE, 64, "wrong use of the command line")                        \
    X(DATA, 65, "damaged data")                                          \
    X(MISSING, 66, "input missing")                                      \
    X(INTERNAL, 70, "internal error")                                    \
    X(MEMORY, 71, "out of memory")                                       \
    X(CREATE, 73, "cannot create output")                                \
    X(IO, 74, "input/output error or disk full; the run can be resumed") \
    X(STOPPED, 75, "stopped early; the run can be resumed")              \
    X(LOCKED, 76, "the directory is locked by a live run")               \
    X(STUDY, 78, "error in the study")                                   \
    X(FAILED_CELLS, 79, "finished with failed cells")                    \
    X(VERSION, 80, "version mismatch")

enum status {
#define X(name, code, text) STATUS_##name,
    STATUS_LIST(X)
#undef X
        STATUS_COUNT
};

enum { ERROR_TEXT_MAX = 1024 };

/* Zero-initialise: `struct error err = {0};` */
struct error {
    enum status status;
    char text[ERROR_TEXT_MAX];
};

/* Records a fault and returns `status`, so that callers can `return error_set(...)`.
 * The first fault stays: where `err` already holds one, its status is returned. */
enum status error_set(struct error *err, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The process exit code of a status. */
int status_exit_code(enum status status);

/* One phrase, in lower case, without a full stop. */
const char *status_text(enum status status);

#endif
