#include "probe/scan.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "num/kernel.h"

#define NEAR_ZERO 1e-6f

enum { LANES = 16, WORD = 64 };

STRATA_KERNEL
struct scan scan_values(const float *values, size_t n)
{
    float low[LANES], high[LANES], odd[LANES];
    int32_t near_zero[LANES];
    for (int k = 0; k < LANES; k++) {
        low[k] = high[k] = values[0];
        odd[k] = 0.0f;
        near_zero[k] = 0;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int k = 0; k < LANES; k++) {
            float v = values[i + k];
            low[k] = v < low[k] ? v : low[k];
            high[k] = v > high[k] ? v : high[k];
            odd[k] += v - v; /* 0, or NaN for an infinity or a NaN */
            near_zero[k] += fabsf(v) < NEAR_ZERO;
        }
    }
    for (int k = 0; i + (size_t)k < n; k++) {
        float v = values[i + (size_t)k];
        low[k] = v < low[k] ? v : low[k];
        high[k] = v > high[k] ? v : high[k];
        odd[k] += v - v;
        near_zero[k] += fabsf(v) < NEAR_ZERO;
    }
    struct scan scan = {low[0], high[0], odd[0], near_zero[0]};
    for (int k = 1; k < LANES; k++) {
        scan.low = low[k] < scan.low ? low[k] : scan.low;
        scan.high = high[k] > scan.high ? high[k] : scan.high;
        scan.odd += odd[k];
        scan.near_zero += near_zero[k];
    }
    return scan;
}

#if defined(__x86_64__)
static uint64_t signs_of_16(const float *v)
{
    const __m128 zero = _mm_setzero_ps();
    __m128i a = _mm_castps_si128(_mm_cmpgt_ps(_mm_loadu_ps(v), zero));
    __m128i b = _mm_castps_si128(_mm_cmpgt_ps(_mm_loadu_ps(v + 4), zero));
    __m128i c = _mm_castps_si128(_mm_cmpgt_ps(_mm_loadu_ps(v + 8), zero));
    __m128i d = _mm_castps_si128(_mm_cmpgt_ps(_mm_loadu_ps(v + 12), zero));
    return (uint64_t)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d)));
}
#else
static uint64_t signs_of_16(const float *v)
{
    uint64_t bits = 0;
    for (int i = 0; i < 16; i++)
        bits |= (uint64_t)(v[i] > 0.0f) << i;
    return bits;
}
#endif

void scan_signs(const float *values, size_t n, uint64_t *bits)
{
    size_t i = 0;
    for (; i + WORD <= n; i += WORD)
        bits[i / WORD] = signs_of_16(values + i) | signs_of_16(values + i + 16) << 16 |
                         signs_of_16(values + i + 32) << 32 |
                         signs_of_16(values + i + 48) << 48;
    if (i < n)
        bits[i / WORD] = 0;
    for (; i < n; i++)
        bits[i / WORD] |= (uint64_t)(values[i] > 0.0f) << i % WORD;
}

/* The lowest n bits, n <= 64. */
static uint64_t lowest(size_t n)
{
    return n < WORD ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

STRATA_KERNEL
int32_t scan_count(const uint64_t *bits, size_t start, size_t end)
{
    int32_t count = 0;
    for (size_t i = start; i < end;) {
        size_t offset = i % WORD, n = end - i < WORD - offset ? end - i : WORD - offset;
        count += __builtin_popcountll(bits[i / WORD] >> offset & lowest(n));
        i += n;
    }
    return count;
}

/* Swaps the off-diagonal squares, of that side, of all squares along the diagonal. */
static inline __attribute__((always_inline)) void swap_squares(uint64_t rows[64],
                                                               int side, uint64_t mask)
{
    for (int square = 0; square < WORD; square += 2 * side)
        for (int i = square; i < square + side; i++) {
            uint64_t swap = (rows[i] >> side ^ rows[i + side]) & mask;
            rows[i] ^= swap << side;
            rows[i + side] ^= swap;
        }
}

STRATA_KERNEL
void scan_transpose(uint64_t rows[64])
{
    swap_squares(rows, 32, 0x00000000ffffffff);
    swap_squares(rows, 16, 0x0000ffff0000ffff);
    swap_squares(rows, 8, 0x00ff00ff00ff00ff);
    swap_squares(rows, 4, 0x0f0f0f0f0f0f0f0f);
    swap_squares(rows, 2, 0x3333333333333333);
    swap_squares(rows, 1, 0x5555555555555555);
}
