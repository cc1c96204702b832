/* The arithmetic of one training step, as a table of functions for each instruction set.
 *
 * Shapes: a row holds `width` floats, of which those past vector_size are zero and stay zero.
 * `width` is a multiple of `lanes`. h is an input vector (a row of W_t), rows are rows of
 * W_c. scores[i] = h . rows[i].
 */
#ifndef SGNS_KERNEL_H
#define SGNS_KERNEL_H

#include <stddef.h>

/* At the most so many inputs meet the same negatives in one step. */
#define SGNS_MAX_LANES 64

typedef struct {
    const char *name;
    int lanes; /* width must be a multiple of this */

    /* scores[i] = h . rows[i]                                   rows: n pointers */
    void (*score)(const float *h, float *const *rows, int n, int width, float *scores);

    /* gradient += sum_i step[i] * rows[i], then rows[i] += step[i] * h, one row after the other:
     * a row that occurs twice gets both its updates. */
    void (*update)(const float *h, float *gradient, float *const *rows, const float *step, int n,
                   int width);

    /* scores[i * ld + j] = inputs[i] . rows[j]                  i < m, j < n */
    void (*score_block)(const float *inputs, ptrdiff_t stride, int m, float *const *rows, int n,
                        int width, float *scores, int ld);

    /* gradients[i] += sum_j step[i * ld + j] * rows[j], then rows[j] += sum_i step[i * ld + j] *
     * inputs[i]. The rows are distinct. */
    void (*update_block)(const float *inputs, float *gradients, ptrdiff_t stride, int m,
                         float *const *rows, int n, int width, const float *step, int ld);

    /* x[i] = sigma(x[i]), 1 from x = 6 and 0 below x = -6       n: any, x has room up to lanes */
    void (*sigmoid)(float *x, int n);

    /* row += gradient */
    void (*add)(const float *gradient, float *row, int width);
} sgns_kernel;

extern const sgns_kernel sgns_kernel_scalar;
#if defined(__x86_64__) || defined(_M_X64)
extern const sgns_kernel sgns_kernel_sse2;
extern const sgns_kernel sgns_kernel_avx2;
extern const sgns_kernel sgns_kernel_avx512;
#elif defined(__aarch64__) || defined(_M_ARM64)
extern const sgns_kernel sgns_kernel_neon;
#endif

/* Scores from here on count as certain, as in the C word2vec (MAX_EXP). */
#define SGNS_MAX_SCORE 6.0f

/* The kernel of that name if this machine can run it, the best one for NULL, else NULL. */
const sgns_kernel *sgns_kernel_find(const char *name);

/* The kernels this machine can run, the best last; returns how many. */
int sgns_kernels_available(const sgns_kernel **found, int room);

/* Name and version of the compiler. */
const char *sgns_compiler(void);

#endif
