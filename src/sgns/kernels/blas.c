#include "blas.h"

#include <math.h>

#define TABLE_SIZE 1000 /* EXP_TABLE_SIZE of the C word2vec */

static sgns_sdot dot;
static sgns_saxpy axpy;
static float table[TABLE_SIZE]; /* sigma at the lower end of each of the steps between -6 and 6 */

static void score(const float *const *inputs, float *const *rows, int n, int width, float *scores)
{
    int one = 1;
    for (int i = 0; i < n; i++)
        scores[i] = dot(&width, (float *)inputs[i], &one, rows[i], &one);
}

static void update(const float *h, float *gradient, float *const *rows, const float *step, int n,
                   int width)
{
    int one = 1;
    for (int i = 0; i < n; i++) {
        float s = step[i];
        axpy(&width, &s, rows[i], &one, gradient, &one);
        axpy(&width, &s, (float *)h, &one, rows[i], &one);
    }
}

static void gather_block(float *gradients, ptrdiff_t stride, int m, float *const *rows, int n,
                         int width, const float *step, int ld)
{
    int one = 1;
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            float s = step[j * ld + i];
            axpy(&width, &s, rows[j], &one, gradients + i * stride, &one);
        }
    }
}

static void sigmoid(float *x, int n)
{
    for (int i = 0; i < n; i++) {
        if (x[i] >= SGNS_MAX_SCORE) {
            x[i] = 1.0f;
        } else if (x[i] <= -SGNS_MAX_SCORE) {
            x[i] = 0.0f;
        } else if (x[i] == x[i]) { /* what is no number stays that */
            int place = (int)((x[i] + SGNS_MAX_SCORE) * (TABLE_SIZE / SGNS_MAX_SCORE / 2));
            x[i] = table[place < TABLE_SIZE ? place : TABLE_SIZE - 1]; /* the sum may round up */
        }
    }
}

static void add(const float *gradient, float *row, int width)
{
    int one_step = 1;
    float one = 1.0f;
    axpy(&width, &one, (float *)gradient, &one_step, row, &one_step);
}

const sgns_kernel *sgns_kernel_blas(sgns_sdot sdot, sgns_saxpy saxpy)
{
    static const sgns_kernel kernel = {.name = "blas",
                                       .lanes = 1,
                                       .score = score,
                                       .update = update,
                                       .gather_block = gather_block,
                                       .sigmoid = sigmoid,
                                       .add = add};
    dot = sdot;
    axpy = saxpy;
    for (int i = 0; i < TABLE_SIZE; i++)
        table[i] = 1.0f / (1.0f + expf(-((float)i / TABLE_SIZE * 2 - 1) * SGNS_MAX_SCORE));
    return &kernel;
}
