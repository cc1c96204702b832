/* The order of words: by falling count, ties by their bytes.
 *
 * Count and first 8 bytes decide nearly always; they are sorted by radix, 11 bits at a time, and
 * only words that agree in both are compared byte by byte. */
#ifndef SGNS_ENCODE_RANK_H
#define SGNS_ENCODE_RANK_H

#include "encode_table.h"

enum { RADIX_BITS = 11, RADIX_SIZE = 1 << RADIX_BITS };

struct ranked_word {
    uint64_t rareness; /* largest count - count */
    uint64_t prefix;   /* first 8 bytes, as a number that sorts like them */
    uint32_t word;
};

static uint64_t sortable_prefix(const uint8_t *text, size_t length)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < 8; i++)
        prefix = prefix << 8 | (i < length ? text[i] : 0);
    return prefix;
}

static inline size_t radix_digit(const struct ranked_word *item, int by_prefix, int shift)
{
    return (size_t)((by_prefix ? item->prefix : item->rareness) >> shift) & (RADIX_SIZE - 1);
}

/* Moves the items, in the order of one digit of their key, from one buffer to the other, which is
 * then the first. Does nothing if all have the same digit. */
static void radix_pass(struct ranked_word **from, struct ranked_word **to, size_t n, int by_prefix,
                       int shift)
{
    size_t starts[RADIX_SIZE] = {0};
    for (size_t i = 0; i < n; i++)
        starts[radix_digit(&(*from)[i], by_prefix, shift)]++;
    if (starts[radix_digit(&(*from)[0], by_prefix, shift)] == n)
        return;
    for (size_t digit = 0, sum = 0; digit < RADIX_SIZE; digit++) {
        size_t size = starts[digit];
        starts[digit] = sum;
        sum += size;
    }
    for (size_t i = 0; i < n; i++)
        (*to)[starts[radix_digit(&(*from)[i], by_prefix, shift)]++] = (*from)[i];
    struct ranked_word *swap = *from;
    *from = *to;
    *to = swap;
}

static int bytes_before(const struct word_table *table, uint32_t a, uint32_t b)
{
    size_t a_length = word_length(table, a), b_length = word_length(table, b);
    size_t shorter = a_length < b_length ? a_length : b_length;
    int order = memcmp(word_text(table, a), word_text(table, b), shorter);
    return order ? order < 0 : a_length < b_length;
}

/* Merge sort by bytes, from runs of one upwards; the result is in `items`. */
static void sort_by_bytes(const struct word_table *table, struct ranked_word *items,
                          struct ranked_word *spare, size_t n)
{
    struct ranked_word *from = items, *to = spare;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t first = 0; first < n; first += 2 * width) {
            size_t middle = n - first < width ? n : first + width;
            size_t last = n - middle < width ? n : middle + width;
            size_t a = first, b = middle, out = first;
            while (a < middle && b < last)
                to[out++] = bytes_before(table, from[b].word, from[a].word) ? from[b++] : from[a++];
            while (a < middle)
                to[out++] = from[a++];
            while (b < last)
                to[out++] = from[b++];
        }
        struct ranked_word *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}

/* Returns all words of the table in order, to be freed with free(*buffer); NULL without memory. */
static const struct ranked_word *ranked_words(const struct word_table *table,
                                              struct ranked_word **buffer)
{
    size_t n = table->n_words;
    if (n > SIZE_MAX / 2 / sizeof **buffer - 1)
        return NULL;
    struct ranked_word *items = malloc((2 * n + 1) * sizeof *items), *spare = items + n;
    *buffer = items;
    if (!items || !n)
        return items;
    uint64_t largest = 0;
    for (size_t i = 0; i < n; i++)
        if (table->counts[i] > largest)
            largest = table->counts[i];
    for (size_t i = 0; i < n; i++) {
        items[i].rareness = largest - table->counts[i];
        items[i].prefix = sortable_prefix(word_text(table, i), word_length(table, i));
        items[i].word = (uint32_t)i;
    }
    for (int by_prefix = 1; by_prefix >= 0; by_prefix--)
        for (int shift = 0; shift < 64; shift += RADIX_BITS)
            radix_pass(&items, &spare, n, by_prefix, shift);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n; end++)
            if (items[end].prefix != items[first].prefix ||
                items[end].rareness != items[first].rareness)
                break;
        if (end - first > 1)
            sort_by_bytes(table, items + first, spare, end - first);
    }
    return items;
}

#endif
