#include "sampler.h"

#include <math.h>
#include <stdlib.h>

int sgns_alias_build(sgns_alias *table, const double *weight, uint32_t n)
{
    double *share = malloc((size_t)n * sizeof *share);   /* probability times n, what is left */
    uint32_t *stack = malloc((size_t)n * sizeof *stack); /* small from below, large from above */
    if (share == NULL || stack == NULL) {
        free(share);
        free(stack);
        return -1;
    }
    double total = 0.0;
    for (uint32_t i = 0; i < n; i++)
        total += weight[i];
    uint32_t small = 0, large = n;
    for (uint32_t i = n; i-- > 0;) {
        share[i] = weight[i] / total * n;
        if (share[i] < 1.0)
            stack[small++] = i;
        else
            stack[--large] = i;
    }
    while (small > 0 && large < n) {
        uint32_t under = stack[--small], over = stack[large];
        table[under].threshold = (uint32_t)fmin(share[under] * 4294967296.0, 4294967295.0);
        table[under].alias = over;
        share[over] -= 1.0 - share[under];
        if (share[over] < 1.0) {
            large++;
            stack[small++] = over;
        }
    }
    /* What is left over is one up to rounding. */
    for (uint32_t i = 0; i < small; i++)
        table[stack[i]] = (sgns_alias){UINT32_MAX, stack[i]};
    for (uint32_t i = large; i < n; i++)
        table[stack[i]] = (sgns_alias){UINT32_MAX, stack[i]};
    free(share);
    free(stack);
    return 0;
}
