/* The arithmetic of one training step, as a table of functions for each instruction set.
 *
 * Shapes: a row holds `width` floats, of which those past vector_size are zero and stay zero.
 * `width` is a multiple of `lanes`. h is an input vector (a row of W_t or W_d, or of
 * both), rows are rows of W_c. What is written to scores has room up to the next multiple of
 * SGNS_TILE, in both directions; numbers past the n or m that were asked for mean nothing. What
 * comes out for one pair of an input and a row does not depend on the others.
 */
#ifndef SGNS_KERNEL_H
#define SGNS_KERNEL_H

#include <stddef.h>

#define SGNS_TILE 16

/* At the most so many inputs meet the same negatives in one step. */
#define SGNS_MAX_LANES 64

typedef struct {
    const char *name;
    int lanes; /* width must be a multiple of this */

    /* scores[i] = inputs[i] . rows[i]                           n pointers each */
    void (*score)(const float *const *inputs, float *const *rows, int n, int width, float *scores);

    /* gradient += sum_i step[i] * rows[i], then rows[i] += step[i] * h, one row after the other:
     * a row that occurs twice gets both its updates. */
    void (*update)(const float *h, float *gradient, float *const *rows, const float *step, int n,
                   int width);

    /* scores[j * ld + i] = inputs[i] . rows[j]                  i < m, j < n */
    void (*score_block)(const float *const *inputs, int m, float *const *rows, int n, int width,
                        float *scores, int ld);

    /* gradients[i] += sum_j step[j * ld + i] * rows[j], then rows[j] += sum_i step[j * ld + i] *
     * inputs[i]. The rows are distinct. */
    void (*update_block)(const float *const *inputs, float *gradients, ptrdiff_t stride, int m,
                         float *const *rows, int n, int width, const float *step, int ld);

    /* gradients[i] += sum_j step[j * ld + i] * rows[j]: what update_block does to the gradients,
     * the rows left alone. What comes out for one input does not depend on the others. */
    void (*gather_block)(float *gradients, ptrdiff_t stride, int m, float *const *rows, int n,
                         int width, const float *step, int ld);

    /* x[i] = sigma(x[i]), 1 from x = 6 and 0 below x = -6       n: any, x has room up to lanes */
    void (*sigmoid)(float *x, int n);

    /* scores[j * ld + i] = sigma(scores[j * ld + i]) by_input[i] by_row[j], as sigmoid has it
     *                                                  i < m, by_input has room up to lanes */
    void (*noise_steps)(float *scores, int m, int n, int ld, const float *by_input,
                        const float *by_row);

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
