/* Elementary functions that vectorise and have the same bits everywhere: the C library's
 * differ from one to the next. Inlined into loops marked STRATA_KERNEL.
 */
#ifndef STRATA_NUM_ELEMENTARY_H
#define STRATA_NUM_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

#define ELEMENTARY static inline __attribute__((always_inline))

ELEMENTARY uint64_t elementary_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

ELEMENTARY double elementary_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ln x for normal x > 0 (of 0, infinities and NaN some number), within 4e-16 |ln x| +
 * 2e-16. x = m 2^e with m in [0.71, 1.42); ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s|
 * < 0.172, by its series. */
ELEMENTARY double elementary_log(double x)
{
    const uint64_t half_root = 0x3fe6a09e00000000; /* 0.7071.. */
    const double ln2 = 0x1.62e42fefa39efp-1;
    uint64_t shifted = elementary_bits(x) - half_root + 0x3ff0000000000000;
    uint64_t exponent = shifted >> 52; /* e + 1023 */
    double m = elementary_double((shifted & 0xfffffffffffff) + half_root);
    /* 2^52 + exponent, put together from bits: integers of 64 bits convert slowly. */
    double e = elementary_double(exponent | 0x4330000000000000) - (0x1p52 + 1023);
    double s = (m - 1.0) / (m + 1.0), t = s * s;
    double series = 1.0 / 19;
    series = series * t + 1.0 / 17;
    series = series * t + 1.0 / 15;
    series = series * t + 1.0 / 13;
    series = series * t + 1.0 / 11;
    series = series * t + 1.0 / 9;
    series = series * t + 1.0 / 7;
    series = series * t + 1.0 / 5;
    series = series * t + 1.0 / 3;
    return e * ln2 + (2.0 * s + 2.0 * s * t * series);
}

/* e^x within 3e-16 relative for -700 <= x <= 700, beyond as at these. */
ELEMENTARY double elementary_exp(double x)
{
    const double log2e = 0x1.71547652b82fep0;
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    const double round = 0x1.8p52;
    x = x < -700.0 ? -700.0 : x;
    x = x > 700.0 ? 700.0 : x;
    double shifted = x * log2e + round;
    double k = shifted - round;
    double r = (x - k * ln2_high) - k * ln2_low; /* |r| < 0.35 */
    double p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 1.0 / 2;
    p = p * (r * r) + r + 1.0;
    /* 2^k: the low bits of `shifted` are k. */
    uint64_t scale = (elementary_bits(shifted) + 1023) << 52;
    return p * elementary_double(scale);
}

#endif
