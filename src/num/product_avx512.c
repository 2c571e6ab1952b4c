/* Products with AVX-512: vectors of 16, tiles of 6 x 64. */
#include "num/product.h"

#if defined(__x86_64__)
/* Before the pragma: it must run everywhere. */
static bool supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") &&
           __builtin_cpu_supports("fma");
}

#pragma GCC target("avx512f,avx2,fma")
#include <immintrin.h>

#define VEC_LANES    16
#define TILE_VECTORS 4
typedef __m512 vec;
typedef __mmask16 vec_mask;
#define vec_zero()                 _mm512_setzero_ps()
#define vec_all(x)                 _mm512_set1_ps(x)
#define vec_load(p)                _mm512_loadu_ps(p)
#define vec_store(p, v)            _mm512_storeu_ps(p, v)
#define vec_fma(a, b, c)           _mm512_fmadd_ps(a, b, c)
#define vec_tail(n)                ((__mmask16)((1u << (n)) - 1))
#define vec_load_tail(p, mask)     _mm512_maskz_loadu_ps(mask, p)
#define vec_store_tail(p, mask, v) _mm512_mask_storeu_ps(p, mask, v)
#define vec_where(a, b, compare, v) \
    _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, compare), v)
#define vec_relu(v)       vec_where(v, vec_zero(), _CMP_NLE_UQ, v)
#define vec_gate(gate, v) vec_where(gate, vec_zero(), _CMP_GT_OQ, v)

#include "num/product_tiles.h"

const struct product product_avx512 = {"avx512", true, supported, multiply};
#endif
