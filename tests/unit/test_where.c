/* Expressions that choose cells and layers: what matches. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "where_fixture.h"

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

/* What a first look at an archive has to read. */
static void test_fields(void **state)
{
    (void)state;
    struct error err = {0};
    struct where *where = parse("depth > 2 and not (mean_perplexity[test, layer:1] is "
                                "missing or 3 < best_epoch < epochs_run)",
                                false, &err);
    assert_ok(err);
    bool fields[FIELD_COUNT] = {[FIELD_SEED] = true};
    where_add_fields(where, fields);
    for (int i = 0; i < FIELD_COUNT; i++)
        assert_int_equal(fields[i], i == FIELD_SEED || i == FIELD_DEPTH ||
                                        i == FIELD_MEAN_PERPLEXITY ||
                                        i == FIELD_BEST_EPOCH || i == FIELD_EPOCHS_RUN);
    where_destroy(where);
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
        cmocka_unit_test(test_comparisons), cmocka_unit_test(test_membership),
        cmocka_unit_test(test_precedence),  cmocka_unit_test(test_missing),
        cmocka_unit_test(test_indices),     cmocka_unit_test(test_layers),
        cmocka_unit_test(test_fields),      cmocka_unit_test(test_random_expressions),
        cmocka_unit_test(test_nesting),     cmocka_unit_test(test_length),
    };
    return cmocka_run_group_tests(tests, make_cell, free_cell);
}
