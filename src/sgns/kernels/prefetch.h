/* Sending for memory that will be read and written soon. */
#ifndef SGNS_PREFETCH_H
#define SGNS_PREFETCH_H

#define SGNS_CACHE_LINE 64

static inline void sgns_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address, 1, 3);
#else
    (void)address;
#endif
}

static inline void sgns_prefetch_row(const float *row, int width)
{
    for (int d = 0; d < width; d += SGNS_CACHE_LINE / (int)sizeof(float))
        sgns_prefetch(row + d);
}

#endif
