/* What a request names: splits, snapshots, cells, a measure. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/figures/figure_internal.h"
#include "base/memory.h"

bool figure_next_word(const char **list, char *word, size_t size)
{
    while (**list == ' ' || **list == ',')
        ++*list;
    size_t length = strcspn(*list, ",");
    snprintf(word, size, "%.*s", (int)(length < size ? length : size - 1), *list);
    *list += length;
    return word[0] != '\0';
}

static enum status choose_splits(struct figure_data *f, struct error *err)
{
    const char *list = !f->by_split        ? NULL
                       : f->request.splits ? f->request.splits
                       : f->alias          ? f->alias->splits
                                           : f->kind->splits;
    char word[TABLE_WORD_MAX];
    bool chosen[N_SPLITS] = {false};
    while (list && figure_next_word(&list, word, sizeof word)) {
        int split = 0;
        while (split < N_SPLITS && strcmp(word, split_names[split]) != 0)
            split++;
        if (split == N_SPLITS)
            return error_set(err, STATUS_USAGE,
                             "--splits %s: not one of train, validation, test",
                             text_quote(word).text);
        chosen[split] = true;
    }
    for (int split = 0; split < N_SPLITS; split++)
        if (chosen[split])
            f->splits[f->n_splits++] = split;
    if (f->n_splits == 0)
        f->splits[f->n_splits++] = SPLIT_TEST;
    return STATUS_OK;
}

/* Snapshots at a time that training sets, not the network's success. */
static bool has_time(const char *label)
{
    return strcmp(label, "best") != 0 && strcmp(label, "final") != 0;
}

void figure_note_epochs(struct figure_data *f, const struct record *record)
{
    const double *own = record_real(record, FIELD_SNAPSHOT_EPOCH);
    for (int s = 0; f->epochs && s < record->shape.n_snapshots; s++)
        if (isnan(f->epochs[s]) && own[s] != RECORD_FILL_REAL)
            f->epochs[s] = own[s];
}

static enum status choose_named_snapshots(struct figure_data *f, struct error *err)
{
    const char *list = f->request.snapshots;
    char word[TABLE_WORD_MAX];
    while (figure_next_word(&list, word, sizeof word)) {
        int snapshot, i = 0;
        if (cells_find_snapshot(f->archive, word, &snapshot, err) != STATUS_OK)
            return err->status;
        while (i < f->n_snapshots && f->snapshots[i] != snapshot)
            i++;
        if (i == f->n_snapshots)
            f->snapshots[f->n_snapshots++] = snapshot;
    }
    return f->n_snapshots ? STATUS_OK
                          : error_set(err, STATUS_USAGE, "--snapshots: names none");
}

/* Snapshots in the order of their time. */
static void choose_timed_snapshots(struct figure_data *f, enum figure_when when)
{
    const double *epochs = f->epochs;
    for (int s = 0; s < archive_shape(f->archive).n_snapshots; s++) {
        bool whole = epochs[s] >= 1 && epochs[s] == floor(epochs[s]);
        bool early = epochs[s] > 0 && epochs[s] <= 1;
        if (!has_time(archive_snapshot_label(f->archive, s)) || isnan(epochs[s]) ||
            (when == WHEN_EPOCHS && !whole) || (when == WHEN_FIRST_EPOCH && !early))
            continue;
        int at = f->n_snapshots++;
        for (; at > 0 && epochs[f->snapshots[at - 1]] > epochs[s]; at--)
            f->snapshots[at] = f->snapshots[at - 1];
        f->snapshots[at] = s;
    }
}

/* The untrained network, for comparison, where the archive has it. */
static void choose_init(struct figure_data *f)
{
    for (int s = 0; s < archive_shape(f->archive).n_snapshots - 1; s++)
        if (strcmp(archive_snapshot_label(f->archive, s), "init") == 0)
            f->snapshots[f->n_snapshots++] = s;
}

/* Tells where there are too few snapshots. */
static void count_snapshots(struct figure *figure)
{
    struct figure_data *f = figure->data;
    enum figure_when when = f->alias ? f->alias->when : WHEN_ONE;
    int fewest = f->kind->x == X_EPOCH ? 2 : 1;
    f->n_snapshots_all = f->n_snapshots;
    if (f->n_snapshots < fewest)
        snprintf(figure->why, sizeof figure->why, "it needs %s in the study's probe.at%s",
                 when == WHEN_EPOCHS        ? "snapshots after whole epochs"
                 : when == WHEN_FIRST_EPOCH ? "snapshots within the first epoch"
                                            : "two snapshots of set times",
                 when == WHEN_FIRST_EPOCH ? ", as step:10" : ", as epoch:1");
}

enum status figure_choose_times(struct figure *figure, struct error *err)
{
    struct figure_data *f = figure->data;
    if (!f->epochs)
        return err->status;
    choose_timed_snapshots(f,
                           f->alias && f->kind->x != X_EPOCH ? f->alias->when : WHEN_ONE);
    count_snapshots(figure);
    return err->status;
}

/* Those that are chosen by their time wait until it is known which cells match. */
static enum status choose_snapshots(struct figure *figure, struct error *err)
{
    struct figure_data *f = figure->data;
    int n = archive_shape(f->archive).n_snapshots;
    enum figure_when when = f->alias ? f->alias->when : WHEN_ONE;
    f->snapshots = memory_alloc((size_t)n, sizeof *f->snapshots, err);
    if (!f->snapshots)
        return err->status;
    if (f->request.snapshots)
        choose_named_snapshots(f, err);
    else if (f->kind->x == X_EPOCH || f->curves_by == CURVES_SNAPSHOTS ||
             when != WHEN_ONE) {
        f->epochs = memory_alloc((size_t)n, sizeof *f->epochs, err);
        for (int s = 0; f->epochs && s < n; s++)
            f->epochs[s] = NAN;
        return err->status;
    } else {
        if (f->kind->x == X_NODE)
            choose_init(f);
        cells_find_snapshot(f->archive, NULL, &f->snapshots[f->n_snapshots++], err);
    }
    if (err->status == STATUS_OK)
        count_snapshots(figure);
    return err->status;
}

static enum status parse_where(struct figure_data *f, struct error *err)
{
    struct where_scope scope = {.layers = false, .for_layers = "strata export"};
    const char *own = f->alias ? f->alias->where : NULL, *asked = f->request.where;
    if (!own && !asked)
        return err->status;
    if (own && asked) {
        const char **labels = cells_scope(f->archive, &scope, err);
        struct where *alone = NULL; /* so that columns in errors are the user's own */
        if (labels && where_parse(&alone, asked, &scope, err) == STATUS_OK)
            text_appendf(&f->where_text, "(%s) and %s", asked, own);
        where_destroy(alone);
        free(labels);
    } else {
        text_append(&f->where_text, own ? own : asked);
    }
    const char **labels = cells_scope(f->archive, &scope, err);
    if (labels && err->status == STATUS_OK)
        where_parse(&f->where, text_string(&f->where_text), &scope, err);
    free(labels);
    return err->status;
}

/* Which cells count: by the expression, and of selected settings. */
static enum status choose_cells(struct figure_data *f, struct error *err)
{
    if (cells_find_snapshot(f->archive, f->request.where_at, &f->where_snapshot, err) !=
            STATUS_OK ||
        parse_where(f, err) != STATUS_OK)
        return err->status;
    return selection_init(&f->selection, f->archive, f->request.select, err);
}

static enum status choose_measure(struct figure_data *f, struct error *err)
{
    bool scatter = f->kind->x == X_MEASURE;
    const char *name = f->request.measure ? f->request.measure
                       : scatter          ? "mean_perplexity.train.last"
                                          : "network_accuracy.test";
    return measure_find(&f->measure, name, "measure", err);
}

/* An option that changes nothing would be believed to have been obeyed. */
static enum status check_used(const struct figure_data *f, struct error *err)
{
    const struct figure_request *r = &f->request;
    const struct figure_kind *kind = f->kind;
    const struct {
        const char *option;
        bool given, used;
    } options[] = {
        {"x", r->x != NULL, kind->x == X_OPTION},
        {"measure", r->measure != NULL, kind->any_measure || kind->n_quantities == 0},
        {"bands", r->bands != NULL, kind->x == X_LAYER || kind->x == X_EPOCH},
        {"node", r->node != NULL, kind->x == X_BIN},
        {"gap", r->gap != RANKING_GIVEN, kind->x == X_MEASURE},
        {"panels", r->panels != NULL, !figure_is_of_nodes(f)},
    };
    bool named = !kind->splits || (kind->any_measure && r->measure);
    if (named && r->splits)
        return error_set(err, STATUS_USAGE, "--splits: the measure of %s names its split",
                         kind->name);
    if (r->where_at && !r->where && !r->select)
        return error_set(err, STATUS_USAGE,
                         "--where-at: without --where or --select it says nothing");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && !options[i].used)
            return error_set(err, STATUS_USAGE, "--%s: %s has no use for it",
                             options[i].option, kind->name);
    return STATUS_OK;
}

enum status figure_choose_names(struct figure *figure, struct error *err)
{
    struct figure_data *f = figure->data;
    if (check_used(f, err) != STATUS_OK || figure_choose_quantities(f, err) != STATUS_OK)
        return err->status;
    f->systems = f->alias && f->alias->systems ? f->alias->systems
                                               : (1u << N_SYSTEMS) - 1;
    if (choose_splits(f, err) != STATUS_OK ||
        choose_snapshots(figure, err) != STATUS_OK || choose_cells(f, err) != STATUS_OK)
        return err->status;
    if (figure_is_of_nodes(f))
        return figure_open_nodes(figure, err);
    return f->n_quantities > 0 ? STATUS_OK : choose_measure(f, err);
}
