/* What training copies of some weights has changed, row by row, and merging it.
 *
 * `base` and `copy` are matrices of the same shape; rows are `stride` floats. A mark is a byte for
 * each row, 1 where training may have changed it (see train.h). */
#ifndef SGNS_ROWS_H
#define SGNS_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* ids[k] = the kth marked row, rising; deltas[k] = copy - base, and the copy's row is the base's
 * again. No row is marked after. ids and deltas have room for every marked row. Returns the number
 * of rows. */
int64_t sgns_take_changes(uint8_t *marks, int64_t n_rows, const float *base, float *copy,
                          ptrdiff_t stride, int64_t *ids, float *deltas);

/* Rows that one shard has met: what is to be added to them, or a copy that still has them as
 * they were trained. */
typedef struct {
    const int64_t *ids;  /* n, rising */
    const float *deltas; /* n rows; NULL: the differences between copy and base */
    const float *copy;
    int64_t n;
} sgns_changed_rows;

/* base[ids[k]] += factors[k] * the changes of that row, those of one shard after the other, and all
 * copies get the row, for n rows. ids rise, and have all numbers that the changes have. `next` has
 * room for a number for each shard, and says after how many of its rows were found; `row` is room
 * for a row. */
void sgns_merge_changes(float *base, float *const *copies, int64_t n_copies, ptrdiff_t stride,
                        const sgns_changed_rows *changes, int64_t n_changes, const int64_t *ids,
                        const float *factors, int64_t n, int64_t *next, float *row);

#endif
