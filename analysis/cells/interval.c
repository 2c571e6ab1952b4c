#include "analysis/cells/interval.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "num/bootstrap.h"
#include "num/stats.h"

#define LEVEL 0.95

struct interval interval_make(struct interval_maker *maker, double *values, size_t n,
                              struct error *err)
{
    struct interval interval = {NAN, NAN};
    struct stats_running running = {0};
    bool bootstrap = maker->kind == INTERVAL_BOOTSTRAP && n >= BOOTSTRAP_FEWEST;
    stats_sort(values, n); /* so that their order in the archive decides nothing */
    for (size_t i = 0; i < n; i++)
        stats_add(&running, values[i]);
    if (bootstrap && !maker->means)
        maker->means = memory_alloc(BOOTSTRAP_RESAMPLES, sizeof *maker->means, err);
    if (n < INTERVAL_FEWEST || (bootstrap && !maker->means))
        return interval;
    if (bootstrap) {
        bootstrap_mean_interval(values, n, LEVEL, maker->means, &interval.low,
                                &interval.high);
        maker->n_bootstrap++;
    } else {
        double half = stats_t_half_width(&running, LEVEL);
        interval = (struct interval){running.mean - half, running.mean + half};
        maker->n_t++;
    }
    return interval;
}

void interval_maker_fini(struct interval_maker *maker)
{
    free(maker->means);
    maker->means = NULL;
}

bool interval_is_mixed(const struct interval_maker *maker)
{
    return maker->kind == INTERVAL_BOOTSTRAP && maker->n_t > 0;
}

void interval_put_note(const struct interval_maker *maker, struct text *out)
{
    if (interval_is_mixed(maker))
        text_appendf(out, "%s are Student's t: a bootstrap interval takes %d seeds\n",
                     maker->n_bootstrap > 0 ? "intervals of fewer seeds"
                                            : "the intervals",
                     BOOTSTRAP_FEWEST);
}
