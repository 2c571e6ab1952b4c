/* The minibatches that training takes, step after step.
 *
 * Which samples they are depends on the samples' number, the batch size and the seed
 * alone. Trainers for which these are equal, and what disturbs inputs, may use one struct
 * minibatches: while they take the same steps, pixels are loaded once for all of them.
 */
#ifndef STRATA_NN_MINIBATCHES_H
#define STRATA_NN_MINIBATCHES_H

#include "nn/batch.h"

/* Images are bytes [n, n_inputs], borrowed. */
struct minibatch_options {
    const uint8_t *images;
    int n_inputs;
    uint32_t n;
    int batch_size;
    uint32_t seed;
    struct input_corruption corruption;
    struct input_noise noise; /* of any epoch */
};

struct minibatches;

enum status minibatches_create(struct minibatches **out,
                               const struct minibatch_options *options,
                               struct error *err);
void minibatches_destroy(struct minibatches *minibatches);

int64_t minibatches_per_epoch(const struct minibatches *minibatches);

/* The samples of step 0, 1, ... An epoch visits every sample once, in the order of
 * RNG_SHUFFLE stream `epoch`; its last minibatch may be smaller. Borrowed until another
 * step is asked for. */
struct batch *minibatches_take(struct minibatches *minibatches, int64_t step);

/* Asks the memory for the images of the step after the current one, once. */
void minibatches_prefetch(struct minibatches *minibatches);

/* The same samples for a look at any step, whatever is held: `order` [options->n] and the
 * epoch of the options' noise are set, and the result points to both. */
struct inputs minibatch_of_step(struct minibatch_options *options, int64_t step,
                                uint32_t *order);

/* Bytes that one allocates. */
double minibatches_bytes(const struct minibatch_options *options);

#endif
