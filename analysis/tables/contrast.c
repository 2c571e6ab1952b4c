#include "analysis/tables/contrast.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/where/where_internal.h"

/* A value of the option, in its type. */
static double read_value(struct reader *reader, struct operand *option,
                         struct token equals)
{
    struct operand value = reader_operand(reader);
    if (reader->err->status == STATUS_OK && operand_is_variable(&value))
        reader_fail(reader, value.token.at, "'%s' is a variable, no value",
                    token_word(reader->where, value.token).text);
    if (reader->err->status == STATUS_OK)
        reader_match_types(reader, option, equals, &value);
    return value.number;
}

/* OPTION=A,B */
static void read_option(struct reader *reader, struct contrast *contrast)
{
    size_t start = reader->token.at;
    struct operand option = reader_variable(reader);
    const struct field *field = field_get(option.field);
    int id = (int)option.field;
    if (reader->err->status != STATUS_OK)
        return;
    if (id >= OPTION_COUNT || id == FIELD_SEED)
        reader_fail(reader, start, "%s is no option to compare", field->name);
    else if (contrast->has[id])
        reader_fail(reader, start, "%s is there twice", field->name);
    if (reader->err->status != STATUS_OK)
        return;
    struct token equals = reader->token;
    if (!reader_accept(reader, TOKEN_EQ))
        reader_expected(reader, "'=' (OPTION=A,B)");
    for (int side = 0; side < 2 && reader->err->status == STATUS_OK; side++) {
        if (side > 0 && !reader_accept(reader, TOKEN_COMMA))
            reader_expected(reader, "',' and a second value");
        else
            contrast->values[side][id] = read_value(reader, &option, equals);
    }
    if (reader->err->status != STATUS_OK)
        return;
    if (contrast->values[0][id] == contrast->values[1][id])
        reader_fail(reader, start, "the values of %s are equal", field->name);
    for (int side = 0; side < 2; side++) {
        char value[64];
        field_format(option.field, contrast->values[side][id], value, sizeof value);
        text_appendf(&contrast->names[side], "%s%s %s", contrast->n_options ? ", " : "",
                     field->name, value);
    }
    contrast->has[id] = true;
    contrast->n_options++;
}

enum status contrast_parse(struct contrast *contrast, const char *text, struct error *err)
{
    static const char option[] = "--compare";
    const struct where_scope none = {.for_layers = ""};
    struct where where = {.source = where_copy_source(text, option, err)};
    memset(contrast, 0, sizeof *contrast);
    if (err->status == STATUS_OK) {
        struct reader reader = {
            .option = option, .scope = &none, .where = &where, .err = err};
        reader_next(&reader);
        do
            read_option(&reader, contrast);
        while (err->status == STATUS_OK && reader.token.kind != TOKEN_END);
    }
    free(where.source);
    return err->status;
}

void contrast_fini(struct contrast *contrast)
{
    text_free(&contrast->names[0]);
    text_free(&contrast->names[1]);
}

int contrast_side(const struct contrast *contrast, const double options[OPTION_COUNT])
{
    for (int side = 0; side < 2; side++) {
        bool matches = true;
        for (int i = 0; i < OPTION_COUNT; i++)
            matches = matches &&
                      (!contrast->has[i] || options[i] == contrast->values[side][i]);
        if (matches)
            return side;
    }
    return -1;
}
