#include "cli/plan_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analysis/tables/table.h"
#include "sweep/cell.h"

enum { SHOWN_RANKS = 16, SHOWN_SNAPSHOTS = 8 };

static bool may_stop_early(const struct plan_report *r)
{
    for (size_t i = 0; i < r->n_left; i++)
        if (cell_may_stop_early(&r->session->grid.cells[r->left[i]].spec))
            return true;
    return false;
}

/* The options in which the cell differs from the study's constants: "seed=1 depth=20". */
static void describe_cell(const struct plan_report *r, const struct plan_outlook *outlook,
                          struct text *out)
{
    const struct study *study = &r->session->study;
    const struct spec *spec = &r->session->grid.cells[r->left[outlook->longest]].spec;
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (spec->value[i] == study->base.value[i] || option_get(id)->spelled_elsewhere)
            continue;
        text_appendf(out, "%s%s=", out->length ? " " : "", field_get(id)->name);
        spec_format(spec, id, out);
    }
}

static double longest_seconds(const struct plan_report *r, const struct plan_outlook *o)
{
    return r->n_left > 0 ? r->session->seconds[r->left[o->longest]] : 0.0;
}

/* ---- for people ---- */

/* "selects     learning_rate, width by validation error" */
static void print_selection(const struct study *study)
{
    const char *before = "selects     ";
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (!study->select[i])
            continue;
        printf("%s%s", before, field_get(id)->name);
        before = ", ";
    }
    if (study_selects(study))
        printf(" by validation error\n");
}

static void print_basis(const struct plan_report *r)
{
    const struct calibration *c = &r->session->calibration;
    printf("rates       ");
    if (c->n_cells > 0)
        printf("of %zu finished cell%s", c->n_cells, c->n_cells == 1 ? "" : "s");
    else if (c->n_pieces > 0)
        printf("of %d short cell%s on %s (%s), %s", c->n_pieces,
               c->n_pieces == 1 ? "" : "s", c->host, c->cpu, c->date);
    else
        printf("nominal, all off by one unknown factor (--calibrate finds it)");
    printf("; single cells miss their prediction by about %.0f %%\n", 100 * c->spread);
    if (!may_stop_early(r))
        return;
    if (c->n_epochs > 0)
        printf("epochs      %.0f %% of what was asked for, in %zu finished cells; a cell "
               "misses that by about %.0f %%\n",
               100 * c->epochs_share, c->n_epochs, 100 * c->epochs_spread);
    else
        printf("epochs      all: early stopping, which no finished cell shows yet, makes "
               "it shorter\n");
}

/* All of them, or the first ones and the last. */
static void print_snapshots(const struct study *study)
{
    int n = study->n_snapshots;
    printf("snapshots   %d: ", n);
    for (int i = 0; i < n; i++)
        if (i < SHOWN_SNAPSHOTS || i == n - 1)
            printf("%s%s", study->snapshots[i].label, i == n - 1 ? "\n" : ", ");
        else if (i == SHOWN_SNAPSHOTS)
            printf("..., ");
}

static void set_duration(struct table_cell *cell, double seconds)
{
    char text[32];
    text_format_duration(text, sizeof text, seconds);
    table_set_text(cell, text);
}

static enum status print_schedules(const struct plan_report *r, struct error *err)
{
    static const char *const headings[] = {"ranks",       "wall time",    "efficiency %",
                                           "bound",       "it is set by", "grid order",
                                           "slices, off", "dynamic, off"};
    enum { N_COLUMNS = sizeof headings / sizeof *headings };
    struct table table = {0};
    struct text out = {0};
    if (table_init(&table, N_COLUMNS, headings, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < r->n_outlooks; i++) {
        const struct plan_outlook *o = &r->outlooks[i];
        struct table_cell *cells = table_add_row(&table, err);
        if (!cells)
            break;
        table_set_number(&cells[0], 0, o->n_ranks);
        set_duration(&cells[1], o->wall);
        table_set_number(&cells[2], 1, 100 * plan_efficiency(o));
        set_duration(&cells[3], o->bound);
        table_set_text(&cells[4], o->n_over > 0 ? "longest cell" : "work / ranks");
        set_duration(&cells[5], o->grid_order);
        set_duration(&cells[6], o->slices_off);
        set_duration(&cells[7], o->dynamic_off);
    }
    if (err->status == STATUS_OK) {
        table_render(&table, TABLE_TEXT, &out);
        printf("\n%s", text_string(&out));
        printf(
            "Longest cells first; grid order: one by one as the grid lists them. Off: "
            "where cells miss\ntheir prediction by as much as said above, and ranks "
            "keep their slices or, dynamic, take\nthe next cell when they are free.\n");
    }
    text_free(&out);
    table_fini(&table);
    return err->status;
}

/* Where single cells hold everyone up, what would help. */
static void print_advice(const struct plan_report *r, const struct plan_outlook *o)
{
    char longest[32], share[32], halved[32];
    text_format_duration(longest, sizeof longest, longest_seconds(r, o));
    text_format_duration(share, sizeof share, o->share);
    text_format_duration(halved, sizeof halved, o->halved);
    printf("%d ranks: an even share is %s, and %zu cell%s longer, up to %s. With each of "
           "them in two halves, %s; %d rank%s keep%s 90 %% efficiency.\n",
           o->n_ranks, share, o->n_over, o->n_over == 1 ? " is" : "s are", longest,
           halved, o->fewer_ranks, o->fewer_ranks == 1 ? "" : "s",
           o->fewer_ranks == 1 ? "s" : "");
}

static void print_slices(const struct plan_report *r)
{
    int n_ranks = r->outlooks[0].n_ranks;
    printf("\n%-6s %-7s %s\n", "rank", "cells", "predicted");
    for (int i = 0; i < n_ranks && i < SHOWN_RANKS; i++) {
        char duration[32];
        text_format_duration(duration, sizeof duration, r->load[i]);
        printf("%-6d %-7d %s\n", i, r->cells[i], duration);
    }
    if (n_ranks > SHOWN_RANKS)
        printf("... %d more\n", n_ranks - SHOWN_RANKS);
}

enum status plan_report_text(const struct plan_report *r, struct error *err)
{
    const struct session *s = r->session;
    const struct plan_outlook *o = &r->outlooks[0];
    char text[32], shared[32], hash[HASH_HEX + 1];
    struct text cell = {0};
    hash_format(s->dataset.hash, hash);
    printf("study       %s\n", s->study.name);
    printf("data        %s: %u training, %u validation, %u test samples, %d classes\n",
           s->study.data.name, s->sizes.train, s->sizes.validation, s->sizes.test,
           s->dataset.n_classes);
    printf("data hash   %s\n", hash);
    printf("cells       %zu: %zu done, %zu left\n", s->grid.n_cells,
           s->grid.n_cells - r->n_left, r->n_left);
    print_snapshots(&s->study);
    print_selection(&s->study);
    print_basis(r);
    text_format_duration(text, sizeof text, o->total);
    printf("core time   %s\n", text);
    if (r->n_left > 0) {
        describe_cell(r, o, &cell);
        text_format_duration(text, sizeof text, longest_seconds(r, o));
        printf("longest     %s: %s\n", text, text_string(&cell));
        text_free(&cell);
    }
    text_format_bytes(text, sizeof text, s->largest_bytes);
    text_format_bytes(shared, sizeof shared, dataset_bytes(&s->dataset));
    printf("memory      %s a rank; %s of it are data, which a host's ranks share\n", text,
           shared);
    if (print_schedules(r, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < r->n_outlooks; i++)
        if (r->outlooks[i].n_over > 0)
            print_advice(r, &r->outlooks[i]);
    if (r->n_outlooks == 1)
        print_slices(r);
    return STATUS_OK;
}

/* ---- for programs ---- */

static json_t *pack_basis(const struct calibration *c)
{
    return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:f, s:f, s:f}", "rates",
                     c->n_cells > 0    ? "finished cells"
                     : c->n_pieces > 0 ? "calibration.json"
                                       : "nominal",
                     "finished_cells", (json_int_t)c->n_cells, "short_cells",
                     (json_int_t)c->n_pieces, "host", c->host, "cpu", c->cpu, "date",
                     c->date, "spread", c->spread, "epochs_share", c->epochs_share,
                     "epochs_spread", c->epochs_spread);
}

static json_t *pack_outlook(const struct plan_outlook *o)
{
    json_t *object = json_pack(
        "{s:i, s:f, s:f, s:f, s:f, s:s, s:f, s:f, s:f, s:I}", "ranks", o->n_ranks,
        "wall_seconds", o->wall, "efficiency", plan_efficiency(o), "even_share_seconds",
        o->share, "bound_seconds", o->bound, "bound_by",
        o->n_over > 0 ? "longest cell" : "work / ranks", "grid_order_seconds",
        o->grid_order, "slices_off_seconds", o->slices_off, "dynamic_off_seconds",
        o->dynamic_off, "cells_over_even_share", (json_int_t)o->n_over);
    if (object && o->n_over > 0) {
        json_object_set_new(object, "halved_seconds", json_real(o->halved));
        json_object_set_new(object, "ranks_at_90_percent", json_integer(o->fewer_ranks));
    }
    return object;
}

static json_t *pack_option(enum field_id id, const struct spec *spec)
{
    char text[TABLE_WORD_MAX];
    switch (field_get(id)->type) {
    case FIELD_TYPE_INT:
        return json_integer((json_int_t)spec->value[id]);
    case FIELD_TYPE_REAL:
        return json_real(spec->value[id]);
    default:
        field_format(id, spec->value[id], text, sizeof text);
        return json_string(text);
    }
}

static json_t *pack_longest(const struct plan_report *r)
{
    const struct spec *spec;
    json_t *object = json_object();
    if (r->n_left == 0)
        return object;
    spec = &r->session->grid.cells[r->left[r->outlooks[0].longest]].spec;
    json_object_set_new(object, "seconds",
                        json_real(longest_seconds(r, &r->outlooks[0])));
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        json_object_set_new(object, field_get(id)->name, pack_option(id, spec));
    }
    return object;
}

static json_t *pack_snapshots(const struct study *study)
{
    json_t *labels = json_array();
    for (int i = 0; i < study->n_snapshots; i++)
        json_array_append_new(labels, json_string(study->snapshots[i].label));
    return labels;
}

enum status plan_report_json(const struct plan_report *r, struct error *err)
{
    const struct session *s = r->session;
    char hash[HASH_HEX + 1];
    hash_format(s->dataset.hash, hash);
    json_t *schedules = json_array();
    for (int i = 0; i < r->n_outlooks; i++)
        json_array_append_new(schedules, pack_outlook(&r->outlooks[i]));
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:f, s:o, s:f, s:o}", "study",
        s->study.name, "data", s->study.data.name, "data_hash", hash, "cells",
        (json_int_t)s->grid.n_cells, "done", (json_int_t)(s->grid.n_cells - r->n_left),
        "left", (json_int_t)r->n_left, "snapshots", pack_snapshots(&s->study),
        "prediction", pack_basis(&s->calibration), "core_seconds", r->outlooks[0].total,
        "longest", pack_longest(r), "memory_bytes", s->largest_bytes, "schedules",
        schedules);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
    if (text)
        puts(text);
    else
        error_set(err, STATUS_MEMORY, "no memory for the plan's text");
    free(text);
    json_decref(root);
    return err->status;
}
