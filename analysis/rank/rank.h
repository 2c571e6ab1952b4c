/* Statistics that judge a measure as a predictor of the generalization gap. Arrays in,
 * numbers out; docs/measures.md has the formulae and their sources.
 *
 * A setting is a combination of options, seeds averaged; an axis is an option in which
 * settings differ. NaN is a statistic that is not defined, as tau of a constant. */
#ifndef STRATA_ANALYSIS_RANK_H
#define STRATA_ANALYSIS_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { RANK_AXES_MAX = 32 };

/* Settings in groups of those that are alike in some of the axes. */
struct rank_partition {
    size_t n_groups;
    uint32_t *group;   /* [n] of a setting, in order of first appearance */
    uint32_t *members; /* [n] settings group by group, ascending within each */
    size_t *start;     /* [n_groups + 1] */
};

struct rank_design {
    size_t n; /* settings */
    int n_axes;
    bool complete;                /* settings are the full product of the axes' values */
    struct rank_partition *apart; /* [n_axes] alike in all axes but this one */
    struct rank_partition *given; /* [n_given] alike in no axis, in one, in two */
    int n_given;
    double *x_log_x; /* small x: x ln x */
};

/* Settings must differ from each other; values is [n_axes][n]. */
enum status rank_design_create(struct rank_design **design, const double *values,
                               int n_axes, size_t n, struct error *err);
void rank_design_destroy(struct rank_design *design);

/* --- rank_tau.c --------------------------------------------------------------------- */

/* Kendall's tau-b; NaN where x or y is constant. */
double rank_tau_b(const double *x, const double *y, size_t n);

/* Granulated Kendall: psi[axis], the mean of tau-a over groups of settings that differ in
 * that axis alone, NaN where there is no such group; returns their mean. `constant` (may
 * be NULL) gets the number of groups in which measure or gap are constant. */
double rank_granulated(const struct rank_design *design, const double *measure,
                       const double *gap, double *psi, size_t *constant);

/* --- rank_cmi.c --------------------------------------------------------------------- */

struct rank_cmi {
    double formula; /* min over sets of up to two axes of I(V_mu; V_g | U) / H(V_g | U) */
    double contest; /* as the contest's scorer computes it; NaN on incomplete grids
                       and for fewer than three axes */
};

struct rank_cmi rank_cmi(const struct rank_design *design, const double *measure,
                         const double *gap);

/* The contest's ratio given two axes alone, by number in `design->given`. */
double rank_contest_given(const struct rank_design *design, int set,
                          const double *measure, const double *gap);

/* --- rank_sign.c -------------------------------------------------------------------- */

/* Two settings that differ in one axis, the first with the larger gap. */
struct rank_pair {
    uint32_t larger, smaller;
    uint32_t environment; /* the axis and its two values */
    double weight;
};

struct rank_sign {
    size_t n_pairs; /* that differ in one axis */
    size_t n_kept;  /* of them, those whose gaps differ by more than noise */
    size_t n_environments;
    struct rank_pair *kept;
    double *error, *weight; /* [n_environments] */
};

/* Chooses the pairs; the gap was measured on n_samples. */
enum status rank_sign_init(struct rank_sign *sign, const struct rank_design *design,
                           const double *gap, double n_samples, struct error *err);
void rank_sign_fini(struct rank_sign *sign);

/* The sign error in the worst environment, and over all pairs; NaN without pairs. */
double rank_sign_error(struct rank_sign *sign, const double *measure, double *mean);

/* --- rank_judge.c ------------------------------------------------------------------- */

enum rank_statistic {
    RANK_TAU,
    RANK_GRANULATED,
    RANK_CMI,
    RANK_CONTEST,
    RANK_SIGN_WORST,
    RANK_SIGN_MEAN,
    RANK_PSI, /* of the first axis; the others follow */
    RANK_STATISTICS_MAX = RANK_PSI + RANK_AXES_MAX
};

struct rank_judgement {
    double value[RANK_STATISTICS_MAX];
    double p[RANK_STATISTICS_MAX]; /* NaN where the value is, or without permutations */
    size_t n_pairs, n_kept;        /* of the sign error */
    size_t n_constant;             /* groups, of granulated Kendall */
};

struct rank_question {
    const struct rank_design *design;
    const double *gap; /* [n] */
    double n_samples;  /* that the gap was measured on */
    int permutations;
};

/* Every statistic and its p-value (1 + #) / (1 + permutations), # being the permutations
 * of the measure over the settings that do as well: as far from 0 for Kendall's, as large
 * for information, as small for sign errors. measure is [n]. */
enum status rank_judge(struct rank_judgement *judgement,
                       const struct rank_question *question, const double *measure,
                       struct error *err);

#endif
