#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rank/rank.h"
#include "base/memory.h"
#include "num/rng.h"

/* Sums that differ in the order of their terms alone count as equal. */
static const double rounding = 1e-12;

struct judge {
    const struct rank_question *question;
    struct rank_sign sign;
};

static void compute(struct judge *judge, const double *measure, double *value,
                    size_t *constant)
{
    const struct rank_design *design = judge->question->design;
    const double *gap = judge->question->gap;
    struct rank_cmi cmi = rank_cmi(design, measure, gap);
    value[RANK_TAU] = rank_tau_b(measure, gap, design->n);
    value[RANK_GRANULATED] = rank_granulated(design, measure, gap, value + RANK_PSI,
                                             constant);
    value[RANK_CMI] = cmi.formula;
    value[RANK_CONTEST] = cmi.contest;
    value[RANK_SIGN_WORST] = rank_sign_error(&judge->sign, measure,
                                             &value[RANK_SIGN_MEAN]);
}

/* Whether chance did as well as the measure. */
static bool as_good(int statistic, double chance, double found)
{
    switch (statistic) {
    case RANK_CMI:
    case RANK_CONTEST:
        return chance >= found - rounding;
    case RANK_SIGN_WORST:
    case RANK_SIGN_MEAN:
        return chance <= found + rounding;
    default:
        return fabs(chance) >= fabs(found) - rounding;
    }
}

static enum status permute(struct judge *judge, struct rank_judgement *judgement,
                           const double *measure, struct error *err)
{
    const struct rank_design *design = judge->question->design;
    int permutations = judge->question->permutations, count[RANK_STATISTICS_MAX] = {0};
    int statistics = RANK_PSI + design->n_axes;
    double *shuffled = memory_alloc(design->n, sizeof *shuffled, err);
    uint32_t *order = memory_alloc(design->n, sizeof *order, err);
    for (int k = 0; err->status == STATUS_OK && k < permutations; k++) {
        struct rng rng = {.purpose = RNG_RANK, .stream = (uint64_t)k + 1};
        double value[RANK_STATISTICS_MAX];
        rng_permutation(&rng, order, (uint32_t)design->n);
        for (size_t i = 0; i < design->n; i++)
            shuffled[i] = measure[order[i]];
        compute(judge, shuffled, value, NULL);
        for (int s = 0; s < statistics; s++)
            count[s] += as_good(s, value[s], judgement->value[s]);
    }
    for (int s = 0; s < statistics; s++)
        if (permutations > 0 && !isnan(judgement->value[s]))
            judgement->p[s] = (1.0 + count[s]) / (1.0 + permutations);
    free(shuffled);
    free(order);
    return err->status;
}

enum status rank_judge(struct rank_judgement *judgement,
                       const struct rank_question *question, const double *measure,
                       struct error *err)
{
    struct judge judge = {.question = question};
    for (int s = 0; s < RANK_STATISTICS_MAX; s++)
        judgement->value[s] = judgement->p[s] = NAN;
    if (rank_sign_init(&judge.sign, question->design, question->gap, question->n_samples,
                       err) != STATUS_OK)
        return err->status;
    judgement->n_pairs = judge.sign.n_pairs;
    judgement->n_kept = judge.sign.n_kept;
    compute(&judge, measure, judgement->value, &judgement->n_constant);
    permute(&judge, judgement, measure, err);
    rank_sign_fini(&judge.sign);
    return err->status;
}
