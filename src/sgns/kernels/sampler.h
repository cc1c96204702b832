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

/* The column that random bits fall into, and the word that it stands for. */
static inline uint32_t sgns_alias_column(uint32_t n, uint64_t bits)
{
    return sgns_below((uint32_t)(bits >> 32), n);
}

static inline uint32_t sgns_alias_word(const sgns_alias *table, uint32_t column, uint64_t bits)
{
    return (uint32_t)bits <= table[column].threshold ? column : table[column].alias;
}

/* Noise words are drawn from a proposal distribution and weigh as much as the noise distribution
 * has them more often than the proposal: the expectation is that of the noise distribution. */
typedef struct {
    const sgns_alias *table; /* of the proposal, n entries */
    const float *ratio;      /* n: probability under the noise distribution / under the proposal */
    uint32_t n;
} sgns_noise;

#endif
