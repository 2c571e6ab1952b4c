#include "analysis/report/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void block_fini(struct block *block)
{
    text_free(&block->title);
    text_free(&block->body);
    table_fini(&block->table);
}

void document_fini(struct document *document)
{
    for (size_t i = 0; i < document->n_blocks; i++)
        block_fini(&document->blocks[i]);
    block_fini(&document->spare);
    free(document->blocks);
    text_free(&document->title);
    memset(document, 0, sizeof *document);
}

struct block *document_add(struct document *document, enum block_kind kind)
{
    struct error err = {0};
    struct block *block = &document->spare;
    if (memory_grow(&document->blocks, &document->capacity, document->n_blocks + 1,
                    sizeof *document->blocks, &err) == STATUS_OK)
        block = &document->blocks[document->n_blocks++];
    else
        block_fini(block);
    document->failed |= err.status != STATUS_OK;
    memset(block, 0, sizeof *block);
    block->kind = kind;
    return block;
}

struct block *document_addf(struct document *document, enum block_kind kind,
                            const char *title, const char *format, ...)
{
    struct block *block = document_add(document, kind);
    char *body = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&body, format, arguments);
    va_end(arguments);
    document->failed |= length < 0;
    text_append(&block->title, title);
    if (length >= 0)
        text_append(&block->body, body);
    free(length >= 0 ? body : NULL);
    return block;
}

enum status document_check(const struct document *document, struct error *err)
{
    bool failed = document->failed || document->title.failed;
    for (size_t i = 0; i < document->n_blocks; i++)
        failed |= document->blocks[i].title.failed || document->blocks[i].body.failed;
    return failed ? error_set(err, STATUS_MEMORY, "out of memory for a report")
                  : STATUS_OK;
}
