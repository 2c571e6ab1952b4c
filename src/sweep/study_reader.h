/* Reading the sections of a study from its YAML tree. */
#ifndef STRATA_SWEEP_STUDY_READER_H
#define STRATA_SWEEP_STUDY_READER_H

#include "sweep/study_internal.h"

struct study_reader {
    const struct yaml_tree *tree;
    struct study *study;
    size_t n_values; /* of all axes and excludes so far */
};

enum { SECTION_KEYS_MAX = OPTION_COUNT + 2 };

/* The keys that a section may have. */
struct section {
    const char *name; /* as in "grid:"; "" at the top */
    const char *keys[SECTION_KEYS_MAX];
    int n_keys;
};

/* What a section has: the value of section.keys[i], NULL where it is left out. */
struct section_values {
    const struct yaml_node *at[SECTION_KEYS_MAX];
};

/* Appends the options that may stand in a section: every one in a grid, those that belong
 * there in train: and probe:. */
void study_section_options(struct section *section, enum option_section where);

/* Finds the values of a mapping. A key that is unknown or occurs twice is an error; a
 * null is an empty mapping. */
enum status study_read_section(const struct study_reader *reader,
                               const struct yaml_node *map, const struct section *section,
                               struct section_values *values, struct error *err);

/* The text of a value that must be a scalar; `key` is for the message. */
enum status study_read_scalar(const struct study_reader *reader,
                              const struct yaml_node *node, const char *key,
                              const char **text, struct error *err);

/* The texts of a list of scalars; a scalar is a list of one. The caller frees *items. */
enum status study_read_items(const struct study_reader *reader,
                             const struct yaml_node *node, const char *key,
                             const char ***items, size_t *n, struct error *err);

/* The node of item number i of study_read_items. */
const struct yaml_node *study_item_node(const struct study_reader *reader,
                                        const struct yaml_node *node, size_t i);

/* Sections; NULL where the study leaves one out. grid: and blocks: come before train: and
 * probe:, which may not give an axis a constant, and before select:; probe: comes before
 * keep:. */
enum status study_read_grids(struct study_reader *reader, const struct yaml_node *grid,
                             const struct yaml_node *blocks, struct error *err);
enum status study_read_excludes(struct study_reader *reader, const struct yaml_node *list,
                                struct error *err);
enum status study_read_train(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err);
enum status study_read_probe(const struct study_reader *reader,
                             const struct yaml_node *node, struct error *err);
enum status study_read_keep(const struct study_reader *reader,
                            const struct yaml_node *node, struct error *err);
enum status study_read_select(const struct study_reader *reader,
                              const struct yaml_node *node, struct error *err);

/* Reads the section's values from key number `first` on, all of them options, into the
 * study's constants. */
enum status study_read_constants(const struct study_reader *reader,
                                 const struct section *section,
                                 const struct section_values *values, int first,
                                 struct error *err);

#endif
