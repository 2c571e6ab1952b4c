/* Least squares with few measurements. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "num/stats.h"
#include "sweep/calibration.h"

/* Standard deviations, as shares: a measurement about the model, and a rate about its
 * scaled start. Their ratio is the weight of the start. */
static const double measurement_error = 0.05, rate_error = 0.5;
static const double smallest_factor = 0.1; /* no kind of work is free */

/* Normal equations of one part: matrix x = rhs, where x are factors on the scaled rates
 * and each measurement is the equation sum over units (share of its time) x = 1. */
struct equations {
    const struct cost_rates *start;
    enum cost_part part;
    double scale;
    double matrix[COST_COUNT][COST_COUNT], rhs[COST_COUNT];
};

static bool is_measured(const struct cost_measurement *m, enum cost_part part)
{
    return m->seconds[part] > 0 && isfinite(m->seconds[part]);
}

/* Adds a measurement with weight 1, or takes it away with weight -1. */
static void add_measurement(struct equations *e, const struct cost_measurement *m,
                            double weight)
{
    double share[COST_COUNT] = {0};
    for (int u = 0; u < COST_COUNT; u++)
        if (cost_unit_part((enum cost_unit)u) == e->part)
            share[u] = m->counts.units[u] * e->start->seconds[u] * e->scale /
                       m->seconds[e->part];
    for (int u = 0; u < COST_COUNT; u++) {
        e->rhs[u] += weight * share[u];
        for (int v = 0; v < COST_COUNT; v++)
            e->matrix[u][v] += weight * share[u] * share[v];
    }
}

/* Coordinate descent: the matrix is positive definite, so with bounds too it converges to
 * the one minimum. x is where it starts. */
static void solve(const struct equations *e, double x[COST_COUNT])
{
    enum { SWEEPS_MAX = 10000 };
    double change = 1;
    for (int sweep = 0; sweep < SWEEPS_MAX && change > 1e-9; sweep++) {
        change = 0;
        for (int u = 0; u < COST_COUNT; u++) {
            double rest = e->rhs[u] + e->matrix[u][u] * x[u];
            for (int v = 0; v < COST_COUNT; v++)
                rest -= e->matrix[u][v] * x[v];
            double next = fmax(rest / e->matrix[u][u], smallest_factor);
            change = fmax(change, fabs(next - x[u]));
            x[u] = next;
        }
    }
}

/* Median of measured over predicted time; 1 where nothing was measured. */
static double common_factor(const struct cost_rates *rates, enum cost_part part,
                            const struct cost_measurement *m, size_t n, double *buffer)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        double predicted = cost_part_seconds(&m[i].counts, rates, part);
        if (is_measured(&m[i], part) && predicted > 0)
            buffer[used++] = m[i].seconds[part] / predicted;
    }
    stats_sort(buffer, used);
    return used > 0 ? stats_quantile_sorted(buffer, used, 0.5) : 1;
}

static struct cost_rates scaled_rates(const struct equations *e,
                                      const double x[COST_COUNT])
{
    struct cost_rates rates = *e->start;
    for (int u = 0; u < COST_COUNT; u++)
        if (cost_unit_part((enum cost_unit)u) == e->part)
            rates.seconds[u] *= e->scale * x[u];
    return rates;
}

/* Fits one part. others[i] grows by the time of this part that the other measurements
 * predict for measurement i; others[] is [n], and so is buffer[]. */
static void fit_part(struct cost_rates *rates, enum cost_part part,
                     const struct cost_measurement *m, size_t n, double *others,
                     double *buffer)
{
    const double weight = (measurement_error / rate_error) *
                          (measurement_error / rate_error);
    struct cost_rates start = *rates;
    struct equations e = {.start = &start, .part = part};
    double x[COST_COUNT];
    e.scale = common_factor(&start, part, m, n, buffer);
    for (int u = 0; u < COST_COUNT; u++) {
        e.matrix[u][u] = e.rhs[u] = weight;
        x[u] = 1;
    }
    for (size_t i = 0; i < n; i++)
        if (is_measured(&m[i], part))
            add_measurement(&e, &m[i], 1);
    solve(&e, x);
    *rates = scaled_rates(&e, x);
    for (size_t i = 0; i < n; i++) {
        double without[COST_COUNT];
        if (!is_measured(&m[i], part))
            continue;
        for (int u = 0; u < COST_COUNT; u++)
            without[u] = x[u];
        struct equations rest = e;
        add_measurement(&rest, &m[i], -1);
        solve(&rest, without);
        struct cost_rates fitted = scaled_rates(&rest, without);
        others[i] += cost_part_seconds(&m[i].counts, &fitted, part);
    }
}

enum status calibration_fit(struct cost_rates *rates, double *spread,
                            const struct cost_measurement *m, size_t n, struct error *err)
{
    double *others = memory_alloc(n, sizeof *others, err);
    double *buffer = memory_alloc(n, sizeof *buffer, err);
    if (others && buffer) {
        double squares = *spread * *spread;
        fit_part(rates, COST_TRAIN, m, n, others, buffer);
        fit_part(rates, COST_PROBE, m, n, others, buffer);
        size_t used = 0;
        for (size_t i = 0; i < n; i++) {
            double measured = m[i].seconds[COST_TRAIN] + m[i].seconds[COST_PROBE];
            if (measured <= 0)
                continue;
            double miss = others[i] / measured - 1;
            squares += miss * miss;
            used++;
        }
        *spread = sqrt(squares / (double)(used + 1));
    }
    free(others);
    free(buffer);
    return err->status;
}
