/* What training a copy of some weights has changed, row by row, and adding it to others.
 *
 * `base` and `copy` are matrices of the same shape; rows are `stride` floats. A mark is a byte for
 * each row, 1 where training may have changed it (see train.h). */
#ifndef SGNS_ROWS_H
#define SGNS_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* ids[k] = the kth row of the copy that differs from the base, rising; deltas[k] = copy - base. The
 * copy is the base again after, and no row is marked. ids and deltas have room for every marked
 * row. Returns the number of rows. */
int64_t sgns_take_changes(uint8_t *marks, int64_t n_rows, const float *base, float *copy,
                          ptrdiff_t stride, int64_t *ids, float *deltas);

/* base[ids[k]] += factors[ids[k]] * deltas[k] for n rows. */
void sgns_add_changes(float *base, ptrdiff_t stride, const float *factors, const int64_t *ids,
                      const float *deltas, int64_t n);

/* to[ids[k]] = from[ids[k]] for n rows. */
void sgns_copy_rows(float *to, const float *from, ptrdiff_t stride, const int64_t *ids, int64_t n);

#endif
