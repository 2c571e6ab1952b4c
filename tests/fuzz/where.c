/* An expression of --where, a list of --variables, the settings of --compare. An
 * expression that is accepted has a meaning for every row: it or its negation matches, or
 * neither does; and it means the same where rows are layers. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/tables/contrast.h"
#include "analysis/where/where.h"
#include "base/text.h"
#include "fuzz.h"

enum { N_CELLS = 3 };

static const struct record_shape shape = {2, 4, 3};
static const char *const labels[] = {"init", "epoch:1"};

/* Cells of three depths; in the last nothing exists. */
static void make_cells(struct record cells[N_CELLS])
{
    struct error err = {0};
    for (int c = 0; c < N_CELLS; c++) {
        record_init(&cells[c], (struct record_shape){2, 4 - c, 3}, &err);
        FUZZ_OK(err);
        if (c == N_CELLS - 1)
            break;
        for (size_t i = 0; i < cells[c].n_ints; i++)
            cells[c].ints[i] = (int32_t)(i % 5) - 1;
        for (size_t i = 0; i < cells[c].n_reals; i++)
            cells[c].reals[i] = i % 7 ? (double)i / 8 : RECORD_FILL_REAL;
        record_set_text(&cells[c], FIELD_CELL_ID, "00112233445566778899aabbccddeeff");
        record_set_text(&cells[c], FIELD_MESSAGE, c ? "caf\xc3\xa9" : "");
    }
}

/* NULL where the text is no expression, of which the error tells. */
static struct where *parse(const char *text, bool layers)
{
    struct error err = {0};
    struct where *where;
    const struct where_scope scope = {shape, labels, layers, "--table layers"};
    if (where_parse(&where, text, &scope, &err) == STATUS_OK)
        return where;
    FUZZ_HOLDS(err.status == STATUS_USAGE);
    fuzz_check_error(&err, "--where: ");
    return NULL;
}

/* In no row may both match, where `negated` is not NULL, and `same` says what `where`
 * says. */
static void check_rows(const struct where *where, const struct where *same,
                       const struct where *negated)
{
    struct record cells[N_CELLS];
    make_cells(cells);
    for (int c = 0; c < N_CELLS; c++) {
        for (int s = 0; s < shape.n_snapshots; s++)
            for (int l = 0; l < cells[c].shape.n_layers; l++) {
                bool matches = where_matches(where, &cells[c], s, l);
                FUZZ_HOLDS(!same || where_matches(same, &cells[c], s, l) == matches);
                FUZZ_HOLDS(!matches || !negated ||
                           !where_matches(negated, &cells[c], s, l));
            }
        record_fini(&cells[c]);
    }
}

/* A list of variables is one of their headings too. */
static void check_variables(const char *list)
{
    struct error err = {0};
    struct where_variable variables[WHERE_VARIABLES_MAX], again[WHERE_VARIABLES_MAX];
    const struct where_scope scope = {shape, labels, true, "--table layers"};
    int n, n_again;
    if (where_parse_variables(variables, &n, list, &scope, &err) != STATUS_OK) {
        FUZZ_HOLDS(err.status == STATUS_USAGE);
        fuzz_check_error(&err, "--variables: ");
        return;
    }
    for (int i = 0; i < n; i++) {
        where_parse_variables(again, &n_again, variables[i].heading, &scope, &err);
        FUZZ_HOLDS(err.status == STATUS_OK && n_again == 1);
        FUZZ_HOLDS(again[0].field == variables[i].field &&
                   memcmp(again[0].at, variables[i].at, sizeof again[0].at) == 0 &&
                   strcmp(again[0].heading, variables[i].heading) == 0);
    }
}

/* Two settings are told apart, and by what they were called. */
static void check_contrast(const char *text)
{
    struct error err = {0};
    struct contrast contrast;
    if (contrast_parse(&contrast, text, &err) == STATUS_OK) {
        FUZZ_HOLDS(contrast.n_options > 0);
        for (int side = 0; side < 2; side++)
            FUZZ_HOLDS(contrast_side(&contrast, contrast.values[side]) == side &&
                       contrast.names[side].length > 0);
    } else {
        FUZZ_HOLDS(err.status == STATUS_USAGE);
        fuzz_check_error(&err, "--compare: ");
    }
    contrast_fini(&contrast);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {0}, negation = {0};
    text_append_bytes(&text, (const char *)data, size);
    check_variables(text_string(&text));
    check_contrast(text_string(&text));
    struct where *by_layer = parse(text_string(&text), true);
    struct where *by_cell = parse(text_string(&text), false);
    FUZZ_HOLDS(!by_cell || (by_layer && !where_uses_layer(by_layer)));
    if (by_layer) {
        text_appendf(&negation, "not (%s)", where_text(by_layer));
        struct where *negated = parse(text_string(&negation), true); /* may be too long */
        check_rows(by_layer, by_cell, negated);
        where_destroy(negated);
    }
    where_destroy(by_cell);
    where_destroy(by_layer);
    text_free(&negation);
    text_free(&text);
    return 0;
}
