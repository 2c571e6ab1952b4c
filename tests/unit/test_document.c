/* A document of every kind of block, as HTML and as text. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "analysis/report/document.h"

#define EVIL "<b>\"'&\x1b"

struct document_texts {
    struct document document;
    struct text html, text;
};

static void render(struct document_texts *t)
{
    struct error err = {0};
    document_check(&t->document, &err);
    document_put_html(&t->document, &t->html, &err);
    document_put_text(&t->document, &t->text);
    assert_ok(err);
}

static void release(struct document_texts *t)
{
    document_fini(&t->document);
    text_free(&t->html);
    text_free(&t->text);
}

static void has(const struct text *text, const char *part)
{
    if (!strstr(text_string(text), part))
        fail_msg("there is no '%s' in:\n%s", part, text_string(text));
}

static void has_not(const struct text *text, const char *part)
{
    if (strstr(text_string(text), part))
        fail_msg("there is '%s'", part);
}

/* A table of a number that people read rounded, a word, and nothing. */
static void add_table(struct document *document, enum block_kind kind, int n_rows,
                      const char *word)
{
    static const char *const headings[] = {"x", "word", "none"};
    struct error err = {0};
    struct block *block = document_add(document, kind);
    text_append(&block->title, "A table");
    text_append(&block->body, "give all rows");
    block->first_mark = 1;
    table_init(&block->table, 3, headings, &err);
    for (int i = 0; i < n_rows; i++) {
        struct table_cell *row = table_add_row(&block->table, &err);
        assert_ok(err);
        table_set_number(&row[0], 2, i + 0.125);
        table_set_text(&row[1], word);
    }
}

static void every_block_is_escaped(void **state)
{
    (void)state;
    struct document_texts t = {0};
    text_append(&t.document.title, EVIL);
    for (int kind = BLOCK_SECTION; kind <= BLOCK_VERBATIM; kind++)
        document_addf(&t.document, (enum block_kind)kind, EVIL, "%s", EVIL);
    add_table(&t.document, BLOCK_TABLE, 1, EVIL);
    add_table(&t.document, BLOCK_MAP, 1, EVIL);
    render(&t);
    has_not(&t.html, "<b>");
    has_not(&t.html, "\x1b");
    has_not(&t.text, "\x1b");
    const char *at = text_string(&t.html);
    int n = 0;
    while ((at = strstr(at, "&lt;b&gt;&quot;&#39;&amp;\xef\xbf\xbd"))) {
        at++;
        n++;
    }
    /* title, h1, contents; of blocks: section 1, heading 1, paragraph 1, verdict 1, fact
     * 2, item 1, command 1, verbatim 2; table 1, mark 2 */
    assert_int_equal(n, 3 + 10 + 3);
    release(&t);
}

static void neighbours_make_one_list(void **state)
{
    (void)state;
    struct document_texts t = {0};
    document_addf(&t.document, BLOCK_SECTION, "One", "%s", "");
    document_addf(&t.document, BLOCK_FACT, "a", "%d", 1);
    document_addf(&t.document, BLOCK_FACT, "b", "%d", 2);
    document_addf(&t.document, BLOCK_ITEM, "", "%s", "c");
    document_addf(&t.document, BLOCK_SECTION, "Two", "%s", "");
    document_addf(&t.document, BLOCK_ITEM, "", "%s", "d");
    render(&t);
    has(&t.html, "<dl>\n<dt>a</dt>\n<dd>1</dd>\n<dt>b</dt>\n<dd>2</dd>\n</dl>\n"
                 "<ul>\n<li>c</li>\n</ul>\n</section>\n<section ");
    has(&t.html, "<li>d</li>\n</ul>\n</section>\n</main>");
    has(&t.html, "<li><a href=\"#s2\">Two</a></li>");
    has(&t.html, "<h2 id=\"s2\">Two</h2>");
    has(&t.text, "\na: 1\nb: 2\n\n* c\n\n\nTwo\n---\n\n* d\n");
    release(&t);
}

static void numbers_keep_their_digits_and_long_tables_end(void **state)
{
    (void)state;
    struct document_texts t = {0};
    add_table(&t.document, BLOCK_TABLE, 450, "w");
    render(&t);
    has(&t.html, "<th scope=\"row\" data-v=\"0.125\">0.12</th><td class=\"w\">w</td>"
                 "<td></td>");
    has(&t.html, ">399.12<");
    has_not(&t.html, ">400.12<");
    has(&t.html, "The first 400 of 450 rows; all of them:</p>\n"
                 "<pre class=\"command\">give all rows</pre>");
    has(&t.text, "\n39.12  w\n(the first 40 of 450 rows; all of them:)\n"
                 "    give all rows\n");
    release(&t);
}

static void lines_of_text_are_broken_between_words(void **state)
{
    (void)state;
    struct document_texts t = {0};
    struct text words = {0};
    for (int i = 0; i < 60; i++)
        text_append(&words, i ? " wörd" : "wörd");
    document_addf(&t.document, BLOCK_PARAGRAPH, "", "%s", text_string(&words));
    document_addf(&t.document, BLOCK_FACT, "Fact", "%s", text_string(&words));
    render(&t);
    /* 18 words of 4 columns and 17 blanks are 89; the fact's lead takes one word's place
     */
    char line[256] = "\n";
    for (int i = 0; i < 18; i++)
        strcat(line, i ? " wörd" : "wörd");
    strcat(line, "\nwörd");
    has(&t.text, line);
    has(&t.text, "\nFact: wörd");
    has(&t.text, "\n    wörd");
    text_free(&words);
    release(&t);
}

static void only_own_files_are_known_again(void **state)
{
    (void)state;
    struct document_texts t = {0};
    render(&t);
    assert_true(document_is_ours(t.html.data, t.html.length));
    assert_true(document_is_ours(t.html.data, 256));
    assert_false(document_is_ours(t.html.data, 40));
    t.html.data[100] ^= 1;
    assert_false(document_is_ours(t.html.data, t.html.length));
    release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_is_escaped),
        cmocka_unit_test(neighbours_make_one_list),
        cmocka_unit_test(numbers_keep_their_digits_and_long_tables_end),
        cmocka_unit_test(lines_of_text_are_broken_between_words),
        cmocka_unit_test(only_own_files_are_known_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
