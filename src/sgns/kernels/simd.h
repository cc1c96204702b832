/* One vocabulary of vector operations over the instruction sets.
 *
 * A source file that wants an instruction set defines exactly one of SGNS_SSE2, SGNS_AVX2,
 * SGNS_AVX512 or SGNS_NEON, then includes this header and kernel_template.h. Functions are marked
 * for their instruction set by pragma, so no file needs compiler flags of its own.
 *
 *   vec          a register of LANES floats
 *   vload/vstore aligned to nothing; rows happen to be aligned to cache lines
 *   vsplat       the same number in all lanes
 *   vfma(a,b,c)  a * b + c
 *   vsum4        the four sums over the lanes of a, b, c, d
 */
#ifndef SGNS_SIMD_H
#define SGNS_SIMD_H

#if defined(SGNS_SSE2) || defined(SGNS_AVX2) || defined(SGNS_AVX512)
#include <immintrin.h>
#elif defined(SGNS_NEON)
#include <arm_neon.h>
#endif

#if defined(SGNS_AVX2)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx2,fma")
#endif
#elif defined(SGNS_AVX512)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx512f,avx2,fma,prefer-vector-width=512")
#endif
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define INLINE static __forceinline
#define UNROLL
#elif defined(__clang__)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("unroll")
#else
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(SGNS_SSE2)

#define LANES 4
typedef __m128 vec;

INLINE vec vzero(void) { return _mm_setzero_ps(); }
INLINE vec vsplat(float x) { return _mm_set1_ps(x); }
INLINE vec vload(const float *p) { return _mm_loadu_ps(p); }
INLINE void vstore(float *p, vec a) { _mm_storeu_ps(p, a); }
INLINE vec vadd(vec a, vec b) { return _mm_add_ps(a, b); }
INLINE vec vmul(vec a, vec b) { return _mm_mul_ps(a, b); }
INLINE vec vdiv(vec a, vec b) { return _mm_div_ps(a, b); }
INLINE vec vfma(vec a, vec b, vec c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
INLINE vec vmin(vec a, vec b) { return _mm_min_ps(a, b); }
INLINE vec vmax(vec a, vec b) { return _mm_max_ps(a, b); }
/* if_true where a >= b, else if_false */
INLINE vec vselect_ge(vec a, vec b, vec if_true, vec if_false)
{
    __m128 mask = _mm_cmpge_ps(a, b);
    return _mm_or_ps(_mm_and_ps(mask, if_true), _mm_andnot_ps(mask, if_false));
}
INLINE void vsum4(vec a, vec b, vec c, vec d, float *sums)
{
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(sums, _mm_add_ps(_mm_add_ps(a, b), _mm_add_ps(c, d)));
}

#elif defined(SGNS_AVX2)

#define LANES 8
typedef __m256 vec;

INLINE vec vzero(void) { return _mm256_setzero_ps(); }
INLINE vec vsplat(float x) { return _mm256_set1_ps(x); }
INLINE vec vload(const float *p) { return _mm256_loadu_ps(p); }
INLINE void vstore(float *p, vec a) { _mm256_storeu_ps(p, a); }
INLINE vec vadd(vec a, vec b) { return _mm256_add_ps(a, b); }
INLINE vec vmul(vec a, vec b) { return _mm256_mul_ps(a, b); }
INLINE vec vdiv(vec a, vec b) { return _mm256_div_ps(a, b); }
INLINE vec vfma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vec vmin(vec a, vec b) { return _mm256_min_ps(a, b); }
INLINE vec vmax(vec a, vec b) { return _mm256_max_ps(a, b); }
INLINE vec vselect_ge(vec a, vec b, vec if_true, vec if_false)
{
    return _mm256_blendv_ps(if_false, if_true, _mm256_cmp_ps(a, b, _CMP_GE_OQ));
}
INLINE __m128 halves(vec a)
{
    return _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
}
INLINE void vsum4(vec a, vec b, vec c, vec d, float *sums)
{
    __m128 p = halves(a), q = halves(b), r = halves(c), s = halves(d);
    _MM_TRANSPOSE4_PS(p, q, r, s);
    _mm_storeu_ps(sums, _mm_add_ps(_mm_add_ps(p, q), _mm_add_ps(r, s)));
}

#elif defined(SGNS_AVX512)

#define LANES 16
typedef __m512 vec;

INLINE vec vzero(void) { return _mm512_setzero_ps(); }
INLINE vec vsplat(float x) { return _mm512_set1_ps(x); }
INLINE vec vload(const float *p) { return _mm512_loadu_ps(p); }
INLINE void vstore(float *p, vec a) { _mm512_storeu_ps(p, a); }
INLINE vec vadd(vec a, vec b) { return _mm512_add_ps(a, b); }
INLINE vec vmul(vec a, vec b) { return _mm512_mul_ps(a, b); }
INLINE vec vdiv(vec a, vec b) { return _mm512_div_ps(a, b); }
INLINE vec vfma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vec vmin(vec a, vec b) { return _mm512_min_ps(a, b); }
INLINE vec vmax(vec a, vec b) { return _mm512_max_ps(a, b); }
INLINE vec vselect_ge(vec a, vec b, vec if_true, vec if_false)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GE_OQ), if_false, if_true);
}
INLINE __m128 quarters(vec a)
{
    __m128 low = _mm_add_ps(_mm512_castps512_ps128(a), _mm512_extractf32x4_ps(a, 1));
    __m128 high = _mm_add_ps(_mm512_extractf32x4_ps(a, 2), _mm512_extractf32x4_ps(a, 3));
    return _mm_add_ps(low, high);
}
INLINE void vsum4(vec a, vec b, vec c, vec d, float *sums)
{
    __m128 p = quarters(a), q = quarters(b), r = quarters(c), s = quarters(d);
    _MM_TRANSPOSE4_PS(p, q, r, s);
    _mm_storeu_ps(sums, _mm_add_ps(_mm_add_ps(p, q), _mm_add_ps(r, s)));
}

#elif defined(SGNS_NEON)

#define LANES 4
typedef float32x4_t vec;

INLINE vec vzero(void) { return vdupq_n_f32(0.0f); }
INLINE vec vsplat(float x) { return vdupq_n_f32(x); }
INLINE vec vload(const float *p) { return vld1q_f32(p); }
INLINE void vstore(float *p, vec a) { vst1q_f32(p, a); }
INLINE vec vadd(vec a, vec b) { return vaddq_f32(a, b); }
INLINE vec vmul(vec a, vec b) { return vmulq_f32(a, b); }
INLINE vec vdiv(vec a, vec b) { return vdivq_f32(a, b); }
INLINE vec vfma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
INLINE vec vmin(vec a, vec b) { return vminq_f32(a, b); }
INLINE vec vmax(vec a, vec b) { return vmaxq_f32(a, b); }
INLINE vec vselect_ge(vec a, vec b, vec if_true, vec if_false)
{
    return vbslq_f32(vcgeq_f32(a, b), if_true, if_false);
}
INLINE void vsum4(vec a, vec b, vec c, vec d, float *sums)
{
    vst1q_f32(sums, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}

#endif

#endif
