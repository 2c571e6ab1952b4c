#include "analysis/quote.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The character at *at, which moves past it: 0xfffd for bytes that are not UTF-8. */
static uint32_t next_character(const char *bytes, size_t length, size_t *at)
{
    const unsigned char *p = (const unsigned char *)bytes + *at;
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4, bad;
    if (*at + n > length || !text_valid_utf8(bytes + *at, n, &bad)) {
        ++*at;
        return 0xfffd;
    }
    uint32_t code = n == 1 ? p[0] : p[0] & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (p[i] & 0x3fU);
    *at += n;
    return code;
}

/* Control characters, marks and overrides of direction, separators of lines, and U+FEFF,
 * which is not shown. */
static bool is_obeyed(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
           (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || c == 0xfffd;
}

void quote_csv(struct text *out, const char *bytes, size_t length)
{
    bool formula = length > 0 && strchr("=+-@\t\r", bytes[0]) && bytes[0];
    bool quoted = false;
    for (size_t i = 0; i < length; i++)
        quoted |= bytes[i] != '\0' && strchr(",\"\r\n", bytes[i]);
    text_append(out, quoted ? "\"" : "");
    text_append(out, formula ? "'" : "");
    for (size_t i = 0; i < length;) {
        size_t start = i;
        uint32_t c = next_character(bytes, length, &i);
        if (c == '"')
            text_append(out, "\"\"");
        else if (is_obeyed(c) && c != '\n')
            text_append(out, "\xef\xbf\xbd");
        else
            text_append_bytes(out, bytes + start, i - start);
    }
    text_append(out, quoted ? "\"" : "");
}

void quote_plain(struct text *out, const char *string)
{
    size_t length = strlen(string);
    for (size_t i = 0; i < length;) {
        size_t start = i;
        if (is_obeyed(next_character(string, length, &i)))
            text_append(out, "\xef\xbf\xbd");
        else
            text_append_bytes(out, string + start, i - start);
    }
}

void quote_html(struct text *out, const char *string)
{
    size_t length = strlen(string);
    for (size_t i = 0; i < length;) {
        size_t start = i;
        uint32_t c = next_character(string, length, &i);
        if (is_obeyed(c) && c != '\n')
            text_append(out, "\xef\xbf\xbd");
        else if (c == '&')
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
            text_append_bytes(out, string + start, i - start);
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
        uint32_t c = next_character(bytes, length, &i);
        if (c == '"' || c == '\\')
            text_appendf(out, "\\%c", (int)c);
        else if (is_obeyed(c))
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
