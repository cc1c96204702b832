#include "speed.h"

#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#endif

#if defined(__GNUC__)
#define TARGET(set) __attribute__((target(set)))
#else
#define TARGET(set)
#endif

/* Sums that wait for nothing but themselves: more than any processor needs to fill its units, few
 * enough to stay in 16 registers beside the two factors. */
#define SUMS 12

/* Read once and written once, so that no compiler works the loop out. The factors keep the sums
 * finite for ever: each goes towards 1. */
static volatile float factor = 0.5f, addend = 0.5f;
static volatile float result;

/* clang-format off */
#define REPEAT(one) one(0) one(1) one(2) one(3) one(4) one(5) one(6) one(7) one(8) one(9) one(10) \
    one(11)
/* clang-format on */

#define FMA_LOOP(function, vec, lanes, splat, fma, store)                                          \
    static int64_t function(int64_t rounds)                                                        \
    {                                                                                              \
        vec a = splat(factor), b = splat(addend), sum[SUMS];                                       \
        float out[lanes], total = 0.0f;                                                            \
        for (int i = 0; i < SUMS; i++)                                                             \
            sum[i] = splat((float)i);                                                              \
        for (int64_t round = 0; round < rounds; round++) {                                         \
            REPEAT(fma)                                                                            \
        }                                                                                          \
        for (int i = 0; i < SUMS; i++) {                                                           \
            store(out, sum[i]);                                                                    \
            total += out[0];                                                                       \
        }                                                                                          \
        result = total;                                                                            \
        return 2 * (int64_t)(lanes) * SUMS * rounds;                                               \
    }

#if defined(__x86_64__) || defined(_M_X64)

#define SSE2_FMA(i) sum[i] = _mm_add_ps(_mm_mul_ps(a, sum[i]), b);
FMA_LOOP(loop_sse2, __m128, 4, _mm_set1_ps, SSE2_FMA, _mm_storeu_ps)

#define AVX2_FMA(i) sum[i] = _mm256_fmadd_ps(a, sum[i], b);
TARGET("avx2,fma")
FMA_LOOP(loop_avx2, __m256, 8, _mm256_set1_ps, AVX2_FMA, _mm256_storeu_ps)

#define AVX512_FMA(i) sum[i] = _mm512_fmadd_ps(a, sum[i], b);
TARGET("avx512f")
FMA_LOOP(loop_avx512, __m512, 16, _mm512_set1_ps, AVX512_FMA, _mm512_storeu_ps)

#elif defined(__aarch64__) || defined(_M_ARM64)

#define NEON_FMA(i) sum[i] = vfmaq_f32(b, a, sum[i]);
FMA_LOOP(loop_neon, float32x4_t, 4, vdupq_n_f32, NEON_FMA, vst1q_f32)

#endif

int64_t sgns_fma_loop(const char *name, int64_t rounds)
{
#if defined(__x86_64__) || defined(_M_X64)
    if (strcmp(name, "sse2") == 0)
        return loop_sse2(rounds);
    if (strcmp(name, "avx2") == 0)
        return loop_avx2(rounds);
    if (strcmp(name, "avx512") == 0)
        return loop_avx512(rounds);
#elif defined(__aarch64__) || defined(_M_ARM64)
    if (strcmp(name, "neon") == 0)
        return loop_neon(rounds);
#else
    (void)name;
    (void)rounds;
#endif
    return 0;
}

/* Every input with every row, in calls of as many pairs as a step waits for. */
static void score_all(const sgns_kernel *kernel, const float *const *inputs, int m,
                      float *const *rows, int n, int width, float *scores)
{
    const float *h[SGNS_MAX_LANES];
    float *row[SGNS_MAX_LANES];
    int waiting = 0;
    for (int k = 0; k < m * n; k++) {
        h[waiting] = inputs[k / n];
        row[waiting++] = rows[k % n];
        if (waiting == SGNS_MAX_LANES || k + 1 == m * n) {
            kernel->score(h, row, waiting, width, scores);
            scores += waiting;
            waiting = 0;
        }
    }
}

void sgns_kernel_loop(const sgns_kernel *kernel, sgns_function function, const float *const *inputs,
                      float *gradients, int m, float *const *rows, int n, int width, float *scores,
                      int ld, int64_t rounds)
{
    for (int64_t round = 0; round < rounds; round++) {
        if (function == SGNS_SCORE)
            score_all(kernel, inputs, m, rows, n, width, scores);
        if (function == SGNS_SCORE_BLOCK)
            kernel->score_block(inputs, m, rows, n, width, scores, ld);
        if (function == SGNS_UPDATE_BLOCK)
            kernel->update_block(inputs, gradients, width, m, rows, n, width, scores, ld);
        for (int i = 0; i < m && function == SGNS_UPDATE; i++)
            kernel->update(inputs[i], gradients + i * width, rows, scores + i * ld, n, width);
    }
}
