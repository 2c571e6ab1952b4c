#include "analysis/tables/export.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/tables/quote.h"
#include "analysis/where/where.h"
#include "base/memory.h"

enum { PART_SIZE = 1 << 20, ALL_SNAPSHOTS = -1 };

/* The dimensions that rows may run over, outermost first. */
static const enum field_dim row_dims[] = {DIM_SNAPSHOT, DIM_SYSTEM, DIM_SPLIT,
                                          DIM_LAYER,    DIM_CLASS,  DIM_QUANTILE};
enum { N_ROW_DIMS = sizeof row_dims / sizeof *row_dims };

struct table_export {
    const struct export_request *request;
    export_sink_fn sink;
    const char **labels; /* of snapshots */
    struct where_scope scope;
    struct where *where;
    struct where_variable variables[WHERE_VARIABLES_MAX];
    int n_variables;
    bool open[DIM_COUNT];     /* dimensions that rows run over */
    int snapshot;             /* of rows that do not run over it, or of all */
    bool keys[OPTION_COUNT];  /* options that differ between cells: columns */
    bool asked[OPTION_COUNT]; /* options among the variables */
    int64_t n_rows, n_matches;
    struct text out;
};

/* --- Which rows ------------------------------------------------------------------- */

static int first_index(const struct table_export *e, enum field_dim dim)
{
    return dim == DIM_SNAPSHOT && e->snapshot != ALL_SNAPSHOTS ? e->snapshot : 0;
}

/* One behind the last index that rows of a cell have on a dimension. */
static int end_index(const struct table_export *e, enum field_dim dim,
                     struct record_shape shape)
{
    if (!e->open[dim])
        return first_index(e, dim) + 1;
    if (dim == DIM_SNAPSHOT && e->snapshot != ALL_SNAPSHOTS)
        return e->snapshot + 1;
    return record_dim(dim, shape);
}

typedef void (*row_fn)(struct table_export *e, const struct record *record,
                       const int at[DIM_COUNT]);

/* Calls `visit` with every row of a cell that matches. */
static void for_each_row(struct table_export *e, const struct record *record,
                         row_fn visit)
{
    int at[DIM_COUNT] = {0}, end[DIM_COUNT] = {0}, d = 0;
    for (int i = 0; i < N_ROW_DIMS; i++) {
        at[row_dims[i]] = first_index(e, row_dims[i]);
        end[row_dims[i]] = end_index(e, row_dims[i], record->shape);
    }
    while (d >= 0) {
        e->n_rows++;
        if (!e->where || where_matches(e->where, record, at[DIM_SNAPSHOT], at[DIM_LAYER]))
            visit(e, record, at);
        for (d = N_ROW_DIMS - 1; d >= 0 && ++at[row_dims[d]] >= end[row_dims[d]]; d--)
            at[row_dims[d]] = first_index(e, row_dims[d]);
    }
}

static enum status find_keys(struct table_export *e, struct archive *archive,
                             struct error *err)
{
    size_t n_cells = (size_t)archive_n_cells(archive);
    double *options = memory_alloc(n_cells * OPTION_COUNT, sizeof *options, err);
    if (options && archive_read_options(archive, options, err) == STATUS_OK)
        for (size_t i = 0; i < n_cells * OPTION_COUNT; i++)
            if (options[i] != options[i % OPTION_COUNT] && !e->asked[i % OPTION_COUNT])
                e->keys[i % OPTION_COUNT] = true;
    free(options);
    return err->status;
}

/* --- What stands in them ---------------------------------------------------------- */

static bool is_json(const struct table_export *e)
{
    return e->request->format == EXPORT_JSON;
}

/* Goes to the next column; in JSON names it. */
static void begin_value(struct table_export *e, int *column, const char *heading)
{
    if ((*column)++ > 0)
        text_append(&e->out, is_json(e) ? ", " : ",");
    if (!is_json(e))
        return;
    quote_json(&e->out, heading, strlen(heading));
    text_append(&e->out, ": ");
}

static void put_missing(struct table_export *e)
{
    if (is_json(e))
        text_append(&e->out, "null");
}

static void put_text(struct table_export *e, const char *text, size_t length)
{
    (is_json(e) ? quote_json : quote_csv)(&e->out, text, length);
}

static void put_real(struct table_export *e, double value)
{
    if (value == RECORD_FILL_REAL)
        put_missing(e);
    else
        (is_json(e) ? quote_json_number : quote_csv_number)(&e->out, value);
}

static void put_int(struct table_export *e, enum field_id id, int value)
{
    char name[64];
    bool is_flag = field_get(id)->type == FIELD_TYPE_FLAG;
    if (is_flag && field_flag_name(id, value, name, sizeof name))
        put_text(e, name, strlen(name));
    else if (value == RECORD_FILL_INT)
        put_missing(e);
    else
        text_appendf(&e->out, "%d", value);
}

static void put_coordinate(struct table_export *e, enum field_dim dim, int index)
{
    const char *name = dim == DIM_SNAPSHOT ? e->labels[index]
                       : dim == DIM_SYSTEM ? system_names[index]
                       : dim == DIM_SPLIT  ? split_names[index]
                                           : NULL;
    if (name)
        put_text(e, name, strlen(name));
    else if (dim == DIM_QUANTILE)
        put_real(e, quantile_levels[index]);
    else
        text_appendf(&e->out, "%d", dim == DIM_LAYER ? index + 1 : index);
}

static void put_variable(struct table_export *e, const struct where_variable *variable,
                         const struct record *record, const int row[DIM_COUNT])
{
    const struct field *field = field_get(variable->field);
    if (field->type == FIELD_TYPE_TEXT) {
        const char *text = record_text(record, variable->field);
        put_text(e, text, strnlen(text, record_extent(variable->field, record->shape)));
        return;
    }
    int at[FIELD_DIMS_MAX] = {0};
    for (int d = 0; d < field->n_dims; d++) {
        at[d] = variable->at[d] == WHERE_OPEN ? row[field->dims[d]] : variable->at[d];
        if (at[d] >= record_dim(field->dims[d], record->shape)) {
            put_missing(e); /* a layer that this network does not have */
            return;
        }
    }
    size_t index = record_index(variable->field, record->shape, at[0], at[1], at[2],
                                at[3]);
    if (field->type == FIELD_TYPE_REAL)
        put_real(e, record_real(record, variable->field)[index]);
    else
        put_int(e, variable->field, record_int(record, variable->field)[index]);
}

static void put_headings(struct table_export *e)
{
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (e->keys[i])
            text_appendf(&e->out, "%s%s", n++ ? "," : "",
                         field_get((enum field_id)i)->name);
    for (int i = 0; i < N_ROW_DIMS; i++)
        if (e->open[row_dims[i]])
            text_appendf(&e->out, "%s%s", n++ ? "," : "", field_dim_name(row_dims[i]));
    for (int i = 0; i < e->n_variables; i++) {
        text_append(&e->out, n++ ? "," : "");
        put_text(e, e->variables[i].heading, strlen(e->variables[i].heading));
    }
    text_append(&e->out, "\n");
}

/* Nothing is written before there is a row. */
static void begin_row(struct table_export *e)
{
    if (is_json(e))
        text_append(&e->out, e->n_matches ? ",\n {" : "[\n {");
    else if (e->n_matches == 0)
        put_headings(e);
    e->n_matches++;
}

static void put_row(struct table_export *e, const struct record *record,
                    const int at[DIM_COUNT])
{
    int column = 0;
    begin_row(e);
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (!e->keys[i])
            continue;
        begin_value(e, &column, field_get(id)->name);
        if (field_get(id)->type == FIELD_TYPE_REAL)
            put_real(e, *record_real(record, id));
        else
            put_int(e, id, *record_int(record, id));
    }
    for (int i = 0; i < N_ROW_DIMS; i++) {
        if (!e->open[row_dims[i]])
            continue;
        begin_value(e, &column, field_dim_name(row_dims[i]));
        put_coordinate(e, row_dims[i], at[row_dims[i]]);
    }
    for (int i = 0; i < e->n_variables; i++) {
        begin_value(e, &column, e->variables[i].heading);
        put_variable(e, &e->variables[i], record, at);
    }
    text_append(&e->out, is_json(e) ? "}" : "\n");
}

static enum status flush(struct table_export *e, struct error *err)
{
    if (e->out.failed)
        return error_set(err, STATUS_MEMORY, "no memory for a part of the table");
    e->sink(text_string(&e->out), e->out.length);
    e->out.length = 0;
    return STATUS_OK;
}

static enum status put_cell(void *context, const struct record *record, struct error *err)
{
    struct table_export *e = context;
    for_each_row(e, record, put_row);
    return e->out.length > PART_SIZE || e->out.failed ? flush(e, err) : STATUS_OK;
}

/* --- The whole -------------------------------------------------------------------- */

static void find_open_dimensions(struct table_export *e)
{
    for (int i = 0; i < e->n_variables; i++) {
        const struct field *field = field_get(e->variables[i].field);
        if ((int)e->variables[i].field < OPTION_COUNT)
            e->asked[e->variables[i].field] = true;
        for (int d = 0; d < field->n_dims; d++)
            if (field->type != FIELD_TYPE_TEXT && e->variables[i].at[d] == WHERE_OPEN)
                e->open[field->dims[d]] = true;
    }
}

static enum status prepare(struct table_export *e, struct archive *archive,
                           struct error *err)
{
    const struct export_request *request = e->request;
    e->scope.for_layers = "a variable of layers in --variables";
    e->labels = cells_scope(archive, &e->scope, err);
    if (!e->labels ||
        where_parse_variables(e->variables, &e->n_variables, request->variables,
                              &e->scope, err) != STATUS_OK)
        return err->status;
    find_open_dimensions(e);
    e->scope.layers = e->open[DIM_LAYER];
    if (request->where &&
        where_parse(&e->where, request->where, &e->scope, err) != STATUS_OK)
        return err->status;
    e->snapshot = ALL_SNAPSHOTS;
    if (request->snapshot || !e->open[DIM_SNAPSHOT])
        cells_find_snapshot(archive, request->snapshot, &e->snapshot, err);
    return err->status == STATUS_OK ? find_keys(e, archive, err) : err->status;
}

static enum status finish(struct table_export *e, struct error *err)
{
    if (e->n_matches == 0 && e->where)
        return error_set(err, STATUS_MISSING, "--where: none of %lld rows matches: %s",
                         (long long)e->n_rows, text_quote(where_text(e->where)).text);
    if (is_json(e))
        text_append(&e->out, e->n_matches ? "\n]\n" : "[]\n");
    else if (e->n_matches == 0)
        put_headings(e);
    return flush(e, err);
}

enum status export_write(struct archive *archive, const struct export_request *request,
                         export_sink_fn sink, struct error *err)
{
    struct table_export *e = memory_alloc(1, sizeof *e, err);
    if (!e)
        return err->status;
    e->request = request;
    e->sink = sink;
    if (prepare(e, archive, err) == STATUS_OK &&
        cells_visit(archive, NULL, put_cell, e, err) == STATUS_OK)
        finish(e, err);
    where_destroy(e->where);
    free(e->labels);
    text_free(&e->out);
    free(e);
    return err->status;
}
