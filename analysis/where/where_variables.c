#include <stdlib.h>
#include <string.h>

#include "analysis/where/where_internal.h"

static void copy_heading(struct where_variable *variable, const char *from, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n + 1 < sizeof variable->heading; i++)
        if (from[i] != ' ')
            variable->heading[n++] = from[i];
    variable->heading[n] = '\0';
}

static bool equal(const struct where_variable *a, const struct where_variable *b)
{
    return a->field == b->field && memcmp(a->at, b->at, sizeof a->at) == 0;
}

static void read_variable(struct reader *reader, struct where_variable *variables, int *n)
{
    size_t start = reader->token.at;
    if (*n == WHERE_VARIABLES_MAX) {
        reader_fail(reader, start, "more than %d variables", WHERE_VARIABLES_MAX);
        return;
    }
    struct operand operand = reader_variable(reader);
    if (reader->err->status != STATUS_OK)
        return;
    struct where_variable *variable = &variables[*n];
    variable->field = operand.field;
    memcpy(variable->at, operand.at, sizeof variable->at);
    copy_heading(variable, reader->where->source + start, reader->token.at - start);
    for (int i = 0; i < *n; i++)
        if (equal(&variables[i], variable))
            reader_fail(reader, start, "%s is there twice", variable->heading);
    ++*n;
}

enum status where_parse_variables(struct where_variable variables[WHERE_VARIABLES_MAX],
                                  int *n, const char *text,
                                  const struct where_scope *scope, struct error *err)
{
    static const char option[] = "--variables";
    struct where where = {.source = where_copy_source(text, option, err)};
    *n = 0;
    if (err->status == STATUS_OK) {
        struct reader reader = {
            .option = option, .scope = scope, .where = &where, .err = err};
        reader_next(&reader);
        do
            read_variable(&reader, variables, n);
        while (reader_accept(&reader, TOKEN_COMMA));
        if (reader.token.kind != TOKEN_END)
            reader_expected(&reader, "',' or the end");
    }
    free(where.source);
    return err->status;
}
