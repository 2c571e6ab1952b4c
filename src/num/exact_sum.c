#include "num/exact_sum.h"

#include <math.h>
#include <string.h>

enum {
    FRACTION_BITS = 23,
    ODD = 255, /* exponent of infinities and of what is no number */
    BIAS = 150 /* of the exponent of a fraction's lowest bit */
};

void exact_sum_add(struct exact_sum *sum, const float *values, size_t n)
{
    const uint32_t one = (uint32_t)1 << FRACTION_BITS;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        uint32_t exponent = bits >> FRACTION_BITS & ODD;
        sum->words[exponent] += (bits & (one - 1)) + (exponent > 0 ? one : 0);
    }
}

double exact_sum_value(const struct exact_sum *sum)
{
    double total = 0.0;
    for (int e = 0; e < ODD; e++) /* denormals have the scale of exponent 1 */
        total += ldexp((double)sum->words[e], (e > 0 ? e : 1) - BIAS);
    return sum->words[ODD] > 0 ? NAN : total;
}
