/* Class vectors: the mean activations of a class's clean, and of its corrupted, training
 * samples at a layer; and how their directions compare.
 *
 * Activations become multiples of 2^-36 of a power of two above the layer's largest, and
 * are summed as integers. What is at least 2^-12 of the largest loses nothing by that. So
 * neither the order of samples and nodes nor their division among members shows in a
 * cosine. */
#ifndef STRATA_PROBE_CLASS_VECTORS_H
#define STRATA_PROBE_CLASS_VECTORS_H

#include "base/error.h"
#include "probe/corrupted.h"
#include "probe/probe.h"

struct class_vectors;

/* Both are borrowed. */
enum status class_vectors_create(struct class_vectors **out,
                                 const struct probe_share *share,
                                 const struct corrupted *corrupted, int max_nodes,
                                 struct error *err);
void class_vectors_destroy(struct class_vectors *vectors);
double class_vectors_bytes(const struct probe_size *size);

/* Fills the cosines, and the count of vectors that have no direction. */
void class_vectors_run(struct class_vectors *vectors, const struct probe_view *view,
                       struct layer_corruption *out);

#endif
