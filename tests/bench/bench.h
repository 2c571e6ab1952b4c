/* Our side of the benchmark. Every measurement is a function that prints what it found,
 * one line of JSON a quantity: {"name": "train 6x100", "values": [0.15, 0.15]}. run.py
 * turns them into ratios. */
#ifndef STRATA_BENCH_BENCH_H
#define STRATA_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/dataset.h"
#include "nn/train.h"
#include "sweep/cell_samples.h"
#include "sweep/spec.h"

enum { BENCH_PATH_MAX = 4096, BENCH_COMPANY_MAX = 16 };

struct bench {
    bool quick;      /* few samples and no repetition: only whether all of it works */
    bool wait;       /* training says "ready", and starts when a line comes in */
    const char *dir; /* scratch files */
    struct dataset dataset;
    struct split_sizes sizes;
};

void bench_print(const char *name, const double *values, int n);

/* Name of a scratch file into path[BENCH_PATH_MAX]. */
enum status bench_path(const struct bench *bench, const char *file, char *path,
                       struct error *err);

/* Speed of n products of two 1024 x 1024 float matrices through cblas, in GF/s. */
enum status bench_sgemm(double *speeds, int n, struct error *err);

/* The product's defaults for a network of that shape. */
void bench_spec(struct spec *spec, int depth, int width);

/* Training data without a validation set: the peer has none either. */
struct train_data bench_train_data(const struct bench *bench);

/* Trains n networks for an epoch, side by side; returns the seconds of one. */
double bench_train_epoch(struct trainer *const *trainers, int n, struct error *err);

/* "6x100", "6x100n" with batch normalisation, or "1x20*4" for four that train side by
 * side. */
struct bench_shape {
    const char *name;
    int depth, width;
    bool normalised;
    int together; /* at most BENCH_COMPANY_MAX */
};

/* Epochs of training after the first one: seconds of one network. */
enum status bench_train(const struct bench *bench, const struct bench_shape *shape,
                        struct error *err);

/* Forward pass, probes, and whole snapshots of a trained 6x100 network. Leaves pattern
 * bits and a node's pre-activations in the scratch folder for the peers. */
enum status bench_probe(const struct bench *bench, struct error *err);

/* Share of the continuous system's decisions that equal those of exact densities. */
enum status bench_exact(const struct bench *bench, struct error *err);

/* An archive of synthetic cells, from archive_create to archive_publish. */
enum status bench_archive(const struct bench *bench, struct error *err);

/* What journals cost, a cell. */
enum status bench_journal(const struct bench *bench, struct error *err);

#endif
