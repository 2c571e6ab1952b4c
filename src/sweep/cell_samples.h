/* The samples of one cell: labels to train with, and the order in which probes see them.
 */
#ifndef STRATA_SWEEP_CELL_SAMPLES_H
#define STRATA_SWEEP_CELL_SAMPLES_H

#include <stdint.h>

#include "base/error.h"
#include "data/dataset.h"
#include "nn/disturb.h"
#include "probe/probe.h"
#include "sweep/study.h"

/* How a study divides a data set. The validation set is the end of the training file's
 * part; it and the test set keep their labels. */
struct split_sizes {
    uint32_t train, validation, test;
};

/* STATUS_STUDY where the parts do not fit: no training sample is left, or a class has
 * fewer than two (a density needs a spread). */
enum status split_sizes_get(struct split_sizes *sizes, const struct study *study,
                            const struct dataset *dataset, struct error *err);

/* What about a training sample is corrupted, bit by bit. */
enum sample_corruption {
    SAMPLE_LABEL = 1, /* differs from the original */
    SAMPLE_INPUT = 2  /* replaced */
};

struct cell_samples {
    struct split_sizes sizes;
    /* By index in the training file. */
    uint8_t *train_labels;  /* [sizes.train]: labels trained with */
    uint8_t *train_corrupt; /* [sizes.train]: enum sample_corruption, 0 for none */
    uint32_t corrupt_count; /* labels that differ from the original */
    uint32_t input_corrupt_count;
    /* Every sample, in group order (probe.h); the class is the label trained with for
     * training samples, and the original label otherwise. */
    uint32_t *row;    /* [total]: index in its file */
    uint8_t *label;   /* [total]: class */
    uint8_t *corrupt; /* [total]: 1 for a training sample of which train_corrupt says
                         anything; 0 for all others */
    uint32_t *start;  /* [3 * n_classes + 1] */
    struct sample_groups groups;
};

/* What a cell does to the inputs of training samples. `normals` is borrowed; it may be
 * NULL where nothing is loaded. */
struct input_corruption cell_input_corruption(const struct spec *spec,
                                              const struct dataset *dataset,
                                              const struct normals *normals);

enum status cell_samples_init(struct cell_samples *samples, const struct spec *spec,
                              const struct split_sizes *sizes,
                              const struct dataset *dataset, struct error *err);
void cell_samples_fini(struct cell_samples *samples);

/* Bytes that a cell's samples take. */
double cell_samples_bytes(const struct split_sizes *sizes);

#endif
