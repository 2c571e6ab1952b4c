#include "probe/densities.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    MAX_INTERVALS = 1 << KDE_GRID_BITS_MAX,
    MAX_POINTS = MAX_INTERVALS + 1,
    MOMENT_WORDS = 3 /* of a class: sum, low and high part of the sum of squares */
};

/* Alone, there is room for one node at a time; in a team, for a batch. */
struct densities {
    const struct probe_share *share;
    int room;
    uint32_t *positions;         /* [own training samples]: one node's */
    struct kde_moments *moments; /* [room, n_classes] */
    double *bandwidth;           /* [room, n_classes] */
    int *bits;                   /* [room]: of the grid; 0 for a constant node */
    uint64_t *histograms;        /* [n_classes, 2^bits] of each node */
    float *logs;                 /* [n_classes, 2^bits + 1] of each node */
    float *workspace;
    uint64_t
        *words;    /* [room, n_classes, MOMENT_WORDS]: moments in a sum; only in a team */
    size_t *parts; /* [team size] */
    /* At hand. */
    const struct probe_view *view;
    const struct probe_options *options;
    int first, n;
};

static size_t n_classes(const struct densities *d)
{
    return (size_t)d->share->all.n_classes;
}

void densities_destroy(struct densities *d)
{
    if (!d)
        return;
    free(d->positions);
    free(d->moments);
    free(d->bandwidth);
    free(d->bits);
    free(d->histograms);
    free(d->logs);
    free(d->workspace);
    free(d->words);
    free(d->parts);
    free(d);
}

enum status densities_create(struct densities **out, const struct probe_share *share,
                             int batch, struct error *err)
{
    *out = NULL;
    struct densities *d = memory_alloc(1, sizeof *d, err);
    if (!d)
        return err->status;
    d->share = share;
    d->room = share->team ? batch : 1;
    size_t room = (size_t)d->room, classes = room * n_classes(d);
    d->positions = memory_alloc(groups_split_count(&share->own, PROBE_TRAIN),
                                sizeof *d->positions, err);
    d->moments = memory_alloc(classes, sizeof *d->moments, err);
    d->bandwidth = memory_alloc(classes, sizeof *d->bandwidth, err);
    d->bits = memory_alloc(room, sizeof *d->bits, err);
    d->histograms = memory_alloc(classes * MAX_INTERVALS, sizeof *d->histograms, err);
    d->logs = memory_alloc(classes * MAX_POINTS, sizeof *d->logs, err);
    d->workspace = memory_alloc(kde_workspace(KDE_GRID_BITS_MAX), sizeof(float), err);
    if (share->team) {
        d->words = memory_alloc(classes * MOMENT_WORDS, sizeof *d->words, err);
        d->parts = memory_alloc((size_t)share->team->size, sizeof *d->parts, err);
    }
    if (err->status != STATUS_OK) {
        densities_destroy(d);
        return err->status;
    }
    *out = d;
    return STATUS_OK;
}

double densities_bytes(const struct probe_size *size, int batch)
{
    double classes = size->team_size > 1 ? (double)batch * size->n_classes
                                         : size->n_classes;
    return 4.0 * size->n_samples / size->team_size + classes * 12.0 * MAX_POINTS;
}

/* ---- one node; `at` is where its results stand ---- */

static struct kde_range range_of(const struct densities *d, int i)
{
    return d->view->range[d->first + i];
}

static void find_positions(struct densities *d, int i)
{
    const float *z = d->view->z + (size_t)(d->first + i) * d->view->stride;
    kde_positions(z, groups_split_count(&d->share->own, PROBE_TRAIN),
                  kde_scale(range_of(d, i)), d->positions);
}

/* Own samples of a class: training samples come first. */
static const uint32_t *class_positions(const struct densities *d, int class, size_t *n)
{
    *n = groups_count(&d->share->own, PROBE_TRAIN, class);
    return d->positions + d->share->own.start[class];
}

static void measure(struct densities *d, size_t at)
{
    struct kde_moments *moments = d->moments + at * n_classes(d);
    for (int k = 0; k < (int)n_classes(d); k++) {
        size_t n;
        const uint32_t *positions = class_positions(d, k, &n);
        moments[k] = (struct kde_moments){0};
        kde_add_moments(&moments[k], positions, n);
    }
}

/* Bandwidth of every class and the grid that resolves the narrowest. */
static void choose_grid(struct densities *d, int i, size_t at)
{
    const struct kde_range range = range_of(d, i);
    const struct kde_moments *moments = d->moments + at * n_classes(d);
    double *bandwidth = d->bandwidth + at * n_classes(d);
    struct kde_moments all = {0};
    double narrowest = INFINITY;
    for (size_t k = 0; k < n_classes(d); k++) {
        all.n += moments[k].n;
        all.sum += moments[k].sum;
        all.sum_squares += moments[k].sum_squares;
    }
    double sd_all = kde_moments_sd(&all, range);
    for (size_t k = 0; k < n_classes(d); k++) {
        bandwidth[k] = kde_bandwidth(d->options->bandwidth, d->options->bandwidth_fixed,
                                     kde_moments_sd(&moments[k], range),
                                     (double)moments[k].n, sd_all);
        if (moments[k].n > 0)
            narrowest = fmin(narrowest, bandwidth[k]);
    }
    d->bits[at] = d->options->grid_bits ? d->options->grid_bits
                                        : kde_grid_bits(range, narrowest);
}

static size_t n_intervals(const struct densities *d, size_t at)
{
    return d->bits[at] ? (size_t)1 << d->bits[at] : 0;
}

static size_t n_points(const struct densities *d, size_t at)
{
    return d->bits[at] ? n_intervals(d, at) + 1 : 0;
}

static void fill_histograms(struct densities *d, size_t at, uint64_t *histograms)
{
    size_t size = n_intervals(d, at);
    memset(histograms, 0, n_classes(d) * size * sizeof *histograms);
    for (int k = 0; k < (int)n_classes(d); k++) {
        size_t n;
        const uint32_t *positions = class_positions(d, k, &n);
        kde_add_histogram(histograms + (size_t)k * size, d->bits[at], positions, n);
    }
}

static void fill_logs(struct densities *d, int i, size_t at, const uint64_t *histograms,
                      float *logs)
{
    for (size_t k = 0; k < n_classes(d); k++)
        kde_log_table(histograms + k * n_intervals(d, at), d->bits[at],
                      groups_count(&d->share->all, PROBE_TRAIN, (int)k), range_of(d, i),
                      d->bandwidth[at * n_classes(d) + k], d->workspace,
                      logs + k * n_points(d, at));
}

/* ---- a batch, by a team ---- */

/* The sum of squares has up to 46 + 24 bits: its halves cannot overflow in a sum. */
static void sum_moments(struct densities *d)
{
    const struct probe_team *team = d->share->team;
    size_t n = (size_t)d->n * n_classes(d);
    for (size_t i = 0; i < n; i++) {
        uint64_t *words = d->words + i * MOMENT_WORDS;
        words[0] = d->moments[i].sum;
        words[1] = (uint32_t)d->moments[i].sum_squares;
        words[2] = (uint64_t)(d->moments[i].sum_squares >> 32);
    }
    team->sum(team->state, d->words, n * MOMENT_WORDS);
    for (size_t i = 0; i < n; i++) {
        const uint64_t *words = d->words + i * MOMENT_WORDS;
        int class = (int)(i % n_classes(d));
        d->moments[i] = (struct kde_moments){
            .n = groups_count(&d->share->all, PROBE_TRAIN, class),
            .sum = words[0],
            .sum_squares = ((unsigned __int128)words[2] << 32) + words[1]};
    }
}

/* Nodes of the batch whose logs member r computes: [first_of(r), first_of(r + 1)). */
static int first_of(const struct densities *d, int rank)
{
    return (int)team_part((size_t)d->n, rank, d->share->team->size);
}

/* Sizes of the members' parts: of so many elements of `size` bytes a node and class. */
static void set_parts(struct densities *d,
                      size_t (*elements)(const struct densities *, size_t), size_t size)
{
    for (int r = 0; r < d->share->team->size; r++) {
        d->parts[r] = 0;
        for (int i = first_of(d, r); i < first_of(d, r + 1); i++)
            d->parts[r] += n_classes(d) * elements(d, (size_t)i) * size;
    }
}

/* Leaves the sums of one's own nodes at the start of the histograms. */
static void sum_histograms(struct densities *d)
{
    const struct probe_team *team = d->share->team;
    uint64_t *histograms = d->histograms;
    for (int i = 0; i < d->n; i++) {
        if (!d->bits[i])
            continue;
        find_positions(d, i);
        fill_histograms(d, (size_t)i, histograms);
        histograms += n_classes(d) * n_intervals(d, (size_t)i);
    }
    set_parts(d, n_intervals, 1);
    team->sum_parts(team->state, d->histograms, d->parts);
}

static void share_logs(struct densities *d)
{
    const struct probe_team *team = d->share->team;
    const uint64_t *histograms = d->histograms;
    float *logs = d->logs;
    for (int i = 0; i < first_of(d, team->rank + 1); i++) {
        if (i >= first_of(d, team->rank) && d->bits[i]) {
            fill_logs(d, i, (size_t)i, histograms, logs);
            histograms += n_classes(d) * n_intervals(d, (size_t)i);
        }
        logs += n_classes(d) * n_points(d, (size_t)i);
    }
    set_parts(d, n_points, sizeof *d->logs);
    team->share(team->state, d->logs, d->parts);
}

void densities_start(struct densities *d, const struct probe_view *view,
                     const struct probe_options *options, int first, int n)
{
    d->view = view;
    d->options = options;
    d->first = first;
    d->n = n;
    if (!d->share->team)
        return;
    for (int i = 0; i < n; i++) {
        memset(d->moments + (size_t)i * n_classes(d), 0,
               n_classes(d) * sizeof *d->moments);
        if (densities_is_constant(range_of(d, i)))
            continue;
        find_positions(d, i);
        measure(d, (size_t)i);
    }
    sum_moments(d);
    for (int i = 0; i < n; i++) {
        d->bits[i] = 0;
        if (!densities_is_constant(range_of(d, i)))
            choose_grid(d, i, (size_t)i);
    }
    sum_histograms(d);
    share_logs(d);
}

const float *densities_logs(struct densities *d, int i, int *bits)
{
    if (!d->share->team) {
        find_positions(d, i);
        measure(d, 0);
        choose_grid(d, i, 0);
        fill_histograms(d, 0, d->histograms);
        fill_logs(d, i, 0, d->histograms, d->logs);
        *bits = d->bits[0];
        return d->logs;
    }
    const float *logs = d->logs;
    for (int j = 0; j < i; j++)
        logs += n_classes(d) * n_points(d, (size_t)j);
    *bits = d->bits[i];
    return logs;
}

const double *densities_bandwidth(const struct densities *d, int i)
{
    return d->bandwidth + (d->share->team ? (size_t)i * n_classes(d) : 0);
}
