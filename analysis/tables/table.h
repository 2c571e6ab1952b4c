/* Tables of text and numbers, rendered for people (aligned text, Markdown) and programs
 * (CSV, JSON). */
#ifndef STRATA_ANALYSIS_TABLE_H
#define STRATA_ANALYSIS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

enum table_format { TABLE_TEXT, TABLE_CSV, TABLE_JSON, TABLE_MARKDOWN };

/* The format called `name`, the value of --format: table, csv, json or markdown. NULL
 * leaves it as it is; STATUS_USAGE where there is none. */
enum status table_format_parse(const char *name, enum table_format *format,
                               struct error *err);

enum { TABLE_WORD_MAX = 64 };

struct table_cell {
    bool is_number;
    bool is_missing;           /* empty in text and CSV, null in JSON */
    double number;             /* what programs get, in full precision */
    char text[TABLE_WORD_MAX]; /* what people read */
};

struct table {
    int n_columns;
    const char **headings;    /* borrowed strings */
    struct table_cell *cells; /* [n_rows][n_columns] */
    size_t n_rows, capacity;
};

enum status table_init(struct table *table, int n_columns, const char *const *headings,
                       struct error *err);
void table_fini(struct table *table);

/* A new row whose cells are all missing; NULL when memory runs out. The pointer holds
 * until the next row. */
struct table_cell *table_add_row(struct table *table, struct error *err);

/* People read the number with that many decimals; -1 for six significant digits. */
void table_set_number(struct table_cell *cell, int decimals, double number);
void table_set_text(struct table_cell *cell, const char *text);

/* Appends the rendered table. CSV is RFC 4180 with a heading row; JSON an array of
 * objects; Markdown a pipe table. */
void table_render(const struct table *table, enum table_format format, struct text *out);

#endif
