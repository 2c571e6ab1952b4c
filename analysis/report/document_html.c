#include <stdio.h>
#include <string.h>

#include "analysis/report/document.h"
#include "analysis/report/document_page.h"
#include "analysis/figures/figure_draw.h"
#include "analysis/tables/quote.h"

/* Rows of a table, so that the file stays small; the command beside it gives all. */
enum { MOST_ROWS = 400, MOST_FIGURE_ROWS = 120 };

#define GENERATOR "<meta name=\"generator\" content=\"strata report\">"
#define DOCTYPE   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"

struct page {
    struct text *out;
    const char *list;     /* the element around neighbouring facts or items, or NULL */
    bool section;         /* one is open */
    int n_anchors;        /* of sections and headings */
    struct error undrawn; /* why the last figure was not */
};

bool document_is_ours(const char *bytes, size_t length)
{
    static const char start[] = DOCTYPE GENERATOR;
    return length >= sizeof start - 1 && memcmp(bytes, start, sizeof start - 1) == 0;
}

static void put(struct page *page, const char *markup)
{
    text_append(page->out, markup);
}

static void put_text(struct page *page, const char *text)
{
    quote_html(page->out, text);
}

/* <tag>text</tag> and a line end; `tag` may have attributes. */
static void put_element(struct page *page, const char *tag, const char *text)
{
    text_appendf(page->out, "<%s>", tag);
    put_text(page, text);
    text_appendf(page->out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

static void enter_list(struct page *page, const char *list)
{
    if (page->list && (!list || strcmp(page->list, list) != 0))
        text_appendf(page->out, "</%s>\n", page->list);
    if (list && (!page->list || strcmp(page->list, list) != 0))
        text_appendf(page->out, "<%s>\n", list);
    page->list = list;
}

/* --- tables --- */

static bool is_word_column(const struct table *table, int column)
{
    for (size_t r = 0; r < table->n_rows; r++) {
        const struct table_cell *cell =
            &table->cells[r * (size_t)table->n_columns + (size_t)column];
        if (!cell->is_missing && !cell->is_number)
            return true;
    }
    return false;
}

static void put_head(struct page *page, const struct table *table, const bool *words)
{
    put(page, "<thead><tr>");
    for (int c = 0; c < table->n_columns; c++) {
        put(page, words[c] ? "<th scope=\"col\" class=\"w\">" : "<th scope=\"col\">");
        put_text(page, table->headings[c]);
        put(page, "</th>");
    }
    put(page, "</tr></thead>\n");
}

/* What people read, and beside it all digits where it was rounded. */
static void put_cell(struct page *page, const struct table_cell *cell, bool first,
                     bool words)
{
    char digits[40] = "";
    const char *tag = first ? "th" : "td";
    if (cell->is_number)
        text_format_double(digits, sizeof digits, cell->number);
    text_appendf(page->out, "<%s%s%s", tag, first ? " scope=\"row\"" : "",
                 words ? " class=\"w\"" : "");
    if (cell->is_number && strcmp(digits, cell->text) != 0)
        text_appendf(page->out, " data-v=\"%s\"", digits);
    put(page, ">");
    put_text(page, cell->text);
    text_appendf(page->out, "</%s>", tag);
}

static void put_mark(struct page *page, const struct table_cell *cell)
{
    put(page, "<td data-s=\"");
    put_text(page, cell->text);
    put(page, "\">");
    put_text(page, cell->text);
    put(page, "</td>");
}

static void put_rows(struct page *page, const struct block *block, size_t most,
                     const bool *words)
{
    const struct table *table = &block->table;
    bool map = block->kind == BLOCK_MAP;
    put(page, "<tbody>\n");
    for (size_t r = 0; r < table->n_rows && r < most; r++) {
        const struct table_cell *row = table->cells + r * (size_t)table->n_columns;
        put(page, "<tr>");
        for (int c = 0; c < table->n_columns; c++)
            if (map && c >= block->first_mark)
                put_mark(page, &row[c]);
            else
                put_cell(page, &row[c], c == 0, words[c]);
        put(page, "</tr>\n");
    }
    put(page, "</tbody>\n");
}

/* The rows beyond `most` are counted, and the block's command gives them. */
static void put_left_out(struct page *page, const struct block *block, size_t most)
{
    char text[128];
    if (block->table.n_rows <= most)
        return;
    snprintf(text, sizeof text, "The first %zu of %zu rows; all of them:", most,
             block->table.n_rows);
    put_element(page, "p class=\"quiet\"", text);
    put_element(page, "pre class=\"command\"", text_string(&block->body));
}

static void put_table(struct page *page, const struct block *block, size_t most)
{
    enum { WORDS_MAX = 128 };
    bool words[WORDS_MAX] = {false};
    for (int c = 0; c < block->table.n_columns && c < WORDS_MAX; c++)
        words[c] = is_word_column(&block->table, c);
    put(page, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    put_text(page, text_string(&block->title));
    text_appendf(page->out, "\"><table class=\"%s\">\n",
                 block->kind == BLOCK_MAP ? "map" : "data");
    put(page, "<caption>");
    put_element(page, "span", text_string(&block->title));
    put(page, "</caption>");
    put_head(page, &block->table, words);
    put_rows(page, block, most, words);
    put(page, "</table></div>\n");
    put_left_out(page, block, most);
}

/* --- figures --- */

/* A drawing that failed is no reason to have no report: the numbers are in the table.
 * Without gnuplot none succeeds, and one that takes too long tells what the others
 * would cost: then no more are tried. */
static void put_drawing(struct page *page, const struct figure *figure)
{
    size_t start = page->out->length;
    if (page->undrawn.status != STATUS_MISSING &&
        page->undrawn.status != STATUS_STOPPED) {
        page->undrawn = (struct error){.status = STATUS_OK};
        if (figure_draw(figure, FIGURE_SVG_INLINE, NULL, page->out, &page->undrawn) ==
            STATUS_OK)
            return;
        page->out->length = start;
    }
    put(page, "<p>Not drawn: ");
    put_text(page, page->undrawn.text);
    put(page, "</p>\n");
}

static void put_figure(struct page *page, const struct figure *figure)
{
    if (!figure->drawn) {
        put(page, "<p>Not drawn: ");
        put_text(page, figure->why);
        put(page, ".</p>\n");
        return;
    }
    text_appendf(page->out, "<figure class=\"%s\">\n", figure->name);
    put(page, "<div class=\"drawing\" role=\"region\" tabindex=\"0\" aria-label=\"");
    put_text(page, text_string(&figure->title));
    put(page, "\">\n");
    put_drawing(page, figure);
    put(page, "</div>\n");
    put_element(page, "figcaption", text_string(&figure->caption));
    put(page, "</figure>\n");
    struct block data = {.kind = BLOCK_TABLE, .table = figure->table};
    text_appendf(&data.title, "%s: what is drawn", text_string(&figure->title));
    text_appendf(&data.body, "%s", text_string(&figure->command));
    put(page, "<details><summary>Its numbers as a table</summary>\n");
    put_table(page, &data, MOST_FIGURE_ROWS);
    put(page, "</details>\n");
    put_element(page, "pre class=\"command\"", text_string(&figure->command));
    text_free(&data.title);
    text_free(&data.body);
}

/* --- blocks --- */

static void put_heading(struct page *page, const struct block *block)
{
    bool section = block->kind == BLOCK_SECTION;
    int anchor = ++page->n_anchors;
    if (section) {
        put(page, page->section ? "</section>\n" : "");
        text_appendf(page->out, "<section aria-labelledby=\"s%d\">\n", anchor);
        page->section = true;
    }
    text_appendf(page->out, "<%s id=\"s%d\">", section ? "h2" : "h3", anchor);
    put_text(page, text_string(&block->title));
    text_appendf(page->out, "</%s>\n", section ? "h2" : "h3");
}

static void put_verbatim(struct page *page, const struct block *block)
{
    put(page, "<details>");
    put_element(page, "summary", text_string(&block->title));
    put_element(page, "pre tabindex=\"0\"", text_string(&block->body));
    put(page, "</details>\n");
}

static void put_block(struct page *page, const struct block *block)
{
    const char *body = text_string(&block->body);
    enter_list(page, block->kind == BLOCK_FACT   ? "dl"
                     : block->kind == BLOCK_ITEM ? "ul"
                                                 : NULL);
    switch (block->kind) {
    case BLOCK_SECTION:
    case BLOCK_HEADING:
        put_heading(page, block);
        break;
    case BLOCK_PARAGRAPH:
        put_element(page, "p", body);
        break;
    case BLOCK_VERDICT:
        put_element(page, "p class=\"verdict\"", body);
        break;
    case BLOCK_FACT:
        put_element(page, "dt", text_string(&block->title));
        put_element(page, "dd", body);
        break;
    case BLOCK_ITEM:
        put_element(page, "li", body);
        break;
    case BLOCK_COMMAND:
        put_element(page, "pre class=\"command\"", body);
        break;
    case BLOCK_VERBATIM:
        put_verbatim(page, block);
        break;
    case BLOCK_TABLE:
    case BLOCK_MAP:
        put_table(page, block, MOST_ROWS);
        break;
    case BLOCK_FIGURE:
        put_figure(page, block->figure);
        break;
    }
}

static void put_contents(struct page *page, const struct document *document)
{
    int anchor = 0;
    put(page, "<nav aria-label=\"Contents\"><ul>\n");
    for (size_t i = 0; i < document->n_blocks; i++) {
        const struct block *block = &document->blocks[i];
        anchor += block->kind == BLOCK_SECTION || block->kind == BLOCK_HEADING;
        if (block->kind != BLOCK_SECTION)
            continue;
        text_appendf(page->out, "<li><a href=\"#s%d\">", anchor);
        put_text(page, text_string(&block->title));
        put(page, "</a></li>\n");
    }
    put(page, "</ul></nav>\n");
}

static void put_page_head(struct page *page, const char *title)
{
    put(page, DOCTYPE GENERATOR "\n");
    text_appendf(page->out,
                 "<meta http-equiv=\"Content-Security-Policy\" content=\""
                 "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; "
                 "img-src data:; base-uri 'none'; form-action 'none'\">\n",
                 document_style_sha256, document_script_sha256);
    put(page,
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    put_element(page, "title", title);
    text_appendf(page->out, "<style>%s</style>\n</head>\n<body>\n", document_style);
    put(page, "<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n");
    put_element(page, "h1", title);
    put(page, "</header>\n");
}

enum status document_put_html(const struct document *document, struct text *out,
                              struct error *err)
{
    struct page page = {.out = out};
    put_page_head(&page, text_string(&document->title));
    put_contents(&page, document);
    put(&page, "<main id=\"main\">\n");
    for (size_t i = 0; i < document->n_blocks; i++)
        put_block(&page, &document->blocks[i]);
    enter_list(&page, NULL);
    put(&page, page.section ? "</section>\n</main>\n" : "</main>\n");
    text_appendf(out, "<script>%s</script>\n</body>\n</html>\n", document_script);
    return out->failed ? error_set(err, STATUS_MEMORY, "out of memory for a report")
                       : STATUS_OK;
}
