#include "analysis/tables/quote.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

void quote_csv(struct text *out, const char *bytes, size_t length)
{
    bool formula = length > 0 && strchr("=+-@\t\r", bytes[0]) && bytes[0];
    bool quoted = false;
    for (size_t i = 0; i < length; i++)
        quoted |= bytes[i] != '\0' && strchr(",\"\r\n", bytes[i]);
    text_append(out, quoted ? "\"" : "");
    text_append(out, formula ? "'" : "");
    for (size_t i = 0; i < length;) {
        struct text_piece piece = text_next_plain(bytes, length, "\n", &i);
        text_append(out, piece.character == '"' ? "\"" : "");
        text_append_bytes(out, piece.bytes, piece.length);
    }
    text_append(out, quoted ? "\"" : "");
}

/* With a backslash before each of the characters `escaped`. */
static void put_line(struct text *out, const char *string, const char *escaped)
{
    size_t length = strlen(string);
    for (size_t i = 0; i < length;) {
        struct text_piece piece = text_next_plain(string, length, "", &i);
        if (piece.character < 0x80 && strchr(escaped, (int)piece.character))
            text_append(out, "\\");
        text_append_bytes(out, piece.bytes, piece.length);
    }
}

void quote_plain(struct text *out, const char *string)
{
    put_line(out, string, "");
}

void quote_markdown(struct text *out, const char *string)
{
    put_line(out, string, "\\`*[]<>|&");
}

void quote_html(struct text *out, const char *string)
{
    size_t length = strlen(string);
    for (size_t i = 0; i < length;) {
        struct text_piece piece = text_next_plain(string, length, "\n", &i);
        uint32_t c = piece.character;
        if (c == '&')
            text_append(out, "&amp;");
        else if (c == '<')
            text_append(out, "&lt;");
        else if (c == '>')
            text_append(out, "&gt;");
        else if (c == '"')
            text_append(out, "&quot;");
        else if (c == '\'')
            text_append(out, "&#39;");
        else
            text_append_bytes(out, piece.bytes, piece.length);
    }
}

void quote_shell(struct text *out, const char *string)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-+=.,:/@%";
    size_t length = strlen(string);
    if (length > 0 && strspn(string, safe) == length) {
        text_append(out, string);
        return;
    }
    struct text plain = {0};
    quote_plain(&plain, string);
    text_append(out, "'");
    for (const char *byte = text_string(&plain); *byte; byte++)
        text_append_bytes(out, *byte == '\'' ? "'\\''" : byte, *byte == '\'' ? 4 : 1);
    text_append(out, "'");
    text_free(&plain);
}

void quote_json(struct text *out, const char *bytes, size_t length)
{
    text_append(out, "\"");
    for (size_t i = 0; i < length;) {
        size_t start = i;
        uint32_t c = text_next_character(bytes, length, &i);
        if (c == '"' || c == '\\')
            text_appendf(out, "\\%c", (int)c);
        else if (text_is_obeyed(c))
            text_appendf(out, "\\u%04x", (unsigned)c);
        else
            text_append_bytes(out, bytes + start, i - start);
    }
    text_append(out, "\"");
}

static void put_number(struct text *out, double number)
{
    char digits[40];
    text_format_double(digits, sizeof digits, number);
    text_append(out, digits);
}

void quote_csv_number(struct text *out, double number)
{
    if (isfinite(number))
        put_number(out, number);
    else
        text_append(out, isnan(number) ? "NaN" : number > 0 ? "Inf" : "-Inf");
}

void quote_json_number(struct text *out, double number)
{
    if (isfinite(number))
        put_number(out, number);
    else
        text_append(out, "null");
}
