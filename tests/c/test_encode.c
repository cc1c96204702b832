/* Splitting, checking and numbering of text, against what a loop over bytes gives. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "encode.h"
#include "encode_scan.h"
#include "encode_utf8.h"
#include "rng.h"

enum { SIZE = 700 };

/* Bytes around white space and around the borders of ASCII, in memory of exactly `size`. */
static uint8_t *awkward_bytes(size_t size, uint64_t key)
{
    static const uint8_t some[] = {' ', '\t', '\n', '\r', 8, 14, 31, 33, 0x7F, 0x80, 0x89, 0xA0};
    uint8_t *bytes = allocate(size ? size : 1);
    for (size_t i = 0; i < size; i++) {
        uint64_t bits = sgns_random_at(key, i);
        bytes[i] = bits % 8 ? (uint8_t)(bits >> 8) : some[(bits >> 8) % sizeof some];
    }
    return bytes;
}

static void test_scan(void)
{
    for (size_t size = 0; size < 70; size++) {
        for (uint64_t key = 0; key < 20; key++) {
            uint8_t *bytes = awkward_bytes(size, key);
            for (size_t from = 0; from <= size; from++) {
                size_t expected = from;
                while (expected < size &&
                       !strchr(" \t\n\v\f\r", bytes[expected] | !bytes[expected]))
                    expected++;
                size_t found = (size_t)(find_space(bytes + from, bytes + size) - bytes);
                check(found == expected, "find_space from %d of %d", (int)from, (int)size);
            }
            free(bytes);
        }
    }
}

static void test_utf8(void)
{
    for (uint64_t key = 0; key < 300; key++) {
        size_t size = key % 40;
        uint8_t *bytes = awkward_bytes(size, key), *repaired = allocate(3 * size + 1);
        size_t first = 0, bad = 0, step = 1;
        while (first < size && (step = utf8_code_point(bytes + first, bytes + size, &bad)) > 0)
            first += step;
        check(utf8_first_invalid(bytes, size) == first, "utf8_first_invalid of %d", (int)key);
        for (int replace = 0; replace < 2; replace++) {
            size_t length = utf8_repair(bytes, size, replace, repaired);
            check(length <= 3 * size, "repaired text fits");
            check(utf8_first_invalid(repaired, length) == length, "repaired text is well formed");
            check(first < size || (length == size && memcmp(repaired, bytes, size) == 0),
                  "well-formed text stays as it is");
        }
        free(bytes);
        free(repaired);
    }
}

/* Words of one to twelve letters out of 3^n each; every ninth gap is a line feed. */
static uint8_t *text_of_words(void)
{
    uint8_t *text = allocate(SIZE);
    size_t left = 0;
    for (size_t i = 0; i < SIZE; i++) {
        uint64_t bits = sgns_random_at(77, i);
        if (left-- > 0) {
            text[i] = (uint8_t)('a' + bits % 3);
            continue;
        }
        text[i] = bits % 9 ? ' ' : '\n';
        left = (bits >> 8) % 13;
    }
    return text;
}

/* Number the tokens that start in [begin, stop). */
static size_t encode_part(struct word_table *table, const uint8_t *data, size_t begin, size_t stop,
                          uint32_t *tokens, int64_t *ends, size_t *n_documents)
{
    struct encode_text text = {.data = data,
                               .begin = begin,
                               .stop = stop,
                               .end = SIZE,
                               .lines = 1,
                               .tokens = tokens,
                               .document_ends = ends};
    check(encode_text(table, &text) == ENCODE_OK, "encode_text succeeds");
    *n_documents = text.n_documents;
    return text.n_tokens;
}

/* Wherever text is cut, the parts give what the whole gives. */
static void test_cuts(void)
{
    uint8_t *data = text_of_words();
    uint32_t whole[SIZE], parts[SIZE];
    int64_t whole_ends[SIZE], part_ends[SIZE];
    size_t whole_documents, first, second;
    struct word_table *table = table_new();
    check(table != NULL, "a table");
    size_t n = encode_part(table, data, 0, SIZE, whole, whole_ends, &whole_documents);
    for (size_t cut = 0; cut <= SIZE; cut++) {
        struct word_table *other = table_new();
        size_t head = encode_part(other, data, 0, cut, parts, part_ends, &first);
        size_t tail = encode_part(other, data, cut, SIZE, parts + head, part_ends + first, &second);
        check(head + tail == n && memcmp(parts, whole, n * sizeof *whole) == 0,
              "tokens of a text cut at %d", (int)cut);
        check(first + second == whole_documents, "documents of a text cut at %d", (int)cut);
        check(table_words(other) == table_words(table), "words of a text cut at %d", (int)cut);
        table_free(other);
    }
    table_free(table);
    free(data);
}

/* Ranks go by falling count, ties by the bytes, and a merged table has the sums. */
static void test_ranks(void)
{
    uint8_t *data = text_of_words();
    uint32_t tokens[SIZE], mapping[SIZE], ranks[SIZE];
    int64_t ends[SIZE], counts[SIZE], offsets[SIZE + 1];
    uint8_t bytes[SIZE];
    size_t documents;
    struct word_table *table = table_new(), *sum = table_new();
    size_t n = encode_part(table, data, 0, SIZE, tokens, ends, &documents);
    for (int i = 0; i < 2; i++)
        check(table_absorb(sum, table, mapping) == ENCODE_OK, "a table takes another in");
    check(table_rank(sum, ranks, counts, offsets, bytes) == ENCODE_OK, "ranks");
    int64_t total = 0;
    for (size_t i = 0; i < table_words(sum); i++) {
        total += counts[i];
        if (i == 0)
            continue;
        int64_t a = offsets[i] - offsets[i - 1], b = offsets[i + 1] - offsets[i];
        int order = memcmp(bytes + offsets[i - 1], bytes + offsets[i], (size_t)(a < b ? a : b));
        check(counts[i - 1] > counts[i] ||
                  (counts[i - 1] == counts[i] && (order < 0 || (order == 0 && a < b))),
              "rank %d", (int)i);
    }
    check(total == 2 * (int64_t)n, "counts of both tables");
    check(remap_tokens(tokens, n, mapping, table_words(table)) == n, "remapped tokens");
    check(largest_token(tokens, n) + 1 == table_words(sum), "the largest token");
    check(remap_tokens(tokens, n, mapping, 1) < n, "a token past the words is told");
    table_free(table);
    table_free(sum);
    free(data);
}

static void test_hash(void)
{
    for (size_t size = 0; size < 100; size++) {
        uint8_t *bytes = awkward_bytes(size, 3);
        uint64_t before = hash_bytes(bytes, size);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check(hash_bytes(bytes, size) != before, "bit %d of %d bytes", (int)bit, (int)size);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(bytes);
    }
}

void test_encode(void)
{
    test_scan();
    test_utf8();
    test_cuts();
    test_ranks();
    test_hash();
}
