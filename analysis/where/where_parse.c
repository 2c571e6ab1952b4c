#include <stdlib.h>
#include <string.h>

#include "analysis/where/where_internal.h"
#include "base/memory.h"

static void emit(struct reader *reader, const struct step *step)
{
    struct where *where = reader->where;
    if (reader->err->status == STATUS_OK &&
        memory_grow(&where->steps, &where->capacity, where->n_steps + 1,
                    sizeof *where->steps, reader->err) == STATUS_OK)
        where->steps[where->n_steps++] = *step;
}

static void emit_logic(struct reader *reader, enum step_kind kind)
{
    emit(reader, &(struct step){.kind = kind});
}

static void emit_comparison(struct reader *reader, struct operand left,
                            struct token comparison, struct operand right)
{
    reader_match_types(reader, &left, comparison, &right);
    emit(reader, &(struct step){STEP_COMPARE, comparison.kind, left, right});
}

static bool is_less(enum token_kind kind)
{
    return kind == TOKEN_LT || kind == TOKEN_LE;
}

static bool is_greater(enum token_kind kind)
{
    return kind == TOKEN_GT || kind == TOKEN_GE;
}

static bool is_comparison(enum token_kind kind)
{
    return kind == TOKEN_EQ || kind == TOKEN_NE || is_less(kind) || is_greater(kind);
}

/* a < b, or a chain a < b <= c of one direction, whose links must all hold. */
static void parse_comparison(struct reader *reader, struct operand left)
{
    struct token first = reader->token;
    for (int n = 0; is_comparison(reader->token.kind); n++) {
        struct token comparison = reader->token;
        bool chained = (is_less(first.kind) && is_less(comparison.kind)) ||
                       (is_greater(first.kind) && is_greater(comparison.kind));
        if (n > 0 && !chained)
            reader_fail(reader, comparison.at,
                        "a chain is of < and <= or of > and >=; join others by 'and'");
        reader_next(reader);
        struct operand right = reader_operand(reader);
        emit_comparison(reader, left, comparison, right);
        if (n > 0)
            emit_logic(reader, STEP_AND);
        left = right;
    }
}

/* a in (b, c) is a == b or a == c. */
static void parse_membership(struct reader *reader, struct operand left, bool negated)
{
    struct token equal = {TOKEN_EQ, left.token.at, 0};
    if (!reader_accept(reader, TOKEN_OPEN)) {
        reader_expected(reader, "'(' and values behind 'in'");
        return;
    }
    int n = 0;
    do {
        struct operand right = reader_operand(reader);
        emit_comparison(reader, left, equal, right);
        if (n++ > 0)
            emit_logic(reader, STEP_OR);
    } while (reader_accept(reader, TOKEN_COMMA));
    if (!reader_accept(reader, TOKEN_CLOSE))
        reader_expected(reader, "',' or ')'");
    if (negated)
        emit_logic(reader, STEP_NOT);
}

/* a is missing, a is not missing */
static void parse_missing(struct reader *reader, struct operand operand)
{
    bool negated = reader_accept(reader, TOKEN_NOT);
    struct where_word word = token_word(reader->where, reader->token);
    if (reader->token.kind != TOKEN_WORD || strcmp(word.text, "missing") != 0)
        reader_expected(reader, "'missing'");
    else if (!operand_is_variable(&operand))
        reader_fail(reader, operand.token.at, "only a variable may be missing");
    else if (operand_is_text(&operand))
        reader_fail(reader, operand.token.at,
                    "text is never missing; where there is none it is ''");
    reader_next(reader);
    emit(reader, &(struct step){.kind = STEP_MISSING, .left = operand});
    if (negated)
        emit_logic(reader, STEP_NOT);
}

static void parse_test(struct reader *reader)
{
    struct operand left = reader_operand(reader);
    if (is_comparison(reader->token.kind)) {
        parse_comparison(reader, left);
    } else if (reader_accept(reader, TOKEN_IN)) {
        parse_membership(reader, left, false);
    } else if (reader_accept(reader, TOKEN_IS)) {
        parse_missing(reader, left);
    } else if (reader_accept(reader, TOKEN_NOT)) {
        if (reader_accept(reader, TOKEN_IN))
            parse_membership(reader, left, true);
        else
            reader_expected(reader, "'in'");
    } else {
        reader_expected(reader, "a comparison, 'in' or 'is'");
    }
}

static void parse_expression(struct reader *reader);

static void parse_negation(struct reader *reader)
{
    bool negated = false;
    while (reader_accept(reader, TOKEN_NOT))
        negated = !negated;
    if (reader_accept(reader, TOKEN_OPEN)) {
        parse_expression(reader);
        if (!reader_accept(reader, TOKEN_CLOSE))
            reader_expected(reader, "'and', 'or' or ')'");
    } else {
        parse_test(reader);
    }
    if (negated)
        emit_logic(reader, STEP_NOT);
}

static void parse_conjunction(struct reader *reader)
{
    parse_negation(reader);
    while (reader_accept(reader, TOKEN_AND)) {
        parse_negation(reader);
        emit_logic(reader, STEP_AND);
    }
}

static void parse_expression(struct reader *reader)
{
    if (reader->nesting > WHERE_NESTING_MAX) {
        reader_fail(reader, reader->token.at, "more than %d levels of parentheses",
                    WHERE_NESTING_MAX);
        return;
    }
    reader->nesting++;
    parse_conjunction(reader);
    while (reader_accept(reader, TOKEN_OR)) {
        parse_conjunction(reader);
        emit_logic(reader, STEP_OR);
    }
    reader->nesting--;
}

char *where_copy_source(const char *text, const char *option, struct error *err)
{
    size_t length = strnlen(text, WHERE_LENGTH_MAX + 1), bad;
    if (length > WHERE_LENGTH_MAX) {
        error_set(err, STATUS_USAGE, "%s: longer than %d bytes", option,
                  WHERE_LENGTH_MAX);
        return NULL;
    }
    if (!text_valid_utf8(text, length, &bad)) {
        error_set(err, STATUS_USAGE, "%s: byte %zu, 0x%02x, is not valid UTF-8", option,
                  bad + 1, (unsigned char)text[bad]);
        return NULL;
    }
    char *source = memory_alloc(length + 1, 1, err);
    for (size_t i = 0; source && i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        source[i] = text[i];
        if (strchr("\t\n\r", c))
            source[i] = ' ';
        bool c1 = c == 0xc2 && (unsigned char)text[i + 1] < 0xa0; /* terminals obey */
        if (source[i] != ' ' && (c < 0x20 || c == 0x7f || c1))
            error_set(err, STATUS_USAGE, "%s: byte %zu begins a control character",
                      option, i + 1);
    }
    return source;
}

enum status where_parse(struct where **where, const char *text,
                        const struct where_scope *scope, struct error *err)
{
    *where = memory_alloc(1, sizeof **where, err);
    if (*where)
        (*where)->source = where_copy_source(text, "--where", err);
    if (err->status == STATUS_OK) {
        struct reader reader = {
            .option = "--where", .scope = scope, .where = *where, .err = err};
        reader_next(&reader);
        parse_expression(&reader);
        if (reader.token.kind != TOKEN_END)
            reader_expected(&reader, "'and', 'or' or the end");
    }
    if (err->status == STATUS_OK)
        return STATUS_OK;
    where_destroy(*where);
    *where = NULL;
    return err->status;
}

void where_destroy(struct where *where)
{
    if (!where)
        return;
    free(where->source);
    free(where->steps);
    free(where);
}
