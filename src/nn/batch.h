/* Samples that go through a network together: their pixels as inputs, in both layouts,
 * each loaded when it is first asked for.
 */
#ifndef STRATA_NN_BATCH_H
#define STRATA_NN_BATCH_H

#include <stdbool.h>

#include "base/error.h"
#include "nn/inputs.h"

struct batch {
    struct inputs inputs; /* read only: batch_set changes it */
    int max_columns;
    float *features; /* [n_inputs, net_stride(max_columns)] */
    float *samples;  /* [max_columns, net_stride(n_inputs)] */
    bool has_features, has_samples;
};

/* For up to max_columns samples of n_inputs pixels. The caller calls batch_fini, also
 * after an error. */
enum status batch_init(struct batch *batch, int n_inputs, int max_columns,
                       struct error *err);
void batch_fini(struct batch *batch);

/* Makes it these samples; images and rows are borrowed until the next call. */
void batch_set(struct batch *batch, const struct inputs *inputs);

struct matrix batch_features(struct batch *batch); /* [n_inputs, n] */
struct matrix batch_samples(struct batch *batch);  /* [n, n_inputs] */

/* Bytes that batch_init allocates. */
double batch_bytes(int n_inputs, int max_columns);

#endif
