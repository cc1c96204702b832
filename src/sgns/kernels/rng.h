/* Counter-based random numbers: a value depends on (key, counter) alone, never on a thread.
 *
 * The mixer is the finaliser of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014), a bijection of
 * 64-bit words in which every input bit changes every output bit with probability one half.
 */
#ifndef SGNS_RNG_H
#define SGNS_RNG_H

#include <stdint.h>

#define SGNS_GOLDEN UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t sgns_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* A key for one purpose out of a parent key and a number. */
static inline uint64_t sgns_derive(uint64_t key, uint64_t number)
{
    return sgns_mix(sgns_mix(key + SGNS_GOLDEN) ^ (number * SGNS_GOLDEN + 1));
}

/* The value of stream `key` at place `counter`. */
static inline uint64_t sgns_random_at(uint64_t key, uint64_t counter)
{
    return sgns_mix(key + counter * SGNS_GOLDEN);
}

/* The next value of a sequential stream. */
static inline uint64_t sgns_random_next(uint64_t *state) { return sgns_mix(*state += SGNS_GOLDEN); }

/* An integer in [0, n) from 32 random bits (Lemire 2019, without rejection: bias below n / 2^32).
 */
static inline uint32_t sgns_below(uint32_t bits, uint32_t n)
{
    return (uint32_t)(((uint64_t)bits * n) >> 32);
}

/* Place `index` of a random permutation of [0, n): a four-round Feistel network on the smallest
 * even number of bits that holds n, walked until it falls inside. It needs no memory, so the order
 * of visits can be shuffled for a corpus of any size. */
static inline uint64_t sgns_permute(uint64_t index, uint64_t n, uint64_t key)
{
    int half = 1;
    while ((UINT64_C(1) << (2 * half)) < n)
        half++;
    const uint64_t mask = (UINT64_C(1) << half) - 1;
    uint64_t place = index;
    do {
        uint64_t left = place >> half, right = place & mask;
        for (int round = 0; round < 4; round++) {
            uint64_t swapped = left ^ (sgns_mix(sgns_derive(key, (uint64_t)round) + right) & mask);
            left = right;
            right = swapped;
        }
        place = (left << half) | right;
    } while (place >= n);
    return place;
}

#endif
