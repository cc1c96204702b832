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
 *   vsums(a)     a register whose lane i holds the sum over the lanes of a[i], i < LANES
 *   BLOCK_ROWS   rows that score_block takes with four inputs: sums that fit the registers
 *   STRIP_WIDTH  registers of an input that update keeps
 *   BLOCK_WIDTH  registers of a row that accumulate takes with four rows
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
#define BLOCK_ROWS 2
#define STRIP_WIDTH 6
#define BLOCK_WIDTH 3
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
INLINE vec vsums(const vec *a)
{
    vec p = a[0], q = a[1], r = a[2], s = a[3];
    _MM_TRANSPOSE4_PS(p, q, r, s);
    return _mm_add_ps(_mm_add_ps(p, q), _mm_add_ps(r, s));
}

#elif defined(SGNS_AVX2)

#define LANES 8
#define BLOCK_ROWS 2
#define STRIP_WIDTH 6
#define BLOCK_WIDTH 3
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
/* Each pairing adds neighbours of two registers into one, so that log2(LANES) of them are left
 * with one number for each of the LANES registers. */
INLINE vec vsums(const vec *a)
{
    vec p = _mm256_hadd_ps(_mm256_hadd_ps(a[0], a[1]), _mm256_hadd_ps(a[2], a[3]));
    vec q = _mm256_hadd_ps(_mm256_hadd_ps(a[4], a[5]), _mm256_hadd_ps(a[6], a[7]));
    return _mm256_add_ps(_mm256_permute2f128_ps(p, q, 0x20), _mm256_permute2f128_ps(p, q, 0x31));
}

#elif defined(SGNS_AVX512)

#define LANES 16
#define BLOCK_ROWS 4
#define STRIP_WIDTH 8
#define BLOCK_WIDTH 4
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
/* pairs of numbers of a and b, added: {a0 + a2, b0 + b2, a1 + a3, b1 + b3} in every quarter */
INLINE vec fold_pairs(vec a, vec b)
{
    return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
}
/* the sums over each quarter of what were four registers */
INLINE vec fold_quarters(const vec *a)
{
    __m512d p = _mm512_castps_pd(fold_pairs(a[0], a[1]));
    __m512d q = _mm512_castps_pd(fold_pairs(a[2], a[3]));
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(p, q)),
                         _mm512_castpd_ps(_mm512_unpackhi_pd(p, q)));
}
INLINE vec vsums(const vec *a)
{
    vec p = fold_quarters(a), q = fold_quarters(a + 4);
    vec r = fold_quarters(a + 8), s = fold_quarters(a + 12);
    vec low = _mm512_add_ps(_mm512_shuffle_f32x4(p, q, 0x44), _mm512_shuffle_f32x4(p, q, 0xEE));
    vec high = _mm512_add_ps(_mm512_shuffle_f32x4(r, s, 0x44), _mm512_shuffle_f32x4(r, s, 0xEE));
    return _mm512_add_ps(_mm512_shuffle_f32x4(low, high, 0x88),
                         _mm512_shuffle_f32x4(low, high, 0xDD));
}

#elif defined(SGNS_NEON)

#define LANES 4
#define BLOCK_ROWS 4
#define STRIP_WIDTH 8
#define BLOCK_WIDTH 4
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
INLINE vec vsums(const vec *a)
{
    return vpaddq_f32(vpaddq_f32(a[0], a[1]), vpaddq_f32(a[2], a[3]));
}

#endif

#endif
