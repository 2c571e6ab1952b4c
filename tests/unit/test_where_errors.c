/* Expressions that are refused: what is said, and where. */
#include <string.h>

#include "base/text.h"
#include "where_fixture.h"

static const struct {
    const char *text, *expected; /* behind "--where: " */
} mistakes[] = {
    /* the text */
    {"", "column 1: expected a variable or a value, found the end\n"},
    {"  ", "column 3: expected a variable or a value, found the end\n"},
    {"depth == \xff", "byte 10, 0xff, is not valid UTF-8"},
    {"depth \x1b[31m", "byte 7 begins a control character"},
    {"depth \xc2\x9b", "byte 7 begins a control character"},
    {"depth & 1", "column 7: '&' has no meaning here\n"},
    {"depth == \xc3\xa9", "column 10: '\xc3\xa9' has no meaning here\n"},
    {"message == 'a", "column 12: a quote that does not end\n"},
    {"'\xc3\xa9\xc3\xa9' == message )", "column 17: expected 'and', 'or' or the end, fo"},
    /* grammar */
    {"depth", "column 6: expected a comparison, 'in' or 'is', found the end\n"},
    {"depth 3", "column 7: expected a comparison, 'in' or 'is', found '3'\n"},
    {"depth ==", "column 9: expected a variable or a value, found the end\n"},
    {"== 3", "column 1: expected a variable or a value, found '=='\n"},
    {"depth => 3", "column 8: expected a variable or a value, found '>'\n"},
    {"depth <> 3", "column 8: expected a variable or a value, found '>'\n"},
    {"depth == 3 and", "column 15: expected a variable or a value, found the end\n"},
    {"depth == 3 AND seed == 1", "column 12: expected 'and', 'or' or the end, found 'A"},
    {"depth == 3, 4", "column 11: expected 'and', 'or' or the end, found ','\n"},
    {"depth == (3)", "column 10: expected a variable or a value, found '('\n"},
    {"(depth) == 3", "column 7: expected a comparison, 'in' or 'is', found ')'\n"},
    {"(depth == 3", "column 12: expected 'and', 'or' or ')', found the end\n"},
    {"depth == 3)", "column 11: expected 'and', 'or' or the end, found ')'\n"},
    {"depth in 3", "column 10: expected '(' and values behind 'in', found '3'\n"},
    {"depth in ()", "column 11: expected a variable or a value, found ')'\n"},
    {"depth in (3", "column 12: expected ',' or ')', found the end\n"},
    {"depth not 3", "column 11: expected 'in', found '3'\n"},
    {"depth is 3", "column 10: expected 'missing', found '3'\n"},
    {"3 is missing", "column 1: only a variable may be missing\n"},
    {"message is missing", "column 1: text is never missing"},
    {"depth == 3 == seed", "column 12: a chain is of < and <= or of > and >="},
    {"1 < depth > 3", "column 11: a chain is of"},
    {"1 < depth == 3", "column 11: a chain is of"},
    /* names */
    {"dept >= 3", "column 1: no such variable 'dept' (did you mean 'depth'?)\n"},
    {"seed = 1 and 3 <= dept", "column 19: no such variable 'dept' (did you mean 'dept"},
    {"seed = 1 and seed < dept", "column 21: 'dept' is neither number nor variable (did"},
    {"dept in (1, 2)", "column 1: no such variable 'dept' (did you mean 'depth'?)\n"},
    {"dept[test] > 1", "column 1: no variable 'dept' has an index (did you mean 'depth'"},
    {"depth-1 == 2", "column 1: no such variable 'depth-1'"},
    {"foo == bar", "column 1: no such variable 'foo'"},
    {"1 < 2", "column 1: neither side is a variable\n"},
    {"'depth' == 2", "column 1: neither side is a variable\n"},
    {"depth == 1 and 1 < 2 < seed", "column 16: neither side is a variable\n"},
    {"layer == 2", "column 1: 'layer' is for rows that are layers"},
    /* types */
    {"depth == relu", "column 10: 'relu' is neither number nor variable\n"},
    {"depth == '2'", "column 10: depth is a number, no text\n"},
    {"depth == 1..3", "column 10: '1..3' is neither number nor variable\n"},
    {"depth == nan", "column 10: 'nan' is neither number nor variable"},
    {"depth == 0x10", "column 10: '0x10' is neither number nor variable\n"},
    {"depth == 1e999", "column 10: '1e999' is neither number nor variable\n"},
    {"activation == rleu", "column 15: 'rleu' is none of activation's values: relu sigmo"
                           "id tanh (did you mean 'relu'?)\n"},
    {"activation in (relu, 3)", "column 22: '3' is none of activation's values: relu si"},
    {"activation < relu",
     "column 12: activation has names for values: they may be equal"},
    {"message >= 'a'", "column 9: message has names for values: they may be equal"},
    {"activation == loss", "column 15: only numbers are compared with each other; quote"},
    {"depth == activation", "column 10: only numbers are compared with each other; quot"},
    /* indices */
    {"network_accuracy > 0.9", "column 1: network_accuracy has several values; write net"
                               "work_accuracy[test]\n"},
    {"seed = 1 or 0.9 < system_accuracy[test]",
     "column 19: system_accuracy has several values; write system_accuracy[combined, "
     "test, layer:1]\n"},
    {"mean_perplexity[test] > 9",
     "column 1: mean_perplexity differs by layer; write mean_perplexity[test, layer:1], "
     "or ask for rows that are layers (--table layers)\n"},
    {"network_accuracy[tset] > 0", "column 18: 'tset' is no split, system, snapshot, laye"
                                   "r:N, class:N or quantile:Q (did you mean 'test'?)\n"},
    {"network_accuracy[epoch:2] > 0",
     "column 18: 'epoch:2' is no split, system, snapsho"},
    {"network_accuracy[] > 0", "column 18: expected a split, system, snapshot"},
    {"network_accuracy['test'] > 0", "column 18: expected a split, system, snapshot"},
    {"network_accuracy[test > 0", "column 23: expected ',' or ']', found '>'\n"},
    {"network_accuracy[test, train] > 0", "column 24: a second split\n"},
    {"network_accuracy[test, class:1] > 0", "column 24: network_accuracy has no class\n"},
    {"depth[test] > 0", "column 7: depth has no split\n"},
    {"cell_id[test] == a", "column 9: cell_id has no split\n"},
    {"mean_perplexity[test, layer:5] > 0", "column 23: the archive has no layer:5\n"},
    {"mean_perplexity[test, layer:0] > 0", "column 23: the archive has no layer:0\n"},
    {"perplexity[class:3] > 0", "column 12: the archive has no class:3\n"},
    {"mean_perplexity[layer:1.5, test] > 0", "column 17: the archive has no layer:1.5\n"},
    {"mean_perplexity[layer:x, test] > 0",
     "column 17: 'layer:x' is no split, system, sn"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct error err = {0};
        struct text expected = {0};
        text_appendf(&expected, "--where: %s", mistakes[i].expected);
        assert_null(parse(mistakes[i].text, false, &err));
        assert_int_equal(err.status, STATUS_USAGE);
        if (strncmp(err.text, text_string(&expected), expected.length) != 0)
            fail_msg("%s\ngave:     %s\nexpected: %s", mistakes[i].text, err.text,
                     text_string(&expected));
        text_free(&expected);
    }
}

static void assert_shown(const char *text, const char *expected)
{
    struct error err = {0};
    assert_null(parse(text, false, &err));
    assert_string_equal(strchr(err.text, '\n') + 1, expected);
}

/* The caret stands below the column, whatever precedes it. */
static void test_the_place_is_shown(void **state)
{
    (void)state;
    assert_shown("depth == 1 and dept > 2", "  depth == 1 and dept > 2\n"
                                            "                 ^");
    assert_shown("message == '\xc3\xa9\xc3\xa9' or\tx = 1",
                 "  message == '\xc3\xa9\xc3\xa9' or x = 1\n"
                 "                     ^");
    assert_shown("depth == 3 or", "  depth == 3 or\n"
                                  "               ^");
    assert_shown("depth == 3 or depth == 4 or depth == 5 or dept == 6 or depth == 7 or "
                 "depth == 8 or depth == 9 or depth == 10",
                 "  ...pth == 3 or depth == 4 or depth == 5 or dept == 6 or depth =..."
                 "\n"
                 "                                             ^");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_the_place_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
