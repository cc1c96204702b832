/* A table that numbers and counts words: open addressing, linear probing, hashes stored. */
#ifndef SGNS_ENCODE_TABLE_H
#define SGNS_ENCODE_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"

#define NO_WORD UINT32_MAX

/* 64 random bits, odd: spreads the low bits of a product over its high ones. */
#define MIX_A UINT64_C(0x9FB21C651E98DF25)
#define MIX_B UINT64_C(0xD6E8FEB86659FD93)

/* A slot decides most comparisons by itself: the key of a word of at most 8 bytes is those bytes,
 * that of a longer one its hash, and only then are the bytes in the arena compared. */
struct table_slot {
    uint64_t key;
    uint32_t length; /* of the word in bytes, at most UINT32_MAX */
    uint32_t word;   /* NO_WORD where the slot is free */
};

struct word_table {
    struct table_slot *slots; /* [slot_mask + 1] */
    size_t slot_mask;
    size_t n_words;
    size_t capacity;  /* words that `counts` and `ends` have room for */
    uint64_t *counts; /* [capacity] occurrences */
    size_t *ends;     /* [capacity] where each word ends in the arena */
    uint8_t *arena;   /* [arena_capacity] the words, one after the other */
    size_t arena_capacity;
};

static inline uint64_t mix(uint64_t value)
{
    value *= MIX_A;
    value ^= value >> 32;
    return value;
}

static inline uint64_t load_word(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

/* `length` <= 8 bytes as a number, the rest zero. Reads 8 bytes where `limit` allows it. */
static inline uint64_t load_short(const uint8_t *p, size_t length, const uint8_t *limit)
{
    if (length == 0)
        return 0;
    if (limit - p >= 8)
        return load_word(p) & (UINT64_MAX >> (64 - 8 * length));
    uint64_t word = 0;
    memcpy(&word, p, length);
    return word;
}

static inline uint64_t word_key(const uint8_t *text, size_t length, const uint8_t *limit)
{
    if (length <= 8)
        return load_short(text, length, limit);
    uint64_t hash = length * MIX_B;
    for (size_t i = 0; i + 8 < length; i += 8)
        hash = mix(hash ^ load_word(text + i)) + MIX_B;
    return mix(hash ^ load_word(text + length - 8));
}

static inline uint32_t short_length(size_t length)
{
    return length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
}

static inline size_t slot_of_key(const struct word_table *table, uint64_t key, uint32_t length)
{
    return (size_t)(mix(key ^ (length * MIX_B)) >> 16) & table->slot_mask;
}

static inline const uint8_t *word_text(const struct word_table *table, size_t word)
{
    return table->arena + (word ? table->ends[word - 1] : 0);
}

static inline size_t word_length(const struct word_table *table, size_t word)
{
    return table->ends[word] - (word ? table->ends[word - 1] : 0);
}

/* The slot that holds the word, or the free slot where it belongs. */
static inline struct table_slot *find_slot(const struct word_table *table, const uint8_t *text,
                                           size_t length, uint64_t key)
{
    uint32_t shortened = short_length(length);
    for (size_t i = slot_of_key(table, key, shortened);; i = (i + 1) & table->slot_mask) {
        struct table_slot *slot = &table->slots[i];
        if (slot->word == NO_WORD)
            return slot;
        if (slot->key != key || slot->length != shortened)
            continue;
        if (length <= 8)
            return slot;
        if (word_length(table, slot->word) == length &&
            memcmp(word_text(table, slot->word), text, length) == 0)
            return slot;
    }
}

/* Doubles the slots. Keys and lengths are stored, so no word is read again. */
static enum encode_status grow_slots(struct word_table *table)
{
    size_t old_size = table->slot_mask + 1, size = old_size * 2;
    if (size > SIZE_MAX / sizeof *table->slots)
        return ENCODE_NO_MEMORY;
    struct table_slot *old = table->slots, *slots = malloc(size * sizeof *slots);
    if (!slots)
        return ENCODE_NO_MEMORY;
    memset(slots, 0xFF, size * sizeof *slots);
    table->slots = slots;
    table->slot_mask = size - 1;
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].word == NO_WORD)
            continue;
        size_t j = slot_of_key(table, old[i].key, old[i].length);
        while (slots[j].word != NO_WORD)
            j = (j + 1) & table->slot_mask;
        slots[j] = old[i];
    }
    free(old);
    return ENCODE_OK;
}

static enum encode_status grow_words(struct word_table *table)
{
    size_t capacity = table->capacity * 2;
    if (capacity > SIZE_MAX / sizeof(uint64_t))
        return ENCODE_NO_MEMORY;
    uint64_t *counts = realloc(table->counts, capacity * sizeof *counts);
    if (!counts)
        return ENCODE_NO_MEMORY;
    table->counts = counts;
    size_t *ends = realloc(table->ends, capacity * sizeof *ends);
    if (!ends)
        return ENCODE_NO_MEMORY;
    table->ends = ends;
    table->capacity = capacity;
    return ENCODE_OK;
}

static enum encode_status grow_arena(struct word_table *table, size_t needed)
{
    size_t capacity = table->arena_capacity;
    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2)
            return ENCODE_NO_MEMORY;
        capacity *= 2;
    }
    uint8_t *arena = realloc(table->arena, capacity);
    if (!arena)
        return ENCODE_NO_MEMORY;
    table->arena = arena;
    table->arena_capacity = capacity;
    return ENCODE_OK;
}

/* Enters a word that `find_slot` did not find, with a count of 0. Sets *word to its number. */
static enum encode_status table_insert(struct word_table *table, const uint8_t *text, size_t length,
                                       uint64_t key, uint32_t *word)
{
    enum encode_status status = ENCODE_OK;
    size_t start = table_bytes(table);
    if (table->n_words >= NO_WORD)
        return ENCODE_TOO_MANY_WORDS;
    if (length > SIZE_MAX - start)
        return ENCODE_NO_MEMORY;
    /* At most 5 of 8 slots are taken. */
    if (table->n_words * 8 >= (table->slot_mask + 1) * 5)
        status = grow_slots(table);
    if (!status && table->n_words == table->capacity)
        status = grow_words(table);
    if (!status && start + length > table->arena_capacity)
        status = grow_arena(table, start + length);
    if (status)
        return status;

    struct table_slot *slot = find_slot(table, text, length, key);
    *word = (uint32_t)table->n_words++;
    if (length)
        memcpy(table->arena + start, text, length);
    table->ends[*word] = start + length;
    table->counts[*word] = 0;
    slot->key = key;
    slot->length = short_length(length);
    slot->word = *word;
    return ENCODE_OK;
}

#endif
