/* Expressions that choose cells and layers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/where.h"
#include "base/text.h"
#include "unit.h"

static const struct record_shape shape = {2, 4, 3};
static const char *const labels[] = {"init", "epoch:1"};

/* A cell of depth 2 (three layers, where the deepest have four) at its second snapshot.
 */
static struct record cell;

static void set_real(enum field_id id, int i, int j, int k, double value)
{
    record_real(&cell, id)[record_index(id, cell.shape, i, j, k, 0)] = value;
}

static int make_cell(void **state)
{
    (void)state;
    struct error err = {0};
    if (record_init(&cell, (struct record_shape){2, 3, 3}, &err) != STATUS_OK)
        return -1;
    *record_int(&cell, FIELD_SEED) = 1;
    *record_int(&cell, FIELD_DEPTH) = 2;
    *record_int(&cell, FIELD_EPOCHS) = 16777217; /* no float */
    *record_int(&cell, FIELD_WIDTH) = 50;
    *record_int(&cell, FIELD_ACTIVATION) = ACTIVATION_RELU;
    *record_int(&cell, FIELD_LOSS) = LOSS_CROSS_ENTROPY;
    *record_int(&cell, FIELD_OPTIMIZER) = OPTIMIZER_ADAM;
    *record_int(&cell, FIELD_DENSITY_GRID) = DENSITY_GRID_512;
    *record_int(&cell, FIELD_STATUS) = CELL_COMPLETE;
    *record_int(&cell, FIELD_N_LAYERS) = 3;
    *record_real(&cell, FIELD_LEARNING_RATE) = 0.001;
    *record_real(&cell, FIELD_LABEL_CORRUPTION) = 0.1;
    record_set_text(&cell, FIELD_CELL_ID, "00112233445566778899aabbccddeeff");
    record_set_text(&cell, FIELD_MESSAGE, "a caf\xc3\xa9's (message)");
    set_real(FIELD_NETWORK_ACCURACY, 0, SPLIT_TEST, 0, 0.1);
    set_real(FIELD_NETWORK_ACCURACY, 1, SPLIT_TEST, 0, 0.9);
    set_real(FIELD_NETWORK_LOSS, 1, SPLIT_TRAIN, 0, NAN);
    set_real(FIELD_NETWORK_LOSS, 1, SPLIT_TEST, 0, INFINITY);
    for (int layer = 0; layer < 3; layer++)
        set_real(FIELD_MEAN_PERPLEXITY, 1, SPLIT_TEST, layer, 30 - 10 * layer);
    record_real(&cell, FIELD_SYSTEM_ACCURACY)[record_index(
        FIELD_SYSTEM_ACCURACY, cell.shape, 1, SYSTEM_COMBINED, SPLIT_TEST, 2)] = 0.75;
    record_real(&cell, FIELD_PREDICTABILITY_QUANTILE)[record_index(
        FIELD_PREDICTABILITY_QUANTILE, cell.shape, 1, SPLIT_TRAIN, 0, 3)] = 0.25;
    return 0;
}

static int free_cell(void **state)
{
    (void)state;
    record_fini(&cell);
    return 0;
}

static struct where *parse(const char *text, bool layers, struct error *err)
{
    struct where *where;
    struct where_scope scope = {shape, labels, layers, "--table layers"};
    where_parse(&where, text, &scope, err);
    return where;
}

static bool matches(const char *text)
{
    struct error err = {0};
    struct where *where = parse(text, false, &err);
    if (!where)
        fail_msg("%s", err.text);
    assert_false(where_uses_layer(where));
    bool result = where_matches(where, &cell, 1, 0);
    where_destroy(where);
    return result;
}

static void assert_all(const char *const *texts, bool expected)
{
    for (; *texts; texts++)
        if (matches(*texts) != expected)
            fail_msg("%s: %s", *texts, expected ? "does not match" : "matches");
}

static void test_comparisons(void **state)
{
    (void)state;
    static const char *const hold[] = {
        "depth == 2",
        "epochs == 16777217",
        "epochs > 16777216",
        "depth = 2",
        "depth=2",
        "2 == depth",
        "depth == 2.0",
        "depth == 20e-1",
        "depth != 3",
        "depth < 3",
        "depth <= 2",
        "depth > 1",
        "depth >= 2",
        "-1<depth",
        "depth > -1",
        "1 < depth",
        "seed < depth",
        "learning_rate == 0.001",
        "learning_rate == 1e-3",
        "learning_rate == .001",
        "learning_rate <= 0.001 and learning_rate >= 0.001",
        "label_corruption == 0.1",
        "1 < depth < 3",
        "2 <= depth <= 2",
        "3 > depth >= seed",
        "0 < seed < depth < 3",
        "activation == relu",
        "relu == activation",
        "activation == 'relu'",
        "activation == \"relu\"",
        "activation != tanh",
        "loss == cross-entropy",
        "density_grid == 512",
        "status == complete",
        "bandwidth_fixed < 1e37 or seed = 1",
        "cell_id == 00112233445566778899aabbccddeeff",
        "message != ''",
        "message == \"a caf\xc3\xa9's (message)\"",
        NULL};
    static const char *const fail[] = {"depth == 3",         "depth != 2",
                                       "depth < 2",          "depth <= 1",
                                       "depth > 2",          "depth >= 3",
                                       "depth == 2.5",       "1 < depth < 2",
                                       "2 < depth < 3",      "3 > depth > seed > 1",
                                       "activation == tanh", "activation != relu",
                                       "message == ''",      "message == 'a caf\xc3\xa9'",
                                       "cell_id == 0011",    NULL};
    assert_all(hold, true);
    assert_all(fail, false);
}

static void test_membership(void **state)
{
    (void)state;
    static const char *const hold[] = {"width in (50)",
                                       "width in (100, 50)",
                                       "width not in (100, 5)",
                                       "not width in (100, 5)",
                                       "activation in (tanh, relu)",
                                       "activation not in ('tanh', sigmoid)",
                                       "2 in (depth, seed)",
                                       "depth in (seed, 1, 2) and seed in (1)",
                                       "learning_rate in (1e-3, 1e-2)",
                                       NULL};
    static const char *const fail[] = {"width in (100, 5)", "width not in (50, 100)",
                                       "activation in (tanh, sigmoid)",
                                       "width not in (50)", NULL};
    assert_all(hold, true);
    assert_all(fail, false);
}

/* `not` binds closer than `and`, `and` closer than `or`. */
static void test_precedence(void **state)
{
    (void)state;
    static const char *const hold[] = {"seed = 1 or seed = 2 and seed = 3",
                                       "seed = 2 and seed = 3 or seed = 1",
                                       "not seed = 2 and seed = 1",
                                       "not seed = 1 or seed = 1",
                                       "not (seed = 1 and seed = 2)",
                                       "not not seed = 1",
                                       "!!(seed = 1) && !(seed = 2) || seed = 3",
                                       "((seed = 1))",
                                       "depth >= 2 and width in (50, 100) and not "
                                       "(optimizer == \"sgd\" or seed < 1)",
                                       "\tseed\n=\r1 ",
                                       NULL};
    static const char *const fail[] = {
        "(seed = 1 or seed = 2) and seed = 3", "not (seed = 1 or seed = 2)",
        "not not not seed = 1", "seed = 1 and !seed = 1", NULL};
    assert_all(hold, true);
    assert_all(fail, false);
}

/* What is compared with a missing value is unknown: neither it nor its negation matches.
 */
static void test_missing(void **state)
{
    (void)state;
    static const char *const unknown[] = {"corrupt_count == 0",
                                          "corrupt_count != 0",
                                          "corrupt_count < corrupt_count",
                                          "corrupt_count in (1, -1)",
                                          "network_loss[train] > 0",
                                          "network_loss[train] != 1",
                                          "network_accuracy[train] < 1",
                                          "bias == first",
                                          "bias != first",
                                          "mean_perplexity[test, layer:4] > 0",
                                          "snapshot_step >= 0",
                                          "corrupt_count == 0 and seed == 1",
                                          "corrupt_count == 0 or seed == 2",
                                          "not corrupt_count == 0",
                                          "network_accuracy[test] > corrupt_count",
                                          NULL};
    for (int i = 0; unknown[i]; i++) {
        struct text negated = {0};
        text_appendf(&negated, "not (%s)", unknown[i]);
        const char *const both[] = {unknown[i], text_string(&negated), NULL};
        assert_all(both, false);
        text_free(&negated);
    }
    static const char *const hold[] = {
        "corrupt_count == 0 or seed == 1",
        "not (corrupt_count == 0 and seed == 2)",
        "corrupt_count is missing",
        "not corrupt_count is not missing",
        "network_loss[train] is missing",
        "network_loss[test] is not missing",
        "network_loss[test] > 1e300",
        "seed is not missing",
        "mean_perplexity[test, layer:4] is missing and bias is missing",
        NULL};
    assert_all(hold, true);
}

static void test_indices(void **state)
{
    (void)state;
    static const char *const hold[] = {
        "network_accuracy[test] == 0.9",
        "network_accuracy[test, init] == 0.1",
        "network_accuracy[init,test] == 0.1",
        "network_accuracy[epoch:1, test] == 0.9",
        "network_accuracy[test, init] < network_accuracy[test]",
        "mean_perplexity[test, layer:1] == 30",
        "mean_perplexity[layer:3, test] == 10",
        "system_accuracy[combined, test, layer:3] == 0.75",
        "predictability_quantile[train, layer:1, quantile:0.75] == 0.25",
        "perplexity[test, class:2, layer:1] is missing",
        NULL};
    assert_all(hold, true);
}

/* Rows that are layers. */
static void test_layers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool uses_layer;
        const char *expected; /* for layers 1, 2, 3 */
    } cases[] = {
        {"layer >= 2", true, "011"},
        {"layer == n_layers", true, "001"},
        {"1 < layer < n_layers", true, "010"},
        {"mean_perplexity[test] > 15", true, "110"},
        {"not mean_perplexity[test] > 15", true, "001"},
        {"mean_perplexity[train] > 15", true, "000"},
        {"mean_perplexity[test] < mean_perplexity[test, layer:1]", true, "011"},
        {"system_accuracy[test, combined] is missing", true, "110"},
        {"layer in (1, 3) and depth == 2", true, "101"},
        {"depth == 2", false, "111"},
        {"mean_perplexity[test, layer:1] > 30", false, "000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct where *where = parse(cases[i].text, true, &err);
        assert_ok(err);
        assert_int_equal(where_uses_layer(where), cases[i].uses_layer);
        for (int layer = 0; layer < 3; layer++)
            if (where_matches(where, &cell, 1, layer) !=
                (cases[i].expected[layer] == '1'))
                fail_msg("%s: layer %d", cases[i].text, layer + 1);
        where_destroy(where);
    }
}

/* --- Random expressions against their meaning --------------------------------------- */

enum { IS_FALSE, IS_UNKNOWN, IS_TRUE };

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* Appends a random expression whose operators bind at least as closely as `level` (0: or,
 * 1: and, 2: not), in parentheses where it would not; its truth by Kleene's tables. */
static int put_random(struct text *out, unsigned *random, int level, int size)
{
    static const char *const tests[] = {"seed == 2", "corrupt_count == 0", "seed == 1"};
    if (size <= 1) {
        int value = (int)(next_random(random) % 3);
        text_append(out, tests[value]);
        return value;
    }
    int kind = (int)(next_random(random) % 3), value;
    text_append(out, kind < level ? "(" : "");
    if (kind == 2) {
        text_append(out, "not ");
        value = IS_TRUE - put_random(out, random, 2, size - 1);
    } else {
        int left = put_random(out, random, kind, size / 2);
        text_append(out, kind ? " and " : " or ");
        int right = put_random(out, random, kind, size - size / 2);
        bool first = kind ? left < right : left > right;
        value = first ? left : right;
    }
    text_append(out, kind < level ? ")" : "");
    return value;
}

static void test_random_expressions(void **state)
{
    (void)state;
    unsigned random = 1;
    int count[3] = {0};
    for (int i = 0; i < 3000; i++) {
        struct text text = {0}, negated = {0};
        int expected = put_random(&text, &random, 0, 1 + i % 24);
        text_appendf(&negated, "not (%s)", text_string(&text));
        if (matches(text_string(&text)) != (expected == IS_TRUE) ||
            matches(text_string(&negated)) != (expected == IS_FALSE))
            fail_msg("%s: expected %d", text_string(&text), expected);
        count[expected]++;
        text_free(&text);
        text_free(&negated);
    }
    for (int value = 0; value < 3; value++)
        assert_true(count[value] > 300);
}

/* --- Mistakes ----------------------------------------------------------------------- */

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

/* --- Limits ------------------------------------------------------------------------- */

static char *repeat(const char *before, const char *middle, const char *after, int n)
{
    struct text text = {0};
    for (int i = 0; i < n; i++)
        text_append(&text, before);
    text_append(&text, middle);
    for (int i = 0; i < n; i++)
        text_append(&text, after);
    return text.data;
}

static void test_nesting(void **state)
{
    (void)state;
    struct error err = {0};
    char *deepest = repeat("(", "seed == 1", ")", 64);
    assert_true(matches(deepest));
    free(deepest);
    /* what waits longest: an or and an and at every level, and a chain at the end */
    deepest = repeat("seed=2 or seed=1 and(", "seed=2 or seed=1 and 0<seed<2", ")", 64);
    assert_true(matches(deepest));
    free(deepest);
    char *deeper = repeat("(", "seed == 1", ")", 65);
    assert_null(parse(deeper, false, &err));
    assert_non_null(
        strstr(err.text, "column 66: more than 64 levels of parentheses\n  ...("));
    free(deeper);
}

static void test_length(void **state)
{
    (void)state;
    struct error err = {0};
    char *longest = repeat("seed=2||", "seed=1", "", 511);
    assert_int_equal(strlen(longest), 4094);
    assert_true(matches(longest));
    free(longest);
    longest = repeat("!", "seed=1", "", 4090);
    assert_true(matches(longest));
    free(longest);
    longest = repeat("", "seed in(0", ",1", 2043);
    struct text closed = {0};
    text_appendf(&closed, "%s)", longest);
    assert_int_equal(closed.length, 4096);
    assert_true(matches(text_string(&closed)));
    text_append(&closed, " ");
    assert_null(parse(text_string(&closed), false, &err));
    assert_string_equal(err.text, "--where: longer than 4096 bytes");
    text_free(&closed);
    free(longest);
    err = (struct error){0};
    char *word = repeat("x", "", "", 80);
    assert_null(parse(word, false, &err));
    assert_non_null(strstr(err.text, "column 1: a word of more than 79 characters"));
    free(word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_membership),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_indices),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_random_expressions),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_the_place_is_shown),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, make_cell, free_cell);
}
