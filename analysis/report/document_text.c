#include <string.h>

#include "analysis/report/document.h"
#include "analysis/tables/quote.h"

enum { WIDTH = 90, INDENT = 4, MOST_ROWS = 40, MOST_FIGURE_ROWS = 20 };

/* Columns of a terminal: bytes that begin a character. */
static size_t width_of(const char *word, size_t length)
{
    size_t width = 0;
    for (size_t i = 0; i < length; i++)
        width += ((unsigned char)word[i] & 0xc0) != 0x80;
    return width;
}

static void put_indent(struct text *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text_append(out, " ");
}

/* Appends words, broken into lines; `column` is where the first stands, further lines
 * begin at `indent`. */
static void put_words(struct text *out, const char *words, size_t column, size_t indent)
{
    bool first = true;
    while (*words) {
        size_t length = strcspn(words, " "), width = width_of(words, length);
        if (!first && column + 1 + width > WIDTH) {
            text_append(out, "\n");
            put_indent(out, indent);
            column = indent;
        } else if (!first) {
            text_append(out, " ");
            column++;
        }
        text_append_bytes(out, words, length);
        column += width;
        words += length + strspn(words + length, " ");
        first = false;
    }
    text_append(out, "\n");
}

static void put_wrapped(struct text *out, const char *lead, const char *string,
                        size_t indent)
{
    struct text plain = {0};
    quote_plain(&plain, string);
    text_append(out, lead);
    put_words(out, text_string(&plain), width_of(lead, strlen(lead)), indent);
    text_free(&plain);
}

static void put_title(struct text *out, const char *title, const char *rule)
{
    size_t start = out->length;
    quote_plain(out, title);
    size_t width = width_of(text_string(out) + start, out->length - start);
    text_append(out, "\n");
    for (size_t i = 0; i < width; i++)
        text_append(out, rule);
    text_append(out, "\n");
}

/* Lines as they are, but for what a terminal would obey. */
static void put_lines(struct text *out, const char *lines, size_t indent)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        struct text line = {0};
        text_append_bytes(&line, lines, length);
        put_indent(out, indent);
        quote_plain(out, text_string(&line));
        text_append(out, "\n");
        text_free(&line);
        lines += length + (lines[length] == '\n');
    }
}

static void put_table(struct text *out, const struct table *table, size_t most,
                      const char *command)
{
    struct table shown = *table; /* a view: cells are not owned */
    struct text text = {0};
    shown.n_rows = table->n_rows < most ? table->n_rows : most;
    table_render(&shown, TABLE_TEXT, &text);
    put_lines(out, text_string(&text), 0);
    text_free(&text);
    if (shown.n_rows == table->n_rows)
        return;
    text_appendf(out, "(the first %zu of %zu rows; all of them:)\n", shown.n_rows,
                 table->n_rows);
    put_lines(out, command, INDENT);
}

static void put_figure(struct text *out, const struct figure *figure)
{
    if (!figure->drawn) {
        put_wrapped(out, "Not drawn: ", figure->why, 0);
        return;
    }
    put_wrapped(out, "", text_string(&figure->caption), 0);
    text_append(out, "\n");
    put_table(out, &figure->table, MOST_FIGURE_ROWS, text_string(&figure->command));
    text_append(out, "\ndrawn by:\n");
    put_lines(out, text_string(&figure->command), INDENT);
}

static void put_fact(struct text *out, const struct block *block)
{
    struct text lead = {0};
    quote_plain(&lead, text_string(&block->title));
    text_append(&lead, ": ");
    put_wrapped(out, text_string(&lead), text_string(&block->body), INDENT);
    text_free(&lead);
}

static void put_block(struct text *out, const struct block *block)
{
    const char *title = text_string(&block->title), *body = text_string(&block->body);
    switch (block->kind) {
    case BLOCK_SECTION:
        put_title(out, title, "-");
        break;
    case BLOCK_HEADING:
        put_title(out, title, "·");
        break;
    case BLOCK_PARAGRAPH:
    case BLOCK_VERDICT:
        put_wrapped(out, "", body, 0);
        break;
    case BLOCK_FACT:
        put_fact(out, block);
        break;
    case BLOCK_ITEM:
        put_wrapped(out, "* ", body, 2);
        break;
    case BLOCK_COMMAND:
        put_lines(out, body, INDENT);
        break;
    case BLOCK_VERBATIM:
        put_wrapped(out, "", title, 0);
        put_lines(out, body, INDENT);
        break;
    case BLOCK_TABLE:
    case BLOCK_MAP:
        put_wrapped(out, "", title, 0);
        text_append(out, "\n");
        put_table(out, &block->table, MOST_ROWS, body);
        break;
    case BLOCK_FIGURE:
        put_figure(out, block->figure);
        break;
    }
}

/* Facts and items stand close together, as do headings and what follows. */
static bool is_apart(enum block_kind before, enum block_kind kind)
{
    bool list = kind == BLOCK_FACT || kind == BLOCK_ITEM;
    return !(list && before == kind);
}

void document_put_text(const struct document *document, struct text *out)
{
    put_title(out, text_string(&document->title), "=");
    enum block_kind before = BLOCK_SECTION;
    for (size_t i = 0; i < document->n_blocks; i++) {
        const struct block *block = &document->blocks[i];
        if (is_apart(before, block->kind))
            text_append(out, block->kind == BLOCK_SECTION ? "\n\n" : "\n");
        put_block(out, block);
        before = block->kind;
    }
}
