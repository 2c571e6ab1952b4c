/* The binned densities against direct summation in double, on pre-activations of a 6x100
 * network trained on Fashion-MNIST: class decisions of whole layers, and log densities.
 *
 * The decisions are checked through the probe itself: sampled points are given as a test
 * set whose "class" is what the exact densities decide, so the count of correct answers
 * is the count of agreements.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "nn/activation.h"
#include "nn/inputs.h"
#include "nn/train.h"
#include "num/rng.h"
#include "probe/probe.h"

enum {
    SKIPPED = 77,
    CLASSES = 10,
    WIDTH = 100,
    DEPTH = 6,
    FILE_SAMPLES = 30000,
    HELD_OUT = 3000,
    TRAIN = FILE_SAMPLES - HELD_OUT,
    POINTS = 400,
    ERROR_NODES = 12
};

static int failures;

static void check(bool condition, const char *what, double value)
{
    printf("%s %s: %.6g\n", condition ? "ok    " : "FAILED", what, value);
    failures += !condition;
}

/* Samples by class; the points to decide are the last columns. */
struct sampled {
    uint32_t row[TRAIN + POINTS];
    uint32_t start[PROBE_SPLITS * CLASSES + 1];
};

static void order_samples(struct sampled *s, const uint8_t *labels)
{
    uint32_t at = 0;
    for (int c = 0; c < CLASSES; c++) {
        s->start[c] = at;
        for (uint32_t i = 0; i < TRAIN; i++)
            if (labels[i] == c)
                s->row[at++] = i;
    }
    /* Half of the points were trained on, half were held out. */
    struct rng rng = {.seed = 1, .purpose = RNG_TEST};
    for (int i = 0; i < POINTS; i++)
        s->row[TRAIN + i] = i % 2 ? rng_below(&rng, (uint64_t)i, TRAIN)
                                  : TRAIN + rng_below(&rng, (uint64_t)i, HELD_OUT);
}

/* z [n_out, columns] of the next layer; `z` holds the layer below (or nothing for layer
 * 0). */
static void forward(const struct net *net, int layer, const float *parameters,
                    const struct dataset *data, const struct sampled *s, float *z)
{
    enum { BLOCK = 256, COLUMNS = TRAIN + POINTS };
    static float in[784 * 272], out[WIDTH * 272];
    for (uint32_t at = 0; at < COLUMNS; at += BLOCK) {
        int n = COLUMNS - at < BLOCK ? (int)(COLUMNS - at) : BLOCK;
        struct matrix a = {in, net->layers[layer].n_in, n, 272};
        struct matrix b = {out, net->layers[layer].n_out, n, 272};
        if (layer == 0)
            inputs_load_features(&(struct inputs){.images = data->train.images,
                                                  .n_inputs = 784,
                                                  .rows = s->row + at,
                                                  .n = n},
                                 a);
        else
            for (int i = 0; i < a.rows; i++)
                activation_forward(NET_RELU, z + (size_t)i * COLUMNS + at,
                                   in + (size_t)i * a.stride, (size_t)n);
        net_forward_layer(net, layer, parameters, a, NULL, b);
        for (int i = 0; i < b.rows; i++)
            memcpy(z + (size_t)i * COLUMNS + at, out + (size_t)i * b.stride,
                   (size_t)n * sizeof *z);
    }
}

struct bandwidths {
    double h[CLASSES], narrowest;
};

static struct bandwidths scott(const float *row, const struct sampled *s)
{
    struct bandwidths b = {.narrowest = INFINITY};
    double all_sum = 0, all_ss = 0;
    for (uint32_t i = 0; i < TRAIN; i++)
        all_sum += (double)row[i] / TRAIN;
    for (uint32_t i = 0; i < TRAIN; i++)
        all_ss += pow((double)row[i] - all_sum, 2);
    for (int c = 0; c < CLASSES; c++) {
        double n = s->start[c + 1] - s->start[c], mean = 0, ss = 0;
        for (uint32_t i = s->start[c]; i < s->start[c + 1]; i++)
            mean += (double)row[i] / n;
        for (uint32_t i = s->start[c]; i < s->start[c + 1]; i++)
            ss += pow((double)row[i] - mean, 2);
        b.h[c] = kde_bandwidth(KDE_SCOTT, 0, sqrt(ss / (n - 1)), n,
                               sqrt(all_ss / (TRAIN - 1)));
        b.narrowest = fmin(b.narrowest, b.h[c]);
    }
    return b;
}

struct errors {
    double body, middle, worst, sum;
    long n;
};

/* Table values against exact ones at the sampled points of one node. */
static void compare_logs(const float *row, const struct sampled *s,
                         const double exact[POINTS][CLASSES], struct errors *errors)
{
    enum { COLUMNS = TRAIN + POINTS };
    static uint32_t positions[COLUMNS];
    static uint64_t histogram[(1 << KDE_GRID_BITS_MAX) + 1];
    static float table[(1 << KDE_GRID_BITS_MAX) + 1];
    static float workspace[4 * (1 << KDE_GRID_BITS_MAX) + 8];
    struct bandwidths b = scott(row, s);
    struct kde_range range = {INFINITY, -INFINITY};
    for (int i = 0; i < COLUMNS; i++) {
        range.low = fmin(range.low, (double)row[i]);
        range.high = fmax(range.high, (double)row[i]);
    }
    int bits = kde_grid_bits(range, b.narrowest), shift = KDE_POSITION_BITS - bits;
    kde_positions(row, COLUMNS, kde_scale(range), positions);
    for (int c = 0; c < CLASSES; c++) {
        memset(histogram, 0, sizeof histogram);
        uint32_t n = s->start[c + 1] - s->start[c];
        kde_add_histogram(histogram, bits, positions + s->start[c], n);
        kde_log_table(histogram, bits, n, range, b.h[c], workspace, table);
        for (int i = 0; i < POINTS; i++) {
            uint32_t p = positions[TRAIN + i], bin = p >> shift;
            double part = (double)(p & ((1u << shift) - 1)) / (double)(1u << shift);
            double found = table[bin] + part * ((double)table[bin + 1] - table[bin]);
            double error = fabs(found - fmax(exact[i][c], KDE_LOG_FLOOR));
            if (exact[i][c] > -8)
                errors->body = fmax(errors->body, error);
            if (exact[i][c] > -20)
                errors->middle = fmax(errors->middle, error);
            errors->worst = fmax(errors->worst, error);
            errors->sum += error;
            errors->n++;
        }
    }
}

/* Sums exact log densities over nodes; returns how many decisions the probe shares. */
static int check_layer(const float *z, int n_nodes, struct sampled *s,
                       struct errors *errors)
{
    enum { COLUMNS = TRAIN + POINTS };
    static double scores[POINTS][CLASSES], exact[POINTS][CLASSES];
    static float ordered[WIDTH * COLUMNS];
    memset(scores, 0, sizeof scores);
    for (int node = 0; node < n_nodes; node++) {
        const float *row = z + (size_t)node * COLUMNS;
        struct bandwidths b = scott(row, s);
        for (int i = 0; i < POINTS; i++)
            for (int c = 0; c < CLASSES; c++) {
                exact[i][c] = kde_log_density_exact(row + s->start[c],
                                                    s->start[c + 1] - s->start[c], b.h[c],
                                                    (double)row[TRAIN + i]);
                scores[i][c] += fmax(exact[i][c], KDE_LOG_FLOOR);
            }
        if (node < ERROR_NODES)
            compare_logs(row, s, exact, errors);
    }
    /* Points in the order of their exact decision: groups of the test split. */
    uint32_t order[POINTS], at = 0;
    for (int g = CLASSES; g <= 2 * CLASSES; g++)
        s->start[g] = TRAIN; /* no validation set */
    for (int c = 0; c < CLASSES; c++) {
        for (uint32_t i = 0; i < POINTS; i++) {
            int best = 0;
            for (int k = 1; k < CLASSES; k++)
                best = scores[i][k] > scores[i][best] ? k : best;
            if (best == c)
                order[at++] = i;
        }
        s->start[2 * CLASSES + c + 1] = TRAIN + at;
    }
    for (int node = 0; node < n_nodes; node++) {
        const float *row = z + (size_t)node * COLUMNS;
        memcpy(ordered + (size_t)node * COLUMNS, row, TRAIN * sizeof *row);
        for (int i = 0; i < POINTS; i++)
            ordered[(size_t)node * COLUMNS + TRAIN + (size_t)i] = row[TRAIN + order[i]];
    }
    struct sample_groups groups = {CLASSES, s->start};
    struct probe_options options = {.measures = 1 << PROBE_CLASSIFIERS,
                                    .bandwidth = KDE_SCOTT,
                                    .prior = PROBE_PRIOR_NONE};
    struct error err = {0};
    struct prober *prober;
    struct probe_layer out = {0};
    struct probe_share share = probe_share_alone(&groups);
    if (prober_create(&prober, &share, n_nodes, &options, &err) != STATUS_OK)
        return -1;
    struct probe_values values = {.z = ordered, .stride = COLUMNS, .n_nodes = n_nodes};
    prober_run(prober, &values, &out);
    prober_destroy(prober);
    return out.system_correct[PROBE_CONTINUOUS][2];
}

static struct trainer *train(const struct net *net, const struct dataset *data,
                             struct error *err)
{
    struct train_options options = {.loss = LOSS_KIND_MSE,
                                    .optim = {.kind = OPTIM_ADAM,
                                              .learning_rate = 1e-3,
                                              .beta1 = 0.9,
                                              .beta2 = 0.999,
                                              .epsilon = 1e-8},
                                    .batch_size = 64,
                                    .epochs = 8,
                                    .seed = 1};
    struct train_data samples = {.images = data->train.images,
                                 .labels = data->train.labels,
                                 .n = TRAIN,
                                 .validation_images = data->train.images +
                                                      (size_t)TRAIN * 784,
                                 .validation_labels = data->train.labels + TRAIN,
                                 .n_validation = HELD_OUT};
    struct trainer *trainer;
    if (trainer_create(&trainer, net, &options, &samples, err) != STATUS_OK)
        return NULL;
    while (trainer_progress(trainer)->state == TRAIN_RUNNING)
        trainer_step(trainer);
    return trainer;
}

int main(void)
{
    struct error err = {0};
    struct dataset data;
    struct dataset_request request = {.name = "fashion-mnist", .train = FILE_SAMPLES};
    struct net net;
    struct net_shape shape = {784, CLASSES, DEPTH, WIDTH, NET_RELU, NET_BIAS_FIRST};
    static struct sampled s;
    if (linalg_setup(&err) != STATUS_OK ||
        dataset_load(&data, &request, &err) != STATUS_OK) {
        printf("skipped: %s\n", err.text);
        return SKIPPED;
    }
    net_create(&net, &shape, &err);
    struct trainer *trainer = train(&net, &data, &err);
    float *z = malloc((size_t)WIDTH * (TRAIN + POINTS) * sizeof *z);
    if (!trainer || !z)
        return 1;
    order_samples(&s, data.train.labels);
    struct errors errors = {0};
    int agreements = 0, asked = 0;
    for (int layer = 0; layer < DEPTH; layer++) {
        forward(&net, layer, trainer_parameters(trainer), &data, &s, z);
        s.start[CLASSES] = TRAIN;
        if (layer != 0 && layer != 2 && layer != DEPTH - 1)
            continue;
        int agreed = check_layer(z, WIDTH, &s, &errors);
        printf("layer %d: %d of %d decisions equal the exact ones\n", layer + 1, agreed,
               POINTS);
        agreements += agreed;
        asked += POINTS;
    }
    check(agreements >= 0.999 * asked, "share of equal class decisions",
          (double)agreements / asked);
    check(errors.body < 0.15, "largest error where ln p > -8", errors.body);
    check(errors.middle < 0.8, "largest error where ln p > -20", errors.middle);
    check(errors.worst < 16, "largest error anywhere (ln p down to -700)", errors.worst);
    check(errors.sum / (double)errors.n < 0.067, "mean error everywhere",
          errors.sum / (double)errors.n);
    check(errors.n == 3L * ERROR_NODES * POINTS * CLASSES, "compared", (double)errors.n);
    free(z);
    trainer_destroy(trainer);
    net_fini(&net);
    dataset_fini(&data);
    return failures > 0;
}
