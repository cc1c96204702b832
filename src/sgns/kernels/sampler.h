/* Draws from a fixed distribution in constant time: the alias method (Walker 1977, Vose 1991).
 *
 * Eight bytes a word instead of the hundred million entries of the C word2vec's unigram table, and
 * exact up to 2^-32. */
#ifndef SGNS_SAMPLER_H
#define SGNS_SAMPLER_H

#include <stdint.h>

#include "rng.h"

typedef struct {
    uint32_t threshold; /* stay when the low random bits are at most this */
    uint32_t alias;     /* otherwise go there */
} sgns_alias;

/* table: n entries; weight: n numbers >= 0 with a positive sum. Returns 0, or -1 without memory. */
int sgns_alias_build(sgns_alias *table, const double *weight, uint32_t n);

static inline uint32_t sgns_alias_draw(const sgns_alias *table, uint32_t n, uint64_t bits)
{
    uint32_t column = sgns_below((uint32_t)(bits >> 32), n);
    return (uint32_t)bits <= table[column].threshold ? column : table[column].alias;
}

/* A distribution cut into strata of equal probability, words in the order of their numbers: one
 * draw from each stratum is a sample in which every word has its expected share, but with far less
 * variance than independent draws (Cochran 1977, ch. 5). */
typedef struct {
    uint32_t first; /* word of the stratum's first column */
    uint32_t n;     /* columns: words that lie in the stratum, wholly or partly */
    const sgns_alias *table;
} sgns_stratum;

/* strata: n_strata; table: n + n_strata entries that they will point into. Returns 0, or -1 without
 * memory. With one stratum this is the plain alias method. */
int sgns_strata_build(sgns_stratum *strata, uint32_t n_strata, sgns_alias *table,
                      const double *weight, uint32_t n);

static inline uint32_t sgns_stratum_draw(const sgns_stratum *stratum, uint64_t bits)
{
    return stratum->first + sgns_alias_draw(stratum->table, stratum->n, bits);
}

#endif
