/* What every kernel computes, in plain loops: the specification, and the fallback everywhere. */
#include "kernel.h"

#include <math.h>

static float dot(const float *a, const float *b, int width)
{
    float sum = 0.0f;
    for (int d = 0; d < width; d++)
        sum += a[d] * b[d];
    return sum;
}

static void score(const float *const *inputs, float *const *rows, int n, int width, float *scores)
{
    for (int i = 0; i < n; i++)
        scores[i] = dot(inputs[i], rows[i], width);
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

static void score_block(const float *const *inputs, int m, float *const *rows, int n, int width,
                        float *scores, int ld)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            scores[j * ld + i] = dot(inputs[i], rows[j], width);
}

static void gather_block(float *gradients, ptrdiff_t stride, int m, float *const *rows, int n,
                         int width, const float *step, int ld)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            for (int d = 0; d < width; d++)
                gradients[i * stride + d] += step[j * ld + i] * rows[j][d];
}

static void update_block(const float *const *inputs, float *gradients, ptrdiff_t stride, int m,
                         float *const *rows, int n, int width, const float *step, int ld)
{
    gather_block(gradients, stride, m, rows, n, width, step, ld);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            for (int d = 0; d < width; d++)
                rows[j][d] += step[j * ld + i] * inputs[i][d];
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

static void noise_steps(float *scores, int m, int n, int ld, const float *by_input,
                        const float *by_row)
{
    for (int j = 0; j < n; j++) {
        sigmoid(scores + j * ld, m);
        for (int i = 0; i < m; i++)
            scores[j * ld + i] *= by_input[i] * by_row[j];
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
    .gather_block = gather_block,
    .sigmoid = sigmoid,
    .noise_steps = noise_steps,
    .add = add,
};
