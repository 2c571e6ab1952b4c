/* strata diff: cell by cell, what two run directories or archives have in common. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "cli/compare.h"
#include "cli/options.h"
#include "cli/source.h"

enum { OPT_PROVENANCE, OPT_JSON };

static const struct option_row rows[] = {
    [OPT_PROVENANCE] = {"provenance", 0, NULL, "compare times, ranks and attempts too",
                        false},
    [OPT_JSON] = {"json", 0, NULL, "one JSON object", false},
    {NULL, 0, NULL, NULL, false}};

enum outcome { ONLY_A, ONLY_B, DIFFERING, EQUAL, N_OUTCOMES };
static const char *const outcome_names[N_OUTCOMES] = {"only_a", "only_b", "differing",
                                                      "equal"};

/* One side: the cells of its study, each once. */
struct side {
    struct source source;
    struct held_cell *cells;
    size_t n;
};

struct diff {
    struct side a, b;
    bool provenance;
    bool varies[OPTION_COUNT]; /* options that tell the cells of both apart */
    json_t *list;              /* NULL: lines */
    size_t counts[N_OUTCOMES];
};

/* Journals may hold cells of earlier grids, and a cell twice. */
static void keep_first_of_grid(struct side *side)
{
    size_t kept = 0;
    for (size_t i = 0; i < side->n; i++) {
        const struct held_cell *cell = &side->cells[i];
        bool again = kept > 0 && hash_equal(cell->id, side->cells[kept - 1].id);
        bool known = side->source.archive ||
                     grid_find(&side->source.grid, cell->id) < side->source.grid.n_cells;
        if (!again && known)
            side->cells[kept++] = *cell;
    }
    side->n = kept;
}

static enum status open_side(struct side *side, const char *path, struct error *err)
{
    if (source_open(&side->source, path, err) == STATUS_OK &&
        source_list(&side->source, &side->cells, &side->n, err) == STATUS_OK)
        keep_first_of_grid(side);
    return err->status;
}

static void close_side(struct side *side)
{
    source_close(&side->source);
    free(side->cells);
}

/* Against the first cell of all. */
static void find_varying(struct diff *d)
{
    const struct grid *grids[2] = {&d->a.source.grid, &d->b.source.grid};
    const struct spec *first = NULL;
    for (int g = 0; g < 2; g++)
        for (size_t i = 0; i < grids[g]->n_cells; i++) {
            const struct spec *spec = &grids[g]->cells[i].spec;
            first = first ? first : spec;
            for (int o = 0; o < OPTION_COUNT; o++)
                d->varies[o] = d->varies[o] || spec->value[o] != first->value[o];
        }
}

/* "seed 1, depth 2" */
static void format_options(const struct diff *d, const struct record *record,
                           struct text *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id option = (enum field_id)i;
        char value[64];
        if (!d->varies[i])
            continue;
        field_format(option,
                     field_get(option)->type == FIELD_TYPE_REAL
                         ? *record_real(record, option)
                         : *record_int(record, option),
                     value, sizeof value);
        text_appendf(out, "%s%s %s", out->length ? ", " : "", field_get(option)->name,
                     value);
    }
}

static json_t *pack_differences(const struct difference *differences, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        const struct difference *x = &differences[i];
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:o}", "variable", field_get(x->field)->name,
                            "values", (json_int_t)x->n_values, "largest",
                            isfinite(x->largest) ? json_real(x->largest) : json_null()));
    }
    return list;
}

static void print_cell(struct diff *d, enum outcome outcome, const struct record *record,
                       const struct difference *differences, int n)
{
    static const char *const words[N_OUTCOMES] = {"only in A", "only in B", "differs"};
    struct text options = {0}, what = {0};
    format_options(d, record, &options);
    compare_format(differences, n, &what);
    if (d->list) {
        char id[ID_LENGTH + 1] = "";
        memcpy(id, record_text(record, FIELD_CELL_ID), ID_LENGTH);
        json_array_append_new(
            d->list, json_pack("{s:s, s:s, s:s, s:o}", "cell_id", id, "outcome",
                               outcome_names[outcome], "options", text_string(&options),
                               "variables", pack_differences(differences, n)));
    } else {
        printf("%-9s  %.32s  %s%s%s\n", words[outcome],
               record_text(record, FIELD_CELL_ID), text_string(&options),
               n > 0 ? ": " : "", text_string(&what));
    }
    text_free(&options);
    text_free(&what);
}

static enum status tell_single(struct diff *d, struct side *side,
                               const struct held_cell *cell, enum outcome outcome,
                               struct error *err)
{
    struct record record;
    d->counts[outcome]++;
    if (source_read(&side->source, cell->at, &record, err) == STATUS_OK) {
        print_cell(d, outcome, &record, NULL, 0);
        record_fini(&record);
    }
    return err->status;
}

static enum status compare_cell(struct diff *d, const struct held_cell *a,
                                const struct held_cell *b, struct error *err)
{
    struct record ours, theirs;
    struct difference differences[FIELD_COUNT];
    if (hash_equal(a->content, b->content) &&
        (!d->provenance || hash_equal(a->provenance, b->provenance))) {
        d->counts[EQUAL]++;
        return STATUS_OK;
    }
    if (source_read(&d->a.source, a->at, &ours, err) != STATUS_OK)
        return err->status;
    if (source_read(&d->b.source, b->at, &theirs, err) == STATUS_OK) {
        int n = compare_records(&ours, &theirs, d->provenance, differences);
        d->counts[n > 0 ? DIFFERING : EQUAL]++;
        if (n > 0)
            print_cell(d, DIFFERING, &ours, differences, n);
        record_fini(&theirs);
    }
    record_fini(&ours);
    return err->status;
}

/* Cells of A in the order of its file, which is likely that of B's. */
static enum status compare_cells(struct diff *d, struct error *err)
{
    struct held_cell *ordered = memory_alloc(d->a.n, sizeof *ordered, err);
    if (!ordered)
        return err->status;
    memcpy(ordered, d->a.cells, d->a.n * sizeof *ordered);
    qsort(ordered, d->a.n, sizeof *ordered, source_compare_places);
    for (size_t i = 0; i < d->a.n && err->status == STATUS_OK; i++) {
        const struct held_cell *b = source_find(d->b.cells, d->b.n, ordered[i].id);
        if (b)
            compare_cell(d, &ordered[i], b, err);
        else
            tell_single(d, &d->a, &ordered[i], ONLY_A, err);
    }
    for (size_t i = 0; i < d->b.n && err->status == STATUS_OK; i++)
        if (!source_find(d->a.cells, d->a.n, d->b.cells[i].id))
            tell_single(d, &d->b, &d->b.cells[i], ONLY_B, err);
    free(ordered);
    return err->status;
}

static enum status print_result(const struct diff *d, struct error *err)
{
    if (!d->list) {
        printf("%zu equal, %zu differing, %zu only in A, %zu only in B\n",
               d->counts[EQUAL], d->counts[DIFFERING], d->counts[ONLY_A],
               d->counts[ONLY_B]);
        return STATUS_OK;
    }
    json_t *object = json_object();
    for (int i = 0; i < N_OUTCOMES; i++)
        json_object_set_new(object, outcome_names[i],
                            json_integer((json_int_t)d->counts[i]));
    json_object_set(object, "cells", d->list);
    char *text = json_dumps(object, JSON_INDENT(2));
    if (text)
        puts(text);
    else
        error_set(err, STATUS_MEMORY, "no memory for the result");
    free(text);
    json_decref(object);
    return err->status;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct diff d = {.provenance = args->value[OPT_PROVENANCE],
                     .list = args->value[OPT_JSON] ? json_array() : NULL};
    if (open_side(&d.a, args->positional[0], err) == STATUS_OK &&
        open_side(&d.b, args->positional[1], err) == STATUS_OK) {
        find_varying(&d);
        if (compare_cells(&d, err) == STATUS_OK && print_result(&d, err) == STATUS_OK &&
            d.counts[ONLY_A] + d.counts[ONLY_B] + d.counts[DIFFERING] > 0)
            error_set(err, STATUS_DATA, "%s and %s differ", args->positional[0],
                      args->positional[1]);
    }
    close_side(&d.a);
    close_side(&d.b);
    json_decref(d.list);
    return err->status;
}

const struct command cmd_diff = {
    .name = "diff",
    .operands = "A B",
    .summary = "compare two run directories or archives cell by cell",
    .details =
        "Compares finished cells of A and B, bit for bit, by their identities, and says\n"
        "of each that is not equal which variables differ, in how many values, and the\n"
        "largest difference. A directory's cells are those of its journals, or of its\n"
        "archive.nc where it has none. The exit code is 0 where all are equal, else 65.",
    .min_operands = 2,
    .max_operands = 2,
    .options = rows,
    .run = run,
};
