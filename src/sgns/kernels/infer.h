/* Vectors of documents that were not trained on. */
#ifndef SGNS_INFER_H
#define SGNS_INFER_H

#include "train.h"

/* Train the rows of W_d of n documents, at most plan->lanes, by `epochs` passes over each, the
 * learning rate falling from `alpha` towards `min_alpha`; the plan is frozen. Returns 0, or -1
 * without memory.
 *
 * A row depends on the document, the parameters and `key` alone, to the last bit: documents are
 * in lockstep, so that step s of an epoch has the same noise words whichever are trained with it;
 * subsampling and window reach follow from the place in the document; and what the kernel computes
 * for one input does not depend on the others. Fresh noise follows from the place in the stream, so
 * there documents have to be trained one at a time. */
int sgns_infer(const sgns_plan *plan, sgns_worker *worker, const int64_t *documents, int n,
               int epochs, float alpha, float min_alpha, uint64_t key, sgns_tally *tally);

#endif
