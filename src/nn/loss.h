/* Loss functions on the output layer's values z [n_classes, n].
 *
 *   mse            1/2 sum_k (z_k - y_k)^2, y one-hot, linear outputs
 *   cross-entropy  -ln softmax(z)_label
 *
 * With these forms dE/dz_k is z_k - y_k and p_k - y_k: the classification gap of Davel et
 * al. 2020, eq. 10 and appendix A.2.
 */
#ifndef STRATA_NN_LOSS_H
#define STRATA_NN_LOSS_H

#include <stdint.h>

#include "num/linalg.h"

enum loss_kind { LOSS_KIND_MSE, LOSS_KIND_CROSS_ENTROPY };

/* Sum of the samples' losses. Where delta.data is not NULL, delta [n_classes, n] gets
 * dE/dz / n (the gradient of the mean). delta may be z. */
double loss_evaluate(enum loss_kind kind, struct matrix z, const uint8_t *labels,
                     struct matrix delta);

/* delta [n_classes, n] gets dE/dz of each sample's own loss. delta may be z. */
void loss_differentiate(enum loss_kind kind, struct matrix z, const uint8_t *labels,
                        struct matrix delta);

/* Predicted class of sample j: the largest z, lowest index on a tie. */
int loss_predict(struct matrix z, int j);

#endif
