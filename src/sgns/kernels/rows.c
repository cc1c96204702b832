#include "rows.h"

#include <string.h>

#include "prefetch.h"

/* Rows are far apart, in no order that a processor guesses, so they are sent for so many ahead. */
#define AHEAD 4

int64_t sgns_take_changes(uint8_t *marks, int64_t n_rows, const float *base, float *copy,
                          ptrdiff_t stride, int64_t *ids, float *deltas)
{
    int64_t n = 0, sent = 0, waiting = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        if (!marks[row])
            continue;
        for (; sent < n_rows && waiting <= AHEAD; sent++) {
            if (!marks[sent])
                continue;
            sgns_prefetch_row(base + sent * stride, (int)stride);
            sgns_prefetch_row(copy + sent * stride, (int)stride);
            waiting++;
        }
        waiting--;
        marks[row] = 0;
        const float *from = base + row * stride;
        float *to = copy + row * stride, *delta = deltas + n * stride;
        if (memcmp(from, to, (size_t)stride * sizeof(float)) == 0)
            continue;
        for (ptrdiff_t d = 0; d < stride; d++) {
            delta[d] = to[d] - from[d];
            to[d] = from[d];
        }
        ids[n++] = row;
    }
    return n;
}

void sgns_add_changes(float *base, ptrdiff_t stride, const float *factors, const int64_t *ids,
                      const float *deltas, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        if (k + AHEAD < n)
            sgns_prefetch_row(base + ids[k + AHEAD] * stride, (int)stride);
        float *row = base + ids[k] * stride;
        const float *delta = deltas + k * stride, factor = factors[ids[k]];
        for (ptrdiff_t d = 0; d < stride; d++)
            row[d] += factor * delta[d];
    }
}

void sgns_copy_rows(float *to, const float *from, ptrdiff_t stride, const int64_t *ids, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        if (k + AHEAD < n) {
            sgns_prefetch_row(to + ids[k + AHEAD] * stride, (int)stride);
            sgns_prefetch_row(from + ids[k + AHEAD] * stride, (int)stride);
        }
        memcpy(to + ids[k] * stride, from + ids[k] * stride, (size_t)stride * sizeof(float));
    }
}
