/* The order of words: by falling count, ties by their bytes. */
#ifndef SGNS_ENCODE_RANK_H
#define SGNS_ENCODE_RANK_H

#include "encode_table.h"

/* What decides the place of a word: nearly always these two numbers alone. */
struct ranked_word {
    uint64_t count;
    uint64_t prefix; /* first 8 bytes, as a number that sorts like them */
    uint32_t word;
};

static uint64_t sortable_prefix(const uint8_t *text, size_t length) {
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; i++) prefix = prefix << 8 | (i < length ? text[i] : 0);
    return prefix;
}

static int ranks_before(const struct word_table *table, const struct ranked_word *a,
                        const struct ranked_word *b) {
    if (a->count != b->count) return a->count > b->count;
    if (a->prefix != b->prefix) return a->prefix < b->prefix;
    size_t a_length = word_length(table, a->word), b_length = word_length(table, b->word);
    size_t shorter = a_length < b_length ? a_length : b_length;
    int order = memcmp(word_text(table, a->word), word_text(table, b->word), shorter);
    return order ? order < 0 : a_length < b_length;
}

/* Merge sort, from runs of one upwards; returns the one of the two buffers with the result. */
static struct ranked_word *sort_words(const struct word_table *table, struct ranked_word *from,
                                      struct ranked_word *to, size_t n) {
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t first = 0; first < n; first += 2 * width) {
            size_t middle = n - first < width ? n : first + width;
            size_t last = n - middle < width ? n : middle + width;
            size_t a = first, b = middle, out = first;
            while (a < middle && b < last)
                to[out++] = ranks_before(table, &from[b], &from[a]) ? from[b++] : from[a++];
            while (a < middle) to[out++] = from[a++];
            while (b < last) to[out++] = from[b++];
        }
        struct ranked_word *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

#endif
