#include "probe/summary.h"

#include <math.h>

#include "num/stats.h"

static double sorted_mean(double *values, size_t n)
{
    if (n == 0)
        return NAN;
    stats_sort(values, n);
    return stats_mean_sorted(values, n);
}

struct node_summary node_summarise(double *values, size_t n, double *live, size_t n_live)
{
    static const double levels[PROBE_QUANTILES] = {0, 0.25, 0.5, 0.75, 1};
    struct node_summary summary = {.mean = sorted_mean(values, n),
                                   .live = sorted_mean(live, n_live)};
    for (int q = 0; q < PROBE_QUANTILES; q++)
        summary.quantile[q] = n > 0 ? stats_quantile_sorted(values, n, levels[q])
                                    : (double)NAN;
    return summary;
}
