/* A study: what the user asked for, as read from a YAML 1.2 file. */
#ifndef STRATA_SWEEP_STUDY_H
#define STRATA_SWEEP_STUDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/text.h"
#include "sweep/spec.h"

enum {
    STUDY_NAME_MAX = 64,
    STUDY_FILE_MAX = 1 << 20,          /* bytes of a study file */
    STUDY_AXIS_MAX = 1000000,          /* values on one axis */
    STUDY_CELLS_MAX = 1000000,         /* cells of one study */
    STUDY_COMPARISONS_MAX = 100000000, /* cells times keys of exclude: */
    STUDY_SNAPSHOTS_MAX = 4096,        /* entries of probe.at, and what they stand for */
    SNAPSHOT_LABEL_MAX = 24,
    SCHEDULE_LABEL_MAX = 48
};

/* One axis: an option and its values. Each value is a spec of which only the option (and
 * for bandwidth bandwidth_fixed) counts, so that compound values need no special case. */
struct axis {
    enum field_id option;
    struct spec *values;
    size_t n_values;
};

/* A product of axes. */
struct grid_block {
    struct axis *axes; /* in the file's order */
    size_t n_axes;
};

enum snapshot_kind {
    SNAPSHOT_INIT,
    SNAPSHOT_STEP,  /* after `at` optimizer steps */
    SNAPSHOT_EPOCH, /* after `at` epochs */
    SNAPSHOT_BEST,  /* the network with the lowest validation error */
    SNAPSHOT_FINAL
};

/* An entry of probe.at is one snapshot, or a schedule: many of them, which are known once
 * the data and the grid are (study_resolve). */
enum snapshot_rule {
    SNAPSHOT_ONCE,
    SNAPSHOT_LOG2, /* after 1, 2, 4, ... steps or epochs */
    SNAPSHOT_EVERY /* after `at`, 2 `at`, 3 `at`, ... */
};

struct snapshot {
    enum snapshot_kind kind;
    enum snapshot_rule rule;
    int64_t at;
    int64_t last; /* of a schedule: no snapshot is later; 0: the first epoch's end for
                   * steps, training's for epochs */
    /* As in the study: "init", "step:10", "epoch:every:5"; that of one snapshot fits into
     * SNAPSHOT_LABEL_MAX. */
    char label[SCHEDULE_LABEL_MAX];
    bool keep;       /* parameters go into networks.nc */
    bool keep_nodes; /* what each node does goes into nodes.nc */
};

enum measure {
    MEASURE_PATTERNS = 1,
    MEASURE_CLASSIFIERS = 2,
    MEASURE_SAMPLE_SETS = 4,
    MEASURE_CORRUPTION = 8,
    MEASURE_UPDATES = 16
};

enum { N_MEASURES = 5 };

struct study {
    char name[STUDY_NAME_MAX + 1];
    struct {
        char name[IO_PATH_MAX];
        uint32_t train, validation, test; /* train and test: 0 for all */
        bool has_hash;                    /* `hash:` names the content that is expected */
        struct hash128 hash;
    } data;
    struct spec base;          /* constants: defaults overlaid with train: and probe: */
    struct grid_block *blocks; /* grid: first, then blocks: */
    size_t n_blocks;
    struct grid_block *excludes; /* a cell that matches every axis of one is left out */
    size_t n_excludes;
    struct snapshot *snapshots;
    int n_snapshots;
    unsigned measures;         /* bits of enum measure */
    bool histograms;           /* kept nodes come with them */
    bool select[OPTION_COUNT]; /* of these, results count at one value: that with the
                                * lowest validation error */
};

/* Parses a study. `origin` names it in errors ("study.yaml", "<quick study>"):
 * STATUS_STUDY with "origin:line:column: what". On failure nothing needs to be released.
 */
enum status study_parse(struct study *study, const char *yaml, size_t length,
                        const char *origin, struct error *err);

/* Replaces (or adds to every block) an axis: "depth=1..4", "loss=mse,cross-entropy",
 * "label_corruption=[0,0.2]". */
enum status study_set_axis(struct study *study, const char *assignment,
                           struct error *err);

/* Replaces every schedule of probe.at by the snapshots that it stands for, in a study of
 * n_train samples to train with; a snapshot that is there already is dropped, and what
 * was to be kept of either is kept. Where training is short a schedule may make
 * none. Without a schedule the study stays as it is. STATUS_STUDY where no snapshot is
 * left, or where there are more than STUDY_SNAPSHOTS_MAX. */
enum status study_resolve(struct study *study, uint32_t n_train, struct error *err);

/* The canonical text: the same for every spelling of the same study, valid YAML, and
 * study_parse of it gives an equal study. Sets out->failed when memory runs out. */
void study_format(const struct study *study, struct text *out);

/* Whether any option is selected over. */
bool study_selects(const struct study *study);

/* A deep copy, by way of the canonical text. */
enum status study_copy(struct study *copy, const struct study *study, struct error *err);

/* Gives a study the cells of another that is the same but for its axes: where one has all
 * cells of the other it is the one, else the other's grid and blocks become further
 * blocks. Both know the hash of their data. STATUS_STUDY names the first difference. */
enum status study_unite(struct study *into, const struct study *other, struct error *err);

/* Names of the measures that the study takes; returns how many. */
int study_measures(const struct study *study, const char *names[N_MEASURES]);

void study_fini(struct study *study);

#endif
