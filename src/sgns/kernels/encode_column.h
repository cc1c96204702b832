/* The first column of each line of a text: the tag of a document. */
#ifndef SGNS_ENCODE_COLUMN_H
#define SGNS_ENCODE_COLUMN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies what stands before the first tab of each line to `column`, each with a line feed after
 * it, and writes spaces in its place, so that nothing else of the text moves. Item i is
 * column[ends[i - 1] + 1 .. ends[i]).
 *
 * text: [size]; column: [size]; ends: [line feeds + 1]. Returns the number of lines done, and stops
 * at a line without a tab. */
static inline size_t split_column(uint8_t *text, size_t size, uint8_t *column, int64_t *ends)
{
    size_t n = 0, used = 0;
    for (uint8_t *line = text, *end = text + size; line < end;) {
        uint8_t *feed = memchr(line, '\n', (size_t)(end - line));
        uint8_t *stop = feed ? feed : end;
        uint8_t *tab = memchr(line, '\t', (size_t)(stop - line));
        if (!tab)
            break;
        size_t length = (size_t)(tab - line);
        memcpy(column + used, line, length);
        memset(line, ' ', length);
        used += length;
        ends[n++] = (int64_t)used;
        column[used++] = '\n';
        line = feed ? feed + 1 : end;
    }
    return n;
}

#endif
