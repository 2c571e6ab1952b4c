#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sweep/kept_network.h"
#include "sweep/study_internal.h"

/* So many whole numbers at equal distances are written as a range. */
enum { RANGE_MIN = 9 };

/* --- Axes -------------------------------------------------------------------------- */

/* How many values from number `first` on rise by the same step. */
static size_t run_length(const struct axis *axis, size_t first)
{
    const struct spec *values = axis->values;
    enum field_id option = axis->option;
    size_t end = first + 1;
    if (field_get(option)->type != FIELD_TYPE_INT || end >= axis->n_values)
        return 1;
    double step = values[end].value[option] - values[first].value[option];
    while (step > 0 && end < axis->n_values &&
           values[end].value[option] - values[end - 1].value[option] == step)
        end++;
    return end - first;
}

static void format_axis(const struct axis *axis, struct text *out)
{
    text_appendf(out, "%s: [", field_get(axis->option)->name);
    for (size_t i = 0; i < axis->n_values;) {
        size_t run = run_length(axis, i);
        text_append(out, i ? ", " : "");
        spec_format(&axis->values[i], axis->option, out);
        if (run >= RANGE_MIN) {
            double step = axis->values[i + 1].value[axis->option] -
                          axis->values[i].value[axis->option];
            text_append(out, "..");
            spec_format(&axis->values[i + run - 1], axis->option, out);
            if (step != 1)
                text_appendf(out, ":%.0f", step);
            i += run;
        } else {
            i++;
        }
    }
    text_append(out, "]\n");
}

static void format_blocks(const char *name, const struct grid_block *blocks, size_t n,
                          struct text *out)
{
    text_appendf(out, "%s:%s\n", name, n ? "" : " []");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < blocks[i].n_axes; k++) {
            text_append(out, k ? "    " : "  - ");
            format_axis(&blocks[i].axes[k], out);
        }
}

static void format_grid(const struct study *study, struct text *out)
{
    text_append(out, "grid:\n");
    for (size_t k = 0; k < study->blocks[0].n_axes; k++) {
        text_append(out, "  ");
        format_axis(&study->blocks[0].axes[k], out);
    }
    format_blocks("blocks", study->blocks + 1, study->n_blocks - 1, out);
    format_blocks("exclude", study->excludes, study->n_excludes, out);
}

/* Constants: an option that is an axis of every block has none. */
static void format_constants(const struct study *study, enum option_section section,
                             struct text *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        const struct option *option = option_get(id);
        if (option->section != section || option->spelled_elsewhere ||
            study_is_axis(study, id))
            continue;
        text_appendf(out, "  %s: ", field_get(id)->name);
        spec_format(&study->base, id, out);
        text_append(out, "\n");
    }
}

/* --- Sections ---------------------------------------------------------------------- */

static void format_quoted(const char *string, struct text *out)
{
    text_append(out, "\"");
    for (const char *p = string; *p; p++) {
        if (*p == '"' || *p == '\\')
            text_append(out, "\\");
        text_append_bytes(out, p, 1);
    }
    text_append(out, "\"");
}

static void format_count(const char *key, uint32_t count, struct text *out)
{
    if (count)
        text_appendf(out, "  %s: %" PRIu32 "\n", key, count);
    else
        text_appendf(out, "  %s: all\n", key);
}

static void format_data(const struct study *study, struct text *out)
{
    text_append(out, "data:\n  name: ");
    if (strchr(study->data.name, '/'))
        format_quoted(study->data.name, out);
    else
        text_append(out, study->data.name);
    text_append(out, "\n");
    format_count("train", study->data.train, out);
    format_count("validation", study->data.validation, out);
    format_count("test", study->data.test, out);
    if (study->data.has_hash) {
        char hex[HASH_HEX + 1];
        hash_format(study->data.hash, hex);
        text_appendf(out, "  hash: %s\n", hex);
    }
}

enum labels { LABELS_ALL, LABELS_NETWORKS, LABELS_NODES };

static void format_labels(const struct study *study, enum labels which, struct text *out)
{
    const char *separator = "";
    for (int i = 0; i < study->n_snapshots; i++) {
        const struct snapshot *snapshot = &study->snapshots[i];
        if ((which == LABELS_NETWORKS && !snapshot->keep) ||
            (which == LABELS_NODES && !snapshot->keep_nodes))
            continue;
        text_appendf(out, "%s%s", separator, study->snapshots[i].label);
        separator = ", ";
    }
}

static void format_probe(const struct study *study, struct text *out)
{
    const char *separator = "";
    text_append(out, "probe:\n  at: [");
    format_labels(study, LABELS_ALL, out);
    text_append(out, "]\n  measures: [");
    for (int i = 0; i < N_MEASURES; i++) {
        if (!(study->measures & 1u << i))
            continue;
        text_appendf(out, "%s%s", separator, measure_names[i]);
        separator = ", ";
    }
    text_append(out, "]\n");
    format_constants(study, OPTION_IN_PROBE, out);
}

static void format_keep(const struct study *study, struct text *out)
{
    text_append(out, "keep:\n  networks: [");
    format_labels(study, LABELS_NETWORKS, out);
    text_append(out, "]\n  nodes: ");
    if (kept_planned(study, JOURNAL_NODES) == 0) {
        text_append(out, "false\n");
        return;
    }
    text_append(out, "[");
    format_labels(study, LABELS_NODES, out);
    text_appendf(out, "]\n  histograms: %s\n", study->histograms ? "true" : "false");
}

void study_format(const struct study *study, struct text *out)
{
    text_appendf(out, "study: %s\n", study->name);
    format_data(study, out);
    format_grid(study, out);
    text_append(out, "train:\n");
    format_constants(study, OPTION_IN_TRAIN, out);
    format_probe(study, out);
    format_keep(study, out);
    study_format_select(study, out);
}
