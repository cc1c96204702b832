/* What every kernel computes, in plain loops: the specification, and the fallback everywhere. */
#include "kernel.h"

#include <math.h>

static void score(const float *h, float *const *rows, int n, int width, float *scores)
{
    for (int i = 0; i < n; i++) {
        float sum = 0.0f;
        for (int d = 0; d < width; d++)
            sum += h[d] * rows[i][d];
        scores[i] = sum;
    }
}

static void update(const float *h, float *gradient, float *const *rows, const float *step, int n,
                   int width)
{
    for (int i = 0; i < n; i++) {
        for (int d = 0; d < width; d++) {
            gradient[d] += step[i] * rows[i][d];
            rows[i][d] += step[i] * h[d];
        }
    }
}

static void score_block(const float *inputs, ptrdiff_t stride, int m, float *const *rows, int n,
                        int width, float *scores, int ld)
{
    for (int i = 0; i < m; i++)
        score(inputs + i * stride, rows, n, width, scores + i * ld);
}

static void update_block(const float *inputs, float *gradients, ptrdiff_t stride, int m,
                         float *const *rows, int n, int width, const float *step, int ld)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            for (int d = 0; d < width; d++)
                gradients[i * stride + d] += step[i * ld + j] * rows[j][d];
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            for (int d = 0; d < width; d++)
                rows[j][d] += step[i * ld + j] * inputs[i * stride + d];
}

static void sigmoid(float *x, int n)
{
    for (int i = 0; i < n; i++) {
        if (x[i] >= SGNS_MAX_SCORE)
            x[i] = 1.0f;
        else if (x[i] <= -SGNS_MAX_SCORE)
            x[i] = 0.0f;
        else
            x[i] = 1.0f / (1.0f + expf(-x[i]));
    }
}

static void add(const float *gradient, float *row, int width)
{
    for (int d = 0; d < width; d++)
        row[d] += gradient[d];
}

const sgns_kernel sgns_kernel_scalar = {
    .name = "scalar",
    .lanes = 1,
    .score = score,
    .update = update,
    .score_block = score_block,
    .update_block = update_block,
    .sigmoid = sigmoid,
    .add = add,
};
