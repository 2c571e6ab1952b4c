/* DIR/calibration.json. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/io.h"
#include "base/text.h"
#include "sweep/calibration.h"

enum { FILE_MAX = 1 << 20 };

static const char format_name[] = "strata calibration 1";

/* ---- writing ---- */

static json_t *make_rates(const struct cost_rates *rates)
{
    json_t *object = json_object();
    for (int u = 0; u < COST_COUNT; u++)
        json_object_set_new(object, cost_unit_name((enum cost_unit)u),
                            json_real(rates->seconds[u]));
    return object;
}

static json_t *make_piece(const struct piece *piece)
{
    const double *value = piece->spec.value;
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:f}", "depth",
                     (int)value[FIELD_DEPTH], "width", (int)value[FIELD_WIDTH],
                     "batch_size", (int)value[FIELD_BATCH_SIZE], "epochs",
                     (int)value[FIELD_EPOCHS], "train", (int)piece->sizes.train,
                     "validation", (int)piece->sizes.validation, "test",
                     (int)piece->sizes.test, "train_seconds", piece->seconds[COST_TRAIN],
                     "probe_seconds", piece->seconds[COST_PROBE], "predicted_seconds",
                     piece->predicted);
}

enum status calibration_write(const struct calibration *c, const char *path,
                              struct error *err)
{
    json_t *pieces = json_array();
    for (int i = 0; i < c->n_pieces; i++)
        json_array_append_new(pieces, make_piece(&c->pieces[i]));
    json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:f, s:o, s:o}", "format", format_name,
                             "host", c->host, "cpu", c->cpu, "date", c->date, "spread",
                             c->spread, "seconds_per_unit", make_rates(&c->rates),
                             "cells", pieces);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    if (text)
        io_replace_file(path, text, strlen(text), err);
    else
        error_set(err, STATUS_MEMORY, "no memory for the text of %s", path);
    free(text);
    json_decref(root);
    return err->status;
}

/* ---- reading ---- */

/* A number above 0 of an object, else an error that names it. */
static double read_positive(const json_t *object, const char *key, const char *path,
                            struct error *err)
{
    const json_t *value = json_object_get(object, key);
    double number = json_number_value(value);
    if (!(number > 0 && isfinite(number)))
        error_set(err, STATUS_DATA, "%s: %s: expected a number above 0", path, key);
    return number;
}

static void read_text(const json_t *root, const char *key, char *out, size_t size,
                      const char *path, struct error *err)
{
    const char *text = json_string_value(json_object_get(root, key));
    if (!text || strlen(text) >= size)
        error_set(err, STATUS_DATA, "%s: %s: expected a text of at most %zu bytes", path,
                  key, size - 1);
    else
        memcpy(out, text, strlen(text) + 1);
}

static void read_root(struct calibration *c, const json_t *root, const char *path,
                      struct error *err)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    size_t n_pieces = json_array_size(json_object_get(root, "cells"));
    if (!format || strcmp(format, format_name) != 0) {
        error_set(err, STATUS_DATA, "%s: its format is not '%s': measure again", path,
                  format_name);
        return;
    }
    read_text(root, "host", c->host, sizeof c->host, path, err);
    read_text(root, "cpu", c->cpu, sizeof c->cpu, path, err);
    read_text(root, "date", c->date, sizeof c->date, path, err);
    c->spread = read_positive(root, "spread", path, err);
    const json_t *rates = json_object_get(root, "seconds_per_unit");
    if (!json_is_object(rates))
        error_set(err, STATUS_DATA, "%s: seconds_per_unit: expected an object", path);
    for (int u = 0; u < COST_COUNT; u++) {
        const char *name = cost_unit_name((enum cost_unit)u);
        /* The version that measured may not have known this kind of work. */
        c->rates.seconds[u] = json_object_get(rates, name)
                                  ? read_positive(rates, name, path, err)
                                  : cost_nominal_rates.seconds[u];
    }
    if (n_pieces < 1 || n_pieces > PIECES_MAX)
        error_set(err, STATUS_DATA, "%s: cells: expected 1 to %d measured cells", path,
                  PIECES_MAX);
    c->n_pieces = (int)n_pieces;
}

enum status calibration_read(struct calibration *c, const char *path, struct error *err)
{
    char *text;
    size_t length;
    json_error_t fault;
    if (io_read_file(path, FILE_MAX, &text, &length, err) != STATUS_OK)
        return err->status;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &fault);
    if (root)
        read_root(c, root, path, err);
    else
        error_set(err, STATUS_DATA, "%s:%d:%d: %s", path, fault.line, fault.column,
                  text_quote(fault.text).text);
    json_decref(root);
    free(text);
    return err->status;
}
