/* Numbers, suggestions, UTF-8 and byte buffers. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/text.h"
#include "unit.h"

static void test_numbers(void **state)
{
    (void)state;
    int64_t i;
    double d;
    assert_true(text_parse_int("-12", &i) && i == -12);
    static const char *const no_ints[] = {
        "", "-", "1.0", " 1", "1 ", "0x10", "1e3", "99999999999999999999", "--1", "1-"};
    for (size_t k = 0; k < sizeof no_ints / sizeof *no_ints; k++)
        assert_false(text_parse_int(no_ints[k], &i));
    assert_true(text_parse_double("1e-3", &d) && d == 0.001);
    assert_true(text_parse_double(".5", &d) && d == 0.5);
    static const char *const no_doubles[] = {"",      ".",   "e5",    "nan", "inf",
                                             "0x1p3", "1,5", "1e999", "1 ",  "-"};
    for (size_t k = 0; k < sizeof no_doubles / sizeof *no_doubles; k++)
        assert_false(text_parse_double(no_doubles[k], &d));
}

static void test_shortest_double(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {100, "100"},
                 {0, "0"},
                 {1e-5, "1e-05"},
                 {1.0 / 3, "0.3333333333333333"},
                 {-2.5, "-2.5"},
                 {1e300, "1e+300"}};
    char out[40];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        text_format_double(out, sizeof out, cases[k].value);
        assert_string_equal(out, cases[k].text);
        assert_true(strtod(out, NULL) == cases[k].value);
    }
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"depth", "width", "label_corruption", "sweep"};
    assert_string_equal(text_nearest("dpeth", words, 4), "depth");
    assert_string_equal(text_nearest("label_coruption", words, 4), "label_corruption");
    assert_string_equal(text_nearest("swep", words, 4), "sweep");
    assert_null(text_nearest("banana", words, 4));
    assert_null(text_nearest("", words, 4));
}

static void test_durations(void **state)
{
    (void)state;
    char out[32];
    text_format_duration(out, sizeof out, 0.5234);
    assert_string_equal(out, "0.52 s");
    text_format_duration(out, sizeof out, 192);
    assert_string_equal(out, "3 min 12 s");
    text_format_duration(out, sizeof out, 7530);
    assert_string_equal(out, "2 h 05 min");
    text_format_bytes(out, sizeof out, 1.4 * 1048576);
    assert_string_equal(out, "1.4 MiB");
}

static void test_utf8(void **state)
{
    (void)state;
    size_t at;
    assert_true(text_valid_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10, &at));
    static const char *const bad[] = {
        "ab\xff", "ab\xc3",    "ab\xc0\xaf", "ab\xed\xa0\x80", "ab\xf4\x90\x80\x80",
        "ab\x80", "ab\xe2\x82"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_false(text_valid_utf8(bad[k], strlen(bad[k]), &at));
        assert_int_equal(at, 2);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    struct bytes b = {0};
    char text[8];
    bytes_put_u8(&b, 7);
    bytes_put_u32(&b, 0x01020304);
    bytes_put_u64(&b, 1ULL << 40);
    bytes_put_f64(&b, 0.1);
    bytes_put_string(&b, "hello");
    assert_int_equal(b.data[1], 4); /* little-endian */
    struct bytes_reader r = bytes_reader(b.data, b.length);
    assert_int_equal(bytes_get_u8(&r), 7);
    assert_int_equal(bytes_get_u32(&r), 0x01020304);
    assert_true(bytes_get_u64(&r) == 1ULL << 40);
    assert_true(bytes_get_f64(&r) == 0.1);
    bytes_get_string(&r, text, sizeof text);
    assert_string_equal(text, "hello");
    assert_false(r.failed);
    assert_int_equal(bytes_get_u32(&r), 0); /* past the end: zeros, and it is known */
    assert_true(r.failed);
    r = bytes_reader(b.data + b.length - 9, 9);
    bytes_get_string(&r, text, 4); /* does not fit */
    assert_true(r.failed);
    bytes_free(&b);
}

static void test_hash_text(void **state)
{
    (void)state;
    struct hash128 h = hash_bytes("strata", 6), parsed;
    char hex[HASH_HEX + 1];
    hash_format(h, hex);
    assert_true(hash_parse(hex, &parsed) && hash_equal(h, parsed));
    assert_false(hash_parse("xyz", &parsed));
    assert_int_equal(hash_crc32("123456789", 9),
                     0xcbf43926); /* the standard check value */
}

/* What would turn a message round, clear the screen or hide is shown as U+FFFD. */
static void test_quoted_words(void **state)
{
    (void)state;
    static const struct {
        const char *word, *quoted;
    } cases[] = {
        {"relu", "relu"},
        {"caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac"},
        {"a\x1b[2Jb\n", "a\xef\xbf\xbd[2Jb\xef\xbf\xbd"},
        {"\x7f", "\xef\xbf\xbd"},
        {"a\xc2\x9b"
         "2J",
         "a\xef\xbf\xbd"
         "2J"},                                                   /* C1: CSI */
        {"a\xe2\x80\xaegnp", "a\xef\xbf\xbdgnp"},                 /* U+202E */
        {"\xe2\x81\xa6\xef\xbb\xbf", "\xef\xbf\xbd\xef\xbf\xbd"}, /* U+2066, U+FEFF */
        {"a\x9b\xff"
         "b\xe2\x80",
         "a\xef\xbf\xbd\xef\xbf\xbd"
         "b\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_quote(cases[i].word).text, cases[i].quoted);
}

/* The same of whole messages, whose line ends and tabs stand. */
static void test_messages(void **state)
{
    (void)state;
    struct error err = {0};
    char cut[8];
    error_set(&err, STATUS_DATA, "%s: no label '%s'\n\t^", "a\xff.nc",
              "\x1b[2J\xe2\x80\xae");
    assert_string_equal(err.text,
                        "a\xef\xbf\xbd.nc: no label '\xef\xbf\xbd[2J\xef\xbf\xbd'\n\t^");
    text_make_plain(cut, sizeof cut, "12345\xe2\x82\xac");
    assert_string_equal(cut, "12345");
}

/* What is cut is never a part of a character, and fits. */
static void test_long_words(void **state)
{
    (void)state;
    static const char *const pieces[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\x9b",
                                         "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct text word = {0};
        size_t at, whole = 0;
        for (int n = 1; n <= 100; n++) {
            text_append(&word, pieces[i]);
            struct text_word quoted = text_quote(text_string(&word));
            size_t length = strlen(quoted.text);
            assert_true(length < TEXT_WORD_MAX);
            assert_true(text_valid_utf8(quoted.text, length, &at));
            whole += !strstr(quoted.text, "...");
        }
        assert_true(whole >= 15 && whole <= 60);
        text_free(&word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoted_words),    cmocka_unit_test(test_messages),
        cmocka_unit_test(test_long_words),      cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_shortest_double), cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_durations),       cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_bytes),           cmocka_unit_test(test_hash_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
