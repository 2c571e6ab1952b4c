#include "num/normals.h"

#include <math.h>
#include <string.h>

#include <Random123/philox.h>

#include "base/memory.h"
#include "num/elementary.h"
#include "num/kernel.h"

enum { WORDS = 4, ROUNDS = 10 };

static double density(double z)
{
    const double root = 0.398942280401432677939946059934; /* 1 / sqrt(2 pi) */
    return root * elementary_exp(-0.5 * z * z);
}

/* The integral of the density from 0 to z >= 0: its series has no negative terms. */
static double area(double z)
{
    double term = z, sum = z;
    for (int k = 3; term > 1e-17 * sum; k += 2) {
        term *= z * z / k;
        sum += term;
    }
    return density(z) * sum;
}

enum status normals_create(struct normals **out, struct error *err)
{
    *out = memory_alloc(1, sizeof **out, err);
    if (!*out)
        return err->status;
    double z = 0.0;
    for (int i = 0; i < NORMALS_SIZES; i++) {
        /* Newton's method from the size before. */
        double target = (i + 0.5) / (2 * NORMALS_SIZES), step;
        do {
            step = (target - area(z)) / density(z);
            z += step;
        } while (fabs(step) > 1e-9);
        (*out)->size[i] = (float)z;
    }
    return STATUS_OK;
}

typedef uint32_t lanes[NORMALS_LANES];

/* Philox4x32-10 of 16 counters side by side, as rng_words does one. */
static inline __attribute__((always_inline)) void philox(lanes w[WORDS], uint32_t key0,
                                                         uint32_t key1)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (int b = 0; b < NORMALS_LANES; b++) {
            uint64_t p = (uint64_t)PHILOX_M4x32_0 * w[0][b];
            uint64_t q = (uint64_t)PHILOX_M4x32_1 * w[2][b];
            w[0][b] = (uint32_t)(q >> 32) ^ w[1][b] ^ key0;
            w[2][b] = (uint32_t)(p >> 32) ^ w[3][b] ^ key1;
            w[1][b] = (uint32_t)q;
            w[3][b] = (uint32_t)p;
        }
        key0 += PHILOX_W32_0;
        key1 += PHILOX_W32_1;
    }
}

static inline __attribute__((always_inline)) void
look_up(const float *sizes, const lanes bits, int shift, float *out)
{
    for (int b = 0; b < NORMALS_LANES; b++) {
        uint32_t half = bits[b] >> shift;
        uint32_t sign = (half & 0x8000) << 16, number;
        memcpy(&number, &sizes[half & 0x7fff], sizeof number);
        number |= sign;
        memcpy(&out[b], &number, sizeof number);
    }
}

STRATA_KERNEL
static void draw_group(const float *sizes, const struct rng *rng, uint32_t row,
                       uint32_t group, float out[NORMALS_GROUP])
{
    lanes w[WORDS];
    for (uint32_t b = 0; b < NORMALS_LANES; b++) {
        w[0][b] = group * NORMALS_LANES + b;
        w[1][b] = row;
        w[2][b] = (uint32_t)rng->stream;
        w[3][b] = (uint32_t)(rng->stream >> 32);
    }
    philox(w, rng->seed, rng->purpose);
    for (int i = 0; i < WORDS; i++) {
        look_up(sizes, w[i], 0, out + (2 * i) * NORMALS_LANES);
        look_up(sizes, w[i], 16, out + (2 * i + 1) * NORMALS_LANES);
    }
}

void normals_draw(const struct normals *normals, const struct rng *rng, uint32_t row,
                  int first, int n, float *out)
{
    float last[NORMALS_GROUP];
    uint32_t group = (uint32_t)(first / NORMALS_GROUP);
    int i = 0;
    for (; i + NORMALS_GROUP <= n; i += NORMALS_GROUP)
        draw_group(normals->size, rng, row, group++, out + i);
    if (i == n)
        return;
    draw_group(normals->size, rng, row, group, last);
    memcpy(out + i, last, (size_t)(n - i) * sizeof *out);
}
