/* Products with AVX2: vectors of 8, tiles of 6 x 16. */
#include "num/product.h"

#if defined(__x86_64__)
/* Before the pragma: it must run everywhere. */
static bool supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#pragma GCC target("avx2,fma")
#include <immintrin.h>

#define VEC_LANES    8
#define TILE_VECTORS 2
typedef __m256 vec;
typedef __m256i vec_mask;
#define vec_zero()                  _mm256_setzero_ps()
#define vec_all(x)                  _mm256_set1_ps(x)
#define vec_load(p)                 _mm256_loadu_ps(p)
#define vec_store(p, v)             _mm256_storeu_ps(p, v)
#define vec_fma(a, b, c)            _mm256_fmadd_ps(a, b, c)
#define vec_load_tail(p, mask)      _mm256_maskload_ps(p, mask)
#define vec_store_tail(p, mask, v)  _mm256_maskstore_ps(p, mask, v)
#define vec_where(a, b, compare, v) _mm256_and_ps(_mm256_cmp_ps(a, b, compare), v)
#define vec_relu(v)                 vec_where(v, vec_zero(), _CMP_NLE_UQ, v)
#define vec_gate(gate, v)           vec_where(gate, vec_zero(), _CMP_GT_OQ, v)

static inline vec_mask vec_tail(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

#include "num/product_tiles.h"

const struct product product_avx2 = {"avx2", true, supported, multiply};
#endif
