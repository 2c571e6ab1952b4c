/* A process that hangs is ended; one that gives word is not. */
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/watchdog.h"
#include "unit.h"

static void rest(double seconds)
{
    double until = clock_seconds() + seconds; /* alarms wake a sleeper */
    while (clock_seconds() < until) {
        struct timespec pause = {.tv_nsec = 10000000};
        nanosleep(&pause, NULL);
    }
}

static void hang(void)
{
    watchdog_feed(1);
    rest(20);
}

static void give_word(void)
{
    watchdog_feed(1);
    for (int i = 0; i < 15; i++) {
        watchdog_touch();
        rest(0.2);
    }
}

static void know_nothing(void)
{
    watchdog_feed(1);
    watchdog_feed(0);
    watchdog_touch();
    rest(3.5);
}

/* Runs it under watch in a child; its exit code, and what it says. */
static int watch(void (*run)(void), char *words, size_t size, double *seconds)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    double started = clock_seconds();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error err = {0};
        dup2(ends[1], STDERR_FILENO);
        watchdog_start(3, &err);
        run();
        _exit(err.status == STATUS_OK ? 0 : 1);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], words, size - 1);
    words[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    *seconds = clock_seconds() - started;
    return WEXITSTATUS(status);
}

static void test_watch(void **state)
{
    (void)state;
    char words[256];
    double seconds;
    assert_int_equal(watch(hang, words, sizeof words, &seconds), 70);
    assert_non_null(strstr(words, "strata: rank 3 hangs, and is ended; "));
    assert_true(seconds > 0.9 && seconds < 6);
    void (*const sound[])(void) = {give_word, know_nothing};
    for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
        assert_int_equal(watch(sound[i], words, sizeof words, &seconds), 0);
        assert_string_equal(words, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_watch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
