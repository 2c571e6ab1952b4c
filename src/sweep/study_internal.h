/* What the files behind study.h share: the tree of a YAML text, axes, snapshot labels. */
#ifndef STRATA_SWEEP_STUDY_INTERNAL_H
#define STRATA_SWEEP_STUDY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "sweep/spec.h"
#include "sweep/study.h"

enum {
    STUDY_BLOCKS_MAX = 1000,               /* entries of blocks:, and of exclude: */
    STUDY_VALUES_MAX = 2 * STUDY_AXIS_MAX, /* values of all axes and excludes together */
    YAML_DEPTH_MAX = 8                     /* a study needs 4 */
};

/* --- YAML -------------------------------------------------------------------------- */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

/* Nodes refer to each other by index: 0 is the root and, as a link, none. A map's
 * children are key, value, key, value ...; keys are scalars. */
struct yaml_node {
    enum yaml_kind kind;
    bool plain;       /* a scalar without quotes */
    int line, column; /* from 1 */
    size_t text;      /* of a scalar, offset into yaml_tree.scalars */
    uint32_t first, next;
    uint32_t n_children;
};

struct yaml_tree {
    const char *origin;
    struct yaml_node *nodes; /* nodes[0] is the root, a map */
    size_t n_nodes, capacity;
    struct text scalars;
};

/* Reads a text as one document without anchors, aliases, tags and directives, of at most
 * YAML_DEPTH_MAX levels. Duplicate keys are left to the reader of the tree. On failure
 * (STATUS_STUDY with "origin:line:column: what") nothing needs to be released. */
enum status yaml_tree_parse(struct yaml_tree *tree, const char *yaml, size_t length,
                            const char *origin, struct error *err);
void yaml_tree_fini(struct yaml_tree *tree);

/* Children in the file's order, NULL at the end. */
const struct yaml_node *yaml_first(const struct yaml_tree *tree,
                                   const struct yaml_node *node);
const struct yaml_node *yaml_next(const struct yaml_tree *tree,
                                  const struct yaml_node *node);

/* The terminated text of a scalar; it has no NUL and is valid UTF-8. */
const char *yaml_text(const struct yaml_tree *tree, const struct yaml_node *node);

/* True for a value that was left out, `~` or `null`. */
bool yaml_is_null(const struct yaml_tree *tree, const struct yaml_node *node);

/* "a list", "a mapping", "a single value". */
const char *yaml_kind_text(const struct yaml_node *node);

/* STATUS_STUDY with the node's position before the message. */
enum status yaml_fail(const struct yaml_tree *tree, const struct yaml_node *node,
                      struct error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* --- Axes -------------------------------------------------------------------------- */

/* The values of an axis as written: scalars, and for whole numbers a..b and a..b:step. */
struct axis_source {
    const char *const *items;
    size_t n_items;
    size_t limit;  /* values that may be made of them */
    size_t failed; /* out: the item at fault */
};

/* Expands and checks the values. STATUS_STUDY (without a position) for an empty axis, a
 * value that is not the option's, a value given twice, or more than source->limit values,
 * which is checked before anything is allocated. The caller releases axis->values. */
enum status axis_build(struct axis *axis, enum field_id option,
                       struct axis_source *source, struct error *err);

/* Ascending order, as axis_has needs it. */
void axis_sort(struct axis *axis);

/* Whether a sorted axis has the spec's value of its option. */
bool axis_has(const struct axis *axis, const struct spec *spec);

/* Gives the spec the axis's value number k. */
void axis_apply(const struct axis *axis, size_t k, struct spec *spec);

/* The block's axis of an option, NULL where it is none. */
struct axis *block_axis(const struct grid_block *block, enum field_id option);

/* Whether every block has the option as an axis, so that its constant has no effect. */
bool study_is_axis(const struct study *study, enum field_id option);

/* --- Snapshots --------------------------------------------------------------------- */

/* Reads a label of probe.at; the snapshot's own label is the canonical spelling. */
enum status snapshot_parse(struct snapshot *snapshot, const char *label,
                           struct error *err);

/* Index of the snapshot of that kind and time, -1 where there is none. */
int snapshot_find(const struct snapshot *snapshots, int n, const struct snapshot *wanted);

/* --- Selection --------------------------------------------------------------------- */

/* Appends select:, and nothing for a study that does not select. */
void study_format_select(const struct study *study, struct text *out);

/* --- Measures ---------------------------------------------------------------------- */

enum { N_MEASURES = 5 };

/* measure_names[i] is bit 1 << i of enum measure. */
extern const char *const measure_names[N_MEASURES];

#endif
