#include "analysis/cells/selection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/cells/select.h"

enum { SHOWN_VALUES = 8, VALUE_MAX = 64 };

static enum status parse_options(struct selection *s, const char *list, struct error *err)
{
    while (*list) {
        char name[64];
        size_t length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), list);
        enum field_id id = field_find(name);
        if ((int)id >= OPTION_COUNT) {
            const char *names[OPTION_COUNT];
            for (int i = 0; i < OPTION_COUNT; i++)
                names[i] = field_get((enum field_id)i)->name;
            return error_set(err, STATUS_USAGE, "--select %s: no such option%s",
                             text_quote(name).text,
                             text_suggest(name, names, OPTION_COUNT).text);
        }
        if (id == FIELD_SEED)
            return error_set(err, STATUS_USAGE,
                             "--select seed: a seed is no better than another");
        if (field_is_of_probe(id))
            return error_set(err, STATUS_USAGE,
                             "--select %s: the validation error does not depend on it",
                             name);
        s->over[id] = s->active = true;
        list += length + (list[length] == ',');
    }
    return STATUS_OK;
}

enum status selection_init(struct selection *s, struct archive *archive,
                           const char *request, struct error *err)
{
    memset(s, 0, sizeof *s);
    if (!request)
        s->active = s->stored = archive_selects(archive, s->over);
    else if (strcmp(request, "none") != 0)
        parse_options(s, request, err);
    return err->status;
}

void selection_add_fields(const struct selection *s, bool fields[FIELD_COUNT])
{
    fields[FIELD_SELECTED] |= s->stored;
    fields[FIELD_STATUS] |= s->active;
    fields[FIELD_NETWORK_ACCURACY] |= s->active && !s->stored;
}

double selection_mark(const struct selection *s, const struct record *record,
                      int snapshot)
{
    return s->stored ? *record_int(record, FIELD_SELECTED)
                     : select_error(record, snapshot);
}

static enum status apply_stored(const double *marks, size_t n, bool *kept,
                                struct error *err)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        kept[i] = kept[i] && marks[i] == SELECTED_YES;
        n_kept += kept[i];
    }
    if (n_kept == 0 && n > 0)
        return error_set(err, STATUS_MISSING,
                         "none of the cells is of a setting that the study selects; "
                         "--select none counts all");
    return STATUS_OK;
}

enum status selection_apply(const struct selection *s, const double *options,
                            const double *marks, size_t n, bool *kept, struct error *err)
{
    if (!s->active)
        return STATUS_OK;
    if (s->stored)
        return apply_stored(marks, n, kept, err);
    size_t n_errors = 0;
    for (size_t i = 0; i < n; i++)
        n_errors += kept[i] && !isnan(marks[i]);
    if (n_errors == 0)
        return error_set(err, STATUS_MISSING,
                         "--select: no cell has a validation error to select by");
    return select_best(options, marks, n, s->over, kept, err);
}

enum status selection_check_free(const struct selection *s, const char *option,
                                 enum field_id id, struct error *err)
{
    if (!s->over[id])
        return STATUS_OK;
    return error_set(err, STATUS_USAGE,
                     "--%s %s: it is selected by validation error; --select none has all "
                     "its values",
                     option, field_get(id)->name);
}

/* The next larger value of an option among the cells, INFINITY behind the last. */
static double next_value(const double *options, const bool *kept, size_t n, int id,
                         double after)
{
    double next = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double value = options[i * OPTION_COUNT + (size_t)id];
        if ((!kept || kept[i]) && value > after && value < next)
            next = value;
    }
    return next;
}

static void put_values(const double *options, const bool *kept, size_t n, int id,
                       struct text *out)
{
    double value = next_value(options, kept, n, id, -INFINITY);
    for (int shown = 0; value < INFINITY; shown++) {
        char text[VALUE_MAX];
        field_format((enum field_id)id, value, text, sizeof text);
        if (shown == SHOWN_VALUES) {
            text_append(out, ", ...");
            return;
        }
        text_appendf(out, "%s%s", shown ? ", " : "", text);
        value = next_value(options, kept, n, id, value);
    }
}

void selection_put(const struct selection *s, const double *options, const bool *kept,
                   size_t n, struct text *out)
{
    const char *before = "";
    if (!s->active)
        return;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (s->over[i]) {
            text_appendf(out, "%s%s", before, field_get((enum field_id)i)->name);
            before = ", ";
        }
    text_append(out, " selected by validation error");
    before = ": ";
    for (int i = 0; i < OPTION_COUNT; i++)
        if (s->over[i]) {
            text_append(out, before);
            put_values(options, kept, n, i, out);
            before = "; ";
        }
}
