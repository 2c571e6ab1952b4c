/* First look at a layer's pre-activations: what all probes need, in one pass. */
#ifndef STRATA_PROBE_SCAN_H
#define STRATA_PROBE_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* Of n values. `odd` is 0 unless one of them is infinite or no number. */
struct scan {
    float low, high;
    float odd;
    int64_t near_zero; /* |value| < 1e-6 */
};

/* n >= 1. */
struct scan scan_values(const float *values, size_t n);

/* Bit i % 64 of bits[i / 64] is values[i] > 0; bits beyond n are 0. */
void scan_signs(const float *values, size_t n, uint64_t *bits);

/* Set bits among [start, end). */
int32_t scan_count(const uint64_t *bits, size_t start, size_t end);

/* Turns a square of bits over: bit j of rows[i] becomes bit i of rows[j]. */
void scan_transpose(uint64_t rows[64]);

#endif
