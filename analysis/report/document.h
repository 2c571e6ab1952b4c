/* What a report says, in its order: made once, then written as HTML (document_html.c) or
 * as text for a terminal (document_text.c). Texts are plain, whoever wrote them: the
 * renderers escape. */
#ifndef STRATA_ANALYSIS_DOCUMENT_H
#define STRATA_ANALYSIS_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/figures/figure.h"
#include "analysis/tables/table.h"
#include "base/error.h"
#include "base/text.h"

enum block_kind {
    BLOCK_SECTION,   /* title */
    BLOCK_HEADING,   /* title, within a section */
    BLOCK_PARAGRAPH, /* body */
    BLOCK_VERDICT,   /* body: the sentence that a hurried reader reads */
    BLOCK_FACT,      /* title, body; neighbours make a list */
    BLOCK_ITEM,      /* body; neighbours make a list */
    BLOCK_COMMAND,   /* body: a shell's line */
    BLOCK_VERBATIM,  /* title, body of many lines; folded in HTML */
    BLOCK_TABLE,     /* title, table; body: the command that gives all rows */
    BLOCK_MAP,       /* a table of which the columns from `first_mark` on hold marks */
    BLOCK_FIGURE     /* figure */
};

struct block {
    enum block_kind kind;
    struct text title, body;
    struct table table; /* its headings are borrowed */
    int first_mark;
    const struct figure *figure; /* borrowed */
};

struct document {
    struct text title;
    struct block *blocks;
    size_t n_blocks, capacity;
    struct block spare; /* taken in place of a block that memory did not suffice for */
    bool failed;
};

void document_fini(struct document *document);

/* Adds an empty block at the end. The pointer, never NULL, holds until the next. */
struct block *document_add(struct document *document, enum block_kind kind);

/* Adds a block with a title ("" for none) and a body. */
struct block *document_addf(struct document *document, enum block_kind kind,
                            const char *title, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether there was memory for everything. */
enum status document_check(const struct document *document, struct error *err);

/* Appends one HTML file that needs no other: style and script are inside, and its
 * Content-Security-Policy permits nothing else. Draws the figures. */
enum status document_put_html(const struct document *document, struct text *out,
                              struct error *err);

/* Whether a file that begins with these bytes is one that document_put_html made. */
bool document_is_ours(const char *bytes, size_t length);

/* Appends the document for a terminal: tables where HTML has figures, the first rows of
 * long ones. */
void document_put_text(const struct document *document, struct text *out);

#endif
