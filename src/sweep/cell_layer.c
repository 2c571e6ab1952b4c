#include "sweep/cell_layer.h"

#include <math.h>

#include "num/elementary.h"

/* Element [snapshot][j][k][l] of a field. */
static int32_t *int_at(const struct cell_layer *to, enum field_id id, int j, int k, int l)
{
    return record_int_at(to->record, id, to->snapshot, j, k, l);
}

static double *real_at(const struct cell_layer *to, enum field_id id, int j, int k, int l)
{
    return record_real_at(to->record, id, to->snapshot, j, k, l);
}

static void store_patterns(const struct cell_layer *to, const struct probe_layer *found)
{
    const struct sample_groups *groups = to->groups;
    for (int split = 0; split < N_SPLITS; split++) {
        double sum = 0.0;
        int present = 0;
        for (int c = 0; c < groups->n_classes; c++) {
            if (groups_count(groups, split, c) == 0)
                continue;
            int g = split * groups->n_classes + c;
            double entropy = found->pattern_entropy[g];
            *int_at(to, FIELD_PATTERN_COUNT, split, to->layer,
                    c) = found->pattern_count[g];
            *real_at(to, FIELD_PATTERN_ENTROPY, split, to->layer, c) = entropy;
            *real_at(to, FIELD_PERPLEXITY, split, to->layer, c) = elementary_exp(entropy);
            sum += elementary_exp(entropy);
            present++;
        }
        if (present > 0)
            *real_at(to, FIELD_MEAN_PERPLEXITY, split, to->layer, 0) = sum / present;
    }
}

static void store_classifiers(const struct cell_layer *to,
                              const struct probe_layer *found)
{
    const struct sample_groups *groups = to->groups;
    for (int system = 0; system < N_SYSTEMS; system++)
        for (int split = 0; split < N_SPLITS; split++) {
            uint32_t n = groups_split_count(groups, split);
            if (n == 0)
                continue;
            int32_t correct = found->system_correct[system][split];
            *int_at(to, FIELD_SYSTEM_CORRECT, system, split, to->layer) = correct;
            *real_at(to, FIELD_SYSTEM_ACCURACY, system, split,
                     to->layer) = (double)correct / n;
        }
    *int_at(to, FIELD_CONSTANT_NODES, to->layer, 0, 0) = found->constant_nodes;
}

static void store_summary(const struct cell_layer *to, const struct node_summary *summary,
                          const enum field_id fields[3], int split)
{
    *real_at(to, fields[0], split, to->layer, 0) = summary->mean;
    for (int q = 0; q < N_QUANTILES; q++)
        *real_at(to, fields[1], split, to->layer, q) = summary->quantile[q];
    if (fields[2] != FIELD_COUNT)
        *real_at(to, fields[2], split, to->layer, 0) = summary->live;
}

static void store_sample_sets(const struct cell_layer *to,
                              const struct probe_layer *found)
{
    static const enum field_id fraction[3] = {
        FIELD_ACTIVATION_FRACTION, FIELD_ACTIVATION_FRACTION_QUANTILE, FIELD_COUNT};
    static const enum field_id predictability[3] = {
        FIELD_PREDICTABILITY, FIELD_PREDICTABILITY_QUANTILE, FIELD_PREDICTABILITY_LIVE};
    static const enum field_id informativeness[3] = {FIELD_INFORMATIVENESS,
                                                     FIELD_INFORMATIVENESS_QUANTILE,
                                                     FIELD_INFORMATIVENESS_LIVE};
    for (int split = 0; split < N_SPLITS; split++) {
        if (groups_split_count(to->groups, split) == 0)
            continue;
        store_summary(to, &found->activation_fraction[split], fraction, split);
        store_summary(to, &found->predictability[split], predictability, split);
        store_summary(to, &found->informativeness[split], informativeness, split);
        *int_at(to, FIELD_DEAD_NODES, split, to->layer, 0) = found->dead_nodes[split];
        *int_at(to, FIELD_SATURATED_NODES, split, to->layer,
                0) = found->saturated_nodes[split];
    }
}

/* A wide layer of many samples may count beyond an int: the largest one says "or more".
 */
static int32_t saturate(int64_t count)
{
    return count < INT32_MAX ? (int32_t)count : INT32_MAX;
}

static void store_mean(const struct cell_layer *to, enum field_id id, double mean)
{
    if (!isnan(mean))
        *real_at(to, id, to->layer, 0, 0) = mean;
}

/* Of nothing there is no mean, and without corrupted samples no count of theirs. */
static void store_corruption(const struct cell_layer *to, const struct probe_layer *found)
{
    const struct layer_corruption *c = &found->corruption;
    store_mean(to, FIELD_CLEAN_CORRUPT_COSINE, c->clean_corrupt_cosine);
    store_mean(to, FIELD_CLEAN_CLASS_COSINE, c->clean_class_cosine);
    store_mean(to, FIELD_CORRUPT_CLASS_COSINE, c->corrupt_class_cosine);
    store_mean(to, FIELD_SAMPLE_COSINE, c->sample_cosine);
    store_mean(to, FIELD_CORRUPTION_PURITY, c->purity.mean);
    store_mean(to, FIELD_QUARANTINE_FRACTION, c->quarantine_fraction);
    store_mean(to, FIELD_SPECIFIC_FRACTION_CLEAN, c->specific_clean);
    store_mean(to, FIELD_SPECIFIC_FRACTION_CORRUPT, c->specific_corrupt);
    for (int q = 0; q < N_QUANTILES && !isnan(c->purity.mean); q++)
        *real_at(to, FIELD_CORRUPTION_PURITY_QUANTILE, to->layer, q,
                 0) = c->purity.quantile[q];
    *int_at(to, FIELD_ZERO_VECTORS, to->layer, 0, 0) = saturate(c->zero_vectors);
    if (!c->any_corrupt)
        return;
    *int_at(to, FIELD_QUARANTINE_LINKS, to->layer, 0, 0) = saturate(c->quarantine_links);
    *int_at(to, FIELD_QUARANTINE_PATH_LENGTH, to->layer, 0,
            0) = c->quarantine_path_length;
}

void cell_layer_store(const struct cell_layer *to, unsigned measures,
                      const struct probe_layer *found)
{
    static void (*const store[PROBE_COUNT])(const struct cell_layer *,
                                            const struct probe_layer *) = {
        [PROBE_PATTERNS] = store_patterns,
        [PROBE_CLASSIFIERS] = store_classifiers,
        [PROBE_SAMPLE_SETS] = store_sample_sets,
        [PROBE_CORRUPTION] = store_corruption,
    };
    for (int i = 0; i < PROBE_COUNT; i++)
        if (measures >> i & 1)
            store[i](to, found);
    for (int split = 0; split < N_SPLITS; split++)
        if (groups_split_count(to->groups, split) > 0)
            *int_at(to, FIELD_NEAR_ZERO_COUNT, split, to->layer,
                    0) = saturate(found->near_zero[split]);
}
