#include "analysis/tables/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/tables/quote.h"
#include "base/memory.h"

enum status table_format_parse(const char *name, enum table_format *format,
                               struct error *err)
{
    static const char *const names[] = {"table", "csv", "json", "markdown"};
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (enum table_format)i;
            return STATUS_OK;
        }
    return name ? error_set(err, STATUS_USAGE,
                            "--format %s: not one of table, csv, json, markdown",
                            text_quote(name).text)
                : STATUS_OK;
}

enum status table_init(struct table *table, int n_columns, const char *const *headings,
                       struct error *err)
{
    memset(table, 0, sizeof *table);
    table->headings = memory_alloc((size_t)n_columns, sizeof *table->headings, err);
    if (!table->headings)
        return err->status;
    table->n_columns = n_columns;
    for (int i = 0; i < n_columns; i++)
        table->headings[i] = headings[i];
    return STATUS_OK;
}

void table_fini(struct table *table)
{
    free(table->headings);
    free(table->cells);
    memset(table, 0, sizeof *table);
}

struct table_cell *table_add_row(struct table *table, struct error *err)
{
    size_t columns = (size_t)table->n_columns;
    if (memory_grow(&table->cells, &table->capacity, (table->n_rows + 1) * columns,
                    sizeof *table->cells, err) != STATUS_OK)
        return NULL;
    struct table_cell *row = table->cells + table->n_rows++ * columns;
    memset(row, 0, columns * sizeof *row);
    for (size_t i = 0; i < columns; i++)
        row[i].is_missing = true;
    return row;
}

/* What is rounded to zero has no sign. */
static void drop_sign_of_zero(char *text)
{
    size_t length = strlen(text);
    if (text[0] == '-' && strspn(text + 1, "0.") == length - 1)
        memmove(text, text + 1, length);
}

void table_set_number(struct table_cell *cell, int decimals, double number)
{
    cell->is_missing = false;
    cell->is_number = true;
    cell->number = number;
    if (decimals < 0)
        snprintf(cell->text, sizeof cell->text, "%g", number);
    else
        snprintf(cell->text, sizeof cell->text, "%.*f", decimals, number);
    drop_sign_of_zero(cell->text);
}

void table_set_text(struct table_cell *cell, const char *text)
{
    cell->is_missing = false;
    cell->is_number = false;
    snprintf(cell->text, sizeof cell->text, "%s", text);
}

static const struct table_cell *cell_at(const struct table *table, size_t row, int column)
{
    return &table->cells[row * (size_t)table->n_columns + (size_t)column];
}

/* Columns that a terminal gives the text: bytes that start a character. */
static int display_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void pad(struct text *out, int n)
{
    for (int i = 0; i < n; i++)
        text_append(out, " ");
}

/* Whether a column holds numbers, which are aligned on the right. */
static bool numeric_column(const struct table *table, int column)
{
    for (size_t row = 0; row < table->n_rows; row++)
        if (cell_at(table, row, column)->is_number)
            return true;
    return false;
}

static void put_aligned(struct text *out, const char *text, int width, bool right,
                        bool markdown)
{
    int padding = width - display_width(text);
    if (right)
        pad(out, padding);
    if (markdown)
        quote_markdown(out, text);
    else
        text_append(out, text);
    if (!right)
        pad(out, padding);
}

static void render_columns(const struct table *table, bool markdown, struct text *out)
{
    int width[64] = {0};
    int n = table->n_columns < 64 ? table->n_columns : 64;
    for (int c = 0; c < n; c++) {
        width[c] = display_width(table->headings[c]);
        for (size_t r = 0; r < table->n_rows; r++) {
            int w = display_width(cell_at(table, r, c)->text);
            width[c] = w > width[c] ? w : width[c];
        }
    }
    const char *before = markdown ? "| " : "", *between = markdown ? " | " : "  ";
    const char *after = markdown ? " |\n" : "\n";
    for (size_t line = 0; line < table->n_rows + 1; line++) {
        text_append(out, before);
        for (int c = 0; c < n; c++) {
            const char *text = line ? cell_at(table, line - 1, c)->text
                                    : table->headings[c];
            text_append(out, c ? between : "");
            put_aligned(out, text, width[c], numeric_column(table, c), markdown);
        }
        while (!markdown && out->length > 0 && out->data[out->length - 1] == ' ')
            out->length--;
        text_append(out, after);
        if (line > 0 || !markdown)
            continue;
        for (int c = 0; c < n; c++) {
            text_append(out, c ? " | " : "| ");
            for (int i = 1; i < width[c]; i++)
                text_append(out, "-");
            text_append(out, numeric_column(table, c) ? ":" : "-");
        }
        text_append(out, after);
    }
}

static void render_csv(const struct table *table, struct text *out)
{
    for (int c = 0; c < table->n_columns; c++) {
        text_append(out, c ? "," : "");
        quote_csv(out, table->headings[c], strlen(table->headings[c]));
    }
    text_append(out, "\n");
    for (size_t r = 0; r < table->n_rows; r++) {
        for (int c = 0; c < table->n_columns; c++) {
            const struct table_cell *cell = cell_at(table, r, c);
            text_append(out, c ? "," : "");
            if (cell->is_missing)
                continue;
            if (cell->is_number)
                quote_csv_number(out, cell->number);
            else
                quote_csv(out, cell->text, strlen(cell->text));
        }
        text_append(out, "\n");
    }
}

static void render_json(const struct table *table, struct text *out)
{
    text_append(out, "[");
    for (size_t r = 0; r < table->n_rows; r++) {
        text_append(out, r ? ",\n {" : "\n {");
        for (int c = 0; c < table->n_columns; c++) {
            const struct table_cell *cell = cell_at(table, r, c);
            text_append(out, c ? ", " : "");
            quote_json(out, table->headings[c], strlen(table->headings[c]));
            text_append(out, ": ");
            if (cell->is_missing)
                text_append(out, "null");
            else if (cell->is_number)
                quote_json_number(out, cell->number);
            else
                quote_json(out, cell->text, strlen(cell->text));
        }
        text_append(out, "}");
    }
    text_append(out, "\n]\n");
}

void table_render(const struct table *table, enum table_format format, struct text *out)
{
    switch (format) {
    case TABLE_TEXT:
    case TABLE_MARKDOWN:
        render_columns(table, format == TABLE_MARKDOWN, out);
        break;
    case TABLE_CSV:
        render_csv(table, out);
        break;
    case TABLE_JSON:
        render_json(table, out);
        break;
    }
}
