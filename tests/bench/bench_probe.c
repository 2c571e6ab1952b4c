/* Rows 5 and 7 to 9: snapshots and probes of a trained network. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/memory.h"
#include "subject.h"
#include "sweep/cell.h"
#include "sweep/cell_probe.h"

enum { REPEATS = 3, SGEMM = 10, PROBED_LAYER = 2 };

/* Sets of measures that are timed against each other. */
enum { BARE, PATTERNS, CLASSIFIERS, ALL, N_SETS };
static const unsigned sets[N_SETS] = {
    [BARE] = 0,
    [PATTERNS] = MEASURE_PATTERNS,
    [CLASSIFIERS] = MEASURE_CLASSIFIERS,
    [ALL] = MEASURE_PATTERNS | MEASURE_CLASSIFIERS | MEASURE_SAMPLE_SETS,
};

static int repeats(const struct bench *bench)
{
    return bench->quick ? 1 : REPEATS;
}

/* ---- whole snapshots, as a cell takes them ---- */

struct snapshots {
    struct cell_probe *probes[N_SETS];
    struct record record;
    double seconds[N_SETS][REPEATS];
};

static enum status snapshots_init(struct snapshots *t, const struct subject *s,
                                  struct error *err)
{
    struct record_shape shape = {.n_snapshots = 1,
                                 .n_layers = s->net.n_layers,
                                 .n_classes = s->bench->dataset.n_classes};
    if (record_init(&t->record, shape, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < N_SETS && err->status == STATUS_OK; i++) {
        struct cell_probe_setup setup = {.net = &s->net,
                                         .loss = cell_train_options(&s->spec).loss,
                                         .dataset = &s->bench->dataset,
                                         .samples = &s->samples,
                                         .options = subject_options(s, sets[i])};
        cell_probe_create(&t->probes[i], &setup, err);
    }
    return err->status;
}

static void snapshots_fini(struct snapshots *t)
{
    for (int i = 0; i < N_SETS; i++)
        cell_probe_destroy(t->probes[i]);
    record_fini(&t->record);
}

/* The sets take turns. The first turn touches the memory and does not count. */
static enum status time_snapshots(const struct subject *s, struct error *err)
{
    struct snapshots t = {0};
    int n = repeats(s->bench);
    snapshots_init(&t, s, err);
    for (int r = -1; r < n; r++) {
        for (int i = 0; i < N_SETS && err->status == STATUS_OK; i++) {
            double started = clock_seconds();
            if (!cell_probe_run(t.probes[i], s->parameters, 0, &t.record, NULL))
                error_set(err, STATUS_INTERNAL, "a pre-activation is not finite");
            if (r >= 0)
                t.seconds[i][r] = clock_seconds() - started;
        }
    }
    if (err->status == STATUS_OK) {
        bench_print("snapshot bare", t.seconds[BARE], n);
        bench_print("snapshot patterns", t.seconds[PATTERNS], n);
        bench_print("snapshot all", t.seconds[ALL], n);
    }
    snapshots_fini(&t);
    return err->status;
}

/* ---- probes alone, on pre-activations in memory ---- */

struct probers {
    struct prober *probers[N_SETS];
    struct probe_layer layer;
    double seconds[N_SETS][REPEATS]; /* sums over the hidden layers */
    struct bytes counts;             /* distinct patterns, [layers, groups] int32 */
    struct bytes bits;               /* their bits, [layers, samples, bytes] */
};

static enum status probers_init(struct probers *t, const struct subject *s,
                                struct error *err)
{
    size_t n_groups = PROBE_SPLITS * (size_t)s->samples.groups.n_classes;
    t->layer.pattern_count = memory_alloc(n_groups, sizeof(int32_t), err);
    t->layer.pattern_entropy = memory_alloc(n_groups, sizeof(double), err);
    for (int i = 0; i < N_SETS && err->status == STATUS_OK; i++) {
        struct probe_options options = subject_options(s, sets[i]);
        struct probe_share share = probe_share_alone(&s->samples.groups);
        prober_create(&t->probers[i], &share, s->net.widest, &options, err);
    }
    return err->status;
}

static void probers_fini(struct probers *t)
{
    for (int i = 0; i < N_SETS; i++)
        prober_destroy(t->probers[i]);
    free(t->layer.pattern_count);
    free(t->layer.pattern_entropy);
    bytes_free(&t->counts);
    bytes_free(&t->bits);
}

/* The first run of a set brings z into the cache, where a snapshot has it too, and does
 * not count. */
static void time_layer(struct probers *t, const struct subject *s, int n_nodes)
{
    struct probe_values values = {.z = s->z, .stride = s->stride, .n_nodes = n_nodes};
    for (int i = BARE; i <= CLASSIFIERS; i++)
        for (int r = -1; r < repeats(s->bench); r++) {
            double started = clock_seconds();
            prober_run(t->probers[i], &values, &t->layer);
            if (r >= 0)
                t->seconds[i][r] += clock_seconds() - started;
        }
}

/* What the peer counts again: the bits of every sample, and how many patterns we found.
 */
static void keep_patterns(struct probers *t, const struct subject *s, int n_nodes)
{
    size_t n_groups = PROBE_SPLITS * (size_t)s->samples.groups.n_classes;
    uint8_t bits[(SUBJECT_WIDTH + 7) / 8];
    bytes_put(&t->counts, t->layer.pattern_count, n_groups * sizeof(int32_t));
    for (uint32_t i = 0; i < s->total; i++) {
        memset(bits, 0, sizeof bits);
        for (int j = 0; j < n_nodes; j++)
            if (s->z[(size_t)j * s->stride + i] > 0.0f)
                bits[j / 8] |= (uint8_t)(1 << j % 8);
        bytes_put(&t->bits, bits, sizeof bits);
    }
}

static enum status write_file(const struct subject *s, const char *file, const void *data,
                              size_t length, struct error *err)
{
    char path[BENCH_PATH_MAX];
    if (bench_path(s->bench, file, path, err) != STATUS_OK)
        return err->status;
    return io_replace_file(path, data, length, err);
}

static enum status time_probers(struct subject *s, struct error *err)
{
    struct probers t = {0};
    size_t n_groups = PROBE_SPLITS * (size_t)s->samples.groups.n_classes;
    int n = repeats(s->bench);
    probers_init(&t, s, err);
    for (int l = 0; l < SUBJECT_DEPTH && err->status == STATUS_OK; l++) {
        if (subject_forward(s, l, err) != STATUS_OK)
            break;
        time_layer(&t, s, s->net.layers[l].n_out);
        struct probe_values values = {
            .z = s->z, .stride = s->stride, .n_nodes = s->net.layers[l].n_out};
        prober_run(t.probers[PATTERNS], &values, &t.layer);
        keep_patterns(&t, s, s->net.layers[l].n_out);
        if (l == PROBED_LAYER)
            write_file(s, "node.f32", s->z, s->total * sizeof *s->z, err);
    }
    if (t.counts.failed || t.bits.failed)
        error_set(err, STATUS_MEMORY, "no memory for the patterns of %u samples",
                  s->total);
    if (err->status == STATUS_OK) {
        write_file(s, "groups.u32", s->samples.start,
                   (n_groups + 1) * sizeof *s->samples.start, err);
        write_file(s, "pattern_bits.u8", t.bits.data, t.bits.length, err);
        write_file(s, "pattern_counts.i32", t.counts.data, t.counts.length, err);
        bench_print("probe bare", t.seconds[BARE], n);
        bench_print("probe patterns", t.seconds[PATTERNS], n);
        bench_print("probe classifiers", t.seconds[CLASSIFIERS], n);
    }
    probers_fini(&t);
    return err->status;
}

enum status bench_probe(const struct bench *bench, struct error *err)
{
    struct subject subject;
    double speeds[SGEMM];
    int sgemm = bench->quick ? 1 : SGEMM;
    if (subject_init(&subject, bench, err) == STATUS_OK &&
        bench_sgemm(speeds, sgemm, err) == STATUS_OK &&
        time_snapshots(&subject, err) == STATUS_OK)
        time_probers(&subject, err);
    subject_fini(&subject);
    if (err->status == STATUS_OK)
        bench_print("sgemm by probe", speeds, sgemm);
    return err->status;
}
