/* Text that somebody else wrote, in HTML and in a shell's line. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/tables/quote.h"

#define LOST "\xef\xbf\xbd" /* U+FFFD */

typedef void (*quote_fn)(struct text *out, const char *string);

static void expect(quote_fn quote, const char *string, const char *expected)
{
    struct text out = {0};
    quote(&out, string);
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
}

static void markup_is_text(void **state)
{
    (void)state;
    expect(quote_html, "", "");
    expect(quote_html, "a < b & c", "a &lt; b &amp; c");
    expect(quote_html, "<script>alert(1)</script>",
           "&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(quote_html, "\" onload='x'", "&quot; onload=&#39;x&#39;");
    expect(quote_html, "&amp;", "&amp;amp;");
    expect(quote_html, "± Ψ 漢 😀", "± Ψ 漢 😀");
}

static void what_is_not_seen_is_shown(void **state)
{
    (void)state;
    expect(quote_html, "a\nb", "a\nb");
    expect(quote_html, "a\tb\x1b[2J\x7f", "a" LOST "b" LOST "[2J" LOST);
    expect(quote_html,
           "\xe2\x80\xae"
           "gnp.exe",
           LOST "gnp.exe");                                    /* U+202E */
    expect(quote_html, "\xe2\x81\xa6\xe2\x81\xa9", LOST LOST); /* U+2066, U+2069 */
    expect(quote_html, "\xc2\x9b", LOST);                      /* C1 */
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    expect(quote_html,
           "a\xff"
           "b\xc3",
           "a" LOST "b" LOST);
    expect(quote_html, "\xc0\xbcscript>", LOST LOST "script&gt;"); /* overlong < */
    expect(quote_html, "\xed\xa0\x80", LOST LOST LOST);            /* a surrogate */
    expect(quote_html, "\xe2\x80", LOST LOST);                     /* cut short */
}

/* Words as a shell reads them, not as this file expects them. */
static void a_shell_reads_what_was_meant(void **state)
{
    (void)state;
    static const char *const words[] = {
        "run",       "a b",         "it's", "''",    "$(touch x)", "`touch x`",
        "a;b|c&d>e", "\"q\"",       "\\",   "*?[a]", "#no",        "~root",
        "!x",        "--where=a b", "",     "a\\'b", "été"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct text line = {0};
        char read[64];
        text_append(&line, "printf %s ");
        quote_shell(&line, words[i]);
        FILE *shell = popen(text_string(&line), "r");
        assert_non_null(shell);
        size_t n = fread(read, 1, sizeof read - 1, shell);
        read[n] = '\0';
        assert_int_equal(pclose(shell), 0);
        assert_string_equal(read, words[i]);
        text_free(&line);
    }
    expect(quote_shell, "runs/a-1.nc", "runs/a-1.nc");
    expect(quote_shell, "a\nb\xe2\x80\xae", "'a" LOST "b" LOST "'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_text),
        cmocka_unit_test(what_is_not_seen_is_shown),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(a_shell_reads_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
