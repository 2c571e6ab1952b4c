/* The sections train:, probe: and keep:. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sweep/kept_network.h"
#include "sweep/study_reader.h"

enum status study_read_train(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err)
{
    struct section section = {.name = "train:"};
    struct section_values values;
    if (!node)
        return STATUS_OK;
    study_section_options(&section, OPTION_IN_TRAIN);
    enum status status = study_read_section(reader, node, &section, &values, err);
    return status ? status : study_read_constants(reader, &section, &values, 0, err);
}

/* --- probe: ------------------------------------------------------------------------ */

enum { PROBE_AT, PROBE_MEASURES, PROBE_OPTIONS };

static enum status add_snapshot(const struct study_reader *reader,
                                const struct yaml_node *node, const char *label,
                                struct error *err)
{
    struct study *study = reader->study;
    struct snapshot snapshot = {.kind = SNAPSHOT_BEST};
    struct error inner = {0};
    if (snapshot_parse(&snapshot, label, &inner))
        return yaml_fail(reader->tree, node, err, "at: %s", inner.text);
    if (snapshot_find(study->snapshots, study->n_snapshots, &snapshot) >= 0)
        return yaml_fail(reader->tree, node, err, "at: %s occurs twice", snapshot.label);
    study->snapshots[study->n_snapshots++] = snapshot;
    return STATUS_OK;
}

static enum status add_snapshots(const struct study_reader *reader,
                                 const struct yaml_node *node, const char *const *labels,
                                 size_t n, struct error *err)
{
    struct study *study = reader->study;
    if (n == 0)
        return yaml_fail(reader->tree, node, err, "at: at least one snapshot is needed");
    if (n > STUDY_SNAPSHOTS_MAX)
        return yaml_fail(reader->tree, node, err, "at: more than %d snapshots",
                         STUDY_SNAPSHOTS_MAX);
    study->snapshots = memory_alloc(n, sizeof *study->snapshots, err);
    if (!study->snapshots)
        return err->status;
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < n; i++)
        status = add_snapshot(reader, node ? study_item_node(reader, node, i) : NULL,
                              labels[i], err);
    return status;
}

static enum status read_snapshots(const struct study_reader *reader,
                                  const struct yaml_node *node, struct error *err)
{
    static const char *const fallback[] = {"best"};
    const char **items;
    size_t n;
    if (!node)
        return add_snapshots(reader, NULL, fallback, 1, err);
    enum status status = study_read_items(reader, node, "at", &items, &n, err);
    if (status)
        return status;
    status = add_snapshots(reader, node, items, n, err);
    free(items);
    return status;
}

static enum status read_measures(const struct study_reader *reader,
                                 const struct yaml_node *node, struct error *err)
{
    struct study *study = reader->study;
    const char **items;
    size_t n;
    study->measures = MEASURE_PATTERNS | MEASURE_CLASSIFIERS | MEASURE_SAMPLE_SETS;
    if (!node)
        return STATUS_OK;
    enum status status = study_read_items(reader, node, "measures", &items, &n, err);
    if (status)
        return status;
    study->measures = 0;
    for (size_t i = 0; !status && i < n; i++) {
        unsigned bit = 0;
        for (int k = 0; k < N_MEASURES; k++)
            if (strcmp(items[i], measure_names[k]) == 0)
                bit = 1u << k;
        if (!bit)
            status = yaml_fail(reader->tree, study_item_node(reader, node, i), err,
                               "measures: unknown measure '%s'%s",
                               text_quote(items[i]).text,
                               text_suggest(items[i], measure_names, N_MEASURES).text);
        else if (study->measures & bit)
            status = yaml_fail(reader->tree, study_item_node(reader, node, i), err,
                               "measures: %s occurs twice", items[i]);
        study->measures |= bit;
    }
    free(items);
    return status;
}

enum status study_read_probe(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err)
{
    struct section section = {
        .name = "probe:", .keys = {"at", "measures"}, .n_keys = PROBE_OPTIONS};
    struct section_values values = {{NULL}};
    study_section_options(&section, OPTION_IN_PROBE);
    enum status status = node ? study_read_section(reader, node, &section, &values, err)
                              : STATUS_OK;
    if (!status)
        status = read_snapshots(reader, values.at[PROBE_AT], err);
    if (!status)
        status = read_measures(reader, values.at[PROBE_MEASURES], err);
    if (!status)
        status = study_read_constants(reader, &section, &values, PROBE_OPTIONS, err);
    return status;
}

/* --- keep: ------------------------------------------------------------------------- */

enum { KEEP_NETWORKS, KEEP_NODES, KEEP_HISTOGRAMS };

static const struct section keep_section = {
    "keep:", {"networks", "nodes", "histograms"}, 3};

/* The flag of a snapshot that says whether it is kept under that key. */
static bool *kept_flag(struct snapshot *snapshot, int key)
{
    return key == KEEP_NETWORKS ? &snapshot->keep : &snapshot->keep_nodes;
}

/* Of a schedule a single snapshot is kept where it stands in probe.at beside it. */
static enum status keep_unlisted(const struct study_reader *reader,
                                 const struct yaml_node *node, const char *key,
                                 const struct snapshot *wanted, struct error *err)
{
    const struct study *study = reader->study;
    for (int i = 0; i < study->n_snapshots; i++)
        if (study->snapshots[i].rule != SNAPSHOT_ONCE &&
            study->snapshots[i].kind == wanted->kind)
            return yaml_fail(reader->tree, node, err,
                             "%s: %s is no snapshot of probe.at: list it there too, or "
                             "keep all of %s",
                             key, wanted->label, study->snapshots[i].label);
    return yaml_fail(reader->tree, node, err, "%s: %s is no snapshot of probe.at", key,
                     wanted->label);
}

static enum status keep_snapshot(const struct study_reader *reader,
                                 const struct yaml_node *node, const char *label, int key,
                                 struct error *err)
{
    struct study *study = reader->study;
    const char *name = keep_section.keys[key];
    struct snapshot wanted;
    struct error inner = {0};
    if (snapshot_parse(&wanted, label, &inner))
        return yaml_fail(reader->tree, node, err, "%s: %s", name, inner.text);
    int i = snapshot_find(study->snapshots, study->n_snapshots, &wanted);
    if (i < 0)
        return keep_unlisted(reader, node, name, &wanted, err);
    bool *kept = kept_flag(&study->snapshots[i], key);
    if (*kept)
        return yaml_fail(reader->tree, node, err, "%s: %s occurs twice", name,
                         wanted.label);
    *kept = true;
    return STATUS_OK;
}

static enum status keep_snapshots(const struct study_reader *reader,
                                  const struct yaml_node *node, int key,
                                  struct error *err)
{
    const char **items;
    size_t n;
    enum status status = study_read_items(reader, node, keep_section.keys[key], &items,
                                          &n, err);
    if (status)
        return status;
    for (size_t i = 0; !status && i < n; i++)
        status = keep_snapshot(reader, study_item_node(reader, node, i), items[i], key,
                               err);
    free(items);
    return status;
}

/* True where the value is the scalar true or false. */
static bool is_switch(const struct study_reader *reader, const struct yaml_node *node,
                      bool *on)
{
    struct error unused = {0};
    const char *text;
    if (node->kind == YAML_LIST ||
        study_read_scalar(reader, node, "", &text, &unused) != STATUS_OK)
        return false;
    *on = strcmp(text, "true") == 0;
    return *on || strcmp(text, "false") == 0;
}

/* nodes: snapshots, or true for all of them. */
static enum status read_nodes(const struct study_reader *reader,
                              const struct yaml_node *node, struct error *err)
{
    struct study *study = reader->study;
    bool all;
    if (!is_switch(reader, node, &all))
        return keep_snapshots(reader, node, KEEP_NODES, err);
    for (int i = 0; i < study->n_snapshots; i++)
        study->snapshots[i].keep_nodes = all;
    return STATUS_OK;
}

static enum status read_histograms(const struct study_reader *reader,
                                   const struct yaml_node *node, struct error *err)
{
    struct study *study = reader->study;
    const char *text;
    if (!is_switch(reader, node, &study->histograms)) {
        if (study_read_scalar(reader, node, "histograms", &text, err) != STATUS_OK)
            return err->status;
        return yaml_fail(reader->tree, node, err,
                         "histograms: expected true or false, got '%s'",
                         text_quote(text).text);
    }
    if (study->histograms && kept_planned(study, JOURNAL_NODES) == 0)
        return yaml_fail(reader->tree, node, err,
                         "histograms: are of kept nodes: nodes: names no snapshot");
    return STATUS_OK;
}

enum status study_read_keep(const struct study_reader *reader,
                            const struct yaml_node *node, struct error *err)
{
    struct section_values values;
    if (!node)
        return STATUS_OK;
    enum status status = study_read_section(reader, node, &keep_section, &values, err);
    if (!status && values.at[KEEP_NETWORKS])
        status = keep_snapshots(reader, values.at[KEEP_NETWORKS], KEEP_NETWORKS, err);
    if (!status && values.at[KEEP_NODES])
        status = read_nodes(reader, values.at[KEEP_NODES], err);
    if (!status && values.at[KEEP_HISTOGRAMS])
        status = read_histograms(reader, values.at[KEEP_HISTOGRAMS], err);
    return status;
}
