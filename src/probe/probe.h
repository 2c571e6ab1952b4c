/* Probes: what one layer's pre-activations say.
 *
 * A probe sees a matrix of pre-activations, the classes of the samples, and nothing of
 * networks or files. To add one: a file of its own, a row in the table of probe.c, and
 * its outputs in struct probe_layer; docs/architecture.md lists what it needs elsewhere.
 */
#ifndef STRATA_PROBE_PROBE_H
#define STRATA_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "num/kde.h"
#include "probe/share.h"
#include "probe/summary.h"

/* Systems in the order of the archive's dimension. */
enum { PROBE_SYSTEMS = 3 };
enum { PROBE_DISCRETE, PROBE_CONTINUOUS, PROBE_COMBINED };
enum { PROBE_BIN_BITS = 6, PROBE_BINS = 1 << PROBE_BIN_BITS };

/* a[i] = f(z[i]); a may be z. f is monotone. */
typedef void probe_activate_fn(const float *z, float *a, size_t n);

/* One layer as the caller has it. */
struct probe_values {
    const float *z; /* [n_nodes, stride]: pre-activations, own samples in group order */
    size_t stride;  /* >= own samples */
    int n_nodes;
    int layer;                   /* from 0: a network's layers come one after the other */
    probe_activate_fn *activate; /* NULL: activations are the pre-activations */
};

/* The same as the probes see it. */
struct probe_view {
    const float *z;
    size_t stride;
    int n_nodes, layer;
    probe_activate_fn *activate;
    const struct probe_share *share;
    /* Of all samples: */
    const int32_t *active; /* [n_nodes, 3 * n_classes]: samples with z > 0 in a group */
    const struct kde_range *range; /* [n_nodes]: of each node's z */
    /* [own samples, words]: a sample's pattern, bit b % 64 of word b / 64 is z > 0 at
     * node b; bits beyond the nodes are 0. */
    const uint64_t *keys;
    size_t words;
};

enum probe_prior { PROBE_PRIOR_PER_NODE, PROBE_PRIOR_ONCE, PROBE_PRIOR_NONE };

struct probe_options {
    unsigned measures; /* bits of the probes to run: 1 << index in the table */
    enum kde_rule bandwidth;
    double bandwidth_fixed;
    enum probe_prior prior;
    int quarantine_least; /* samples in the set of a quarantine or a specific node */
    double quarantine_purity, specific_share;
    int grid_bits; /* of every density's grid, KDE_GRID_BITS_LEAST to .._MAX; 0: adaptive
                    */
};

/* What a layer makes of corrupted training samples; NaN where there is nothing to take
 * the mean of. */
struct layer_corruption {
    bool any_corrupt;
    double clean_corrupt_cosine, clean_class_cosine, corrupt_class_cosine, sample_cosine;
    int64_t zero_vectors;
    struct node_summary purity; /* of nodes that some training sample activates */
    double quarantine_fraction;
    int64_t quarantine_links;
    int32_t quarantine_path_length;
    double specific_clean, specific_corrupt; /* fractions of nodes */
};

/* What is found about each node of a layer; the arrays are the caller's. What belongs to
 * a probe that does not run stays as it is, as does the bandwidth of a constant node, or
 * of a class without training samples. */
struct probe_nodes {
    int32_t *active;                          /* [n_nodes, 3 * n_classes]: z > 0 */
    double *low, *high;                       /* [n_nodes]: smallest and largest z */
    double *predictability, *informativeness; /* [n_nodes, 3] */
    double *bandwidth;                        /* [n_nodes, n_classes] */
    int32_t *histogram; /* [n_nodes, 3 * n_classes, PROBE_BINS]; NULL: not asked for */
};

/* What the probes find about a layer: whole at the leader of a team, at its members only
 * `finite` counts. Arrays are the caller's, [3 * n_classes]. */
struct probe_layer {
    bool finite; /* false: z holds an infinity or a NaN, and nothing else is valid */
    int64_t near_zero[PROBE_SPLITS]; /* |z| < 1e-6 */
    /* patterns */
    int32_t *pattern_count;
    double *pattern_entropy; /* nats */
    /* classifiers */
    int32_t system_correct[PROBE_SYSTEMS][PROBE_SPLITS];
    int32_t constant_nodes;
    /* sample sets */
    struct node_summary activation_fraction[PROBE_SPLITS];
    struct node_summary predictability[PROBE_SPLITS];
    struct node_summary informativeness[PROBE_SPLITS];
    int32_t dead_nodes[PROBE_SPLITS], saturated_nodes[PROBE_SPLITS];
    /* corruption */
    struct layer_corruption corruption;
    /* Each node, where the caller asks for it; members of a team ask for the same. */
    struct probe_nodes *nodes; /* NULL: not asked for */
};

/* What a workspace must hold. */
struct probe_size {
    double n_samples; /* of all members */
    int n_classes, max_nodes, team_size;
};

/* A row of the table. `create` allocates a workspace for layers of up to max_nodes nodes;
 * `run` allocates nothing and cannot fail. */
struct probe {
    const char *name;
    void *(*create)(const struct probe_share *share, int max_nodes, struct error *err);
    void (*destroy)(void *workspace);
    void (*run)(void *workspace, const struct probe_view *view,
                const struct probe_options *options, struct probe_layer *out);
    double (*bytes)(const struct probe_size *size); /* of a member's workspace */
};

enum {
    PROBE_PATTERNS,
    PROBE_CLASSIFIERS,
    PROBE_SAMPLE_SETS,
    PROBE_CORRUPTION,
    PROBE_COUNT
};

extern const struct probe probe_patterns;
extern const struct probe probe_classifiers;
extern const struct probe probe_sample_sets;
extern const struct probe probe_corruption;

/* Runs the chosen probes on layers of one cell. */
struct prober;

/* The share's groups and team are borrowed for the prober's life. */
enum status prober_create(struct prober **out, const struct probe_share *share,
                          int max_nodes, const struct probe_options *options,
                          struct error *err);
void prober_destroy(struct prober *prober);

/* Of the member's own samples. All members of a team call this for the same layers in the
 * same order. */
void prober_run(struct prober *prober, const struct probe_values *values,
                struct probe_layer *out);

/* Bytes that a member's prober allocates. */
double prober_bytes(unsigned measures, const struct probe_size *size);

#endif
