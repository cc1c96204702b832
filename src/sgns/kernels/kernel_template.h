/* The kernel functions in terms of simd.h, compiled once for each instruction set.
 *
 * The including file defines KERNEL_NAME (a string) and KERNEL_SYMBOL. scalar.c says in plain loops
 * what these functions compute; here the loops are cut into tiles that live in registers.
 */
#include <string.h>

#include "kernel.h"
#include "simd.h"

/* Scores of one tile, sums of four inputs by BLOCK_ROWS rows, are reduced together. */
#define BLOCK_INPUTS 4
#define TILE (BLOCK_INPUTS * BLOCK_ROWS)
/* Rows that score takes with one input. */
#define MOST_IN_RUN 8

INLINE void reduce_tile(const vec *sum, float *scores)
{
    UNROLL for (int k = 0; k < TILE; k += LANES) vstore(scores + k, vsums(sum + k));
}

INLINE int smaller(int a, int b) { return a < b ? a : b; }

/* ---- inputs against rows of their own ----------------------------------------------------- */

/* K rows against the same input, which is read once for all of them. */
INLINE void score_run(const int K, const float *h, float *const *rows, int width, vec *sum)
{
    vec s[MOST_IN_RUN];
    UNROLL for (int k = 0; k < K; k++) s[k] = vzero();
    for (int d = 0; d < width; d += LANES) {
        const vec x = vload(h + d);
        UNROLL for (int k = 0; k < K; k++) s[k] = vfma(x, vload(rows[k] + d), s[k]);
    }
    UNROLL for (int k = 0; k < K; k++) sum[k] = s[k];
}

/* Pairs with the same input follow each other. Sums are reduced a TILE at a time. */
static void score(const float *const *inputs, float *const *rows, int n, int width, float *scores)
{
    vec sum[TILE + MOST_IN_RUN];
    int waiting = 0;
    for (int i = 0, k; i < n; i += k) {
        for (k = 1; k < MOST_IN_RUN && i + k < n && inputs[i + k] == inputs[i];)
            k++;
        switch (k) {
        case 1: score_run(1, inputs[i], rows + i, width, sum + waiting); break;
        case 2: score_run(2, inputs[i], rows + i, width, sum + waiting); break;
        case 3: score_run(3, inputs[i], rows + i, width, sum + waiting); break;
        case 4: score_run(4, inputs[i], rows + i, width, sum + waiting); break;
        case 5: score_run(5, inputs[i], rows + i, width, sum + waiting); break;
        case 6: score_run(6, inputs[i], rows + i, width, sum + waiting); break;
        case 7: score_run(7, inputs[i], rows + i, width, sum + waiting); break;
        default: score_run(MOST_IN_RUN, inputs[i], rows + i, width, sum + waiting); break;
        }
        waiting += k;
        if (waiting >= TILE) {
            reduce_tile(sum, scores);
            scores += TILE;
            waiting -= TILE;
            memcpy(sum, sum + TILE, (size_t)waiting * sizeof *sum);
        }
    }
    if (waiting > 0) {
        for (int k = waiting; k < TILE; k++)
            sum[k] = vzero();
        reduce_tile(sum, scores);
    }
}

/* V registers of the input and of its gradient stay where they are while the rows pass. */
INLINE void update_strip(const int V, const float *h, float *gradient, float *const *rows,
                         const float *step, int n, int d)
{
    vec x[STRIP_WIDTH], g[STRIP_WIDTH];
    UNROLL for (int v = 0; v < V; v++)
    {
        x[v] = vload(h + d + v * LANES);
        g[v] = vload(gradient + d + v * LANES);
    }
    for (int i = 0; i < n; i++) {
        const vec s = vsplat(step[i]);
        float *to = rows[i] + d;
        UNROLL for (int v = 0; v < V; v++)
        {
            vec row = vload(to + v * LANES);
            g[v] = vfma(s, row, g[v]);
            vstore(to + v * LANES, vfma(s, x[v], row));
        }
    }
    UNROLL for (int v = 0; v < V; v++) vstore(gradient + d + v * LANES, g[v]);
}

/* The registers of the next strip of a row: as few strips as there can be, of even widths. */
INLINE int even_width(int registers, const int most)
{
    int strips = (registers + most - 1) / most;
    return (registers + strips - 1) / strips;
}

static void update(const float *h, float *gradient, float *const *rows, const float *step, int n,
                   int width)
{
    for (int d = 0, v; d < width; d += v * LANES) {
        v = even_width((width - d) / LANES, STRIP_WIDTH);
        switch (v) {
        case 1: update_strip(1, h, gradient, rows, step, n, d); break;
        case 2: update_strip(2, h, gradient, rows, step, n, d); break;
        case 3: update_strip(3, h, gradient, rows, step, n, d); break;
        case 4: update_strip(4, h, gradient, rows, step, n, d); break;
        case 5: update_strip(5, h, gradient, rows, step, n, d); break;
#if STRIP_WIDTH > 6
        case 6: update_strip(6, h, gradient, rows, step, n, d); break;
        case 7: update_strip(7, h, gradient, rows, step, n, d); break;
#endif
        default: update_strip(STRIP_WIDTH, h, gradient, rows, step, n, d); break;
        }
    }
}

/* ---- many inputs against shared rows: three small matrix products --------------------------- */

/* Tiles at the borders are filled up with the last input and row. */
static void score_block(const float *const *inputs, int m, float *const *rows, int n, int width,
                        float *scores, int ld)
{
    for (int i = 0; i < m; i += BLOCK_INPUTS) {
        const float *h[BLOCK_INPUTS];
        UNROLL for (int a = 0; a < BLOCK_INPUTS; a++) h[a] = inputs[smaller(i + a, m - 1)];
        for (int j = 0; j < n; j += BLOCK_ROWS) {
            const float *row[BLOCK_ROWS];
            float tile[TILE];
            vec sum[TILE];
            UNROLL for (int b = 0; b < BLOCK_ROWS; b++) row[b] = rows[smaller(j + b, n - 1)];
            UNROLL for (int k = 0; k < TILE; k++) sum[k] = vzero();
            for (int d = 0; d < width; d += LANES) {
                vec x[BLOCK_INPUTS];
                UNROLL for (int a = 0; a < BLOCK_INPUTS; a++) x[a] = vload(h[a] + d);
                UNROLL for (int b = 0; b < BLOCK_ROWS; b++)
                {
                    vec y = vload(row[b] + d);
                    UNROLL for (int a = 0; a < BLOCK_INPUTS; a++)
                        sum[b * BLOCK_INPUTS + a] = vfma(x[a], y, sum[b * BLOCK_INPUTS + a]);
                }
            }
            reduce_tile(sum, tile);
            UNROLL for (int b = 0; b < BLOCK_ROWS; b++)
                memcpy(scores + (j + b) * ld + i, tile + b * BLOCK_INPUTS,
                       BLOCK_INPUTS * sizeof(float));
        }
    }
}

/* into[i] += sum_k step(i, k) * from[k] for R rows over V registers of their width */
INLINE void accumulate_tile(const int R, const int V, float *const *into, const float *const *from, int n,
                            const float *step, int into_step, int from_step, int d)
{
    vec sum[4 * BLOCK_WIDTH];
    UNROLL for (int r = 0; r < R; r++)
        UNROLL for (int v = 0; v < V; v++) sum[r * V + v] = vload(into[r] + d + v * LANES);
    for (int k = 0; k < n; k++) {
        vec x[BLOCK_WIDTH];
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

INLINE void accumulate_strip(const int R, float *const *into, const float *const *from, int n, int width,
                             const float *step, int into_step, int from_step)
{
    for (int d = 0, v; d < width; d += v * LANES) {
        v = even_width((width - d) / LANES, BLOCK_WIDTH);
        switch (v) {
        case 1: accumulate_tile(R, 1, into, from, n, step, into_step, from_step, d); break;
        case 2: accumulate_tile(R, 2, into, from, n, step, into_step, from_step, d); break;
        case 3: accumulate_tile(R, 3, into, from, n, step, into_step, from_step, d); break;
#if BLOCK_WIDTH > 3
        default: accumulate_tile(R, 4, into, from, n, step, into_step, from_step, d); break;
#endif
        }
    }
}

static void accumulate(float *const *into, int m, const float *const *from, int n, int width,
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

static void gather_block(float *gradients, ptrdiff_t stride, int m, float *const *rows, int n,
                         int width, const float *step, int ld)
{
    float *g[SGNS_MAX_LANES];
    for (int i = 0; i < m; i++)
        g[i] = gradients + i * stride;
    accumulate(g, m, (const float *const *)rows, n, width, step, 1, ld);
}

static void update_block(const float *const *inputs, float *gradients, ptrdiff_t stride, int m,
                         float *const *rows, int n, int width, const float *step, int ld)
{
    gather_block(gradients, stride, m, rows, n, width, step, ld);
    accumulate(rows, n, inputs, m, width, step, ld, 1);
}

/* ---- sigmoid and sums -------------------------------------------------------------------------- */

/* sigma(x) - 1/2 is odd, and on [-6, 6] it is x P(x^2) / Q(x^2) within 1.1e-8: coefficients of a
 * minimax fit (Lawson's iteration on the linearised problem). One division, no exponential. */
INLINE vec sigma(vec score)
{
    const vec top = vsplat(SGNS_MAX_SCORE), bottom = vsplat(-SGNS_MAX_SCORE);
    vec bounded = vmax(vmin(score, top), bottom);
    vec square = vmul(bounded, bounded);
    vec p = vfma(square, vsplat(2.89406470983522e-05f), vsplat(0.007459424901753664f));
    p = vmul(bounded, vfma(square, p, vsplat(0.2499999701976776f)));
    vec q = vfma(square, vsplat(1.2641411331060226e-06f), vsplat(0.0012134164571762085f));
    q = vfma(square, q, vsplat(0.11317083239555359f));
    q = vfma(square, q, vsplat(1.0f));
    vec s = vadd(vsplat(0.5f), vdiv(p, q));
    s = vselect_ge(score, top, vsplat(1.0f), s);
    return vselect_ge(bottom, score, vzero(), s);
}

static void sigmoid(float *x, int n)
{
    for (int i = 0; i < n; i += LANES)
        vstore(x + i, sigma(vload(x + i)));
}

static void noise_steps(float *scores, int m, int n, int ld, const float *by_input,
                        const float *by_row)
{
    for (int j = 0; j < n; j++, scores += ld) {
        const vec factor = vsplat(by_row[j]);
        for (int i = 0; i < m; i += LANES)
            vstore(scores + i,
                   vmul(vmul(factor, vload(by_input + i)), sigma(vload(scores + i))));
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
    .gather_block = gather_block,
    .sigmoid = sigmoid,
    .noise_steps = noise_steps,
    .add = add,
};

#if defined(__clang__) && (defined(SGNS_AVX2) || defined(SGNS_AVX512))
#pragma clang attribute pop
#endif
