/* Bytes -> counted, numbered tokens: what _encode.pyx calls, always without the GIL.
 *
 * Positions and counts are 64-bit; word numbers are 32-bit, and running out of them is an error. */
#ifndef SGNS_ENCODE_H
#define SGNS_ENCODE_H

#include <stddef.h>
#include <stdint.h>

enum encode_status {
    ENCODE_OK = 0,
    ENCODE_NO_MEMORY = 1,
    ENCODE_TOO_MANY_WORDS = 2,
    ENCODE_INVALID_UTF8 = 3,
};

enum encode_errors {
    ENCODE_STRICT = 0,  /* malformed UTF-8 is an error */
    ENCODE_REPLACE = 1, /* U+FFFD stands in for it */
    ENCODE_IGNORE = 2,  /* it is left out, and so is a token of nothing else */
    ENCODE_TRUST = 3,   /* the bytes come from Python strings, lone surrogates included */
};

struct word_table;

struct word_table *table_new(void); /* NULL without memory */
void table_free(struct word_table *table);
size_t table_words(const struct word_table *table);
size_t table_bytes(const struct word_table *table); /* of all words together */

/* The text of one call, and what comes of it. */
struct encode_text {
    const uint8_t *data; /* [end] */
    size_t begin;        /* tokens that start in [begin, stop) are taken, each to its end, */
    size_t stop;         /* even past `stop`; one that started before `begin` is left out */
    size_t end;
    int lines;  /* a line feed ends a document */
    int closes; /* so does the end of the text */
    enum encode_errors errors;
    uint32_t *tokens;       /* [(stop - begin + 1) / 2] word numbers */
    size_t n_tokens;        /* out */
    int64_t *document_ends; /* [line feeds in [begin, stop) + 1] tokens before each end */
    size_t n_documents;     /* out */
    size_t invalid;         /* out: position in `data` of the malformed byte */
};

/* Splits text at ASCII white space, and numbers and counts its tokens. */
enum encode_status encode_text(struct word_table *table, struct encode_text *text);

/* Numbers and counts tokens given by their ends: token i is data[ends[i-1] + gap .. ends[i]). */
enum encode_status encode_tokens(struct word_table *table, const uint8_t *data, size_t size,
                                 const int64_t *ends, size_t n_tokens, size_t gap,
                                 uint32_t *tokens);

/* Enters all words of `other` with their counts; mapping[i] is the number of its word i here. */
enum encode_status table_absorb(struct word_table *table, const struct word_table *other,
                                uint32_t *mapping);

/* Fills ranks[word] with the place of each word by falling count, ties by its bytes, and copies
 * counts, end offsets and bytes of the words out in that order. UTF-8 sorts by code point. */
enum encode_status table_rank(const struct word_table *table, uint32_t *ranks, int64_t *counts,
                              int64_t *offsets, uint8_t *bytes);

/* Copies the end offsets and bytes of the words out in the order of their numbers. */
void table_texts(const struct word_table *table, int64_t *offsets, uint8_t *bytes);

/* Adds to the count of each word. */
void table_count(struct word_table *table, const int64_t *counts);

/* Takes the first column of each line out of a text; see encode_column.h. */
size_t take_column(uint8_t *text, size_t size, uint8_t *column, int64_t *ends);

/* tokens[i] = mapping[tokens[i]], in place. Returns the first i whose token is not below
 * `n_words`, or `n_tokens`. */
size_t remap_tokens(uint32_t *tokens, size_t n_tokens, const uint32_t *mapping, size_t n_words);

/* The largest of the tokens; 0 if there are none. */
uint32_t largest_token(const uint32_t *tokens, size_t n_tokens);

/* A checksum of bytes: for damage, not for adversaries. */
uint64_t hash_bytes(const uint8_t *data, size_t size);

#endif
