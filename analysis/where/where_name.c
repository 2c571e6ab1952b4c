#include <stdio.h>
#include <string.h>

#include "analysis/where/where_internal.h"

enum { SUGGESTIONS_MAX = 64 };

static const char layer_name[] = "layer";

bool operand_is_variable(const struct operand *operand)
{
    return operand->kind == OPERAND_FIELD || operand->kind == OPERAND_LAYER;
}

static enum field_type operand_type(const struct operand *operand)
{
    return operand->kind == OPERAND_FIELD ? field_get(operand->field)->type
                                          : FIELD_TYPE_INT;
}

bool operand_is_text(const struct operand *operand)
{
    return operand_type(operand) == FIELD_TYPE_TEXT;
}

static bool is_number(const struct operand *operand)
{
    return operand_type(operand) == FIELD_TYPE_INT ||
           operand_type(operand) == FIELD_TYPE_REAL;
}

static struct text_word suggest_variable(const char *word)
{
    const char *names[FIELD_COUNT + 1];
    for (int i = 0; i < FIELD_COUNT; i++)
        names[i] = field_get((enum field_id)i)->name;
    names[FIELD_COUNT] = layer_name;
    return text_suggest(word, names, FIELD_COUNT + 1);
}

static struct text_word suggest_flag(enum field_id id, const char *word)
{
    char texts[SUGGESTIONS_MAX][32];
    const char *names[SUGGESTIONS_MAX];
    size_t n = 0;
    while (n < SUGGESTIONS_MAX && field_flag_name(id, (int)n, texts[n], sizeof *texts)) {
        names[n] = texts[n];
        n++;
    }
    return text_suggest(word, names, n);
}

/* --- The index of a variable: [test], [combined, test, layer:1] --------------------- */

static int find_name(const char *word, const char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0)
            return i;
    return -1;
}

/* The number behind "layer:", "class:" or "quantile:" as an index, -1 where the archive
 * has no such; the dimension is DIM_COUNT where the word has another form. */
static int find_number(const char *word, struct record_shape shape, enum field_dim *dim)
{
    static const enum field_dim dims[] = {DIM_LAYER, DIM_CLASS, DIM_QUANTILE};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        const char *name = field_dim_name(dims[i]);
        size_t length = strlen(name);
        double number;
        if (strncmp(word, name, length) != 0 || word[length] != ':' ||
            !text_parse_double(word + length + 1, &number))
            continue;
        *dim = dims[i];
        for (int k = 0; k < record_dim(*dim, shape); k++)
            if (number == (*dim == DIM_QUANTILE ? quantile_levels[k]
                           : *dim == DIM_LAYER  ? k + 1
                                                : k))
                return k;
        return -1;
    }
    *dim = DIM_COUNT;
    return -1;
}

/* What a word within [ ] says: the dimension and the index on it. */
static int find_index(const struct where_scope *scope, const char *word,
                      enum field_dim *dim)
{
    int n_labels = scope->shape.n_snapshots;
    int at = find_number(word, scope->shape, dim);
    if (*dim != DIM_COUNT)
        return at;
    if ((at = find_name(word, split_names, N_SPLITS)) >= 0)
        *dim = DIM_SPLIT;
    else if ((at = find_name(word, system_names, N_SYSTEMS)) >= 0)
        *dim = DIM_SYSTEM;
    else if ((at = find_name(word, scope->snapshot_labels, n_labels)) >= 0)
        *dim = DIM_SNAPSHOT;
    return at;
}

static struct text_word suggest_index(const struct where_scope *scope, const char *word)
{
    const char *names[SUGGESTIONS_MAX];
    size_t n = 0;
    for (int i = 0; i < N_SPLITS; i++)
        names[n++] = split_names[i];
    for (int i = 0; i < N_SYSTEMS; i++)
        names[n++] = system_names[i];
    for (int i = 0; i < scope->shape.n_snapshots && n < SUGGESTIONS_MAX; i++)
        names[n++] = scope->snapshot_labels[i];
    return text_suggest(word, names, n);
}

/* One word of an index. */
static void read_index(struct reader *reader, struct operand *operand)
{
    const struct field *field = field_get(operand->field);
    struct where_word word = token_word(reader->where, reader->token);
    struct text_word quoted = text_quote(word.text);
    enum field_dim dim;
    if (reader->token.kind != TOKEN_WORD) {
        reader_expected(reader, "a split, system, snapshot, layer:N, class:N or "
                                "quantile:Q");
        return;
    }
    int at = find_index(reader->scope, word.text, &dim), d = 0;
    while (d < field->n_dims && field->dims[d] != dim)
        d++;
    if (dim == DIM_COUNT)
        reader_fail(
            reader, reader->token.at,
            "'%s' is no split, system, snapshot, layer:N, class:N or quantile:Q%s",
            quoted.text, suggest_index(reader->scope, word.text).text);
    else if (d == field->n_dims)
        reader_fail(reader, reader->token.at, "%s has no %s", field->name,
                    field_dim_name(dim));
    else if (at < 0)
        reader_fail(reader, reader->token.at, "the archive has no %s", quoted.text);
    else if (operand->at[d] != WHERE_OPEN)
        reader_fail(reader, reader->token.at, "a second %s", field_dim_name(dim));
    else
        operand->at[d] = at;
    reader_next(reader);
}

/* The variable with all that an index may have to say: "network_accuracy[test]". */
static void put_example(const struct field *field, bool with_layer, struct text *out)
{
    static const char *const examples[DIM_COUNT] = {[DIM_SYSTEM] = "combined",
                                                    [DIM_SPLIT] = "test",
                                                    [DIM_LAYER] = "layer:1",
                                                    [DIM_CLASS] = "class:0",
                                                    [DIM_QUANTILE] = "quantile:0.5"};
    const char *before = "[";
    text_append(out, field->name);
    for (int d = 0; d < field->n_dims; d++) {
        const char *example = examples[field->dims[d]];
        if (!example || (field->dims[d] == DIM_LAYER && !with_layer))
            continue;
        text_appendf(out, "%s%s", before, example);
        before = ", ";
    }
    text_append(out, "]");
}

/* What the index leaves open is the row's snapshot and layer, and nothing else. */
static void close_index(struct reader *reader, struct operand *operand)
{
    const struct field *field = field_get(operand->field);
    bool open = false, open_layer = false;
    for (int d = 0; d < field->n_dims; d++) {
        if (operand->at[d] != WHERE_OPEN)
            continue;
        operand->at[d] = INDEX_OF_ROW;
        if (field->dims[d] == DIM_LAYER)
            open_layer = true;
        else if (field->dims[d] != DIM_SNAPSHOT)
            open = true;
    }
    struct text example = {0};
    put_example(field, !reader->scope->layers, &example);
    if (open)
        reader_fail(reader, operand->token.at, "%s has several values; write %s",
                    field->name, text_string(&example));
    else if (open_layer && !reader->scope->layers)
        reader_fail(reader, operand->token.at,
                    "%s differs by layer; write %s, or ask for rows that are layers (%s)",
                    field->name, text_string(&example), reader->scope->for_layers);
    else if (open_layer)
        reader->where->uses_layer = true;
    text_free(&example);
}

static void read_indices(struct reader *reader, struct operand *operand)
{
    for (int d = 0; d < FIELD_DIMS_MAX; d++)
        operand->at[d] = WHERE_OPEN;
    if (reader_accept(reader, TOKEN_OPEN_INDEX)) {
        do
            read_index(reader, operand);
        while (reader_accept(reader, TOKEN_COMMA));
        if (!reader_accept(reader, TOKEN_CLOSE_INDEX))
            reader_expected(reader, "',' or ']'");
    }
}

/* --- Variables and values ----------------------------------------------------------- */

struct operand reader_variable(struct reader *reader)
{
    struct operand operand = {.kind = OPERAND_FIELD, .token = reader->token};
    struct where_word word = token_word(reader->where, reader->token);
    if (reader->token.kind != TOKEN_WORD) {
        reader_expected(reader, "a variable");
        return operand;
    }
    operand.field = field_find(word.text);
    if (operand.field == FIELD_COUNT) {
        reader_fail(reader, reader->token.at, "no such variable '%s'%s",
                    text_quote(word.text).text, suggest_variable(word.text).text);
        return operand;
    }
    reader_next(reader);
    read_indices(reader, &operand);
    return operand;
}

struct operand reader_operand(struct reader *reader)
{
    struct operand operand = {.kind = OPERAND_LITERAL, .token = reader->token};
    if (reader->token.kind != TOKEN_WORD && reader->token.kind != TOKEN_QUOTED) {
        reader_expected(reader, "a variable or a value");
        return operand;
    }
    struct where_word word = token_word(reader->where, reader->token);
    if (reader->token.kind == TOKEN_WORD) {
        operand.field = field_find(word.text);
        if (operand.field != FIELD_COUNT)
            operand.kind = OPERAND_FIELD;
        else if (strcmp(word.text, layer_name) == 0)
            operand.kind = OPERAND_LAYER;
    }
    reader_next(reader);
    if (operand.kind == OPERAND_FIELD) {
        read_indices(reader, &operand);
        if (!operand_is_text(&operand))
            close_index(reader, &operand);
    } else if (reader->token.kind == TOKEN_OPEN_INDEX) {
        reader_fail(reader, operand.token.at, "no variable '%s' has an index%s",
                    text_quote(word.text).text, suggest_variable(word.text).text);
    }
    if (operand.kind == OPERAND_LAYER && !reader->scope->layers)
        reader_fail(reader, operand.token.at, "'layer' is for rows that are layers (%s)",
                    reader->scope->for_layers);
    reader->where->uses_layer |= operand.kind == OPERAND_LAYER;
    return operand;
}

/* A bare word that is no number can only have been meant as a variable. */
static bool fail_unknown(struct reader *reader, const struct operand *literal)
{
    struct where_word word = token_word(reader->where, literal->token);
    double number;
    if (literal->token.kind != TOKEN_WORD || text_parse_double(word.text, &number))
        return false;
    reader_fail(reader, literal->token.at, "no such variable '%s'%s",
                text_quote(word.text).text, suggest_variable(word.text).text);
    return true;
}

/* A value takes the type of the variable that it is compared with. */
static void take_type(struct reader *reader, struct operand *literal,
                      const struct operand *variable)
{
    struct where_word name = token_word(reader->where, variable->token);
    struct where_word word = token_word(reader->where, literal->token);
    struct text_word quoted = text_quote(word.text);
    if (operand_is_text(variable))
        return;
    literal->kind = OPERAND_NUMBER;
    if (operand_type(variable) == FIELD_TYPE_FLAG) {
        literal->number = field_flag_value(variable->field, word.text);
        if (literal->number < 0)
            reader_fail(reader, literal->token.at, "'%s' is none of %s's values: %s%s",
                        quoted.text, name.text, field_get(variable->field)->values,
                        suggest_flag(variable->field, word.text).text);
    } else if (literal->token.kind == TOKEN_QUOTED) {
        reader_fail(reader, literal->token.at, "%s is a number, no text", name.text);
    } else if (!text_parse_double(word.text, &literal->number)) {
        reader_fail(reader, literal->token.at, "'%s' is neither number nor variable%s",
                    quoted.text, suggest_variable(word.text).text);
    }
}

void reader_match_types(struct reader *reader, struct operand *left,
                        struct token comparison, struct operand *right)
{
    bool both = operand_is_variable(left) && operand_is_variable(right);
    struct operand *variable = operand_is_variable(left) ? left : right;
    struct operand *value = variable == left ? right : left;
    bool equality = comparison.kind == TOKEN_EQ || comparison.kind == TOKEN_NE;
    if (!operand_is_variable(variable)) {
        if (!fail_unknown(reader, left) && !fail_unknown(reader, right))
            reader_fail(reader, left->token.at, "neither side is a variable");
    } else if (both && (!is_number(left) || !is_number(right))) {
        reader_fail(reader, right->token.at,
                    "only numbers are compared with each other; quote '%s' if it is a "
                    "value",
                    token_word(reader->where, right->token).text);
    } else if (!equality && !is_number(variable)) {
        reader_fail(reader, comparison.at,
                    "%s has names for values: they may be equal "
                    "(==, !=, in) but not less or greater",
                    token_word(reader->where, variable->token).text);
    } else if (!both) {
        take_type(reader, value, variable);
    }
}
