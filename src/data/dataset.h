/* Labelled images for training and testing.
 *
 * Images stay the bytes of the files: a sample is n_inputs = n_rows * n_columns
 * consecutive bytes, row by row; the network scales them by 1/255. Labels are 0..C-1.
 */
#ifndef STRATA_DATA_DATASET_H
#define STRATA_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/pages.h"

enum {
    DATASET_SIDE_MAX = 1024,
    DATASET_SAMPLES_MAX = 10000000,
    DATASET_CLASSES_MAX = 256,
    DATASET_PARTS = 4
};

/* One file's worth of samples. */
struct samples {
    uint32_t count;
    uint8_t *images; /* [count][n_inputs] */
    uint8_t *labels; /* [count] */
};

struct dataset {
    int n_rows, n_columns;
    int n_inputs;
    int n_classes;        /* largest label of both files + 1 */
    struct samples train; /* the training file's first; the caller holds some out */
    struct samples test;
    struct hash128 hash; /* of sizes, labels and images of what was loaded */
    /* What holds the arrays: labels and images, of the training and of the test file. */
    struct pages pages[DATASET_PARTS];
};

/* What to load. */
struct dataset_request {
    const char *name; /* fashion-mnist | mnist | glyphs | a folder with the IDX files */
    uint32_t train;   /* samples of the training file; 0 for all (glyphs: 60000) */
    uint32_t test;    /* samples of the test file; 0 for all (glyphs: 10000) */
    bool shareable;   /* into memory that dataset_share can give to other processes */
};

/* Loads a data set: glyphs are drawn; anything with a '/' in it is a folder; a name is
 * looked for in $STRATA_DATA/<name> and then, for fashion-mnist, in
 * /usr/share/datasets/fashion-mnist; the first place that has any of the four files is
 * it. A folder holds train-images-idx3-ubyte, train-labels-idx1-ubyte,
 * t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or with ".gz".
 *
 * STATUS_MISSING names every place that was searched (and, for fashion-mnist, the Debian
 * package that has it); STATUS_DATA names the file and what is wrong with it;
 * STATUS_STUDY where more samples are asked for than the file has. There must be two
 * classes or more, each with a training sample: STATUS_DATA where the training file lacks
 * one, STATUS_STUDY where the part of it that was asked for does. On failure nothing
 * needs to be released. */
enum status dataset_load(struct dataset *dataset, const struct dataset_request *request,
                         struct error *err);
void dataset_fini(struct dataset *dataset);

/* Makes a data set that was loaded as shareable read-only, and writes to `out` what
 * dataset_attach needs in other processes of this host. They can attach until
 * dataset_close. On failure the data set stays as good as it was, for this process. */
enum status dataset_share(struct dataset *dataset, struct bytes *out, struct error *err);
void dataset_close(struct dataset *dataset);

/* Maps what another process of this host shares, and checks it by its hash. On failure
 * nothing needs to be released. */
enum status dataset_attach(struct dataset *dataset, const struct bytes *shared,
                           struct error *err);

/* The hash of what a data set holds. */
struct hash128 dataset_hash(const struct dataset *dataset);

/* Bytes that a data set will take, where that is known before it is loaded (glyphs), else
 * 0. */
double dataset_request_bytes(const struct dataset_request *request);

/* Bytes that a loaded data set takes. */
double dataset_bytes(const struct dataset *dataset);

#endif
