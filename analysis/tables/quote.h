/* Text and numbers as CSV, JSON and Markdown hold them. Text may come from anywhere, so
 * nothing that it says is obeyed: not by a parser, a terminal or a spreadsheet. */
#ifndef STRATA_ANALYSIS_QUOTE_H
#define STRATA_ANALYSIS_QUOTE_H

#include <stddef.h>

#include "base/text.h"

/* Appends a CSV field (RFC 4180), quoted where need be. Text that a spreadsheet would
 * take for a formula gets an apostrophe in front; characters that a terminal obeys, and
 * those that turn the direction of writing, become U+FFFD. */
void quote_csv(struct text *out, const char *bytes, size_t length);

/* Appends a line for people: such characters, and line ends, become U+FFFD. */
void quote_plain(struct text *out, const char *string);

/* The same for Markdown, where it is no link, no HTML, no code and no column either. */
void quote_markdown(struct text *out, const char *string);

/* Appends text for HTML, fit for an element and for a quoted attribute: markup is
 * escaped, such characters become U+FFFD, line ends stay. */
void quote_html(struct text *out, const char *string);

/* Appends one word of a shell's command line, quoted where need be. Such characters, and
 * line ends, become U+FFFD. */
void quote_shell(struct text *out, const char *string);

/* Appends a JSON string with these characters, and line ends, escaped: nothing is lost.
 */
void quote_json(struct text *out, const char *bytes, size_t length);

/* Appends the shortest decimal that reads back as the same double. CSV: NaN, Inf, -Inf as
 * R, Julia and pandas read them; JSON has none of these: null. */
void quote_csv_number(struct text *out, double number);
void quote_json_number(struct text *out, double number);

#endif
