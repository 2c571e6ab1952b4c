/* Text: a growable string, strict number parsing, and "did you mean". */
#ifndef STRATA_BASE_TEXT_H
#define STRATA_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growable, always terminated string. Zero-initialise; release with text_free().
 * After a failed allocation `failed` is set and appends are ignored, so one check at the
 * end is enough. */
struct text {
    char *data; /* NULL while empty: use text_string() */
    size_t length;
    size_t capacity;
    bool failed;
};

void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t length);
void text_appendf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *text_string(const struct text *text);
void text_free(struct text *text);

/* The whole of `string` as a number: no spaces, no trailing characters, finite, and for
 * integers within the type. Doubles take the forms 0.1, 1e-3, 1E3; not hex, inf or nan.
 */
bool text_parse_int(const char *string, int64_t *value);
bool text_parse_double(const char *string, double *value);

/* Shortest decimal form that reads back as the same double ("0.1", "1e-05", "100"). */
void text_format_double(char *out, size_t size, double value);

/* The candidate nearest to `word` by edit distance, NULL where none is near enough to be
 * what the user meant. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* The character at *at, which moves past it: U+FFFD for a byte that is not UTF-8. */
uint32_t text_next_character(const char *bytes, size_t length, size_t *at);

/* Whether a terminal or a reader's eye would obey the character: control characters,
 * marks and overrides of direction, separators of lines, U+FEFF, which is not shown, and
 * U+FFFD.
 */
bool text_is_obeyed(uint32_t character);

/* What is put in its place: U+FFFD. */
#define TEXT_REPLACEMENT "\xef\xbf\xbd"

/* A character of a text, or what is put in its place. */
struct text_piece {
    uint32_t character; /* U+FFFD for one that is obeyed */
    const char *bytes;
    size_t length;
};

/* The character at *at, which moves past it; TEXT_REPLACEMENT where it is obeyed and not
 * among `kept`. */
struct text_piece text_next_plain(const char *bytes, size_t length, const char *kept,
                                  size_t *at);

/* A word made fit for a message. */
enum { TEXT_WORD_MAX = 64 };
struct text_word {
    char text[TEXT_WORD_MAX];
};

/* The word, cut to what a message can hold, with TEXT_REPLACEMENT for what is obeyed. */
struct text_word text_quote(const char *word);

/* All of a text made fit for a message: TEXT_REPLACEMENT for what is obeyed, but line
 * ends and tabs. Cut to `size` bytes with the terminator. */
void text_make_plain(char *out, size_t size, const char *text);

/* " (did you mean 'relu'?)", or nothing where no candidate is near. */
struct text_word text_suggest(const char *word, const char *const *candidates,
                              size_t count);

/* Seconds from "90s", "10m", "2h", "1.5d", or as Slurm writes times: MM:SS, HH:MM:SS,
 * D-HH, D-HH:MM, D-HH:MM:SS. */
bool text_parse_duration(const char *text, double *seconds);

/* Seconds as people write them: "0.52 s", "41 s", "3 min 12 s", "2 h 05 min". */
void text_format_duration(char *out, size_t size, double seconds);

/* Bytes as people write them: "512 B", "1.4 MiB". */
void text_format_bytes(char *out, size_t size, double bytes);

/* True where the bytes are well-formed UTF-8 without surrogates or overlong forms;
 * otherwise *at is the offset of the first byte that is not. */
bool text_valid_utf8(const char *bytes, size_t length, size_t *at);

#endif
