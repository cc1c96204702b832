/* Search for ASCII white space: space, \t, \n, \v, \f and \r, as in bytes.split() of Python. */
#ifndef SGNS_ENCODE_SCAN_H
#define SGNS_ENCODE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#define SCAN_SSE2 1
#include <emmintrin.h>
#endif
#if defined(_MSC_VER)
#include <intrin.h>
#endif

static inline int is_space(uint8_t byte) { return byte == ' ' || (uint8_t)(byte - 9) < 5; }

#if defined(SCAN_SSE2)
static inline unsigned lowest_bit(unsigned mask)
{
#if defined(_MSC_VER)
    unsigned long index;
    _BitScanForward(&index, mask);
    return index;
#else
    return (unsigned)__builtin_ctz(mask);
#endif
}

/* Bit i tells whether p[i] is white space. Reads 16 bytes. */
static inline unsigned space_mask(const uint8_t *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)p);
    __m128i spaces = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));
    /* As signed numbers, so that bytes from 0x80 on are below 9 too. */
    __m128i controls = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(8)),
                                     _mm_cmplt_epi8(bytes, _mm_set1_epi8(14)));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(spaces, controls));
}
#else
/* The high bit of each byte of the result tells whether that byte of `word` is white space. */
static inline uint64_t space_bytes(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t low = word & ~highs;
    /* No byte carries into the next one: 0x7F + 0x7F < 0x100. */
    uint64_t not_space = (low ^ (ones * ' ')) + ones * 0x7F;
    uint64_t at_least_9 = low + ones * (0x80 - 9);
    uint64_t at_least_14 = low + ones * (0x80 - 14);
    return (~not_space | (at_least_9 & ~at_least_14)) & ~word & highs;
}
#endif

/* The first white space in [p, end), or `end`. */
static inline const uint8_t *find_space(const uint8_t *p, const uint8_t *end)
{
#if defined(SCAN_SSE2)
    for (; end - p >= 16; p += 16) {
        unsigned mask = space_mask(p);
        if (mask)
            return p + lowest_bit(mask);
    }
#else
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        if (space_bytes(word))
            break;
    }
#endif
    while (p < end && !is_space(*p))
        p++;
    return p;
}

#endif
