#include "own_rows.h"

#include <stdlib.h>
#include <string.h>

#include "prefetch.h"

int sgns_own_rows_init(sgns_own_rows *own, float *shared, ptrdiff_t stride, uint32_t n,
                       const float *factors)
{
    const size_t floats = (size_t)n * (size_t)stride;
    own->memory = malloc(2 * floats * sizeof(float) + SGNS_CACHE_LINE);
    if (own->memory == NULL)
        return -1;
    const uintptr_t start = (uintptr_t)own->memory + SGNS_CACHE_LINE - 1;
    own->place[0] = shared;
    own->place[1] = (float *)(start - start % SGNS_CACHE_LINE);
    own->received = own->place[1] + floats;
    own->factors = factors;
    own->stride = stride;
    own->n = n;
    own->next = 0;
    return 0;
}

void sgns_own_rows_free(sgns_own_rows *own) { free(own->memory); }

void sgns_copy_own_rows(sgns_own_rows *own)
{
    const size_t bytes = (size_t)own->n * (size_t)own->stride * sizeof(float);
    memcpy(own->place[1], own->place[0], bytes);
    memcpy(own->received, own->place[1], bytes);
}

void sgns_exchange_next_row(sgns_own_rows *own)
{
    const uint32_t row = own->next;
    const ptrdiff_t start = (ptrdiff_t)row * own->stride;
    float *restrict shared = own->place[0] + start, *restrict copy = own->place[1] + start;
    float *restrict received = own->received + start;
    const float factor = own->factors[row];
    for (ptrdiff_t d = 0; d < own->stride; d++) {
        /* what no other thread has changed becomes what it is here, to the last bit */
        const float sum = shared[d] + factor * (copy[d] - received[d]);
        const float both = shared[d] == received[d] ? copy[d] : sum;
        shared[d] = copy[d] = received[d] = both;
    }
    own->next = row + 1 < own->n ? row + 1 : 0;
    const ptrdiff_t soon = (ptrdiff_t)own->next * own->stride;
    sgns_prefetch_row(own->place[0] + soon, (int)own->stride);
    sgns_prefetch_row(own->received + soon, (int)own->stride);
}

void sgns_exchange_all_rows(sgns_own_rows *own)
{
    for (uint32_t k = 0; k < own->n; k++)
        sgns_exchange_next_row(own);
}
