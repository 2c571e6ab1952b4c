/* The table of options: names, defaults, ranges, spelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sweep/spec.h"

static void option_table_is_consistent(void **state)
{
    (void)state;
    const char *names[OPTION_COUNT];
    struct spec defaults;
    spec_defaults(&defaults);
    assert_int_equal(option_names(names), OPTION_COUNT - 1);
    assert_int_equal(option_find("bandwidth_fixed"), FIELD_COUNT);
    assert_int_equal(option_find("perplexity"), FIELD_COUNT);
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        const struct option *option = option_get(id);
        if (option->spelled_elsewhere || option->required)
            continue;
        struct text text = {0};
        struct spec read = {{0}};
        struct error err = {0};
        assert_int_equal(option_find(field_get(id)->name), id);
        spec_format(&defaults, id, &text);
        assert_int_equal(spec_parse(&read, id, text_string(&text), &err), STATUS_OK);
        assert_true(read.value[id] == option->fallback);
        text_free(&text);
    }
}

static void ranges_of_options_are_kept(void **state)
{
    (void)state;
    static const struct {
        enum field_id id;
        const char *good, *bad;
    } cases[] = {
        {FIELD_SEED, "0", "-1"},
        {FIELD_SEED, "2147483647", "2147483648"},
        {FIELD_DEPTH, "1", "0"},
        {FIELD_DEPTH, "256", "257"},
        {FIELD_WIDTH, "65536", "65537"},
        {FIELD_LEARNING_RATE, "100", "100.1"},
        {FIELD_LEARNING_RATE, "1e-300", "0"},
        {FIELD_MOMENTUM, "0", "1"},
        {FIELD_ADAM_BETA1, "0.9999", "1.0"},
        {FIELD_ADAM_BETA2, "0", "-1e-9"},
        {FIELD_ADAM_EPSILON, "1", "1e-400"},
        {FIELD_BATCH_SIZE, "65536", "0"},
        {FIELD_EPOCHS, "0", "1000001"},
        {FIELD_PATIENCE, "1000000", "1.0"},
        {FIELD_LABEL_CORRUPTION, "1", "1.0001"},
        {FIELD_LABEL_CORRUPTION, "-0.0", "nan"},
        {FIELD_BANDWIDTH, "fixed:1e6", "fixed:0"},
        {FIELD_BANDWIDTH, "silverman", "fixed"},
        {FIELD_PRIOR, "none", "None"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spec spec = {{0}};
        struct error err = {0};
        assert_int_equal(spec_parse(&spec, cases[i].id, cases[i].good, &err), STATUS_OK);
        assert_int_equal(spec_parse(&spec, cases[i].id, cases[i].bad, &err),
                         STATUS_STUDY);
        assert_non_null(strstr(err.text, cases[i].bad));
    }
}

static void flags_are_spelled_by_name(void **state)
{
    (void)state;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (field_get(id)->type != FIELD_TYPE_FLAG)
            continue;
        for (int value = 0; value < field_flag_count(id); value++) {
            struct spec spec = {{0}}, read = {{0}};
            struct text text = {0};
            struct error err = {0};
            spec.value[id] = value;
            if (id == FIELD_BANDWIDTH && value == BANDWIDTH_FIXED)
                spec.value[FIELD_BANDWIDTH_FIXED] = 0.25;
            spec_format(&spec, id, &text);
            assert_int_equal(spec_parse(&read, id, text_string(&text), &err), STATUS_OK);
            assert_memory_equal(&read, &spec, sizeof read);
            text_free(&text);
        }
    }
}

/* A message stays one short line of valid UTF-8 whatever the value is. */
static void hostile_values_are_quoted(void **state)
{
    (void)state;
    static char value[4000];
    for (size_t i = 0; i + 3 < sizeof value; i += 3)
        memcpy(value + i, "\x1b\xc3\xa4", 3);
    for (int i = 0; i < OPTION_COUNT; i++) {
        struct spec spec = {{0}};
        struct error err = {0};
        size_t at;
        assert_int_equal(spec_parse(&spec, (enum field_id)i, value, &err), STATUS_STUDY);
        assert_true(strlen(err.text) < 250);
        assert_true(text_valid_utf8(err.text, strlen(err.text), &at));
        assert_null(strchr(err.text, 0x1b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_table_is_consistent),
        cmocka_unit_test(ranges_of_options_are_kept),
        cmocka_unit_test(flags_are_spelled_by_name),
        cmocka_unit_test(hostile_values_are_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
