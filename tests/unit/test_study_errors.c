/* Studies that must be refused, each where it is wrong, and hostile files. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sweep/study.h"

#define HEAD "study: s\ndata: glyphs\n"
#define GRID "grid: {seed: 1, depth: 2, width: 3}\n"
#define BASE HEAD GRID /* three lines */

/* --- Mistakes ---------------------------------------------------------------------- */

/* A study and the start of its error behind the origin. */
static const struct {
    const char *yaml, *expected;
} mistakes[] = {
    /* the file */
    {"", "1:1: the study is empty"},
    {"# nothing\n", "1:1: the study is empty"},
    {"just words\n", "1:1: expected a mapping (key: value)"},
    {"- study: s\n", "1:1: expected a mapping (key: value)"},
    {BASE "---\nstudy: t\n", "4:1: more than one document is not supported"},
    {"%YAML 1.2\n---\n" BASE, "1:1: YAML directives are not supported"},
    {BASE "x: &a 1\n", "4:4: anchors (&) are not supported"},
    {BASE "train: {loss: *a}\n", "4:15: aliases (*) are not supported"},
    {BASE "train: !x {loss: mse}\n", "4:8: tags (!) are not supported"},
    {BASE "train:\n\tloss: mse\n", "5:1: tab character may not be used as indentation"},
    {BASE "train: {loss: mse\n", "5:1: "},
    {BASE "train: {loss: \"mse}\n", "4:16: double-quoted scalar without"},
    {BASE "? [a]\n: b\n", "4:3: a key must be a name"},
    {BASE "train: |\n  loss\n", "5:1: block scalars (| and >) are not supported"},
    {BASE "train: {loss: \"m\\0e\"}\n", "4:15: an escape that makes no valid character"},
    {"study: s\ndata: './a''''b'\n" GRID, "2:7: apostrophes in a row are not supported"},
    {"study: s\n# \xc3\xa4 \xff\n", "2:5: byte 0xff is not valid UTF-8"},
    {"study: s\r\n\r\nx: \xed\xa0\x80\r\n", "3:4: byte 0xed is not valid UTF-8"},
    {"study: s\rx: \x01\r", "2:4: control character 0x01"},
    {BASE "train: {loss: [[[[[[[[[mse]]]]]]]]]}\n", "4:21: nested too deeply"},
    /* keys */
    {BASE "trian: {}\n", "4:1: unknown key 'trian' in a study (did you mean 'train'?)"},
    {BASE "seed: 1\n", "4:1: 'seed' belongs under grid:"},
    {BASE "study: s\n", "4:1: duplicate key 'study'"},
    {BASE "train: {loss: mse, loss: mse}\n", "4:20: duplicate key 'loss'"},
    {BASE "train: {epcohs: 1}\n", "4:9: unknown key 'epcohs' in train: (did you mean "},
    {BASE "train: {depth: 1}\n", "4:9: 'depth' belongs under grid:"},
    {BASE "train: {prior: once}\n", "4:9: 'prior' belongs under probe: (or, as an axis"},
    {BASE "probe: {epochs: 1}\n", "4:9: 'epochs' belongs under train: (or, as an axis"},
    {BASE "probe: {bandwidth_fixed: 1}\n",
     "4:9: unknown key 'bandwidth_fixed' in probe:"},
    {BASE "keep: {network: best}\n", "4:8: unknown key 'network' in keep: (did you mean"},
    {"study: s\ndata: {nam: glyphs}\n" GRID, "2:8: unknown key 'nam' in data: (did you"},
    {HEAD "grid: {seeds: 1}\n",
     "3:8: unknown key 'seeds' in grid: (did you mean 'seed'?"},
    {BASE "\x6b\xc3\xa4: 1\n", "4:1: unknown key 'k\xc3\xa4' in a study"},
    /* study: and data: */
    {"data: glyphs\n" GRID, "1:1: study: is missing"},
    {"study: Big\ndata: glyphs\n" GRID, "1:8: study: expected a name of 1 to 64 char"},
    {"study:\ndata: glyphs\n" GRID, "1:1: study: expected a name"},
    {"study: [s]\ndata: glyphs\n" GRID, "1:8: study: expected a single value, got a li"},
    {"study: s\n" GRID, "1:1: data: is missing"},
    {"study: s\ndata: {train: 9}\n" GRID, "2:7: data: name is missing"},
    {"study: s\ndata: []\n" GRID,
     "2:7: data: expected a mapping (key: value), got a list"},
    {"study: s\ndata: mnits\n" GRID, "2:7: name: expected fashion-mnist, mnist, glyphs"},
    {"study: s\ndata: \"a/\\n\"\n" GRID, "2:7: name: has a control character"},
    {"study: s\ndata: {name: mnist, train: 0}\n" GRID, "2:28: train: expected a whole"},
    {"study: s\ndata: {name: mnist, test: 1e3}\n" GRID, "2:27: test: expected a whole"},
    {"study: s\ndata: {name: mnist, train: 9, validation: 9}\n" GRID,
     "2:43: validation: 9 of 9 training samples leave none to train with"},
    {"study: s\ndata: {name: mnist, validation: all}\n" GRID, "2:33: validation: expect"},
    {"study: s\ndata: {name: mnist, hash: 0123}\n" GRID,
     "2:27: hash: expected 32 digits"},
    /* axes */
    {HEAD, "1:1: grid: is missing"},
    {HEAD "grid: 3\n", "3:7: grid: expected a mapping (key: value), got a single value"},
    {HEAD "grid:\n", "3:1: grid: the axis 'seed' is missing"},
    {HEAD "grid:\n  seed: 1\n  width: 1\n", "4:3: grid: the axis 'depth' is missing"},
    {BASE "blocks: [{seed: 1, depth: 1}]\n", "4:10: blocks: the axis 'width' is missing"},
    {BASE "blocks: {seed: 1}\n", "4:9: blocks: expected a list of mappings, got a mapp"},
    {BASE "exclude: [1]\n",
     "4:11: exclude: expected a mapping (key: value), got a single"},
    {BASE "exclude: [{}]\n", "4:11: exclude: an empty combination would exclude every"},
    {BASE "exclude: [{loss: mes}]\n", "4:18: loss: expected one of mse, cross-entropy"},
    {HEAD "grid: {seed: []}\n", "3:14: seed: the axis has no values"},
    {HEAD "grid: {seed: }\n",
     "3:8: seed: expected a whole number from 0 to 2147483647, g"},
    {HEAD "grid: {seed: [1, 2, 1]}\n", "3:21: seed: the value 1 occurs twice"},
    {HEAD "grid: {seed: [5, 1..3, 2..9]}\n", "3:24: seed: the value 2 occurs twice"},
    {HEAD "grid: {learning_rate: [1e-3, 0.001]}\n", "3:30: learning_rate: the value 0.0"},
    {HEAD "grid: {bandwidth: [fixed:1, scott, fixed:1.0]}\n", "3:36: bandwidth: the val"},
    {HEAD "grid: {seed: [1, [2]]}\n", "3:18: seed: expected a single value, got a list"},
    {HEAD "grid: {seed: {a: 1}}\n", "3:14: seed: expected a single value, got a mapping"},
    {HEAD "grid: {seed: 3..1}\n", "3:14: seed: '3..1': the range is empty"},
    {HEAD "grid: {seed: 1..9:0}\n", "3:14: seed: '1..9:0': the step of a range is a who"},
    {HEAD "grid: {seed: 1..}\n",
     "3:14: seed: expected a whole number from 0 to 2147483647"},
    {HEAD "grid: {seed: 1..2..3}\n", "3:14: seed: expected a whole number"},
    {HEAD "grid: {seed: 1..999999999999}\n", "3:14: seed: expected a whole number from"},
    {HEAD "grid: {seed: 0..2147483647}\n",
     "3:14: seed: '0..2147483647': too many values"},
    {HEAD "grid: {seed: [1..999999, 2000000..2000001]}\n",
     "3:26: seed: '2000000..200000"},
    {HEAD "grid: {seed: 1..000000000000000000000000000003}\n", "3:14: seed: '0000"},
    {HEAD "grid: {label_corruption: 0..1}\n",
     "3:26: label_corruption: '0..1': a range a"},
    {HEAD "grid: {depth: 300}\n",
     "3:15: depth: expected a whole number from 1 to 256, go"},
    {HEAD "grid: {depth: 1.5}\n",
     "3:15: depth: expected a whole number from 1 to 256, go"},
    /* constants */
    {BASE "train: {learning_rate: 0}\n",
     "4:24: learning_rate: expected a number above 0"},
    {BASE "train: {learning_rate: fast}\n", "4:24: learning_rate: expected a number"},
    {BASE "train: {learning_rate: .inf}\n", "4:24: learning_rate: expected a number"},
    {BASE "train: {learning_rate: [1, 2]}\n",
     "4:24: learning_rate: a list makes an axis"},
    {BASE "train: {loss: {a: b}}\n",
     "4:15: loss: expected a single value, got a mapping"},
    {BASE "train: {loss: cross-entopy}\n",
     "4:15: loss: expected one of mse, cross-entrop"},
    {BASE "train: []\n", "4:8: train: expected a mapping (key: value), got a list"},
    {BASE "train: {batch_norm: yes}\n",
     "4:21: batch_norm: expected one of false, true, got 'yes'"},
    {BASE "train: {input_corruption: gausian}\n",
     "4:27: input_corruption: expected one of none, gaussian, structured, got 'gausian'"},
    {BASE "train: {input_corruption_fraction: 1.5}\n",
     "4:36: input_corruption_fraction: expected a number of at least 0 and at most 1"},
    {BASE "train: {stop_accuracy: 90}\n",
     "4:24: stop_accuracy: expected a number of at least 0 and at most 1, got '90'"},
    {BASE "probe: {bandwidth: fixed}\n",
     "4:20: bandwidth: expected one of scott, silver"},
    /* probe: and keep: */
    {BASE "probe: {at: []}\n", "4:13: at: at least one snapshot is needed"},
    {BASE "probe: {at: [bets]}\n", "4:14: at: expected init, step:N, epoch:N, best, fin"},
    {BASE "probe: {at: [best, step:0]}\n", "4:20: at: expected step: and a whole number"},
    {BASE "probe: {at: [stpe:log2]}\n",
     "4:14: at: expected init, step:N, epoch:N, best, final or a schedule (step:log2, "
     "epoch:every, ...), got 'stpe:log2' (did you mean 'step:log2'?)"},
    {BASE "probe: {at: [best, step:evry:5]}\n",
     "4:20: at: expected step: and a whole number from 1 to 10000000000000, log2 or "
     "every, got 'step:evry:5' (did you mean 'every'?)"},
    {BASE "probe: {at: [epoch:log22]}\n",
     "4:14: at: expected epoch: and a whole number from 1 to 1000000, log2 or every, got "
     "'epoch:log22' (did you mean 'log2'?)"},
    {BASE "probe: {at: [epoch:log2:1000001]}\n",
     "4:14: at: expected epoch:log2 or epoch:log2:LAST with whole numbers from 1 to "
     "1000000, got 'epoch:log2:1000001'"},
    {BASE "probe: {at: ['epoch:log2:']}\n",
     "4:14: at: expected epoch:log2 or epoch:log2:L"},
    {BASE "probe: {at: [step:log2:1:2]}\n",
     "4:14: at: expected step:log2 or step:log2:L"},
    {BASE "probe: {at: [step:every:0]}\n",
     "4:14: at: expected step:every or step:every:N:LAST with whole numbers from 1 to "},
    {BASE "probe: {at: [step:every:2:4:8]}\n", "4:14: at: expected step:every or step:e"},
    {BASE "probe: {at: [step:every:5:4]}\n",
     "4:14: at: 'step:every:5:4' ends before its first snapshot"},
    {BASE "probe: {at: [epoch:every, epoch:every:1]}\n",
     "4:27: at: epoch:every occurs twice"},
    {BASE "probe: {at: [epoch:every]}\nkeep: {networks: [epoch:2]}\n",
     "5:19: networks: epoch:2 is no snapshot of probe.at: list it there too, or keep all "
     "of epoch:every"},
    {BASE "probe: {at: [epoch:every]}\nkeep: {networks: [step:2]}\n",
     "5:19: networks: step:2 is no snapshot of probe.at"},
    {BASE "probe: {at: [epoch:1000001]}\n", "4:14: at: expected epoch: and a whole numb"},
    {BASE "probe: {at: [step:1, step:01]}\n", "4:22: at: step:1 occurs twice"},
    {BASE "probe:\n  at:\n    - step: 1\n",
     "6:7: at: expected a single value, got a map"},
    {BASE "probe: {measures: [pattern]}\n", "4:20: measures: unknown measure 'pattern' "},
    {BASE "probe: {measures: [patterns, patterns]}\n",
     "4:30: measures: patterns occurs t"},
    {BASE "keep: {networks: [best, final]}\n", "4:25: networks: final is no snapshot of"},
    {BASE "keep: {networks: [best, best]}\n", "4:25: networks: best occurs twice"},
    {BASE "keep: {nodes: [best, init]}\n",
     "4:22: nodes: init is no snapshot of probe.at"},
    {BASE "keep: {nodes: [best, best]}\n", "4:22: nodes: best occurs twice"},
    {BASE "keep: {nodes: yes}\n", "4:15: nodes: expected init, step:N, epoch:N, best, "},
    {BASE "keep: {nodes: [true]}\n", "4:16: nodes: expected init, step:N, epoch:N, best"},
    {BASE "keep: {nodes: {best: 1}}\n",
     "4:15: nodes: expected a single value, got a map"},
    {BASE "keep: {nodes: best, histograms: 1}\n",
     "4:33: histograms: expected true or false, got '1'"},
    {BASE "keep: {nodes: best, histograms: [true]}\n",
     "4:33: histograms: expected a single value"},
    {BASE "keep: {histograms: true}\n", "4:20: histograms: are of kept nodes: nodes: n"},
    {BASE "keep: {nodes: false, histograms: true}\n", "4:34: histograms: are of kept n"},
};

static enum status parse(struct study *study, const char *yaml, size_t length,
                         struct error *err)
{
    *err = (struct error){0};
    return study_parse(study, yaml, length, "t.yaml", err);
}

static void mistakes_are_refused_where_they_are(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        const char *yaml = mistakes[i].yaml;
        char expected[512];
        struct study study;
        struct error err;
        snprintf(expected, sizeof expected, "t.yaml:%s", mistakes[i].expected);
        enum status status = parse(&study, yaml, strlen(yaml), &err);
        if (status == STATUS_STUDY && !strncmp(err.text, expected, strlen(expected)))
            continue;
        print_error("mistake %zu:\n%sexpected %s\ngot      %s\n", i, yaml, expected,
                    status ? err.text : "success");
        wrong++;
        if (!status)
            study_fini(&study);
    }
    assert_int_equal(wrong, 0);
}

/* A constant is the value of the blocks in which the option is no axis. */
static void a_constant_may_serve_some_blocks(void **state)
{
    (void)state;
    static const char yaml[] = BASE
        "train: {epochs: 9}\n"
        "blocks: [{seed: 1, depth: 1, width: 1, epochs: 8}]\n";
    struct study study;
    struct error err;
    assert_int_equal(parse(&study, yaml, strlen(yaml), &err), STATUS_OK);
    assert_true(study.base.value[FIELD_EPOCHS] == 9);
    study_fini(&study);
}

static void nearest_names_are_offered(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *nearest;
    } cases[] = {{"study: s\ndata: mnits\n" GRID, "(did you mean 'mnist'?)"},
                 {BASE "train: {loss: msee}\n", "(did you mean 'mse'?)"},
                 {BASE "probe: {at: [bets]}\n", "(did you mean 'best'?)"},
                 {BASE "probe: {at: [step]}\n", "(did you mean 'step:'?)"},
                 {BASE "probe: {measures: [pattern]}\n", "(did you mean 'patterns'?)"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct study study;
        struct error err;
        const char *yaml = cases[i].yaml;
        assert_int_equal(parse(&study, yaml, strlen(yaml), &err), STATUS_STUDY);
        if (!strstr(err.text, cases[i].nearest))
            fail_msg("%s", err.text);
    }
}

/* --- Hostile files ----------------------------------------------------------------- */

/* `prefix`, then `unit` until the text has `length` bytes. */
static char *repeat(const char *prefix, const char *unit, size_t length)
{
    char *text = malloc(length + 1);
    size_t start = strlen(prefix), step = strlen(unit);
    assert_non_null(text);
    memcpy(text, prefix, start);
    for (size_t i = start; i < length; i++)
        text[i] = unit[(i - start) % step];
    text[length] = '\0';
    return text;
}

static void refuse(const char *yaml, size_t length)
{
    struct study study;
    struct error err;
    if (parse(&study, yaml, length, &err) != STATUS_STUDY)
        fail_msg("accepted or failed otherwise (%s): %.60s", err.text, yaml);
    if (strncmp(err.text, "t.yaml:", 7) != 0 || strlen(err.text) > 400)
        fail_msg("no position or too long: %s", err.text);
    size_t at;
    assert_true(text_valid_utf8(err.text, strlen(err.text), &at));
}

/* A megabyte of the same in a second or so, and nothing on stderr. */
static void large_files_of_junk_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *prefix, *unit;
    } cases[] = {
        {"", "["},
        {"", "{"},
        {"", "- "},
        {"", "? "},
        {"", "a: "},
        {"", "a: 1\n"},
        {"", "%"},
        {"a: 1\n...\n", "%"},
        {"", "\n"},
        {"", "\t"},
        {"", "x"},
        {"", "!"},
        {"", "&a "},
        {"", "*a "},
        {"", "\""},
        {"", "'"},
        {"", "---\n"},
        {"", "a\n"},
        {"", ": "},
        {"", "{\"a\":1,"},
        {"", "\xc3\xa4"},
        {"\"", "\\u00e4"},
        {"a: >\n", " \n"},
        {HEAD "grid: {seed: [", "1,"},
        {HEAD "grid: {", "a,"},
        {BASE "exclude: [", "{},"},
        {BASE "exclude:\n", "- seed: 1\n"},
        {BASE "probe: {at: [", "step:1,"},
        {BASE "probe: {at: ", "s"},
        {BASE "train: {epochs: ", "9"},
        {BASE "", "\xf0\x9f\x98\x80"},
        {"study: ", "\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *yaml = repeat(cases[i].prefix, cases[i].unit, STUDY_FILE_MAX);
        refuse(yaml, STUDY_FILE_MAX);
        free(yaml);
    }
    char *yaml = repeat(BASE, "#", STUDY_FILE_MAX + 1);
    refuse(yaml, STUDY_FILE_MAX + 1);
    struct study study;
    struct error err;
    assert_int_equal(parse(&study, yaml, STUDY_FILE_MAX, &err), STATUS_OK);
    study_fini(&study);
    free(yaml);
}

static void aliases_cannot_multiply(void **state)
{
    (void)state;
    static const char laughs[] = BASE
        "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
        "c: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c]\n";
    refuse(laughs, strlen(laughs));
}

static void nul_bytes_are_refused(void **state)
{
    (void)state;
    static const char yaml[] = BASE "#\0\n";
    struct study study;
    struct error err;
    assert_int_equal(parse(&study, yaml, sizeof yaml - 1, &err), STATUS_STUDY);
    assert_string_equal(err.text, "t.yaml:4:2: control character 0x00");
}

/* Axes beyond the limit of a study are refused before they are allocated. */
static void the_sum_of_values_is_bounded(void **state)
{
    (void)state;
    static const char yaml[] = HEAD
        "grid: {seed: 1..1000000, depth: 1, width: 1}\n"
        "blocks: [{seed: 1..900000, depth: 1, width: 1, epochs: 1..200000}]\n";
    struct study study;
    struct error err;
    assert_int_equal(parse(&study, yaml, strlen(yaml), &err), STATUS_STUDY);
    assert_memory_equal(err.text, "t.yaml:4:56: epochs: '1..200000': too many values",
                        48);
}

/* What fits in as it was written, but not as it would be kept, is refused. */
static void the_canonical_text_fits_a_study_file(void **state)
{
    (void)state;
    struct text yaml = {0};
    text_append(&yaml, HEAD "grid: {depth: 1, width: 1, learning_rate: 1, seed: [");
    for (int i = 0; i < 140000; i++)
        text_appendf(&yaml, "%d,", 100000 + i * 2 + (i / 3) % 2);
    text_append(&yaml, "]}\n");
    assert_true(yaml.length <= STUDY_FILE_MAX);
    struct study study;
    struct error err;
    assert_int_equal(parse(&study, text_string(&yaml), yaml.length, &err), STATUS_STUDY);
    assert_non_null(strstr(err.text, "canonical text is larger than"));
    text_free(&yaml);
}

static const char whole[] =
    "study: 'cut'\n"
    "data: {name: \"./a b\", train: 600, validation: 100, test: all,\n"
    "  hash: 0123456789abcdef0123456789abcdef}\n"
    "grid:\n  seed: [1..9, 20..40:5]\n  depth: 1\n  width:\n  - 10\n  - 20\n"
    "blocks:\n- {seed: 1, depth: 2, width: 3}\n"
    "exclude:\n- seed: 1\n  depth: [1, 2]\n"
    "train: {learning_rate: 1e-3, loss: cross-entropy} # comment\n"
    "probe:\n  at: [init, step:10, best]\n  bandwidth: fixed:0.5\n"
    "keep: {networks: [best], nodes: [init], histograms: true}\n";

static void every_truncation_is_handled(void **state)
{
    (void)state;
    size_t n_accepted = 0;
    for (size_t length = 0; length <= strlen(whole); length++) {
        char *copy = malloc(length ? length : 1); /* exact, so that overreads are seen */
        struct study study;
        struct error err;
        assert_non_null(copy);
        memcpy(copy, whole, length);
        enum status status = parse(&study, copy, length, &err);
        assert_true(status == STATUS_OK || status == STATUS_STUDY);
        if (status == STATUS_OK) {
            n_accepted++;
            study_fini(&study);
        } else {
            assert_memory_equal(err.text, "t.yaml:", 7);
        }
        free(copy);
    }
    assert_true(n_accepted > 10);
    assert_true(n_accepted < strlen(whole) / 2);
}

/* One byte after the other is replaced; what is still accepted has a stable text. */
static void every_changed_byte_is_handled(void **state)
{
    (void)state;
    static const char bytes[] = "[]{}:,-#&*!|>'\"%@` \n\t\r\\0a\x01\x7f\xff\xc3";
    char copy[sizeof whole];
    for (size_t i = 0; i < strlen(whole); i++)
        for (size_t k = 0; k < sizeof bytes; k++) {
            struct study study;
            struct error err;
            struct text once = {0}, twice = {0};
            memcpy(copy, whole, sizeof whole);
            copy[i] = bytes[k];
            enum status status = parse(&study, copy, strlen(whole), &err);
            assert_true(status == STATUS_OK || status == STATUS_STUDY);
            if (status)
                continue;
            study_format(&study, &once);
            study_fini(&study);
            assert_int_equal(parse(&study, once.data, once.length, &err), STATUS_OK);
            study_format(&study, &twice);
            study_fini(&study);
            assert_string_equal(once.data, twice.data);
            text_free(&once);
            text_free(&twice);
        }
}

/* --- Silence ----------------------------------------------------------------------- */

static int saved_stderr = -1;

static int divert_stderr(void **state)
{
    (void)state;
    int file = open("study_stderr.txt", O_RDWR | O_CREAT | O_TRUNC, 0600);
    fflush(stderr);
    saved_stderr = dup(STDERR_FILENO);
    return file < 0 || saved_stderr < 0 || dup2(file, STDERR_FILENO) < 0 || close(file);
}

static int restore_stderr(void **state)
{
    (void)state;
    fflush(stderr);
    off_t written = lseek(STDERR_FILENO, 0, SEEK_CUR);
    if (dup2(saved_stderr, STDERR_FILENO) < 0 || close(saved_stderr))
        return 1;
    if (written != 0)
        print_error("%lld bytes on stderr\n", (long long)written);
    return written != 0;
}

#define SILENT(test) cmocka_unit_test_setup_teardown(test, divert_stderr, restore_stderr)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_refused_where_they_are),
        cmocka_unit_test(a_constant_may_serve_some_blocks),
        cmocka_unit_test(nearest_names_are_offered),
        SILENT(large_files_of_junk_are_refused),
        SILENT(aliases_cannot_multiply),
        SILENT(nul_bytes_are_refused),
        cmocka_unit_test(the_sum_of_values_is_bounded),
        cmocka_unit_test(the_canonical_text_fits_a_study_file),
        SILENT(every_truncation_is_handled),
        SILENT(every_changed_byte_is_handled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
