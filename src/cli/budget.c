#include "cli/budget.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "dist/dist.h"

#define RESERVE_SHARE   0.1
#define RESERVE_SECONDS 120.0 /* the scripts' USR1@60 may come two minutes early */
#define SQUEUE_SECONDS  20.0  /* it waits long for a controller that does not answer */

/* ---- asking Slurm ---- */

/* Starts `squeue -hj JOB -o%L`, its output in a pipe; returns its process or 0. */
static pid_t start_squeue(char *job, int *output, struct error *err)
{
    char name[] = "squeue", one_job[] = "-hj", format[] = "-o%L";
    char *words[] = {name, one_job, job, format, NULL};
    extern char **environ;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t ignored;
    int ends[2];
    pid_t process = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set(err, STATUS_INTERNAL, "squeue: %s", strerror(errno));
        return 0;
    }
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    int code = posix_spawnp(&process, words[0], &files, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (code != 0) {
        close(ends[0]);
        error_set(err, STATUS_INTERNAL, "squeue: %s", strerror(code));
        return 0;
    }
    *output = ends[0];
    return process;
}

/* All that comes within the time, as a string of at most size - 1 characters. */
static bool read_answer(int fd, char *answer, size_t size)
{
    double deadline = clock_seconds() + SQUEUE_SECONDS;
    size_t length = 0;
    ssize_t n = 1;
    while (n > 0 && length + 1 < size) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        double left = deadline - clock_seconds();
        int found = left > 0 ? poll(&ready, 1, (int)ceil(1000 * left)) : 0;
        if (found < 0 && errno == EINTR)
            continue;
        if (found <= 0)
            return false;
        n = read(fd, answer + length, size - 1 - length);
        length += n > 0 ? (size_t)n : 0;
    }
    answer[length] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    return n >= 0;
}

static enum status ask_squeue(char *job, char *answer, size_t size, struct error *err)
{
    int output = -1, state = 0;
    pid_t process = start_squeue(job, &output, err);
    if (process == 0)
        return err->status;
    bool answered = read_answer(output, answer, size);
    close(output);
    if (!answered)
        kill(process, SIGKILL);
    while (waitpid(process, &state, 0) < 0 && errno == EINTR)
        ;
    if (!answered)
        return error_set(err, STATUS_INTERNAL, "squeue gave no answer within %.0f s",
                         SQUEUE_SECONDS);
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        return error_set(err, STATUS_INTERNAL, "squeue failed");
    return STATUS_OK;
}

static bool is_number(const char *word)
{
    return word && *word && word[strspn(word, "0123456789")] == '\0';
}

/* This job, or this task of an array, whose own number may stand for the whole array. */
static bool name_job(char *job, size_t size)
{
    const char *id = getenv("SLURM_JOB_ID"), *array = getenv("SLURM_ARRAY_JOB_ID"),
               *task = getenv("SLURM_ARRAY_TASK_ID");
    if (is_number(array) && is_number(task))
        snprintf(job, size, "%.20s_%.20s", array, task);
    else if (is_number(id))
        snprintf(job, size, "%.20s", id);
    else
        return false;
    return true;
}

/* What the job has left; negative where it has no limit. */
static enum status ask_slurm(double *seconds, struct error *err)
{
    char job[64], answer[128];
    *seconds = -1;
    if (!name_job(job, sizeof job))
        return error_set(err, STATUS_INTERNAL, "not in a Slurm job");
    if (ask_squeue(job, answer, sizeof answer, err) != STATUS_OK ||
        strcmp(answer, "UNLIMITED") == 0)
        return err->status;
    if (!text_parse_duration(answer, seconds)) {
        *seconds = -1;
        return error_set(err, STATUS_INTERNAL, "squeue says '%s'",
                         text_quote(answer).text);
    }
    return STATUS_OK;
}

/* ---- a budget ---- */

static double collect_seconds(const char *option)
{
    struct error unknown = {0};
    double seconds = -1;
    if (strcmp(option, "auto") != 0)
        text_parse_duration(option, &seconds);
    else if (ask_slurm(&seconds, &unknown) != STATUS_OK)
        fprintf(stderr, "strata: --time-budget auto: %s; the time is not limited\n",
                unknown.text);
    if (seconds >= 0) {
        char text[32];
        text_format_duration(text, sizeof text, seconds);
        fprintf(stderr, "strata: time budget %s\n", text);
    }
    return seconds;
}

enum status budget_init(struct budget *b, const char *option, struct dist *dist,
                        struct error *err)
{
    struct bytes bytes = {0};
    double seconds;
    *b = (struct budget){0};
    if (!option)
        return STATUS_OK;
    if (strcmp(option, "auto") != 0 && !text_parse_duration(option, &seconds))
        return error_set(
            err, STATUS_USAGE,
            "--time-budget %s: neither auto nor a duration like 90s, 10m, 2h "
            "or 1-02:30:00",
            text_quote(option).text);
    if (dist_rank(dist) == DIST_COLLECTOR)
        bytes_put_f64(&bytes, collect_seconds(option));
    if (dist_broadcast(dist, &bytes, err) == STATUS_OK) {
        struct bytes_reader reader = bytes_reader(bytes.data, bytes.length);
        seconds = bytes_get_f64(&reader);
        b->limited = seconds >= 0;
        b->end = clock_seconds() + seconds -
                 fmin(RESERVE_SHARE * seconds, RESERVE_SECONDS);
    }
    bytes_free(&bytes);
    return err->status;
}

int budget_admit(struct budget *b, const double *seconds, const size_t *tasks, int n)
{
    double pace = b->finished_predicted > 0 ? b->finished_seconds / b->finished_predicted
                                            : 1,
           sum = 0;
    int fit = 0;
    b->start = clock_seconds();
    b->predicted = 0;
    for (; fit < n; fit++) {
        sum += seconds[tasks[fit]];
        if (b->limited && b->start + pace * sum > b->end)
            break;
        b->predicted = sum;
    }
    b->refused |= fit == 0;
    return fit;
}

void budget_learn(struct budget *b)
{
    b->finished_seconds += clock_seconds() - b->start;
    b->finished_predicted += b->predicted;
}

enum status budget_outcome(const struct budget *b, struct error *err)
{
    return b->refused ? error_set(err, STATUS_STOPPED, "no time for what is left")
                      : err->status;
}
