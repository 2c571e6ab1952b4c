#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libfyaml.h>

#include "base/memory.h"
#include "sweep/study_internal.h"

/* The parser's events make the tree, not its own documents: those compare every key of a
 * map with every other one, which a hostile file turns into hours. */
struct builder {
    struct yaml_tree *tree;
    const char *yaml;              /* what is parsed */
    uint32_t open[YAML_DEPTH_MAX]; /* containers around the next node */
    uint32_t last[YAML_DEPTH_MAX]; /* their last child */
    int depth;
    int n_documents;
    int line, column; /* of the last token that had a position */
};

/* --- Checks before parsing --------------------------------------------------------- */

static enum status check_character(const char *yaml, size_t i, bool at_line_start,
                                   struct text_word *what)
{
    unsigned char c = (unsigned char)yaml[i];
    if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
        snprintf(what->text, sizeof what->text, "control character 0x%02x", c);
    else if (c == '%' && at_line_start)
        /* the parser takes quadratic time over bad ones */
        snprintf(what->text, sizeof what->text, "YAML directives are not supported");
    else
        return STATUS_OK;
    return STATUS_STUDY;
}

/* Whole text: well-formed UTF-8 without control characters and directives. */
static enum status check_text(const char *yaml, size_t length, const char *origin,
                              struct error *err)
{
    size_t bad = length;
    int line = 1, column = 1;
    bool valid = text_valid_utf8(yaml, length, &bad), line_start = true;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)yaml[i];
        struct text_word what;
        if (!valid && i == bad)
            return error_set(err, STATUS_STUDY,
                             "%s:%d:%d: byte 0x%02x is not valid UTF-8", origin, line,
                             column, c);
        if (check_character(yaml, i, line_start, &what))
            return error_set(err, STATUS_STUDY, "%s:%d:%d: %s", origin, line, column,
                             what.text);
        line_start = c == '\n' || c == '\r';
        if (c == '\n' || (c == '\r' && !(i + 1 < length && yaml[i + 1] == '\n'))) {
            line++;
            column = 1;
        } else if ((c & 0xc0) != 0x80) {
            column++;
        }
    }
    return STATUS_OK;
}

/* --- Nodes ------------------------------------------------------------------------- */

/* The parser counts from 0. The mark of a quoted scalar, an anchor and an alias is behind
 * the character that introduces it. */
static void locate(struct builder *builder, struct fy_token *token, bool introduced)
{
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    if (!mark)
        return;
    builder->line = mark->line + 1;
    builder->column = mark->column + (introduced ? 0 : 1);
}

static enum status fail_here(const struct builder *builder, struct error *err,
                             const char *what)
{
    return error_set(err, STATUS_STUDY, "%s:%d:%d: %s", builder->tree->origin,
                     builder->line, builder->column, what);
}

static enum status refuse(struct builder *builder, struct fy_token *anchor,
                          struct fy_token *tag, struct error *err)
{
    locate(builder, anchor, true);
    if (anchor)
        return fail_here(builder, err, "anchors (&) are not supported");
    locate(builder, tag, false);
    if (tag)
        return fail_here(builder, err, "tags (!) are not supported");
    return STATUS_OK;
}

/* Appends a node where the builder is, as a child of the innermost open container. */
static enum status add_node(struct builder *builder, enum yaml_kind kind, uint32_t *index,
                            struct error *err)
{
    struct yaml_tree *tree = builder->tree;
    enum status status = memory_grow(&tree->nodes, &tree->capacity, tree->n_nodes + 1,
                                     sizeof *tree->nodes, err);
    if (status)
        return status;
    *index = (uint32_t)tree->n_nodes;
    struct yaml_node *node = &tree->nodes[tree->n_nodes];
    *node = (struct yaml_node){
        .kind = kind, .line = builder->line, .column = builder->column};
    if (builder->depth > 0) {
        int top = builder->depth - 1;
        struct yaml_node *parent = &tree->nodes[builder->open[top]];
        bool is_key = parent->kind == YAML_MAP && parent->n_children % 2 == 0;
        if (is_key && kind != YAML_SCALAR)
            return fail_here(builder, err, "a key must be a name");
        if (builder->last[top])
            tree->nodes[builder->last[top]].next = *index;
        else
            parent->first = *index;
        builder->last[top] = *index;
        parent->n_children++;
    }
    tree->n_nodes++;
    return STATUS_OK;
}

static enum status open_container(struct builder *builder, enum yaml_kind kind,
                                  struct error *err)
{
    uint32_t index;
    if (builder->depth == YAML_DEPTH_MAX)
        return fail_here(builder, err, "nested too deeply");
    enum status status = add_node(builder, kind, &index, err);
    if (status)
        return status;
    builder->open[builder->depth] = index;
    builder->last[builder->depth] = 0;
    builder->depth++;
    return STATUS_OK;
}

/* libfyaml 0.7.12 reads two escaped apostrophes in a row as three, and loses memory. */
static bool is_misread(const struct builder *builder, struct fy_token *value)
{
    static const char row[] = "''''";
    const struct fy_mark *start = fy_token_start_mark(value);
    const struct fy_mark *end = fy_token_end_mark(value);
    return start && end &&
           memmem(builder->yaml + start->input_pos, end->input_pos - start->input_pos,
                  row, sizeof row - 1);
}

static enum status add_scalar(struct builder *builder, struct fy_token *value,
                              struct error *err)
{
    enum fy_scalar_style style = fy_token_scalar_style(value);
    bool quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    size_t length = 0, bad;
    uint32_t index;
    locate(builder, value, quoted);
    if (style == FYSS_LITERAL || style == FYSS_FOLDED)
        return fail_here(builder, err, "block scalars (| and >) are not supported");
    if (style == FYSS_SINGLE_QUOTED && is_misread(builder, value))
        return fail_here(builder, err,
                         "apostrophes in a row are not supported in single quotes");
    const char *text = value ? fy_token_get_text(value, &length) : "";
    if (!text)
        return error_set(err, STATUS_MEMORY, "cannot allocate a scalar of a study");
    /* escapes in double quotes can make what the file itself may not hold */
    if (memchr(text, '\0', length) || !text_valid_utf8(text, length, &bad))
        return fail_here(builder, err, "an escape that makes no valid character");
    enum status status = add_node(builder, YAML_SCALAR, &index, err);
    if (status)
        return status;
    struct text *scalars = &builder->tree->scalars;
    struct yaml_node *node = &builder->tree->nodes[index];
    node->plain = style == FYSS_PLAIN;
    node->text = scalars->length;
    text_append_bytes(scalars, text, length);
    text_append_bytes(scalars, "", 1);
    if (scalars->failed)
        return error_set(err, STATUS_MEMORY, "cannot allocate the text of a study");
    return STATUS_OK;
}

/* --- Events ------------------------------------------------------------------------ */

static enum status take_event(struct builder *builder, const struct fy_event *event,
                              struct error *err)
{
    enum status status;
    switch (event->type) {
    case FYET_DOCUMENT_START:
        locate(builder, event->document_start.document_start, false);
        if (builder->n_documents++ > 0)
            return fail_here(builder, err, "more than one document is not supported");
        return STATUS_OK;
    case FYET_MAPPING_START:
        status = refuse(builder, event->mapping_start.anchor, event->mapping_start.tag,
                        err);
        locate(builder, event->mapping_start.mapping_start, false);
        return status ? status : open_container(builder, YAML_MAP, err);
    case FYET_SEQUENCE_START:
        status = refuse(builder, event->sequence_start.anchor, event->sequence_start.tag,
                        err);
        locate(builder, event->sequence_start.sequence_start, false);
        return status ? status : open_container(builder, YAML_LIST, err);
    case FYET_SCALAR:
        status = refuse(builder, event->scalar.anchor, event->scalar.tag, err);
        return status ? status : add_scalar(builder, event->scalar.value, err);
    case FYET_ALIAS:
        locate(builder, event->alias.anchor, true);
        return fail_here(builder, err, "aliases (*) are not supported");
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        builder->depth--;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

/* The parser's own first error, which it kept instead of printing it. */
static enum status report_syntax(const struct builder *builder, struct fy_diag *diag,
                                 struct error *err)
{
    void *iterator = NULL;
    const struct fy_diag_error *fault;
    while ((fault = fy_diag_errors_iterate(diag, &iterator)))
        if (fault->type >= FYET_ERROR && fault->msg)
            return error_set(err, STATUS_STUDY, "%s:%d:%d: %.200s", builder->tree->origin,
                             fault->line, fault->column, fault->msg);
    return fail_here(builder, err, "not well-formed YAML");
}

static enum status run_parser(struct builder *builder, struct fy_parser *parser,
                              struct fy_diag *diag, struct error *err)
{
    bool ended = false;
    for (;;) {
        struct fy_event *event = fy_parser_parse(parser);
        if (!event)
            break;
        enum status status = take_event(builder, event, err);
        ended = event->type == FYET_STREAM_END;
        fy_parser_event_free(parser, event);
        if (status)
            return status;
    }
    if (!ended || fy_parser_get_stream_error(parser))
        return report_syntax(builder, diag, err);
    return STATUS_OK;
}

static void discard_output(struct fy_diag *diag, void *user, const char *text,
                           size_t length)
{
    (void)diag;
    (void)user;
    (void)text;
    (void)length;
}

static enum status build(struct builder *builder, const char *yaml, size_t length,
                         struct error *err)
{
    struct fy_diag_cfg settings;
    fy_diag_cfg_default(&settings);
    settings.fp = NULL;
    settings.output_fn = discard_output;
    settings.colorize = false;
    struct fy_diag *diag = fy_diag_create(&settings);
    if (!diag)
        return error_set(err, STATUS_MEMORY, "cannot start the YAML parser");
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg options = {.search_path = "",
                                   .flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2,
                                   .diag = diag};
    struct fy_parser *parser = fy_parser_create(&options);
    enum status status;
    if (!parser || fy_parser_set_string(parser, yaml, length))
        status = error_set(err, STATUS_MEMORY, "cannot start the YAML parser");
    else
        status = run_parser(builder, parser, diag, err);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return status;
}

enum status yaml_tree_parse(struct yaml_tree *tree, const char *yaml, size_t length,
                            const char *origin, struct error *err)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    *tree = (struct yaml_tree){.origin = origin};
    if (length > STUDY_FILE_MAX)
        return error_set(err, STATUS_STUDY, "%s:1:1: larger than %d bytes", origin,
                         STUDY_FILE_MAX);
    if (length >= 3 && memcmp(yaml, byte_order_mark, 3) == 0) {
        yaml += 3;
        length -= 3;
    }
    struct builder builder = {.tree = tree, .yaml = yaml, .line = 1, .column = 1};
    enum status status = check_text(yaml, length, origin, err);
    if (!status)
        status = build(&builder, yaml, length, err);
    if (!status && tree->n_nodes == 0)
        status = fail_here(&builder, err, "the study is empty");
    if (!status && tree->nodes[0].kind != YAML_MAP)
        status = yaml_fail(tree, &tree->nodes[0], err, "expected a mapping (key: value)");
    if (status)
        yaml_tree_fini(tree);
    return status;
}

/* --- The finished tree ------------------------------------------------------------- */

void yaml_tree_fini(struct yaml_tree *tree)
{
    free(tree->nodes);
    text_free(&tree->scalars);
    memset(tree, 0, sizeof *tree);
}

const struct yaml_node *yaml_first(const struct yaml_tree *tree,
                                   const struct yaml_node *node)
{
    return node->first ? &tree->nodes[node->first] : NULL;
}

const struct yaml_node *yaml_next(const struct yaml_tree *tree,
                                  const struct yaml_node *node)
{
    return node->next ? &tree->nodes[node->next] : NULL;
}

const char *yaml_text(const struct yaml_tree *tree, const struct yaml_node *node)
{
    return text_string(&tree->scalars) + node->text;
}

bool yaml_is_null(const struct yaml_tree *tree, const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR || !node->plain)
        return false;
    const char *text = yaml_text(tree, node);
    return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

const char *yaml_kind_text(const struct yaml_node *node)
{
    static const char *const names[] = {"a single value", "a list", "a mapping"};
    return names[node->kind];
}

enum status yaml_fail(const struct yaml_tree *tree, const struct yaml_node *node,
                      struct error *err, const char *format, ...)
{
    char what[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(err, STATUS_STUDY, "%s:%d:%d: %s", tree->origin, node->line,
                     node->column, what);
}
