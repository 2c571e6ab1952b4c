/* What a layer makes of corrupted training samples (after Theunissen, Davel & Barnard
 * 2019 and 2020; docs/measures.md has our definitions): how far their activations keep to
 * their class's, and which nodes see little else than them. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "probe/class_vectors.h"
#include "probe/corrupted.h"
#include "probe/probe.h"
#include "probe/quarantine.h"

struct corruption {
    const struct probe_share *share;
    struct corrupted corrupted;
    struct class_vectors *vectors;
    struct quarantine *quarantine;
    uint64_t
        *corrupt;   /* [max_nodes, n_classes]: corrupted samples that activate a node */
    double *purity; /* [max_nodes] */
    bool *chosen;   /* [max_nodes]: quarantine nodes */
};

static void corruption_destroy(void *workspace)
{
    struct corruption *c = workspace;
    corrupted_fini(&c->corrupted);
    class_vectors_destroy(c->vectors);
    quarantine_destroy(c->quarantine);
    free(c->corrupt);
    free(c->purity);
    free(c->chosen);
    free(c);
}

static void *corruption_create(const struct probe_share *share, int max_nodes,
                               struct error *err)
{
    struct corruption *c = memory_alloc(1, sizeof *c, err);
    if (!c)
        return NULL;
    size_t nodes = (size_t)max_nodes, n_classes = (size_t)share->all.n_classes;
    c->share = share;
    c->corrupt = memory_alloc(nodes * n_classes, sizeof *c->corrupt, err);
    c->purity = memory_alloc(nodes, sizeof *c->purity, err);
    c->chosen = memory_alloc(nodes, sizeof *c->chosen, err);
    if (corrupted_init(&c->corrupted, share, err) == STATUS_OK) {
        class_vectors_create(&c->vectors, share, &c->corrupted, max_nodes, err);
        quarantine_create(&c->quarantine, share, &c->corrupted, max_nodes, err);
    }
    if (err->status != STATUS_OK) {
        corruption_destroy(c);
        return NULL;
    }
    return c;
}

static double corruption_bytes(const struct probe_size *size)
{
    return 4.0 * size->n_samples / size->team_size + 8.0 * size->n_classes +
           size->max_nodes * (8.0 * size->n_classes + 9) + class_vectors_bytes(size) +
           quarantine_bytes(size);
}

/* ---- sample sets ---- */

/* A node's training sample set, or the clean or corrupted part of it. */
struct set {
    int64_t size;
    int64_t most; /* samples of its most frequent class */
};

struct node_sets {
    struct set all, clean, corrupt;
};

static void add_class(struct set *set, int64_t n)
{
    set->size += n;
    set->most = n > set->most ? n : set->most;
}

static struct node_sets sets_of(const struct corruption *c, const struct probe_view *view,
                                int node)
{
    const int n_classes = c->share->all.n_classes;
    const int32_t *active = view->active + (size_t)(node * PROBE_SPLITS * n_classes);
    const uint64_t *corrupt = c->corrupt + (size_t)(node * n_classes);
    struct node_sets sets = {0};
    for (int k = 0; k < n_classes; k++) {
        int64_t n_corrupt = (int64_t)corrupt[k];
        add_class(&sets.all, active[k]);
        add_class(&sets.clean, active[k] - n_corrupt);
        add_class(&sets.corrupt, n_corrupt);
    }
    return sets;
}

static bool is_specific(const struct set *set, const struct probe_options *options)
{
    return set->size >= options->quarantine_least &&
           (double)set->most / (double)set->size >= options->specific_share;
}

static double share_of(int n, int n_nodes, bool exists)
{
    return exists ? (double)n / n_nodes : (double)NAN;
}

/* Purity, and quarantine and specific nodes. */
static void look_at_sets(struct corruption *c, const struct probe_view *view,
                         const struct probe_options *options,
                         struct layer_corruption *out)
{
    const uint32_t n_samples = groups_split_count(&c->share->all, PROBE_TRAIN);
    const bool any_corrupt = c->corrupted.total > 0;
    size_t n_sets = 0;
    int n_quarantine = 0, n_clean = 0, n_corrupt = 0;
    for (int i = 0; i < view->n_nodes; i++) {
        struct node_sets sets = sets_of(c, view, i);
        double purity = (double)sets.corrupt.size / (double)sets.all.size;
        if (sets.all.size > 0 && any_corrupt)
            c->purity[n_sets++] = purity;
        c->chosen[i] = any_corrupt && sets.all.size >= options->quarantine_least &&
                       purity >= options->quarantine_purity;
        n_quarantine += c->chosen[i];
        n_clean += is_specific(&sets.clean, options);
        n_corrupt += is_specific(&sets.corrupt, options);
    }
    out->purity = node_summarise(c->purity, n_sets, NULL, 0);
    out->quarantine_fraction = share_of(n_quarantine, view->n_nodes, any_corrupt);
    out->specific_clean = share_of(n_clean, view->n_nodes,
                                   c->corrupted.total < n_samples);
    out->specific_corrupt = share_of(n_corrupt, view->n_nodes, any_corrupt);
}

static void corruption_run(void *workspace, const struct probe_view *view,
                           const struct probe_options *options, struct probe_layer *layer)
{
    struct corruption *c = workspace;
    const struct probe_team *team = c->share->team;
    struct layer_corruption *out = &layer->corruption;
    out->any_corrupt = c->corrupted.total > 0;
    class_vectors_run(c->vectors, view, out);
    quarantine_count(c->quarantine, view, c->corrupt);
    if (team)
        team->sum(team->state, c->corrupt,
                  (size_t)view->n_nodes * (size_t)c->share->all.n_classes);
    look_at_sets(c, view, options, out);
    quarantine_link(c->quarantine, view, c->chosen, out);
}

const struct probe probe_corruption = {
    .name = "corruption",
    .create = corruption_create,
    .destroy = corruption_destroy,
    .run = corruption_run,
    .bytes = corruption_bytes,
};
