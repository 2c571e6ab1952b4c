/* What the parts of rank.h share. */
#ifndef STRATA_ANALYSIS_RANK_INTERNAL_H
#define STRATA_ANALYSIS_RANK_INTERNAL_H

enum { RANK_LOGS = 4096 };

static inline int rank_compare(double a, double b)
{
    return (a > b) - (a < b);
}

#endif
