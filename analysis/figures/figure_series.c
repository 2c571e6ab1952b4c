/* From observations to curves: every seed's own, the mean over seeds, and its band. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure_internal.h"
#include "base/memory.h"
#include "num/stats.h"

static const double level = 0.95;

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

/* Curve by curve, x by x, seed by seed. */
static int by_x(const void *a, const void *b)
{
    const struct figure_observation *p = a, *q = b;
    int by = order(p->panel, q->panel);
    by = by ? by : order(p->curve, q->curve);
    by = by ? by : order(p->key, q->key);
    by = by ? by : order(p->seed, q->seed);
    return by ? by : order(p->x, q->x);
}

static int by_seed(const void *a, const void *b)
{
    const struct figure_observation *p = a, *q = b;
    int by = order(p->panel, q->panel);
    by = by ? by : order(p->curve, q->curve);
    by = by ? by : order(p->seed, q->seed);
    return by ? by : by_x(a, b);
}

static struct figure_series *begin_series(struct figure_data *f,
                                          const struct figure_observation *of, bool mean,
                                          struct error *err)
{
    if (memory_grow(&f->series, &f->series_capacity, f->n_series + 1, sizeof *f->series,
                    err) != STATUS_OK)
        return NULL;
    struct figure_series *s = &f->series[f->n_series++];
    *s = (struct figure_series){.panel = of->panel,
                                .curve = of->curve,
                                .mean = mean,
                                .seed = of->seed,
                                .first = f->n_points};
    return s;
}

static enum status add_point(struct figure_data *f, struct figure_point point,
                             struct error *err)
{
    if (memory_grow(&f->points, &f->points_capacity, f->n_points + 1, sizeof *f->points,
                    err) == STATUS_OK)
        f->points[f->n_points++] = point;
    return err->status;
}

/* The mean over the seeds of one x, and its t interval; or the mean quartiles. */
static struct figure_point mean_of(const struct figure_data *f,
                                   const struct figure_observation *o, size_t n)
{
    struct stats_running x = {0}, y = {0}, low = {0}, high = {0};
    for (size_t i = 0; i < n; i++) {
        stats_add(&x, o[i].x);
        stats_add(&y, o[i].y);
        stats_add(&low, o[i].low);
        stats_add(&high, o[i].high);
    }
    double half = n >= FIGURE_FEWEST_FOR_BAND ? stats_t_half_width(&y, level)
                                              : (double)NAN;
    return (struct figure_point){.key = o->key,
                                 .x = x.mean,
                                 .y = y.mean,
                                 .low = f->quartiles ? low.mean : y.mean - half,
                                 .high = f->quartiles ? high.mean : y.mean + half,
                                 .n = (int)n};
}

static bool same_curve(const struct figure_observation *a,
                       const struct figure_observation *b)
{
    return a->panel == b->panel && a->curve == b->curve;
}

static enum status add_means(struct figure_data *f, struct error *err)
{
    const struct figure_observation *o = f->observations;
    struct figure_series *series = NULL;
    for (size_t i = 0, n; i < f->n_observations && err->status == STATUS_OK; i += n) {
        if (i == 0 || !same_curve(&o[i], &o[i - 1]))
            series = begin_series(f, &o[i], true, err);
        for (n = 1; i + n < f->n_observations && same_curve(&o[i], &o[i + n]) &&
                    o[i].key == o[i + n].key;
             n++)
            ;
        if (series && add_point(f, mean_of(f, &o[i], n), err) == STATUS_OK)
            series->n++;
    }
    return err->status;
}

static enum status add_seeds(struct figure_data *f, struct error *err)
{
    const struct figure_observation *o = f->observations;
    struct figure_series *series = NULL;
    for (size_t i = 0; i < f->n_observations && err->status == STATUS_OK; i++) {
        if (i == 0 || !same_curve(&o[i], &o[i - 1]) || o[i].seed != o[i - 1].seed)
            series = begin_series(f, &o[i], false, err);
        struct figure_point point = {
            .key = o[i].key, .x = o[i].x, .y = o[i].y, .low = NAN, .high = NAN, .n = 1};
        if (series && add_point(f, point, err) == STATUS_OK)
            series->n++;
    }
    return err->status;
}

static int by_place(const void *a, const void *b)
{
    const struct figure_point *p = a, *q = b;
    return order(p->x, q->x);
}

/* Snapshots stand in the order of one cell's times; those of a curve may have another. */
static void order_points(struct figure_data *f)
{
    for (size_t i = 0; i < f->n_series; i++)
        qsort(f->points + f->series[i].first, f->series[i].n, sizeof *f->points,
              by_place);
}

/* Panels that hold anything, numbered anew. */
static enum status keep_panels(struct figure_data *f, struct error *err)
{
    int n = f->n_rows * f->n_columns,
        *number = memory_alloc((size_t)n, sizeof *number, err);
    f->panels = memory_alloc((size_t)n, sizeof *f->panels, err);
    if (err->status == STATUS_OK) {
        for (size_t i = 0; i < f->n_observations; i++)
            number[f->observations[i].panel] = 1;
        for (int i = 0; i < n; i++)
            if (number[i]) {
                f->panels[f->n_panels] = (struct figure_panel){
                    .row = i / f->n_columns, .column = i % f->n_columns};
                number[i] = f->n_panels++;
            }
        for (size_t i = 0; i < f->n_observations; i++)
            f->observations[i].panel = number[f->observations[i].panel];
    }
    free(number);
    return err->status;
}

enum status figure_make_series(struct figure_data *f, struct error *err)
{
    if (keep_panels(f, err) != STATUS_OK)
        return err->status;
    if (f->n_observations > 0)
        qsort(f->observations, f->n_observations, sizeof *f->observations, by_x);
    add_means(f, err);
    if (f->n_observations > 0)
        qsort(f->observations, f->n_observations, sizeof *f->observations, by_seed);
    f->no_cloud = figure_is_of_nodes(f) ||
                  (f->kind->x == X_MEASURE && f->request.sample &&
                   f->n_observations > FIGURE_CLOUD_MAX);
    if (!f->no_cloud)
        add_seeds(f, err);
    if (f->kind->x == X_EPOCH)
        order_points(f);
    free(f->observations);
    f->observations = NULL;
    return err->status;
}
