#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct text *text, size_t extra)
{
    if (text->failed)
        return false;
    size_t needed = text->length + extra + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = needed + needed / 2 + 64;
    char *data = realloc(text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_append_bytes(struct text *text, const char *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
    text_append_bytes(text, string, strlen(string));
}

void text_appendf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !reserve(text, (size_t)length))
        return;
    va_start(args, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

void text_free(struct text *text)
{
    free(text->data);
    memset(text, 0, sizeof *text);
}

bool text_parse_int(const char *string, int64_t *value)
{
    if (strspn(string, "-0123456789") != strlen(string) || !*string)
        return false;
    char *end;
    errno = 0;
    long long parsed = strtoll(string, &end, 10);
    if (errno || *end)
        return false;
    *value = parsed;
    return true;
}

bool text_parse_double(const char *string, double *value)
{
    if (strspn(string, "+-.0123456789eE") != strlen(string) ||
        !strpbrk(string, "0123456789"))
        return false;
    char *end;
    double parsed = strtod(string, &end);
    if (*end || !isfinite(parsed))
        return false;
    *value = parsed;
    return true;
}

void text_format_double(char *out, size_t size, double value)
{
    if (fabs(value) < 1e15 && value == floor(value)) {
        snprintf(out, size, "%.0f", value);
        return;
    }
    /* 15 digits hold every shorter decimal too, and %g leaves out zeros at the end */
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(out, size, "%.*g", precision, value);
        if (strtod(out, NULL) == value)
            return;
    }
}

enum { NEAREST_WORD_MAX = 64 };

/* Optimal string alignment distance: insert, delete, replace, swap neighbours. */
static int edit_distance(const char *a, const char *b)
{
    int rows[3][NEAREST_WORD_MAX + 1];
    int n = (int)strlen(a), m = (int)strlen(b);
    int *previous2 = rows[0], *previous = rows[1], *current = rows[2];
    for (int j = 0; j <= m; j++)
        previous[j] = j;
    for (int i = 1; i <= n; i++) {
        current[0] = i;
        for (int j = 1; j <= m; j++) {
            int best = previous[j - 1] + (a[i - 1] != b[j - 1]);
            if (previous[j] + 1 < best)
                best = previous[j] + 1;
            if (current[j - 1] + 1 < best)
                best = current[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && previous2[j - 2] + 1 < best)
                best = previous2[j - 2] + 1;
            current[j] = best;
        }
        int *spare = previous2;
        previous2 = previous;
        previous = current;
        current = spare;
    }
    return previous[m];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > NEAREST_WORD_MAX)
        return NULL;
    const char *best = NULL;
    int best_distance = (int)length / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        if (strlen(candidates[i]) > NEAREST_WORD_MAX)
            continue;
        int distance = edit_distance(word, candidates[i]);
        if (distance < best_distance && distance < (int)strlen(candidates[i])) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}

uint32_t text_next_character(const char *bytes, size_t length, size_t *at)
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

bool text_is_obeyed(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
           (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || c == 0xfffd;
}

struct text_piece text_next_plain(const char *bytes, size_t length, const char *kept,
                                  size_t *at)
{
    static const char replacement[] = TEXT_REPLACEMENT;
    size_t start = *at;
    uint32_t c = text_next_character(bytes, length, at);
    if (text_is_obeyed(c) && !(c > 0 && c < 0x80 && strchr(kept, (int)c)))
        return (struct text_piece){0xfffd, replacement, sizeof replacement - 1};
    return (struct text_piece){c, bytes + start, *at - start};
}

/* As much of a text as `room` bytes hold, terminated behind them; returns how many they
 * are, and whether something had to stay. */
static size_t copy_plain(char *out, size_t room, const char *text, const char *kept,
                         bool *cut)
{
    size_t length = strlen(text), used = 0;
    *cut = false;
    for (size_t at = 0; at < length;) {
        struct text_piece piece = text_next_plain(text, length, kept, &at);
        *cut = used + piece.length > room;
        if (*cut)
            break;
        memcpy(out + used, piece.bytes, piece.length);
        used += piece.length;
    }
    out[used] = '\0';
    return used;
}

struct text_word text_quote(const char *word)
{
    static const char dots[] = "...";
    struct text_word quoted;
    bool cut;
    size_t used = copy_plain(quoted.text, sizeof quoted.text - sizeof dots, word, "",
                             &cut);
    if (cut)
        strcpy(quoted.text + used, dots);
    return quoted;
}

void text_make_plain(char *out, size_t size, const char *text)
{
    bool cut;
    copy_plain(out, size - 1, text, "\n\t", &cut);
}

struct text_word text_suggest(const char *word, const char *const *candidates,
                              size_t count)
{
    struct text_word quoted = {""};
    const char *nearest = text_nearest(word, candidates, count);
    if (nearest)
        snprintf(quoted.text, sizeof quoted.text, " (did you mean '%s'?)", nearest);
    return quoted;
}

/* At most six digits at *text, which moves past them. */
static bool parse_digits(const char **text, double *value)
{
    int n = 0;
    for (*value = 0; isdigit((unsigned char)**text) && n < 7; n++)
        *value = 10 * *value + *(*text)++ - '0';
    return n > 0 && n < 7;
}

/* [D-]HH:MM:SS and shorter forms. */
static bool parse_clock(const char *text, double *seconds)
{
    double days = 0, field[3];
    int n = 0;
    bool has_days = strchr(text, '-') != NULL;
    if (has_days && (!parse_digits(&text, &days) || *text++ != '-'))
        return false;
    do {
        if (n == 3 || !parse_digits(&text, &field[n]) || (n > 0 && field[n] >= 60))
            return false;
        n++;
    } while (*text++ == ':');
    if (text[-1] != '\0' || (has_days ? field[0] >= 24 : n < 2))
        return false;
    *seconds = 0;
    for (int i = 0; i < n; i++)
        *seconds = 60 * *seconds + field[i];
    if (has_days) /* D-HH, D-HH:MM: the first is hours in any case */
        *seconds = 86400 * days + *seconds * (n == 1 ? 3600 : n == 2 ? 60 : 1);
    return true;
}

bool text_parse_duration(const char *text, double *seconds)
{
    static const struct {
        char letter;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t length = strlen(text);
    char number[32];
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (length < 2 || length > sizeof number || text[length - 1] != units[i].letter)
            continue;
        memcpy(number, text, length - 1);
        number[length - 1] = '\0';
        if (!text_parse_double(number, seconds) || *seconds < 0 || *seconds > 1e6)
            return false;
        *seconds *= units[i].seconds;
        return true;
    }
    return parse_clock(text, seconds);
}

void text_format_duration(char *out, size_t size, double seconds)
{
    if (seconds < 10)
        snprintf(out, size, "%.2f s", seconds);
    else if (seconds < 100)
        snprintf(out, size, "%.0f s", seconds);
    else if (seconds < 5940)
        snprintf(out, size, "%.0f min %02.0f s", floor(seconds / 60),
                 floor(fmod(seconds, 60)));
    else
        snprintf(out, size, "%.0f h %02.0f min", floor(seconds / 3600),
                 floor(fmod(seconds, 3600) / 60));
}

void text_format_bytes(char *out, size_t size, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int unit = 0;
    while (bytes >= 1024 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, size, unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

/* Length of the UTF-8 sequence that starts with `first`, 0 for an invalid first byte;
 * the range of the second byte excludes overlong forms and surrogates (RFC 3629). */
static size_t utf8_sequence(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef) {
        *low = first == 0xe0 ? 0xa0 : 0x80;
        *high = first == 0xed ? 0x9f : 0xbf;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *low = first == 0xf0 ? 0x90 : 0x80;
        *high = first == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

bool text_valid_utf8(const char *bytes, size_t length, size_t *at)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < length;) {
        unsigned char low, high;
        size_t n = utf8_sequence(p[i], &low, &high);
        bool valid = n > 0 && i + n <= length;
        if (valid && n > 1)
            valid = p[i + 1] >= low && p[i + 1] <= high;
        for (size_t k = 2; valid && k < n; k++)
            valid = (p[i + k] & 0xc0) == 0x80;
        if (!valid) {
            *at = i;
            return false;
        }
        i += n;
    }
    return true;
}
