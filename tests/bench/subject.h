/* The trained 6x100 network that rows 5 to 9 look at, and its pre-activations. */
#ifndef STRATA_BENCH_SUBJECT_H
#define STRATA_BENCH_SUBJECT_H

#include "bench.h"
#include "nn/net.h"
#include "probe/probe.h"

enum { SUBJECT_DEPTH = 6, SUBJECT_WIDTH = 100 };

struct subject {
    const struct bench *bench;
    struct spec spec;
    struct cell_samples samples;
    struct net net;
    float *parameters; /* [net.n_parameters] */
    uint32_t total;    /* samples of all splits */
    size_t stride;     /* of z and below */
    float *z;          /* [widest, stride]: of the layer that was asked for last */
    float *below;      /* [widest, stride]: activations of the layer below it */
};

/* Trains the network, or reads it from the scratch folder where it was trained before. */
enum status subject_init(struct subject *subject, const struct bench *bench,
                         struct error *err);
void subject_fini(struct subject *subject);

/* The product's probe options with these measures. */
struct probe_options subject_options(const struct subject *subject, unsigned measures);

/* Computes z of the next layer, all samples in group order; to be called for layer 0, 1,
 * ... in turn. Plain sgemm calls, apart from the product's own forward pass. */
enum status subject_forward(struct subject *subject, int layer, struct error *err);

#endif
