#include "nn/minibatches.h"

#include <stdlib.h>

#include "base/memory.h"
#include "num/rng.h"

struct minibatches {
    struct minibatch_options options;
    uint32_t *order; /* [n]: the permutation of `epoch` */
    int64_t epoch;   /* -1: none yet, as the next */
    int64_t step;    /* that `batch` holds */
    struct batch batch;
    bool prefetched;
};

double minibatches_bytes(const struct minibatch_options *options)
{
    return 4.0 * options->n + batch_bytes(options->n_inputs, options->batch_size);
}

enum status minibatches_create(struct minibatches **out,
                               const struct minibatch_options *options, struct error *err)
{
    *out = NULL;
    struct minibatches *m = memory_alloc(1, sizeof *m, err);
    if (!m)
        return err->status;
    m->options = *options;
    m->epoch = m->step = -1;
    m->order = memory_alloc(options->n, sizeof *m->order, err);
    if (batch_init(&m->batch, options->n_inputs, options->batch_size, err) != STATUS_OK) {
        minibatches_destroy(m);
        return err->status;
    }
    *out = m;
    return STATUS_OK;
}

void minibatches_destroy(struct minibatches *m)
{
    if (!m)
        return;
    batch_fini(&m->batch);
    free(m->order);
    free(m);
}

static int64_t per_epoch(const struct minibatch_options *options)
{
    int64_t batch = options->batch_size;
    return ((int64_t)options->n + batch - 1) / batch;
}

int64_t minibatches_per_epoch(const struct minibatches *m)
{
    return per_epoch(&m->options);
}

static void shuffle(const struct minibatch_options *options, int64_t epoch,
                    uint32_t *order)
{
    struct rng rng = {
        .seed = options->seed, .purpose = RNG_SHUFFLE, .stream = (uint64_t)epoch};
    rng_permutation(&rng, order, options->n);
}

/* Number `index` of an epoch with that order; none beyond the last. */
static struct inputs minibatch(const struct minibatch_options *options,
                               const uint32_t *order, int64_t index)
{
    int64_t size = options->batch_size, start = index * size;
    int64_t n = (int64_t)options->n - start;
    n = n < size ? n : size;
    return (struct inputs){.images = options->images,
                           .n_inputs = options->n_inputs,
                           .rows = order + (n > 0 ? start : 0),
                           .n = n > 0 ? (int)n : 0,
                           .corruption = input_corruption_used(&options->corruption),
                           .noise = options->noise.deviation > 0 ? &options->noise
                                                                 : NULL};
}

struct inputs minibatch_of_step(struct minibatch_options *options, int64_t step,
                                uint32_t *order)
{
    int64_t epoch = step / per_epoch(options);
    shuffle(options, epoch, order);
    options->noise.epoch = epoch;
    return minibatch(options, order, step % per_epoch(options));
}

struct batch *minibatches_take(struct minibatches *m, int64_t step)
{
    if (step == m->step)
        return &m->batch;
    int64_t epoch = step / minibatches_per_epoch(m);
    if (epoch != m->epoch) {
        shuffle(&m->options, epoch, m->order);
        m->epoch = m->options.noise.epoch = epoch;
    }
    struct inputs inputs = minibatch(&m->options, m->order,
                                     step % minibatches_per_epoch(m));
    batch_set(&m->batch, &inputs);
    m->step = step;
    m->prefetched = false;
    return &m->batch;
}

void minibatches_prefetch(struct minibatches *m)
{
    struct inputs next = minibatch(&m->options, m->order,
                                   m->step % minibatches_per_epoch(m) + 1);
    if (!m->prefetched)
        inputs_prefetch(&next);
    m->prefetched = true;
}
