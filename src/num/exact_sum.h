/* Exact sums of the sizes of floats: neither the order of additions nor their division
 * among processes shows in a result.
 *
 * A float is m 2^(e - 150), m of 24 bits: the m of every exponent e are summed apart, as
 * integers. Up to 2^40 values fit. Zero-initialise; sums of words are sums of sums.
 */
#ifndef STRATA_NUM_EXACT_SUM_H
#define STRATA_NUM_EXACT_SUM_H

#include <stddef.h>
#include <stdint.h>

struct exact_sum {
    uint64_t words[256];
};

/* Adds |values[i]| of n values. */
void exact_sum_add(struct exact_sum *sum, const float *values, size_t n);

/* The sum, rounded; NaN where a value was infinite or no number. */
double exact_sum_value(const struct exact_sum *sum);

#endif
