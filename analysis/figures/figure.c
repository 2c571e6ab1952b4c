/* Figures in two passes over an archive: which cells count, then their numbers. */
#include "analysis/figures/figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/figures/figure_internal.h"
#include "analysis/figures/figure_words.h"
#include "base/memory.h"

struct figure_set {
    struct figure *figures;
    int n;
    bool *complete;  /* [n_cells] */
    double *options; /* [n_cells][OPTION_COUNT] */
    size_t cell;     /* number of the record at hand */
};

bool figure_kind_get(int i, const char **name, const char **summary)
{
    if (i < 0 || i >= figure_n_kinds)
        return false;
    *name = figure_kinds[i].name;
    *summary = figure_kinds[i].summary;
    return true;
}

bool figure_alias_get(int i, const char **name, const char **kind)
{
    if (i < 0 || i >= figure_n_aliases)
        return false;
    *name = figure_aliases[i].name;
    *kind = figure_aliases[i].kind;
    return true;
}

static const struct figure_kind *find_kind(const char *name)
{
    for (int i = 0; name && i < figure_n_kinds; i++)
        if (strcmp(figure_kinds[i].name, name) == 0)
            return &figure_kinds[i];
    return NULL;
}

static enum status fail_unknown(const char *name, struct error *err)
{
    const char *names[64];
    size_t n = 0;
    for (int i = 0; i < figure_n_kinds; i++)
        names[n++] = figure_kinds[i].name;
    for (int i = 0; i < figure_n_aliases; i++)
        names[n++] = figure_aliases[i].name;
    return error_set(err, STATUS_USAGE,
                     "%s: no such figure%s; strata plot DIR lists them",
                     text_quote(name).text, text_suggest(name, names, n).text);
}

static enum status start_figure(struct figure *figure, struct archive *archive,
                                const char *operand, const struct figure_request *request,
                                struct error *err)
{
    struct figure_data *f = memory_alloc(1, sizeof *f, err);
    figure->data = f;
    if (!f)
        return err->status;
    f->request = *request;
    f->archive = archive;
    f->operand = operand;
    f->n_cells = (size_t)archive_n_cells(archive);
    f->kind = find_kind(request->figure);
    for (int i = 0; !f->kind && i < figure_n_aliases; i++)
        if (strcmp(figure_aliases[i].name, request->figure) == 0) {
            f->alias = &figure_aliases[i];
            f->kind = find_kind(f->alias->kind);
        }
    if (!f->kind && !f->alias)
        return fail_unknown(request->figure, err);
    figure->name = f->kind ? f->kind->name : f->alias->name;
    if (f->alias && f->alias->instead)
        snprintf(figure->why, sizeof figure->why, "%s", f->alias->instead);
    f->matches = memory_alloc(f->n_cells, sizeof *f->matches, err);
    f->marks = memory_alloc(f->n_cells, sizeof *f->marks, err);
    if (err->status == STATUS_OK)
        memset(f->matches, true, f->n_cells * sizeof *f->matches);
    return figure->why[0] ? err->status : figure_choose_names(figure, err);
}

/* Whether the expression chooses the cell: in the snapshot that a summary takes; and
 * what else choices are made by. */
static enum status match_record(void *context, const struct record *record,
                                struct error *err)
{
    struct figure_set *set = context;
    size_t cell = set->cell++;
    set->complete[cell] = *record_int(record, FIELD_STATUS) == CELL_COMPLETE;
    cells_options(record, set->options + cell * OPTION_COUNT);
    for (int i = 0; i < set->n; i++) {
        struct figure_data *f = set->figures[i].data;
        if (f->where)
            f->matches[cell] = where_matches(f->where, record, f->where_snapshot, 0);
        if (f->selection.active)
            f->marks[cell] = selection_mark(&f->selection, record, f->where_snapshot);
        if (f->epochs && f->matches[cell])
            figure_note_epochs(f, record);
    }
    return err->status;
}

static enum status collect_record(void *context, const struct record *record,
                                  struct error *err)
{
    struct figure_set *set = context;
    size_t cell = set->cell++;
    for (int i = 0; i < set->n; i++) {
        struct figure_data *f = set->figures[i].data;
        f->cell = cell;
        if (!set->figures[i].why[0] && f->matches[cell])
            figure_collect(f, record, err);
    }
    return err->status;
}

static enum status visit(struct figure_set *set, struct archive *archive,
                         const bool *fields, cells_visit_fn function, struct error *err)
{
    set->cell = 0;
    return cells_visit(archive, fields, function, set, err);
}

/* Looks at what expressions name, and at what snapshots and samples are chosen by. */
static enum status match_cells(struct figure_set *set, struct archive *archive,
                               struct error *err)
{
    bool fields[FIELD_COUNT] = {[FIELD_STATUS] = true};
    size_t n_cells = (size_t)archive_n_cells(archive);
    set->complete = memory_alloc(n_cells, sizeof *set->complete, err);
    set->options = memory_alloc(n_cells * OPTION_COUNT, sizeof *set->options, err);
    if (err->status != STATUS_OK)
        return err->status;
    cells_add_options(fields);
    for (int i = 0; i < set->n; i++) {
        struct figure_data *f = set->figures[i].data;
        f->complete = set->complete;
        if (f->where)
            where_add_fields(f->where, fields);
        selection_add_fields(&f->selection, fields);
        fields[FIELD_SNAPSHOT_EPOCH] |= f->epochs != NULL;
    }
    return visit(set, archive, fields, match_record, err);
}

/* How many cells count, and which options tell them apart. A selected option does not: it
 * has one value in each setting of the others. */
static void count_matches(struct figure_data *f, const double *options)
{
    const double *first = NULL;
    f->n_matches = 0;
    memset(f->varies, 0, sizeof f->varies);
    for (size_t i = 0; i < f->n_cells; i++) {
        const double *own = options + i * OPTION_COUNT;
        if (!f->matches[i])
            continue;
        f->n_matches++;
        first = first ? first : own;
        for (int k = 0; k < OPTION_COUNT; k++)
            f->varies[k] |= k != FIELD_SEED && own[k] != first[k] &&
                            (!f->selection.over[k] || figure_is_of_nodes(f));
    }
}

static enum status choose_cells(struct figure *figure, const double *options,
                                struct error *err)
{
    struct figure_data *f = figure->data;
    struct error none = {0};
    count_matches(f, options);
    if (f->n_cells == 0)
        snprintf(figure->why, sizeof figure->why, "the archive has no cell");
    else if (f->n_matches == 0)
        snprintf(figure->why, sizeof figure->why, "none of %zu cells matches: %s",
                 f->n_cells, text_quote(f->where ? where_text(f->where) : "").text);
    else if (selection_apply(&f->selection, options, f->marks, f->n_cells, f->matches,
                             &none) == STATUS_MISSING)
        snprintf(figure->why, sizeof figure->why, "%.*s", (int)sizeof figure->why - 1,
                 none.text);
    if (none.status != STATUS_OK && none.status != STATUS_MISSING)
        return error_set(err, none.status, "%s", none.text);
    if (figure->why[0])
        return STATUS_OK;
    count_matches(f, options);
    selection_put(&f->selection, options, f->matches, f->n_cells, &f->selected);
    figure_choose_times(figure, err);
    return figure->why[0] ? err->status : figure_choose_settings(figure, options, err);
}

/* Names the first of the measures that no cell has. */
static void say_missing(struct figure *figure)
{
    struct figure_data *f = figure->data;
    char name[TABLE_WORD_MAX];
    int i = 0;
    while (i < f->n_quantities - 1 && f->seen[i])
        i++;
    measure_name(&f->measures[i], name);
    const char *needs = field_measure(f->measures[i].field);
    snprintf(figure->why, sizeof figure->why, "no cell has %s%s%s%s", name,
             needs ? ", which needs '" : "", needs ? needs : "",
             needs ? "' in the study's probe.measures" : "");
}

static void say_why(struct figure *figure)
{
    struct figure_data *f = figure->data;
    if (figure_is_of_nodes(f))
        snprintf(
            figure->why, sizeof figure->why,
            "nodes.nc has no such snapshot of the cells that match, or no such node");
    else if (f->n_status[CELL_COMPLETE] == 0)
        snprintf(figure->why, sizeof figure->why, "no cell is complete");
    else if (f->named)
        say_missing(figure);
    else
        snprintf(figure->why, sizeof figure->why, "%s",
                 f->kind->lacks ? f->kind->lacks : "no cell has what it shows");
}

/* Whether there is something to see: of measures that were named, all. */
static bool has_seen(const struct figure_data *f)
{
    for (int i = 0; f->named && i < f->n_quantities; i++)
        if (!f->seen[i])
            return false;
    return f->seen[f->kind->essential];
}

static enum status finish_figure(struct figure *figure, struct error *err)
{
    struct figure_data *f = figure->data;
    if (figure->why[0] || err->status != STATUS_OK)
        return err->status;
    if (!has_seen(f)) {
        say_why(figure);
        return STATUS_OK;
    }
    if (figure_make_series(f, err) != STATUS_OK ||
        figure_name_curves(f, err) != STATUS_OK ||
        figure_describe(figure, err) != STATUS_OK)
        return err->status;
    figure->drawn = true;
    return figure->title.failed || figure->caption.failed || figure->alt.failed ||
                   figure->command.failed
               ? error_set(err, STATUS_MEMORY, "no memory for a figure's words")
               : STATUS_OK;
}

static enum status make_figures(struct figure_set *set, struct archive *archive,
                                struct error *err)
{
    match_cells(set, archive, err);
    bool any = false; /* that can be drawn, as far as options tell */
    for (int i = 0; err->status == STATUS_OK && i < set->n; i++) {
        if (!set->figures[i].why[0])
            choose_cells(&set->figures[i], set->options, err);
        any |= !set->figures[i].why[0];
    }
    if (err->status == STATUS_OK && any)
        visit(set, archive, NULL, collect_record, err);
    for (int i = 0; i < set->n; i++)
        finish_figure(&set->figures[i], err);
    return err->status;
}

enum status figure_set_create(struct figure_set **set, struct archive *archive,
                              const char *operand, const struct figure_request *requests,
                              int n_requests, struct error *err)
{
    struct figure_set *new = memory_alloc(1, sizeof *new, err);
    *set = NULL;
    if (!new)
        return err->status;
    new->figures = memory_alloc((size_t)n_requests, sizeof *new->figures, err);
    for (int i = 0; err->status == STATUS_OK && i < n_requests; i++) {
        start_figure(&new->figures[i], archive, operand, &requests[i], err);
        new->n++;
    }
    if (err->status == STATUS_OK && make_figures(new, archive, err) == STATUS_OK)
        *set = new;
    else
        figure_set_destroy(new);
    return err->status;
}

static void settings_fini(struct figure_settings *settings)
{
    free(settings->values);
    free(settings->of_cell);
    free(settings->drawn);
}

static void figure_fini(struct figure *figure)
{
    struct figure_data *f = figure->data;
    text_free(&figure->title);
    text_free(&figure->caption);
    text_free(&figure->alt);
    text_free(&figure->command);
    table_fini(&figure->table);
    if (!f)
        return;
    where_destroy(f->where);
    text_free(&f->where_text);
    text_free(&f->selected);
    settings_fini(&f->groups);
    settings_fini(&f->settings);
    settings_fini(&f->along);
    for (int i = 0; i < f->n_curves; i++)
        text_free(&f->curves[i].label);
    nodes_close(f->nodes);
    text_free(&f->network);
    free(f->layer_starts);
    text_free(&f->x_heading);
    text_free(&f->y_heading);
    free(f->matches);
    free(f->marks);
    free(f->snapshots);
    free(f->epochs);
    free(f->observations);
    free(f->panels);
    free(f->curves);
    free(f->series);
    free(f->points);
    free(f);
}

void figure_set_destroy(struct figure_set *set)
{
    for (int i = 0; set && i < set->n; i++)
        figure_fini(&set->figures[i]);
    if (set) {
        free(set->figures);
        free(set->complete);
        free(set->options);
    }
    free(set);
}

const struct figure *figure_set_get(const struct figure_set *set, int i)
{
    return &set->figures[i];
}
