#include "rows.h"

#include <string.h>

#include "marked_rows.h"

int64_t sgns_take_changes(uint8_t *marks, int64_t n_rows, const float *base, float *copy,
                          ptrdiff_t stride, int64_t *ids, float *deltas)
{
    sgns_marked_rows rows = {marks, base, copy, stride, 0, n_rows, 0};
    int64_t n = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        if (!marks[row])
            continue;
        sgns_send_for_marked(&rows);
        marks[row] = 0;
        const float *from = base + row * stride;
        float *to = copy + row * stride, *delta = deltas + n * stride;
        for (ptrdiff_t d = 0; d < stride; d++) {
            delta[d] = to[d] - from[d];
            to[d] = from[d];
        }
        ids[n++] = row;
    }
    return n;
}

/* Send for a row of the base and of all copies. */
static void send_for(const float *base, float *const *copies, int64_t n_copies, ptrdiff_t stride,
                     int64_t id)
{
    sgns_prefetch_row(base + id * stride, (int)stride);
    for (int64_t c = 0; c < n_copies; c++)
        sgns_prefetch_row(copies[c] + id * stride, (int)stride);
}

void sgns_merge_changes(float *base, float *const *copies, int64_t n_copies, ptrdiff_t stride,
                        const sgns_changed_rows *changes, int64_t n_changes, const int64_t *ids,
                        const float *factors, int64_t n, int64_t *next, float *row)
{
    memset(next, 0, (size_t)n_changes * sizeof *next);
    for (int64_t k = 0; k < n; k++) {
        if (k + SGNS_ROWS_AHEAD < n)
            send_for(base, copies, n_copies, stride, ids[k + SGNS_ROWS_AHEAD]);
        const ptrdiff_t place = ids[k] * stride;
        const float *from = base + place, factor = factors[k];
        memcpy(row, from, (size_t)stride * sizeof *row);
        for (int64_t c = 0; c < n_changes; c++) {
            const sgns_changed_rows *changed = &changes[c];
            if (next[c] == changed->n || changed->ids[next[c]] != ids[k])
                continue;
            if (changed->deltas != NULL) {
                const float *delta = changed->deltas + next[c] * stride;
                for (ptrdiff_t d = 0; d < stride; d++)
                    row[d] += factor * delta[d];
            } else {
                const float *trained = changed->copy + place;
                for (ptrdiff_t d = 0; d < stride; d++)
                    row[d] += factor * (trained[d] - from[d]);
            }
            next[c]++;
        }
        memcpy(base + place, row, (size_t)stride * sizeof *row);
        for (int64_t c = 0; c < n_copies; c++)
            memcpy(copies[c] + place, row, (size_t)stride * sizeof *row);
    }
}
