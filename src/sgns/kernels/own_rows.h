/* A thread's own copies of the rows of the most frequent words.
 *
 * Threads that write the same rows in turn pass their cache lines back and forth, which took a
 * third of the time of two threads. So each trains copies of the rows that are met most often, and
 * exchanges what it has changed with the shared rows, one row after the other, all the time. */
#ifndef SGNS_OWN_ROWS_H
#define SGNS_OWN_ROWS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    float *place[2];      /* the shared rows of all words, and copies of the first n */
    float *received;      /* what each copy was at the last exchange */
    const float *factors; /* of a change, where other threads have changed the row as well */
    ptrdiff_t stride;     /* floats from row to row */
    uint32_t n;
    uint32_t next; /* the copy that is exchanged next */
    void *memory;  /* holds copies and received, before alignment */
} sgns_own_rows;

/* Returns 0, or -1 without memory. Threads that work alone have no copies: n = 0. */
int sgns_own_rows_init(sgns_own_rows *own, float *shared, ptrdiff_t stride, uint32_t n,
                       const float *factors);
void sgns_own_rows_free(sgns_own_rows *own);

/* Begin with the shared rows as they are. */
void sgns_copy_own_rows(sgns_own_rows *own);

/* Add to the shared rows what the next copy, or all of them, have changed, and make both equal. */
void sgns_exchange_next_row(sgns_own_rows *own);
void sgns_exchange_all_rows(sgns_own_rows *own);

/* Where a thread finds a row. An index, no branch: words come as they like, and guessing wrongly
 * which of them has a copy cost a tenth of the time of training. */
static inline float *sgns_own_row(const sgns_own_rows *own, uint32_t row)
{
    return own->place[row < own->n] + (ptrdiff_t)row * own->stride;
}

#endif
