/* Durations as people and Slurm write them; which cells still fit into a time. */
#include <string.h>

#include "base/clock.h"
#include "cli/budget.h"
#include "base/text.h"
#include "unit.h"

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        {"90s", 90},
        {"10m", 600},
        {"1.5h", 5400},
        {"2d", 172800},
        {"0s", 0},
        {"0:00", 0},
        {"0:45", 45},
        {"03:04", 184},
        {"99:59", 5999},
        {"2:03:04", 7384},
        {"02:03:04", 7384},
        {"30:00:00", 108000},
        {"1-02:03:04", 93784},
        {"1-02:00:00", 93600},
        {"1-02:30", 95400},
        {"1-02", 93600},
        {"365-00:00:00", 31536000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = -1;
        assert_true(text_parse_duration(cases[i].text, &seconds));
        assert_true(seconds == cases[i].seconds);
    }
}

static void test_what_is_no_duration(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",        "s",       "90",        "m10",     "1 h",       "-5s",
        "1e9h",    "nans",    "UNLIMITED", "INVALID", "NOT_SET",   "1:60",
        "1:60:00", "1:2:3:4", "1-",        "-1:00",   "1-24:00",   "1-2-3",
        ":30",     "30:",     "1:00:00 ",  "1:-3",    "1234567:0", "1-02:03:04\n",
        "10m30s",  "auto",    "0x1p3s",    "1::2",    "1-:30",     "99999999-00",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double seconds;
        assert_false(text_parse_duration(texts[i], &seconds));
    }
}

static const double predicted[] = {100, 20, 5, 1};
static const size_t longest_first[] = {0, 1, 2, 3};

static void test_no_limit_admits_all(void **state)
{
    (void)state;
    struct budget budget = {0};
    struct error err = {0};
    assert_int_equal(budget_admit(&budget, predicted, longest_first, 4), 4);
    assert_int_equal(budget_outcome(&budget, &err), STATUS_OK);
}

static void test_admits_what_fits(void **state)
{
    (void)state;
    struct budget budget = {.limited = true, .end = clock_seconds() + 24};
    struct error err = {0};
    /* side by side they take the sum */
    assert_int_equal(budget_admit(&budget, predicted, longest_first + 1, 3), 1);
    assert_int_equal(budget_admit(&budget, predicted, longest_first + 2, 2), 2);
    assert_int_equal(budget_outcome(&budget, &err), STATUS_OK);
    assert_int_equal(budget_admit(&budget, predicted, longest_first, 4), 0);
    assert_int_equal(budget_outcome(&budget, &err), STATUS_STOPPED);
}

/* Cells that took three times what was predicted will go on doing so. */
static void test_learns_the_pace(void **state)
{
    (void)state;
    struct budget budget = {.limited = true, .end = clock_seconds() + 24};
    assert_int_equal(budget_admit(&budget, predicted, longest_first + 1, 1), 1);
    budget.start -= 60;
    budget_learn(&budget);
    assert_int_equal(budget_admit(&budget, predicted, longest_first + 1, 1), 0);
    assert_int_equal(budget_admit(&budget, predicted, longest_first + 2, 2), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_what_is_no_duration),
        cmocka_unit_test(test_no_limit_admits_all),
        cmocka_unit_test(test_admits_what_fits),
        cmocka_unit_test(test_learns_the_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
