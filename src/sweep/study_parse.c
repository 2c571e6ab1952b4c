#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "sweep/study_reader.h"

enum {
    TOP_STUDY,
    TOP_DATA,
    TOP_GRID,
    TOP_BLOCKS,
    TOP_EXCLUDE,
    TOP_TRAIN,
    TOP_PROBE,
    TOP_KEEP,
    TOP_SELECT
};
static const struct section top_section = {
    "",
    {"study", "data", "grid", "blocks", "exclude", "train", "probe", "keep", "select"},
    9};

enum { DATA_NAME, DATA_TRAIN, DATA_VALIDATION, DATA_TEST, DATA_HASH };
static const struct section data_section = {
    "data:", {"name", "train", "validation", "test", "hash"}, 5};

/* --- study: ------------------------------------------------------------------------ */

static enum status read_name(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const char *name;
    if (!node)
        return yaml_fail(reader->tree, reader->tree->nodes, err,
                         "study: is missing (the study's name)");
    enum status status = study_read_scalar(reader, node, "study", &name, err);
    if (status)
        return status;
    size_t length = strlen(name);
    if (length == 0 || length > STUDY_NAME_MAX || strspn(name, allowed) != length)
        return yaml_fail(reader->tree, node, err,
                         "study: expected a name of 1 to %d characters a-z, 0-9 and -, "
                         "got '%s'",
                         STUDY_NAME_MAX, text_quote(name).text);
    memcpy(reader->study->name, name, length + 1);
    return STATUS_OK;
}

/* --- data: ------------------------------------------------------------------------- */

/* Control characters of Latin-1 and what YAML or terminals take for the end of a line or
 * drop: the canonical study could not hold them. */
static bool has_odd_characters(const char *name)
{
    static const char *const sequences[] = {
        "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf"};
    for (const char *p = name; *p; p++) {
        unsigned char c = (unsigned char)p[0], next = (unsigned char)p[1];
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0))
            return true;
    }
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++)
        if (strstr(name, sequences[i]))
            return true;
    return false;
}

static enum status read_data_name(const struct study_reader *reader,
                                  const struct yaml_node *node, struct error *err)
{
    static const char *const names[] = {"fashion-mnist", "mnist", "glyphs"};
    enum { N_NAMES = sizeof names / sizeof names[0] };
    const char *name;
    enum status status = study_read_scalar(reader, node, "name", &name, err);
    if (status)
        return status;
    bool known = strchr(name, '/') != NULL;
    for (int i = 0; i < N_NAMES; i++)
        known = known || strcmp(name, names[i]) == 0;
    if (!known)
        return yaml_fail(
            reader->tree, node, err,
            "name: expected fashion-mnist, mnist, glyphs or a folder (with a "
            "'/'), got '%s'%s",
            text_quote(name).text, text_suggest(name, names, N_NAMES).text);
    if (strlen(name) >= IO_PATH_MAX)
        return yaml_fail(reader->tree, node, err, "name: longer than %d bytes",
                         IO_PATH_MAX - 1);
    if (has_odd_characters(name))
        return yaml_fail(reader->tree, node, err, "name: has a control character");
    memcpy(reader->study->data.name, name, strlen(name) + 1);
    return STATUS_OK;
}

/* A number of samples from `low`. `all` is 0, where it is accepted. */
static enum status read_count(const struct study_reader *reader,
                              const struct yaml_node *node, const char *key, uint32_t low,
                              uint32_t *count, struct error *err)
{
    const char *text;
    int64_t value;
    bool all_accepted = strcmp(key, "validation") != 0;
    enum status status = study_read_scalar(reader, node, key, &text, err);
    if (status)
        return status;
    if (all_accepted && strcmp(text, "all") == 0) {
        *count = 0;
        return STATUS_OK;
    }
    if (!text_parse_int(text, &value) || value < low || value > DATASET_SAMPLES_MAX)
        return yaml_fail(reader->tree, node, err,
                         "%s: expected a whole number from %" PRIu32 " to %d%s, got '%s'",
                         key, low, DATASET_SAMPLES_MAX, all_accepted ? " or all" : "",
                         text_quote(text).text);
    *count = (uint32_t)value;
    return STATUS_OK;
}

/* Held out where the study does not say: the 5000 of the usual protocol, but at most a
 * sixth of a smaller training set (the share that MNIST's own authors hold out), and one
 * sample at least, since early stopping needs a validation error. */
static uint32_t default_validation(uint32_t train)
{
    enum { USUAL = 5000, SHARE = 6 };
    if (train == 0 || train / SHARE >= USUAL)
        return USUAL;
    return train / SHARE ? train / SHARE : 1;
}

static enum status read_counts(const struct study_reader *reader,
                               const struct section_values *values, struct error *err)
{
    struct study *study = reader->study;
    const struct yaml_node *train = values->at[DATA_TRAIN],
                           *validation = values->at[DATA_VALIDATION],
                           *test = values->at[DATA_TEST];
    enum status status = STATUS_OK;
    if (train) /* one sample to train with and one to hold out */
        status = read_count(reader, train, "train", 2, &study->data.train, err);
    study->data.validation = default_validation(study->data.train);
    if (!status && validation)
        status = read_count(reader, validation, "validation", 1, &study->data.validation,
                            err);
    if (!status && test)
        status = read_count(reader, test, "test", 1, &study->data.test, err);
    if (!status && study->data.train && study->data.validation >= study->data.train)
        status = yaml_fail(reader->tree, validation, err,
                           "validation: %" PRIu32 " of %" PRIu32
                           " training samples leave none to train with",
                           study->data.validation, study->data.train);
    return status;
}

static enum status read_hash(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err)
{
    struct study *study = reader->study;
    const char *text;
    enum status status = study_read_scalar(reader, node, "hash", &text, err);
    if (status)
        return status;
    if (!hash_parse(text, &study->data.hash))
        return yaml_fail(reader->tree, node, err,
                         "hash: expected %d digits 0-9 and a-f, got '%s'", HASH_HEX,
                         text_quote(text).text);
    study->data.has_hash = true;
    return STATUS_OK;
}

/* `data: glyphs` is short for `data: {name: glyphs}`. */
static enum status read_data(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err)
{
    struct section_values values = {{NULL}};
    if (!node)
        return yaml_fail(reader->tree, reader->tree->nodes, err, "data: is missing");
    bool is_short = node->kind == YAML_SCALAR && !yaml_is_null(reader->tree, node);
    enum status status = STATUS_OK;
    if (is_short)
        values.at[DATA_NAME] = node;
    else
        status = study_read_section(reader, node, &data_section, &values, err);
    if (!status && !values.at[DATA_NAME])
        status = yaml_fail(reader->tree, node, err, "data: name is missing");
    if (!status)
        status = read_data_name(reader, values.at[DATA_NAME], err);
    if (!status)
        status = read_counts(reader, &values, err);
    if (!status && values.at[DATA_HASH])
        status = read_hash(reader, values.at[DATA_HASH], err);
    return status;
}

/* --- The whole --------------------------------------------------------------------- */

/* A run keeps the canonical text and reads it again, so that must fit in too. */
static enum status check_canonical(const struct study_reader *reader, struct error *err)
{
    struct text text = {0};
    enum status status = STATUS_OK;
    study_format(reader->study, &text);
    if (text.failed)
        status = error_set(err, STATUS_MEMORY, "cannot allocate the study's text");
    else if (text.length > STUDY_FILE_MAX)
        status = yaml_fail(reader->tree, reader->tree->nodes, err,
                           "the study's canonical text is larger than %d bytes",
                           STUDY_FILE_MAX);
    text_free(&text);
    return status;
}

static enum status read_study(struct study_reader *reader, struct error *err)
{
    struct section_values top;
    enum status status = study_read_section(reader, reader->tree->nodes, &top_section,
                                            &top, err);
    spec_defaults(&reader->study->base);
    if (!status)
        status = read_name(reader, top.at[TOP_STUDY], err);
    if (!status)
        status = read_data(reader, top.at[TOP_DATA], err);
    if (!status)
        status = study_read_grids(reader, top.at[TOP_GRID], top.at[TOP_BLOCKS], err);
    if (!status)
        status = study_read_excludes(reader, top.at[TOP_EXCLUDE], err);
    if (!status)
        status = study_read_train(reader, top.at[TOP_TRAIN], err);
    if (!status)
        status = study_read_probe(reader, top.at[TOP_PROBE], err);
    if (!status)
        status = study_read_keep(reader, top.at[TOP_KEEP], err);
    if (!status)
        status = study_read_select(reader, top.at[TOP_SELECT], err);
    if (!status)
        status = check_canonical(reader, err);
    return status;
}

enum status study_parse(struct study *study, const char *yaml, size_t length,
                        const char *origin, struct error *err)
{
    struct yaml_tree tree;
    memset(study, 0, sizeof *study);
    enum status status = yaml_tree_parse(&tree, yaml, length, origin, err);
    if (status)
        return status;
    struct study_reader reader = {.tree = &tree, .study = study};
    status = read_study(&reader, err);
    yaml_tree_fini(&tree);
    if (status)
        study_fini(study);
    return status;
}
