/* The kernel functions in terms of simd.h, compiled once for each instruction set.
 *
 * The including file defines KERNEL_NAME (a string) and KERNEL_SYMBOL. scalar.c says in plain loops
 * what these functions compute; here the loops are cut into tiles that live in registers.
 */
#include "kernel.h"
#include "simd.h"

/* ---- one input against its own rows ------------------------------------------------------- */

INLINE void score_tile(const int n, const float *h, float *const *rows, int width, float *scores)
{
    vec sum[8];
    UNROLL for (int i = 0; i < 8; i++) sum[i] = vzero();
    for (int d = 0; d < width; d += LANES) {
        vec x = vload(h + d);
        UNROLL for (int i = 0; i < n; i++) sum[i] = vfma(x, vload(rows[i] + d), sum[i]);
    }
    float sums[8];
    vsum4(sum[0], sum[1], sum[2], sum[3], sums);
    if (n > 4)
        vsum4(sum[4], sum[5], sum[6], sum[7], sums + 4);
    UNROLL for (int i = 0; i < n; i++) scores[i] = sums[i];
}

static void score(const float *h, float *const *rows, int n, int width, float *scores)
{
    for (; n >= 6; n -= 6, rows += 6, scores += 6)
        score_tile(6, h, rows, width, scores);
    switch (n) {
    case 5: score_tile(5, h, rows, width, scores); break;
    case 4: score_tile(4, h, rows, width, scores); break;
    case 3: score_tile(3, h, rows, width, scores); break;
    case 2: score_tile(2, h, rows, width, scores); break;
    case 1: score_tile(1, h, rows, width, scores); break;
    default: break;
    }
}

INLINE void update_tile(const int n, const float *h, float *gradient, float *const *rows,
                        const float *step, int width)
{
    vec s[6];
    UNROLL for (int i = 0; i < n; i++) s[i] = vsplat(step[i]);
    for (int d = 0; d < width; d += LANES) {
        vec x = vload(h + d), g = vload(gradient + d);
        UNROLL for (int i = 0; i < n; i++)
        {
            vec row = vload(rows[i] + d);
            g = vfma(s[i], row, g);
            vstore(rows[i] + d, vfma(s[i], x, row));
        }
        vstore(gradient + d, g);
    }
}

static void update(const float *h, float *gradient, float *const *rows, const float *step, int n,
                   int width)
{
    for (; n >= 6; n -= 6, rows += 6, step += 6)
        update_tile(6, h, gradient, rows, step, width);
    switch (n) {
    case 5: update_tile(5, h, gradient, rows, step, width); break;
    case 4: update_tile(4, h, gradient, rows, step, width); break;
    case 3: update_tile(3, h, gradient, rows, step, width); break;
    case 2: update_tile(2, h, gradient, rows, step, width); break;
    case 1: update_tile(1, h, gradient, rows, step, width); break;
    default: break;
    }
}

/* ---- many inputs against shared rows: three small matrix products --------------------------- */

/* M inputs x N rows of scores, M * N <= 12 sums in registers. */
INLINE void score_block_tile(const int M, const int N, const float *inputs, ptrdiff_t stride,
                             float *const *rows, int width, float *scores, int ld)
{
    vec sum[12];
    UNROLL for (int k = 0; k < M * N; k++) sum[k] = vzero();
    for (int d = 0; d < width; d += LANES) {
        vec x[4];
        UNROLL for (int i = 0; i < M; i++) x[i] = vload(inputs + i * stride + d);
        UNROLL for (int j = 0; j < N; j++)
        {
            vec y = vload(rows[j] + d);
            UNROLL for (int i = 0; i < M; i++) sum[j * M + i] = vfma(x[i], y, sum[j * M + i]);
        }
    }
    UNROLL for (int j = 0; j < N; j++)
    {
        float sums[4];
        vsum4(sum[j * M], M > 1 ? sum[j * M + 1] : vzero(), M > 2 ? sum[j * M + 2] : vzero(),
              M > 3 ? sum[j * M + 3] : vzero(), sums);
        UNROLL for (int i = 0; i < M; i++) scores[i * ld + j] = sums[i];
    }
}

INLINE void score_block_strip(const int M, const float *inputs, ptrdiff_t stride,
                              float *const *rows, int n, int width, float *scores, int ld)
{
    for (; n >= 3; n -= 3, rows += 3, scores += 3)
        score_block_tile(M, 3, inputs, stride, rows, width, scores, ld);
    if (n == 2)
        score_block_tile(M, 2, inputs, stride, rows, width, scores, ld);
    else if (n == 1)
        score_block_tile(M, 1, inputs, stride, rows, width, scores, ld);
}

static void score_block(const float *inputs, ptrdiff_t stride, int m, float *const *rows, int n,
                        int width, float *scores, int ld)
{
    for (; m >= 4; m -= 4, inputs += 4 * stride, scores += 4 * ld)
        score_block_strip(4, inputs, stride, rows, n, width, scores, ld);
    if (m == 3)
        score_block_strip(3, inputs, stride, rows, n, width, scores, ld);
    else if (m == 2)
        score_block_strip(2, inputs, stride, rows, n, width, scores, ld);
    else if (m == 1)
        score_block_strip(1, inputs, stride, rows, n, width, scores, ld);
}

/* into[i] += sum_k step(i, k) * from[k] for R rows over V registers of their width */
INLINE void accumulate_tile(const int R, const int V, float *const *into, float *const *from, int n,
                            const float *step, int into_step, int from_step, int d)
{
    vec sum[12];
    UNROLL for (int r = 0; r < R; r++)
        UNROLL for (int v = 0; v < V; v++) sum[r * V + v] = vload(into[r] + d + v * LANES);
    for (int k = 0; k < n; k++) {
        vec x[3];
        UNROLL for (int v = 0; v < V; v++) x[v] = vload(from[k] + d + v * LANES);
        UNROLL for (int r = 0; r < R; r++)
        {
            vec s = vsplat(step[r * into_step + k * from_step]);
            UNROLL for (int v = 0; v < V; v++) sum[r * V + v] = vfma(s, x[v], sum[r * V + v]);
        }
    }
    UNROLL for (int r = 0; r < R; r++)
        UNROLL for (int v = 0; v < V; v++) vstore(into[r] + d + v * LANES, sum[r * V + v]);
}

INLINE void accumulate_strip(const int R, float *const *into, float *const *from, int n, int width,
                             const float *step, int into_step, int from_step)
{
    int d = 0;
    for (; d + 3 * LANES <= width; d += 3 * LANES)
        accumulate_tile(R, 3, into, from, n, step, into_step, from_step, d);
    if (width - d == 2 * LANES)
        accumulate_tile(R, 2, into, from, n, step, into_step, from_step, d);
    else if (width - d == LANES)
        accumulate_tile(R, 1, into, from, n, step, into_step, from_step, d);
}

static void accumulate(float *const *into, int m, float *const *from, int n, int width,
                       const float *step, int into_step, int from_step)
{
    for (; m >= 4; m -= 4, into += 4, step += 4 * into_step)
        accumulate_strip(4, into, from, n, width, step, into_step, from_step);
    if (m == 3)
        accumulate_strip(3, into, from, n, width, step, into_step, from_step);
    else if (m == 2)
        accumulate_strip(2, into, from, n, width, step, into_step, from_step);
    else if (m == 1)
        accumulate_strip(1, into, from, n, width, step, into_step, from_step);
}

static void update_block(const float *inputs, float *gradients, ptrdiff_t stride, int m,
                         float *const *rows, int n, int width, const float *step, int ld)
{
    float *h[SGNS_MAX_LANES], *g[SGNS_MAX_LANES];
    for (int i = 0; i < m; i++) {
        h[i] = (float *)inputs + i * stride;
        g[i] = gradients + i * stride;
    }
    accumulate(g, m, rows, n, width, step, ld, 1);
    accumulate(rows, n, h, m, width, step, 1, ld);
}

/* ---- sigmoid and sums -------------------------------------------------------------------------- */

/* sigma(x) - 1/2 is odd, and on [-6, 6] it is x P(x^2) / Q(x^2) within 1.1e-8: coefficients of a
 * minimax fit (Lawson's iteration on the linearised problem). One division, no exponential. */
static void sigmoid(float *x, int n)
{
    const vec top = vsplat(SGNS_MAX_SCORE), bottom = vsplat(-SGNS_MAX_SCORE);
    for (int i = 0; i < n; i += LANES) {
        vec score = vload(x + i);
        vec bounded = vmax(vmin(score, top), bottom);
        vec square = vmul(bounded, bounded);
        vec p = vfma(square, vsplat(2.89406470983522e-05f), vsplat(0.007459424901753664f));
        p = vmul(bounded, vfma(square, p, vsplat(0.2499999701976776f)));
        vec q = vfma(square, vsplat(1.2641411331060226e-06f), vsplat(0.0012134164571762085f));
        q = vfma(square, q, vsplat(0.11317083239555359f));
        q = vfma(square, q, vsplat(1.0f));
        vec s = vadd(vsplat(0.5f), vdiv(p, q));
        s = vselect_ge(score, top, vsplat(1.0f), s);
        vstore(x + i, vselect_ge(bottom, score, vzero(), s));
    }
}

static void add(const float *gradient, float *row, int width)
{
    for (int d = 0; d < width; d += LANES)
        vstore(row + d, vadd(vload(row + d), vload(gradient + d)));
}

const sgns_kernel KERNEL_SYMBOL = {
    .name = KERNEL_NAME,
    .lanes = LANES,
    .score = score,
    .update = update,
    .score_block = score_block,
    .update_block = update_block,
    .sigmoid = sigmoid,
    .add = add,
};

#if defined(__clang__) && (defined(SGNS_AVX2) || defined(SGNS_AVX512))
#pragma clang attribute pop
#endif
