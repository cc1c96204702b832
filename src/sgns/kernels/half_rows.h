/* Changes of rows in half the bytes, as they travel between the nodes of a cluster.
 *
 * A number is a bfloat16: the upper half of a float, rounded to the nearest, ties to even. It has
 * the range of a float and 8 bits of precision. `base` and `copy` are as in rows.h. */
#ifndef SGNS_HALF_ROWS_H
#define SGNS_HALF_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* What one node has changed: n rows, their numbers rising. */
typedef struct {
    const int64_t *ids;
    const uint16_t *deltas; /* n rows of `stride` */
    int64_t n;
} sgns_half_rows;

/* ids[k] = the kth marked row from `first` on, before `end`; deltas[k] = copy - base. No row of
 * them is marked after. Returns the number of rows. */
int64_t sgns_take_half_rows(uint8_t *marks, int64_t first, int64_t end, const float *base,
                            const float *copy, ptrdiff_t stride, int64_t *ids, uint16_t *deltas);

/* merged[k] = factors[k] * the sum of what all have changed of row ids[k]. Every row of `changes`
 * is one of the n. `sum` has room for a row, `next` for n_changes numbers. */
void sgns_merge_half_rows(const sgns_half_rows *changes, int64_t n_changes, const int64_t *ids,
                          const float *factors, int64_t n, ptrdiff_t stride, float *sum,
                          int64_t *next, uint16_t *merged);

/* base[ids[k]] += deltas[k] and copy[ids[k]] = base[ids[k]] for n rows. */
void sgns_add_half_rows(float *base, float *copy, ptrdiff_t stride, const int64_t *ids,
                        const uint16_t *deltas, int64_t n);

#endif
