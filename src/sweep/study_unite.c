/* study_unite: one study with the cells of two that differ in their grids alone. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sweep/grid.h"
#include "sweep/study_internal.h"

/* The first line in which two texts differ, as far as a message can hold it. Where one
 * text ends there, it has nothing against the other's line. */
static void find_difference(const char *a, const char *b, struct text *out)
{
    size_t line = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n')
            line = i + 1;
    const char *lines[2] = {a + line, b + line};
    for (int i = 0; i < 2; i++) {
        char word[TEXT_WORD_MAX] = "";
        const char *from = lines[i] + strspn(lines[i], " ");
        size_t length = strcspn(from, "\n");
        memcpy(word, from, length < sizeof word - 1 ? length : sizeof word - 1);
        text_append(out, i ? " against " : "");
        if (length > 0)
            text_appendf(out, "'%s'", text_quote(word).text);
        else
            text_append(out, "nothing");
    }
}

/* Equal where `a` with the axes of `b` is `b`. */
static enum status compare(const struct study *a, const struct study *b,
                           struct error *err)
{
    struct text changed = {0}, other = {0};
    struct study copy = *a;
    copy.blocks = b->blocks;
    copy.n_blocks = b->n_blocks;
    study_format(&copy, &changed);
    study_format(b, &other);
    if (changed.failed || other.failed) {
        error_set(err, STATUS_MEMORY, "no memory for the studies' texts");
    } else if (strcmp(text_string(&changed), text_string(&other)) != 0) {
        struct text difference = {0};
        find_difference(text_string(&changed), text_string(&other), &difference);
        error_set(err, STATUS_STUDY, "studies differ in more than their axes: %s",
                  text_string(&difference));
        text_free(&difference);
    }
    text_free(&changed);
    text_free(&other);
    return err->status;
}

enum status study_copy(struct study *copy, const struct study *study, struct error *err)
{
    struct text text = {0};
    study_format(study, &text);
    if (text.failed)
        error_set(err, STATUS_MEMORY, "no memory for the study's text");
    else
        study_parse(copy, text_string(&text), text.length, "<study>", err);
    text_free(&text);
    return err->status;
}

static bool holds(const struct grid *grid, const struct grid *cells)
{
    for (size_t i = 0; i < cells->n_cells; i++)
        if (grid_find(grid, cells->cells[i].id) == grid->n_cells)
            return false;
    return true;
}

/* Moves the blocks of `from` behind those of `into`. */
static enum status move_blocks(struct study *into, struct study *from, struct error *err)
{
    size_t n = into->n_blocks + from->n_blocks;
    struct grid_block *blocks = memory_alloc(n, sizeof *blocks, err);
    if (!blocks)
        return err->status;
    memcpy(blocks, into->blocks, into->n_blocks * sizeof *blocks);
    memcpy(blocks + into->n_blocks, from->blocks, from->n_blocks * sizeof *blocks);
    free(into->blocks);
    into->blocks = blocks;
    into->n_blocks = n;
    from->n_blocks = 0;
    return STATUS_OK;
}

static enum status extend(struct study *into, const struct study *other,
                          const struct grid grids[2], struct error *err)
{
    struct study copy;
    if (holds(&grids[0], &grids[1]) || study_copy(&copy, other, err) != STATUS_OK)
        return err->status;
    if (holds(&grids[1], &grids[0])) {
        struct study old = *into;
        *into = copy;
        copy = old;
    } else {
        move_blocks(into, &copy, err);
    }
    study_fini(&copy);
    return err->status;
}

enum status study_unite(struct study *into, const struct study *other, struct error *err)
{
    struct grid grids[2] = {{0}, {0}};
    if (compare(into, other, err) == STATUS_OK &&
        grid_expand(&grids[0], into, into->data.hash, err) == STATUS_OK &&
        grid_expand(&grids[1], other, other->data.hash, err) == STATUS_OK)
        extend(into, other, grids, err);
    grid_fini(&grids[0]);
    grid_fini(&grids[1]);
    return err->status;
}
