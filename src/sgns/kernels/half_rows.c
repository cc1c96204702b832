#include "half_rows.h"

#include <string.h>

#include "marked_rows.h"

static inline uint16_t to_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static inline float from_half(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

int64_t sgns_take_half_rows(uint8_t *marks, int64_t first, int64_t end, const float *base,
                            const float *copy, ptrdiff_t stride, int64_t *ids, uint16_t *deltas)
{
    sgns_marked_rows rows = {marks, base, copy, stride, first, end, 0};
    int64_t n = 0;
    for (int64_t row = first; row < end; row++) {
        if (!marks[row])
            continue;
        sgns_send_for_marked(&rows);
        marks[row] = 0;
        const float *from = base + row * stride, *to = copy + row * stride;
        uint16_t *delta = deltas + n * stride;
        for (ptrdiff_t d = 0; d < stride; d++)
            delta[d] = to_half(to[d] - from[d]);
        ids[n++] = row;
    }
    return n;
}

void sgns_merge_half_rows(const sgns_half_rows *changes, int64_t n_changes, const int64_t *ids,
                          const float *factors, int64_t n, ptrdiff_t stride, float *sum,
                          int64_t *next, uint16_t *merged)
{
    memset(next, 0, (size_t)n_changes * sizeof *next);
    for (int64_t k = 0; k < n; k++) {
        memset(sum, 0, (size_t)stride * sizeof *sum);
        for (int64_t c = 0; c < n_changes; c++) {
            if (next[c] == changes[c].n || changes[c].ids[next[c]] != ids[k])
                continue;
            const uint16_t *delta = changes[c].deltas + next[c]++ * stride;
            for (ptrdiff_t d = 0; d < stride; d++)
                sum[d] += from_half(delta[d]);
        }
        const float factor = factors[k];
        uint16_t *to = merged + k * stride;
        for (ptrdiff_t d = 0; d < stride; d++)
            to[d] = to_half(factor * sum[d]);
    }
}

void sgns_add_half_rows(float *base, float *copy, ptrdiff_t stride, const int64_t *ids,
                        const uint16_t *deltas, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        if (k + SGNS_ROWS_AHEAD < n) {
            sgns_prefetch_row(base + ids[k + SGNS_ROWS_AHEAD] * stride, (int)stride);
            sgns_prefetch_row(copy + ids[k + SGNS_ROWS_AHEAD] * stride, (int)stride);
        }
        float *row = base + ids[k] * stride, *to = copy + ids[k] * stride;
        const uint16_t *delta = deltas + k * stride;
        for (ptrdiff_t d = 0; d < stride; d++)
            to[d] = row[d] += from_half(delta[d]);
    }
}
