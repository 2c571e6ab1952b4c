/* Robust sign error: Dziugaite et al. 2020. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rank/rank.h"
#include "analysis/rank/rank_internal.h"
#include "base/memory.h"

/* How sure it is that two gaps differ, by Hoeffding's inequality; 0 within the noise. */
static double noise_weight(double difference, double n_samples)
{
    double chance = 2 * exp(-0.5 * n_samples * difference * difference);
    double sure = fmax(0, 1 - chance);
    return sure * sure;
}

struct choice {
    struct rank_sign *sign;
    size_t capacity;
    const double *gap;
    double n_samples;
};

static void choose_pair(struct choice *choice, uint32_t a, uint32_t b, size_t environment,
                        struct error *err)
{
    struct rank_sign *sign = choice->sign;
    double difference = choice->gap[a] - choice->gap[b];
    double weight = noise_weight(difference, choice->n_samples);
    sign->n_pairs++;
    if (!(weight > 0) || memory_grow(&sign->kept, &choice->capacity, sign->n_kept + 1,
                                     sizeof *sign->kept, err) != STATUS_OK)
        return;
    bool first = difference > 0;
    sign->kept[sign->n_kept++] = (struct rank_pair){first ? a : b, first ? b : a,
                                                    (uint32_t)environment, weight};
}

static void choose_along(struct choice *choice, const struct rank_partition *apart,
                         const struct rank_partition *by_value, struct error *err)
{
    size_t levels = by_value->n_groups, first = choice->sign->n_environments;
    for (size_t g = 0; g < apart->n_groups; g++)
        for (size_t i = apart->start[g]; i < apart->start[g + 1]; i++)
            for (size_t j = i + 1; j < apart->start[g + 1]; j++) {
                uint32_t a = apart->members[i], b = apart->members[j];
                size_t u = by_value->group[a], v = by_value->group[b];
                size_t of_values = u < v ? u * levels + v : v * levels + u;
                if (err->status == STATUS_OK)
                    choose_pair(choice, a, b, first + of_values, err);
            }
    choice->sign->n_environments += levels * levels;
}

enum status rank_sign_init(struct rank_sign *sign, const struct rank_design *design,
                           const double *gap, double n_samples, struct error *err)
{
    memset(sign, 0, sizeof *sign);
    struct choice choice = {.sign = sign, .gap = gap, .n_samples = n_samples};
    for (int axis = 0; axis < design->n_axes; axis++)
        choose_along(&choice, &design->apart[axis], &design->given[1 + axis], err);
    sign->error = memory_alloc(sign->n_environments, sizeof *sign->error, err);
    sign->weight = memory_alloc(sign->n_environments, sizeof *sign->weight, err);
    if (err->status != STATUS_OK) {
        rank_sign_fini(sign);
        return err->status;
    }
    for (size_t k = 0; k < sign->n_kept; k++)
        sign->weight[sign->kept[k].environment] += sign->kept[k].weight;
    return STATUS_OK;
}

void rank_sign_fini(struct rank_sign *sign)
{
    free(sign->kept);
    free(sign->error);
    free(sign->weight);
    memset(sign, 0, sizeof *sign);
}

double rank_sign_error(struct rank_sign *sign, const double *measure, double *mean)
{
    double worst = NAN, total = 0, weight = 0;
    memset(sign->error, 0, sign->n_environments * sizeof *sign->error);
    for (size_t k = 0; k < sign->n_kept; k++) {
        const struct rank_pair *pair = &sign->kept[k];
        int order = rank_compare(measure[pair->larger], measure[pair->smaller]);
        sign->error[pair->environment] += pair->weight * 0.5 * (1 - order);
    }
    for (size_t e = 0; e < sign->n_environments; e++) {
        if (!(sign->weight[e] > 0))
            continue;
        worst = fmax(worst, sign->error[e] / sign->weight[e]);
        total += sign->error[e];
        weight += sign->weight[e];
    }
    *mean = weight > 0 ? total / weight : NAN;
    return worst;
}
