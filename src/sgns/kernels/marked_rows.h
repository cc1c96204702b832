/* Going through the marked rows of a base and of its copy, which are sent for ahead: they are far
 * apart, in no order that a processor guesses. */
#ifndef SGNS_MARKED_ROWS_H
#define SGNS_MARKED_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "prefetch.h"

/* Rows that are on their way at a time. */
#define SGNS_ROWS_AHEAD 4

typedef struct {
    const uint8_t *marks;
    const float *base, *copy;
    ptrdiff_t stride;
    int64_t sent, end; /* rows before `sent` have been sent for, where they are marked */
    int64_t on_their_way;
} sgns_marked_rows;

/* To be called before each marked row is read, and its mark taken away. */
static inline void sgns_send_for_marked(sgns_marked_rows *rows)
{
    for (; rows->sent < rows->end && rows->on_their_way <= SGNS_ROWS_AHEAD; rows->sent++) {
        if (!rows->marks[rows->sent])
            continue;
        sgns_prefetch_row(rows->base + rows->sent * rows->stride, (int)rows->stride);
        sgns_prefetch_row(rows->copy + rows->sent * rows->stride, (int)rows->stride);
        rows->on_their_way++;
    }
    rows->on_their_way--;
}

#endif
