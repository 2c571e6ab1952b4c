/* Training: minibatch descent with a validation set and early stopping.
 *
 * The caller drives: one trainer_step() is one minibatch, so that it can probe, stop, or
 * answer messages in between without the trainer knowing. What a trainer computes depends
 * on its options and data alone.
 */
#ifndef STRATA_NN_TRAIN_H
#define STRATA_NN_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/loss.h"
#include "nn/minibatches.h"
#include "nn/net.h"
#include "nn/optim.h"

struct train_options {
    enum loss_kind loss;
    struct optim optim;
    enum net_init_rule init;
    double batch_norm_momentum; /* weight of a minibatch in running statistics */
    int batch_size;
    int epochs;
    int patience; /* epochs without a lower validation error; 0: never stop early */
    /* Rules to stop at the end of an epoch: a mean loss of the training samples of at
     * most stop_loss, or a share of them classified as they are labelled of at least
     * stop_accuracy. 0: no such rule. */
    double stop_loss, stop_accuracy;
    uint32_t seed;
};

/* Whether training may end by a rule. */
bool train_has_rule(const struct train_options *options);

/* Borrowed for the trainer's life. Images are bytes [n, n_inputs]. */
struct train_data {
    const uint8_t *images;
    const uint8_t *labels; /* the labels to train with */
    uint32_t n;
    const uint8_t *validation_images;
    const uint8_t *validation_labels;
    uint32_t n_validation;
    struct input_corruption corruption; /* of the samples to train with */
    struct input_noise noise;           /* of minibatches */
    /* Shared by trainers whose images, n, batch size, seed, corruption and noise are
     * equal; NULL: the trainer makes its own. */
    struct minibatches *minibatches;
};

enum train_state {
    TRAIN_RUNNING,
    TRAIN_FINISHED,
    TRAIN_DIVERGED /* the loss is not finite */
};

/* Why it finished. Where several hold at the end of an epoch, a rule that is reached
 * comes first, the loss before the accuracy; epochs before patience. */
enum train_end {
    TRAIN_END_EPOCHS,
    TRAIN_END_PATIENCE,
    TRAIN_END_LOSS,
    TRAIN_END_ACCURACY
};

struct train_progress {
    enum train_state state;
    enum train_end end; /* once it is TRAIN_FINISHED */
    int64_t step;       /* minibatches taken */
    int epoch;          /* epochs completed */
    int64_t steps_per_epoch;
    int best_epoch;       /* 0: the initial network */
    uint32_t best_errors; /* on the validation set; earliest epoch on a tie */
    int64_t best_step;
};

struct trainer;

enum status trainer_create(struct trainer **out, const struct net *net,
                           const struct train_options *options,
                           const struct train_data *data, struct error *err);
void trainer_destroy(struct trainer *trainer);

/* Takes one minibatch (nn/minibatches.h); no effect unless the state is TRAIN_RUNNING.
 * The validation set is evaluated at the end of an epoch, and by trainer_create for the
 * initial network; the training set at the end of an epoch, where there is a rule. */
void trainer_step(struct trainer *trainer);

const struct train_progress *trainer_progress(const struct trainer *trainer);

/* Borrowed parameter vectors [net->n_parameters]. */
const float *trainer_parameters(const struct trainer *trainer);
const float *trainer_best_parameters(const struct trainer *trainer);

/* What the network computes outside training: those parameters, or, of a normalised
 * network, what net_fold makes of them. Borrowed until the next call or step. */
const float *trainer_fold(struct trainer *trainer, const float *parameters);

/* The mean loss over the n samples `rows`, n <= batch_size, without noise, and its
 * gradient [n_trained] at the trainer's parameters, with normalised layers as in
 * training: for tests and analyses. */
double trainer_gradient(struct trainer *trainer, const uint32_t *rows, int n,
                        float *gradient);

/* One step of plain gradient descent, without momentum, from any parameters on the
 * minibatch of step `step`: stepped = parameters - learning rate x gradient, each
 * [n_parameters]. `order` [n] is scratch. Training goes on as if nothing had been asked.
 */
void trainer_step_plainly(struct trainer *trainer, const float *parameters, int64_t step,
                          uint32_t *order, float *stepped);

/* What train_data.minibatches must be made with. */
struct minibatch_options trainer_minibatches(const struct train_options *options,
                                             const struct train_data *data, int n_inputs);

/* Bytes that a trainer allocates, its own minibatches among them. */
double trainer_bytes(const struct net_shape *shape, const struct train_options *options,
                     uint32_t n_train);

#endif
