/* What a ranking is made of: settings with their gap, and measures of them. */
#ifndef STRATA_ANALYSIS_RANKING_LOAD_H
#define STRATA_ANALYSIS_RANKING_LOAD_H

#include <stddef.h>

#include "analysis/rank/rank.h"
#include "analysis/rank/ranking.h"
#include "analysis/tables/summary_load.h"

/* A combination of options with a gap: means over its seeds. */
struct setting {
    int group; /* in the summary's table */
    int seeds;
    double train, clean, test; /* accuracies; clean may be NaN */
    double gap;
};

struct ranked_measure {
    char name[TABLE_WORD_MAX];
    bool baseline;
    double *values; /* [n_settings], NaN where it does not exist */
    size_t n;       /* settings where it does */
    struct rank_judgement judgement;
    bool axes[OPTION_COUNT]; /* which differ among them, in the judgement's order */
};

struct ranking {
    const struct ranking_request *request;
    struct summary_request chosen;
    struct summary summary;
    struct setting *settings;
    size_t n_settings;
    size_t n_left_out;         /* without a gap */
    bool varies[OPTION_COUNT]; /* options that differ among the settings */
    bool axes[OPTION_COUNT];   /* of them those that were not selected: a selected one
                                * follows from the others */
    double n_samples;          /* of the test set */
    struct ranked_measure *measures;
    size_t n_measures, capacity;
};

enum status ranking_load(struct ranking *ranking, struct archive *archive,
                         const struct ranking_request *request, struct error *err);
void ranking_fini(struct ranking *ranking);

/* A grouped field's mean over the seeds of a setting at [i][j][k] behind the snapshot;
 * NaN where not all seeds that have a gap have it. */
double ranking_mean(const struct ranking *ranking, const struct setting *setting,
                    enum field_id id, const int at[3]);

/* To 40 bits behind the point of 2^exponent: means over seeds that differ by the rounding
 * of their sums alone become ties. */
double ranking_round(double value, int exponent);

/* An option's value in a setting. */
double ranking_option(const struct ranking *ranking, const struct setting *setting,
                      enum field_id id);

/* Adds the requested measures and the baselines, ordered by name. */
enum status ranking_add_measures(struct ranking *ranking, struct error *err);

/* Judges the measures that RANKING_FEWEST settings have, and orders all: the most
 * informative first (ranking.c). */
enum status ranking_judge(struct ranking *ranking, struct error *err);

#endif
