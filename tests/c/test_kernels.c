/* The functions of every instruction set against the scalar ones, at awkward sizes.
 *
 * Both sum the same terms in other orders, so they may differ by a few roundings of the sum of the
 * terms' magnitudes. That sum is what the scalar version gives for the absolute values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kernel.h"

#define ROUNDING 5.9604645e-8f /* 2^-24: of one operation, relative */
#define GUARD 7.0f             /* stands where nothing may be written */

static const int sizes[] = {1, 7, 15, 16, 17, 31, 32, 33, 97, 100, 300};
static const int counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 17, 24, 64};
#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* m inputs that meet n rows, all of `width` floats of which the first `size` are not zero. */
typedef struct {
    int m, n, width, ld;
    ptrdiff_t stride;
    float *inputs, *gradients; /* m x stride */
    const float *h[64];        /* n pointers to the inputs, again from the first after the last */
    float *rows[64];           /* n x width, each in memory of its own */
    float *row_memory[64];
    float *step; /* n x ld */
} problem;

static int whole_tiles(int n) { return (n + SGNS_TILE - 1) / SGNS_TILE * SGNS_TILE; }

static void fill(float *numbers, int size, int width, uint64_t *random, int absolute)
{
    for (int d = 0; d < width; d++) {
        float x = d < size ? random_float(random) : 0.0f;
        numbers[d] = absolute ? fabsf(x) : x;
    }
}

/* The same numbers for the same arguments; `absolute` takes away their signs. */
static problem problem_new(int m, int n, int size, int lanes, int absolute)
{
    problem p = {.m = m, .n = n, .width = (size + lanes - 1) / lanes * lanes};
    p.ld = whole_tiles(m);
    uint64_t random = (uint64_t)size * 1000 + (uint64_t)n;
    p.stride = p.width + 5;
    size_t inputs = ((size_t)(m - 1) * (size_t)p.stride + (size_t)p.width) * sizeof(float);
    p.inputs = allocate(inputs);
    p.gradients = allocate(inputs);
    for (int i = 0; i < m; i++) {
        fill(p.inputs + i * p.stride, size, p.width, &random, absolute);
        fill(p.gradients + i * p.stride, size, p.width, &random, absolute);
    }
    for (int j = 0; j < n; j++) {
        /* one float further, so that no row is aligned to more than a float */
        p.row_memory[j] = allocate((size_t)(p.width + 1) * sizeof(float));
        p.rows[j] = p.row_memory[j] + 1;
        fill(p.rows[j], size, p.width, &random, absolute);
    }
    for (int k = 0; k < LENGTH(p.h); k++)
        p.h[k] = p.inputs + k % m * p.stride;
    p.step = allocate((size_t)n * (size_t)p.ld * sizeof(float));
    fill(p.step, n * p.ld, n * p.ld, &random, absolute);
    return p;
}

static void problem_free(problem *p)
{
    for (int j = 0; j < p->n; j++)
        free(p->row_memory[j]);
    free(p->inputs);
    free(p->gradients);
    free(p->step);
}

static void compare(const char *what, const sgns_kernel *kernel, const float *found,
                    const float *expected, const float *magnitude, int n, int n_terms)
{
    for (int i = 0; i < n; i++) {
        float room = 2.0f * (float)(n_terms + 1) * ROUNDING * magnitude[i] + 1e-37f;
        check(fabsf(found[i] - expected[i]) <= room, "%s of %s: number %d of %d is %g, not %g",
              what, kernel->name, i, n, (double)found[i], (double)expected[i]);
    }
}

static void compare_rows(const char *what, const sgns_kernel *kernel, problem *found,
                         problem *expected, problem *magnitude, int n_terms)
{
    for (int j = 0; j < found->n; j++)
        compare(what, kernel, found->rows[j], expected->rows[j], magnitude->rows[j],
                magnitude->width, n_terms);
    for (int i = 0; i < found->m; i++)
        compare(what, kernel, found->gradients + i * found->stride,
                expected->gradients + i * expected->stride,
                magnitude->gradients + i * magnitude->stride, magnitude->width, n_terms);
}

/* All scores of the inputs and rows, or, for m = 1, of pair after pair; whole tiles and a guard. */
static float *scores_of(const sgns_kernel *kernel, problem *p)
{
    const int room = p->m == 1 ? whole_tiles(p->n) : whole_tiles(p->n) * p->ld;
    float *scores = allocate((size_t)(room + 1) * sizeof(float));
    scores[room] = GUARD;
    if (p->m == 1)
        kernel->score(p->h, p->rows, p->n, p->width, scores);
    else
        kernel->score_block(p->h, p->m, p->rows, p->n, p->width, scores, p->ld);
    check(scores[room] == GUARD, "score of %s wrote past its end", kernel->name);
    return scores;
}

static void test_scores(const sgns_kernel *kernel, int m, int n, int size)
{
    problem p = problem_new(m, n, size, kernel->lanes, 0);
    problem absolute = problem_new(m, n, size, kernel->lanes, 1);
    float *found = scores_of(kernel, &p), *expected = scores_of(&sgns_kernel_scalar, &p);
    float *magnitude = scores_of(&sgns_kernel_scalar, &absolute);
    if (m == 1)
        compare("score", kernel, found, expected, magnitude, n, size);
    for (int j = 0; m > 1 && j < n; j++)
        compare("score_block", kernel, found + j * p.ld, expected + j * p.ld, magnitude + j * p.ld,
                m, size);
    free(found);
    free(expected);
    free(magnitude);
    problem_free(&p);
    problem_free(&absolute);
}

/* A pair's score is the same bits wherever it stands. */
static void test_places(const sgns_kernel *kernel, int size)
{
    problem p = problem_new(7, 21, size, kernel->lanes, 0);
    float *block = scores_of(kernel, &p), alone[SGNS_TILE * SGNS_TILE];
    for (int j = 0; j < p.n; j++) {
        for (int i = 0; i < p.m; i++) {
            kernel->score_block(p.h + i, 1, p.rows + j, 1, p.width, alone, SGNS_TILE);
            check(memcmp(alone, block + j * p.ld + i, sizeof(float)) == 0,
                  "score_block of %s depends on the place at size %d", kernel->name, size);
        }
    }
    free(block);
    problem_free(&p);
}

static void test_noise_steps(const sgns_kernel *kernel, int m, int n)
{
    problem p = problem_new(m, n, 1, kernel->lanes, 0);
    float by_input[64], by_row[64];
    uint64_t random = (uint64_t)m;
    fill(by_input, 64, 64, &random, 0);
    fill(by_row, 64, 64, &random, 0);
    float *found = scores_of(kernel, &p), *expected = scores_of(&sgns_kernel_scalar, &p);
    for (int k = 0; k < n * p.ld; k++)
        found[k] = expected[k] = -7.0f + 14.0f * (float)k / (float)(n * p.ld);
    kernel->noise_steps(found, m, n, p.ld, by_input, by_row);
    sgns_kernel_scalar.noise_steps(expected, m, n, p.ld, by_input, by_row);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++)
            check(fabsf(found[j * p.ld + i] - expected[j * p.ld + i]) <=
                      8 * ROUNDING * fabsf(by_input[i] * by_row[j]),
                  "noise_steps of %s: %g, not %g", kernel->name, (double)found[j * p.ld + i],
                  (double)expected[j * p.ld + i]);
    free(found);
    free(expected);
    problem_free(&p);
}

static void update_by(const sgns_kernel *kernel, problem *p)
{
    if (p->m == 1)
        kernel->update(p->inputs, p->gradients, p->rows, p->step, p->n, p->width);
    else
        kernel->update_block(p->h, p->gradients, p->stride, p->m, p->rows, p->n, p->width, p->step,
                             p->ld);
}

/* With `twice`, row 2 is row 0 once more: both its updates have to arrive. */
static void test_updates(const sgns_kernel *kernel, int m, int n, int size, int twice)
{
    problem p[3];
    for (int i = 0; i < 3; i++) {
        p[i] = problem_new(m, n, size, kernel->lanes, i == 2);
        if (twice)
            p[i].rows[2] = p[i].rows[0];
    }
    update_by(kernel, &p[0]);
    update_by(&sgns_kernel_scalar, &p[1]);
    update_by(&sgns_kernel_scalar, &p[2]);
    compare_rows(m == 1 ? "update" : "update_block", kernel, &p[0], &p[1], &p[2],
                 2 * (m > n ? m : n));
    for (int i = 0; i < 3; i++)
        problem_free(&p[i]);
}

static void test_add(const sgns_kernel *kernel, int size)
{
    problem p = problem_new(1, 2, size, kernel->lanes, 0);
    float *expected = allocate((size_t)p.width * sizeof(float));
    memcpy(expected, p.rows[0], (size_t)p.width * sizeof(float));
    sgns_kernel_scalar.add(p.inputs, expected, p.width);
    kernel->add(p.inputs, p.rows[0], p.width);
    check(memcmp(expected, p.rows[0], (size_t)p.width * sizeof(float)) == 0, "add of %s at size %d",
          kernel->name, size);
    free(expected);
    problem_free(&p);
}

static void test_sigmoid(const sgns_kernel *kernel)
{
    for (int n = 1; n <= 67; n++) {
        int room = (n + kernel->lanes - 1) / kernel->lanes * kernel->lanes;
        float *x = allocate((size_t)room * sizeof(float));
        for (int i = 0; i < room; i++)
            x[i] = -7.0f + 14.0f * (float)i / (float)n;
        kernel->sigmoid(x, n);
        for (int i = 0; i < n; i++) {
            double score = -7.0f + 14.0f * (float)i / (float)n;
            double exact = score >= 6 ? 1 : score <= -6 ? 0 : 1 / (1 + exp(-score));
            check(fabs((double)x[i] - exact) < 4 * (double)ROUNDING, "sigmoid of %s at %g is %g",
                  kernel->name, score, (double)x[i]);
        }
        free(x);
    }
    float far[16] = {6.0f, -6.0f, 1e30f, -1e30f, INFINITY, -INFINITY};
    kernel->sigmoid(far, 6);
    for (int i = 0; i < 6; i++)
        check(far[i] == (i % 2 ? 0.0f : 1.0f), "sigmoid of %s past 6: %g", kernel->name,
              (double)far[i]);
}

void test_kernels(void)
{
    static const int inputs[] = {1, 2, 3, 4, 5, 7, 16, 32, 64};
    const sgns_kernel *kernels[8];
    int n_kernels = sgns_kernels_available(kernels, 8);
    check(n_kernels >= 1 && kernels[0] == &sgns_kernel_scalar, "the scalar kernel comes first");
    check(sgns_kernel_find(NULL) == kernels[n_kernels - 1], "the best kernel is the default");
    check(sgns_kernel_find("mmx") == NULL, "an unknown kernel is not found");
    for (int k = 0; k < n_kernels; k++) {
        const sgns_kernel *kernel = kernels[k];
        check(sgns_kernel_find(kernel->name) == kernel, "%s is found by its name", kernel->name);
        test_sigmoid(kernel);
        for (int i = 1; i < LENGTH(inputs); i++)
            test_noise_steps(kernel, inputs[i], 5);
        for (int s = 0; s < LENGTH(sizes); s++) {
            test_add(kernel, sizes[s]);
            test_updates(kernel, 1, 7, sizes[s], 1);
            test_places(kernel, sizes[s]);
            for (int c = 0; c < LENGTH(counts); c++) {
                for (int i = 0; i < LENGTH(inputs); i++) {
                    test_scores(kernel, inputs[i], counts[c], sizes[s]);
                    test_updates(kernel, inputs[i], counts[c], sizes[s], 0);
                }
            }
        }
    }
}
