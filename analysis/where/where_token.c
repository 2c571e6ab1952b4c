#include "analysis/where/where_internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What of a source an error shows before and behind the column. */
enum { SHOWN_BEFORE = 40 };

static const struct {
    const char *text;
    enum token_kind kind;
} symbols[] = {
    /* longer ones before those they begin with */
    {"==", TOKEN_EQ},   {"=", TOKEN_EQ},         {"!=", TOKEN_NE},
    {"!", TOKEN_NOT},   {"<=", TOKEN_LE},        {"<", TOKEN_LT},
    {">=", TOKEN_GE},   {">", TOKEN_GT},         {"&&", TOKEN_AND},
    {"||", TOKEN_OR},   {"(", TOKEN_OPEN},       {")", TOKEN_CLOSE},
    {",", TOKEN_COMMA}, {"[", TOKEN_OPEN_INDEX}, {"]", TOKEN_CLOSE_INDEX},
};

static const struct {
    const char *text;
    enum token_kind kind;
} keywords[] = {
    {"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT},
    {"in", TOKEN_IN},   {"is", TOKEN_IS},
};

/* Characters of the source, not bytes: what a terminal gives a column each. */
static int count_characters(const char *source, size_t from, size_t to)
{
    int n = 0;
    for (size_t i = from; i < to; i++)
        n += ((unsigned char)source[i] & 0xc0) != 0x80;
    return n;
}

void reader_fail(struct reader *reader, size_t at, const char *format, ...)
{
    const char *source = reader->where->source;
    size_t from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
    while (((unsigned char)source[from] & 0xc0) == 0x80)
        from++;
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const char *dots = from > 0 ? "..." : "";
    int before = count_characters(source, from, at) + (int)strlen(dots);
    error_set(reader->err, STATUS_USAGE, "%s: column %d: %s\n  %s%s\n  %*s^",
              reader->option, count_characters(source, 0, at) + 1, what, dots,
              text_quote(source + from).text, before, "");
    reader->token = (struct token){TOKEN_END, strlen(source), 0};
}

void reader_expected(struct reader *reader, const char *what)
{
    struct where_word found = token_word(reader->where, reader->token);
    if (reader->token.kind == TOKEN_END)
        reader_fail(reader, reader->token.at, "expected %s, found the end", what);
    else
        reader_fail(reader, reader->token.at, "expected %s, found '%s'", what,
                    text_quote(found.text).text);
}

struct token token_inside(struct token token)
{
    if (token.kind == TOKEN_QUOTED)
        return (struct token){TOKEN_QUOTED, token.at + 1, token.length - 2};
    return token;
}

struct where_word token_word(const struct where *where, struct token token)
{
    struct where_word word;
    struct token inside = token_inside(token);
    snprintf(word.text, sizeof word.text, "%.*s", (int)inside.length,
             where->source + inside.at);
    return word;
}

static bool is_word_character(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_.:+-", c));
}

static void read_word(struct reader *reader, struct token *token)
{
    const char *start = reader->where->source + token->at;
    while (is_word_character(start[token->length]))
        token->length++;
    if (token->length >= WHERE_WORD_MAX) {
        reader_fail(reader, token->at, "a word of more than %d characters",
                    WHERE_WORD_MAX - 1);
        return;
    }
    token->kind = TOKEN_WORD;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i].text) == token->length &&
            strncmp(keywords[i].text, start, token->length) == 0)
            token->kind = keywords[i].kind;
    reader->token = *token;
}

static void read_quoted(struct reader *reader, struct token *token)
{
    const char *start = reader->where->source + token->at;
    const char *end = strchr(start + 1, *start);
    if (!end) {
        reader_fail(reader, token->at, "a quote that does not end");
        return;
    }
    token->kind = TOKEN_QUOTED;
    token->length = (size_t)(end - start) + 1;
    reader->token = *token;
}

static void read_symbol(struct reader *reader, struct token *token)
{
    const char *start = reader->where->source + token->at;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        token->length = strlen(symbols[i].text);
        if (strncmp(start, symbols[i].text, token->length) == 0) {
            token->kind = symbols[i].kind;
            reader->token = *token;
            return;
        }
    }
    token->length = 1; /* one character, of one to four bytes */
    while (((unsigned char)start[token->length] & 0xc0) == 0x80)
        token->length++;
    struct where_word word = token_word(reader->where, *token);
    reader_fail(reader, token->at, "'%s' has no meaning here", word.text);
}

void reader_next(struct reader *reader)
{
    const char *source = reader->where->source;
    struct token token = {TOKEN_END, reader->token.at + reader->token.length, 0};
    token.at += strspn(source + token.at, " ");
    char first = source[token.at];
    if (!first)
        reader->token = token;
    else if (is_word_character(first))
        read_word(reader, &token);
    else if (first == '"' || first == '\'')
        read_quoted(reader, &token);
    else
        read_symbol(reader, &token);
}

bool reader_accept(struct reader *reader, enum token_kind kind)
{
    if (reader->token.kind != kind)
        return false;
    reader_next(reader);
    return true;
}
