/* Conditional mutual information: Jiang et al. 2020, and the variant of the
 * contest's scorer (Predicting Generalization in Deep Learning, NeurIPS 2020).
 *
 * For two settings, V_g is the sign of the difference of their gaps, V_mu that of their
 * measures, U the values of some axes in the one and in the other. A value of U is a pair
 * of groups of settings alike in those axes; what both variants need of it is how often
 * each combination of signs occurs. */
#include <math.h>

#include "analysis/rank/rank.h"
#include "analysis/rank/rank_internal.h"
#include "num/elementary.h"

/* Pairs by sign of the gap's and of the measure's difference, each + 1: first setting of
 * one group, second of another; or within one group, each two settings once. */
struct signs {
    double n[3][3];
};

static struct signs count_signs(const struct rank_partition *p, size_t a, size_t b,
                                const double *measure, const double *gap)
{
    int counts[3][3] = {{0}};
    for (size_t i = p->start[a]; i < p->start[a + 1]; i++) {
        size_t s = p->members[i];
        for (size_t j = a == b ? i + 1 : p->start[b]; j < p->start[b + 1]; j++) {
            size_t t = p->members[j];
            counts[rank_compare(gap[s], gap[t]) + 1]
                  [rank_compare(measure[s], measure[t]) + 1]++;
        }
    }
    struct signs signs;
    for (int g = 0; g < 3; g++)
        for (int m = 0; m < 3; m++)
            signs.n[g][m] = counts[g][m];
    return signs;
}

/* The same pairs the other way round added. */
static struct signs both_orders(const struct signs *once)
{
    struct signs both;
    for (int g = 0; g < 3; g++)
        for (int m = 0; m < 3; m++)
            both.n[g][m] = once->n[g][m] + once->n[2 - g][2 - m];
    return both;
}

static double x_log_x(const struct rank_design *design, double x)
{
    if (x < RANK_LOGS)
        return design->x_log_x[(int)x];
    return x * elementary_log(x);
}

/* Number of pairs times information and times entropy, in nats, added. */
static void add_formula(const struct rank_design *design, const struct signs *signs,
                        double weight, double *information, double *entropy)
{
    double joint = 0, gaps = 0, measures = 0, n = 0;
    for (int k = 0; k < 3; k++) {
        const double(*c)[3] = signs->n;
        double row = c[k][0] + c[k][1] + c[k][2];
        for (int m = 0; m < 3; m++)
            joint += x_log_x(design, c[k][m]);
        gaps += x_log_x(design, row);
        measures += x_log_x(design, c[0][k] + c[1][k] + c[2][k]);
        n += row;
    }
    double all = x_log_x(design, n);
    *entropy += weight * (all - gaps);
    *information += weight * fmax(0, (all - gaps) + (all - measures) - (all - joint));
}

/* Information that a table of "greater or not" holds, and the entropy of its rows, in
 * bits, as the contest's scorer has them. */
static void add_contest(const double table[2][2], double *information, double *entropy)
{
    double n = table[0][0] + table[0][1] + table[1][0] + table[1][1];
    for (int i = 0; i < 2; i++) {
        double row = (table[i][0] + table[i][1]) / n;
        *entropy -= row * log2(row + 1e-12);
        for (int j = 0; j < 2; j++) {
            double p = table[i][j] / n, column = (table[0][j] + table[1][j]) / n;
            if (p > 0)
                *information += p * log2(p / (row * column));
        }
    }
}

/* Ordered pairs of one cell: `greater` is 2 for the order in which they were counted, 0
 * for the other; a setting paired with itself is greater in nothing. */
static void contest_cell(const struct signs *signs, int greater, double selves,
                         double *information, double *entropy)
{
    double table[2][2] = {{0}};
    for (int g = 0; g < 3; g++)
        for (int m = 0; m < 3; m++)
            table[g != greater][m != greater] += signs->n[g][m];
    table[1][1] += selves;
    add_contest((const double(*)[2])table, information, entropy);
}

/* Information and entropy, summed over cells. */
struct ratio {
    double information, entropy;
};

/* Goes through the cells of a set of axes; contest may be NULL. */
static void add_cells(const struct rank_design *design, const struct rank_partition *p,
                      const double *measure, const double *gap, struct ratio *formula,
                      struct ratio *contest)
{
    for (size_t a = 0; a < p->n_groups; a++)
        for (size_t b = a; b < p->n_groups; b++) {
            struct signs signs = count_signs(p, a, b, measure, gap);
            double selves = a == b ? (double)(p->start[a + 1] - p->start[a]) : 0;
            if (a == b)
                signs = both_orders(&signs);
            /* between two groups, the other order has the mirrored table */
            add_formula(design, &signs, a == b ? 1 : 2, &formula->information,
                        &formula->entropy);
            for (int greater = 2; contest && greater >= (a == b ? 2 : 0); greater -= 2)
                contest_cell(&signs, greater, selves, &contest->information,
                             &contest->entropy);
        }
}

static double contest_score(const struct ratio *contest)
{
    return contest->information / contest->entropy + 0.0; /* -0 becomes 0 */
}

double rank_contest_given(const struct rank_design *design, int set,
                          const double *measure, const double *gap)
{
    struct ratio formula = {0, 0}, contest = {0, 0};
    add_cells(design, &design->given[set], measure, gap, &formula, &contest);
    return contest_score(&contest);
}

struct rank_cmi rank_cmi(const struct rank_design *design, const double *measure,
                         const double *gap)
{
    struct rank_cmi cmi = {NAN, NAN};
    /* given both of two axes, each cell has one pair and no measure any information */
    bool has_contest = design->complete && design->n_axes > 2;
    for (int set = 0; set < design->n_given; set++) {
        struct ratio formula = {0, 0}, contest = {0, 0};
        bool pair = has_contest && set > design->n_axes;
        add_cells(design, &design->given[set], measure, gap, &formula,
                  pair ? &contest : NULL);
        if (formula.entropy > 0)
            cmi.formula = fmin(cmi.formula, formula.information / formula.entropy);
        if (pair)
            cmi.contest = fmin(cmi.contest, contest_score(&contest));
    }
    return cmi;
}
