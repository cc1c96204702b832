/* Text -> numbered tokens, and the passes over tokens that follow.
 *
 * Tokens are gathered in batches: their slots are fetched while the text is still being split, so
 * that the misses of many tokens overlap. */
#include "encode.h"

#include "encode_column.h"
#include "encode_rank.h"
#include "encode_scan.h"
#include "encode_table.h"
#include "encode_utf8.h"

#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(address) __builtin_prefetch(address)
#elif defined(SCAN_SSE2)
#define PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)
#else
#define PREFETCH(address) ((void)(address))
#endif

/* Room to begin with; small, so that tests reach every growth. */
enum { FIRST_SLOTS = 64, FIRST_WORDS = 32, FIRST_BYTES = 256 };

struct word_table *table_new(void)
{
    struct word_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->slots = malloc(FIRST_SLOTS * sizeof *table->slots);
    table->counts = malloc(FIRST_WORDS * sizeof *table->counts);
    table->ends = malloc(FIRST_WORDS * sizeof *table->ends);
    table->arena = malloc(FIRST_BYTES);
    if (!table->slots || !table->counts || !table->ends || !table->arena) {
        table_free(table);
        return NULL;
    }
    memset(table->slots, 0xFF, FIRST_SLOTS * sizeof *table->slots); /* every word is NO_WORD */
    table->slot_mask = FIRST_SLOTS - 1;
    table->capacity = FIRST_WORDS;
    table->arena_capacity = FIRST_BYTES;
    return table;
}

void table_free(struct word_table *table)
{
    if (!table)
        return;
    free(table->slots);
    free(table->counts);
    free(table->ends);
    free(table->arena);
    free(table);
}

size_t table_words(const struct word_table *table) { return table->n_words; }

size_t table_bytes(const struct word_table *table)
{
    return table->n_words ? table->ends[table->n_words - 1] : 0;
}

enum { BATCH = 32 }; /* tokens */

struct token {
    const uint8_t *text;
    size_t length;
    uint64_t key;
};

/* Numbers one token whose bytes may be malformed: only new words are looked at, so this costs
 * nothing where words repeat. *dropped says that nothing of the token is left. */
static enum encode_status enter_word(struct word_table *table, const struct token *token,
                                     enum encode_errors errors, uint32_t *word, int *dropped)
{
    size_t valid =
        errors == ENCODE_TRUST ? token->length : utf8_first_invalid(token->text, token->length);
    if (valid == token->length)
        return table_insert(table, token->text, token->length, token->key, word);
    if (errors == ENCODE_STRICT)
        return ENCODE_INVALID_UTF8;

    if (token->length > SIZE_MAX / 3)
        return ENCODE_NO_MEMORY;
    uint8_t *repaired = malloc(3 * token->length);
    if (!repaired)
        return ENCODE_NO_MEMORY;
    enum encode_status status = ENCODE_OK;
    size_t length = utf8_repair(token->text, token->length, errors == ENCODE_REPLACE, repaired);
    *dropped = length == 0;
    if (length) {
        uint64_t key = word_key(repaired, length, repaired + length);
        *word = find_slot(table, repaired, length, key)->word;
        if (*word == NO_WORD)
            status = table_insert(table, repaired, length, key, word);
    }
    free(repaired);
    return status;
}

/* Numbers and counts the tokens of a batch. On an error *n_done tokens of it were taken. */
static enum encode_status take_batch(struct word_table *table, const struct token *batch, size_t n,
                                     enum encode_errors errors, uint32_t **out, size_t *n_done)
{
    for (*n_done = 0; *n_done < n; ++*n_done) {
        const struct token *token = &batch[*n_done];
        uint32_t word = find_slot(table, token->text, token->length, token->key)->word;
        if (word == NO_WORD) {
            int dropped = 0;
            enum encode_status status = enter_word(table, token, errors, &word, &dropped);
            if (status)
                return status;
            if (dropped)
                continue;
        }
        table->counts[word]++;
        *(*out)++ = word;
    }
    return ENCODE_OK;
}

static inline void prepare(const struct word_table *table, struct token *token,
                           const uint8_t *start, const uint8_t *end, const uint8_t *limit)
{
    token->text = start;
    token->length = (size_t)(end - start);
    token->key = word_key(start, token->length, limit);
    PREFETCH(&table->slots[slot_of_key(table, token->key, short_length(token->length))]);
}

enum encode_status encode_text(struct word_table *table, struct encode_text *text)
{
    const uint8_t *end = text->data + text->end, *stop = text->data + text->stop;
    const uint8_t *p = text->data + text->begin;
    uint32_t *out = text->tokens;
    struct token batch[BATCH];
    size_t n = 0, done = 0;
    enum encode_status status = ENCODE_OK;
    /* Repairing may drop tokens, so document ends are known only after the batch. */
    const int flush_at_line = text->errors == ENCODE_IGNORE;

    text->n_documents = 0;
    if (text->begin > 0 && !is_space(p[-1]))
        p = find_space(p, end);
    while (p < stop) {
        if (is_space(*p)) {
            if (*p++ != '\n' || !text->lines)
                continue;
            if (flush_at_line && n) {
                status = take_batch(table, batch, n, text->errors, &out, &done);
                if (status)
                    break;
                n = 0;
            }
            text->document_ends[text->n_documents++] = (out - text->tokens) + (int64_t)n;
            continue;
        }
        const uint8_t *start = p;
        p = find_space(p, end);
        prepare(table, &batch[n++], start, p, end);
        if (n == BATCH) {
            status = take_batch(table, batch, n, text->errors, &out, &done);
            if (status)
                break;
            n = 0;
        }
    }
    if (!status)
        status = take_batch(table, batch, n, text->errors, &out, &done);
    if (status == ENCODE_INVALID_UTF8) {
        const struct token *token = &batch[done];
        text->invalid =
            (size_t)(token->text - text->data) + utf8_first_invalid(token->text, token->length);
    }
    text->n_tokens = (size_t)(out - text->tokens);
    if (text->closes)
        text->document_ends[text->n_documents++] = (int64_t)text->n_tokens;
    return status;
}

enum encode_status encode_tokens(struct word_table *table, const uint8_t *data, size_t size,
                                 const int64_t *ends, size_t n_tokens, size_t gap, uint32_t *tokens)
{
    const uint8_t *start = data;
    struct token batch[BATCH];
    size_t n = 0, done;
    for (size_t i = 0; i < n_tokens; i++) {
        prepare(table, &batch[n++], start, data + ends[i], data + size);
        start = data + ends[i] + gap;
        if (n < BATCH && i + 1 < n_tokens)
            continue;
        enum encode_status status = take_batch(table, batch, n, ENCODE_TRUST, &tokens, &done);
        if (status)
            return status;
        n = 0;
    }
    return ENCODE_OK;
}

enum encode_status table_absorb(struct word_table *table, const struct word_table *other,
                                uint32_t *mapping)
{
    const uint8_t *limit = other->arena + table_bytes(other);
    for (size_t i = 0; i < other->n_words; i++) {
        const uint8_t *text = word_text(other, i);
        size_t length = word_length(other, i);
        uint64_t key = word_key(text, length, limit);
        uint32_t word = find_slot(table, text, length, key)->word;
        if (word == NO_WORD) {
            enum encode_status status = table_insert(table, text, length, key, &word);
            if (status)
                return status;
        }
        table->counts[word] += other->counts[i];
        mapping[i] = word;
    }
    return ENCODE_OK;
}

void table_count(struct word_table *table, const int64_t *counts)
{
    for (size_t i = 0; i < table->n_words; i++)
        table->counts[i] += (uint64_t)counts[i];
}

enum encode_status table_rank(const struct word_table *table, uint32_t *ranks, int64_t *counts,
                              int64_t *offsets, uint8_t *bytes)
{
    struct ranked_word *buffer;
    const struct ranked_word *ranked = ranked_words(table, &buffer);
    if (!ranked)
        return ENCODE_NO_MEMORY;
    size_t used = 0;
    offsets[0] = 0;
    for (size_t rank = 0; rank < table->n_words; rank++) {
        size_t word = ranked[rank].word, length = word_length(table, word);
        ranks[word] = (uint32_t)rank;
        counts[rank] = (int64_t)table->counts[word];
        if (length)
            memcpy(bytes + used, word_text(table, word), length);
        used += length;
        offsets[rank + 1] = (int64_t)used;
    }
    free(buffer);
    return ENCODE_OK;
}

void table_texts(const struct word_table *table, int64_t *offsets, uint8_t *bytes)
{
    offsets[0] = 0;
    for (size_t word = 0; word < table->n_words; word++)
        offsets[word + 1] = (int64_t)table->ends[word];
    if (table->n_words)
        memcpy(bytes, table->arena, table_bytes(table));
}

size_t take_column(uint8_t *text, size_t size, uint8_t *column, int64_t *ends)
{
    return split_column(text, size, column, ends);
}

size_t remap_tokens(uint32_t *tokens, size_t n_tokens, const uint32_t *mapping, size_t n_words)
{
    for (size_t i = 0; i < n_tokens; i++) {
        if (tokens[i] >= n_words)
            return i;
        tokens[i] = mapping[tokens[i]];
    }
    return n_tokens;
}

uint32_t largest_token(const uint32_t *tokens, size_t n_tokens)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < n_tokens; i++)
        largest = tokens[i] > largest ? tokens[i] : largest;
    return largest;
}

uint64_t hash_bytes(const uint8_t *data, size_t size)
{
    /* Four lanes, so that four multiplications are under way at once. */
    uint64_t lanes[4] = {1, 2, 3, 4}, hash = size * MIX_B;
    size_t i = 0;
    for (; size - i >= 32; i += 32)
        for (int lane = 0; lane < 4; lane++)
            lanes[lane] = mix(lanes[lane] ^ load_word(data + i + 8 * lane)) + MIX_B;
    for (int lane = 0; lane < 4; lane++)
        hash = mix(hash ^ lanes[lane]) + MIX_B;
    for (; i < size; i += 8) {
        size_t rest = size - i < 8 ? size - i : 8;
        hash = mix(hash ^ load_short(data + i, rest, data + size)) + MIX_B;
    }
    return mix(hash);
}
