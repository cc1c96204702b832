/* UTF-8: which bytes are well formed, and what stands in for the ones that are not. */
#ifndef SGNS_ENCODE_UTF8_H
#define SGNS_ENCODE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Length of the well-formed code point at `p`, or 0 with *bad set to the number of bytes that one
 * replacement character stands for: the longest beginning of a code point (Unicode 15, table 3-7
 * and "maximal subpart"), which is also what Python's decoder replaces. */
static inline size_t utf8_code_point(const uint8_t *p, const uint8_t *end, size_t *bad)
{
    uint8_t first = p[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xC2 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF5 ? 4
                                   : 0;
    *bad = 1;
    if (length < 2)
        return length;
    /* The second byte rules out overlong forms, surrogates and what is past U+10FFFF. */
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    for (size_t i = 1; i < length; i++) {
        if (p + i >= end || p[i] < low || p[i] > high) {
            *bad = i;
            return 0;
        }
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

/* Position of the first byte that is not well-formed UTF-8; `length` if all are. */
static inline size_t utf8_first_invalid(const uint8_t *text, size_t length)
{
    size_t i = 0;
    while (i < length) {
        if (i + 8 <= length) {
            uint64_t word;
            memcpy(&word, text + i, 8);
            if (!(word & UINT64_C(0x8080808080808080))) {
                i += 8;
                continue;
            }
        }
        size_t bad;
        size_t step = utf8_code_point(text + i, text + length, &bad);
        if (!step)
            return i;
        i += step;
    }
    return length;
}

/* Writes `text` without its malformed parts, or with U+FFFD for each of them. `out` has room for
 * 3 * length bytes. Returns the number of bytes written. */
static inline size_t utf8_repair(const uint8_t *text, size_t length, int replace, uint8_t *out)
{
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        size_t bad;
        size_t step = utf8_code_point(text + i, text + length, &bad);
        if (step) {
            memcpy(out + used, text + i, step);
            used += step;
            i += step;
            continue;
        }
        if (replace) {
            memcpy(out + used, "\xEF\xBF\xBD", 3);
            used += 3;
        }
        i += bad;
    }
    return used;
}

#endif
