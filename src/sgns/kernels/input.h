/* The input vector of a target: which rows it is made of, and where its gradient goes.
 *
 *     joined by   h of a target word       dL/dw           dL/dv of each row v of its document
 *     word        w                        dL/dh
 *     sum         w + sum v                dL/dh           dL/dh
 *     mean        (w + sum v) / (1 + n)    dL/dh / (1 + n) dL/dh / (1 + n)
 *     concat      [w; sum v]               first half      second half
 *
 * A target that is a document itself has its row v as h. */
#ifndef SGNS_INPUT_H
#define SGNS_INPUT_H

#include "train.h"

/* The input of the target, width floats: `word`, its row of W_t, or a row of W_d as it stands, or
 * `sum`, to which the rows are joined. */
const float *sgns_gather_input(const sgns_plan *plan, const sgns_target *target, const float *word,
                               float *sum);

/* Add what h is to be moved by, which is used up, to the rows that it is made of. */
void sgns_spread_gradient(const sgns_plan *plan, const sgns_target *target, float *word,
                          float *gradient);

/* How many rows of W_d the target moves, and number i of them. */
static inline int64_t sgns_target_rows(const sgns_plan *plan, const sgns_target *target)
{
    if (target->is_document)
        return 1;
    return plan->join == SGNS_WORD ? 0 : sgns_n_rows(&plan->walk, target->document);
}

static inline int64_t sgns_target_row(const sgns_plan *plan, const sgns_target *target, int64_t i)
{
    return target->is_document ? target->row : sgns_row(&plan->walk, target->document, i);
}

#endif
