#include "input.h"

#include <string.h>

static inline float *document_row(const sgns_plan *plan, const sgns_target *target, int64_t i)
{
    return plan->documents + (ptrdiff_t)sgns_target_row(plan, target, i) * plan->row_stride;
}

static void scale(float *x, int width, float by)
{
    for (int d = 0; d < width; d++)
        x[d] *= by;
}

const float *sgns_gather_input(const sgns_plan *plan, const sgns_target *target, const float *word,
                               float *h)
{
    if (target->is_document)
        return document_row(plan, target, 0);
    if (plan->join == SGNS_WORD)
        return word;
    memcpy(h, word, (size_t)plan->row_width * sizeof(float));
    const int64_t n = sgns_target_rows(plan, target);
    float *sum = h;
    if (plan->join == SGNS_CONCAT) {
        sum = h + plan->row_stride;
        memset(h + plan->row_width, 0, (size_t)(plan->width - plan->row_width) * sizeof(float));
    }
    for (int64_t i = 0; i < n; i++)
        plan->kernel->add(document_row(plan, target, i), sum, plan->row_width);
    if (plan->join == SGNS_MEAN)
        scale(h, plan->row_width, 1.0f / (float)(1 + n));
    return h;
}

void sgns_spread_gradient(const sgns_plan *plan, const sgns_target *target, float *word,
                          float *gradient)
{
    const int64_t n = sgns_target_rows(plan, target);
    const float *of_document = gradient;
    if (!target->is_document) {
        if (plan->join == SGNS_MEAN)
            scale(gradient, plan->row_width, 1.0f / (float)(1 + n));
        else if (plan->join == SGNS_CONCAT)
            of_document = gradient + plan->row_stride;
        if (!plan->frozen) {
            plan->kernel->add(gradient, word, plan->row_width);
            sgns_mark(plan->marks.words, target->word);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        plan->kernel->add(of_document, document_row(plan, target, i), plan->row_width);
        sgns_mark(plan->marks.documents, sgns_target_row(plan, target, i));
    }
}
