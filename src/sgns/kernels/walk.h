/* Which target meets which contexts: words, documents or both; blocks of the corpus, subsampling,
 * windows.
 *
 * The corpus is cut into blocks of equally many tokens, visited in a random order. A block says
 * whose centres are visited, not where windows end: windows reach past it as far as their document
 * goes, so that cutting changes nothing. A lane walks one block after the other.
 *
 * The tokens may lie in several pieces, one after the other; no document is in two of them.
 *
 * Tokens, offsets and tags may be mapped from files, and of a file that is cut short meanwhile the
 * last page left reads as zeros. So what is read of them is checked each time: damage is counted,
 * and never leads outside the arrays.
 *
 * Whether a token is kept and how far its window reaches follows from (key, place in the corpus)
 * alone, so two lanes that look at the same token always agree. */
#ifndef SGNS_WALK_H
#define SGNS_WALK_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint32_t *tokens; /* word ids, most frequent word first, up to the start of the next */
    int64_t start;          /* place of the first of them in the corpus */
} sgns_piece;

typedef struct {
    const sgns_piece *pieces; /* n_pieces, the first at place 0, and one that starts at n_tokens */
    int64_t n_pieces;
    int64_t n_tokens;
    const int64_t *offsets; /* n_documents + 1 rising places of tokens */
    int64_t n_documents;
    uint32_t n_words;      /* ids from here on are too rare to train */
    uint32_t n_vocabulary; /* ids from here on are damage */
    const uint32_t *keep;  /* n_words: kept when 32 random bits are at most this */
    int window;            /* 0: the whole document */
    int shrink;            /* a window reaches 1 .. window words, else always window */
    int64_t block;         /* tokens in a block */
    int64_t n_blocks;
    uint64_t token_key; /* of this epoch: subsampling and window reach */
    uint64_t order_key; /* of this epoch: the order of the blocks; 0 keeps the corpus's order */
    int words;          /* words are targets, of the contexts in their windows */
    int group;          /* documents are, of so many kept words at a time; 0: they are not */
    /* Documents by their tags: document d has the rows tags[tag_offsets[d]:tag_offsets[d + 1]] of
     * W_d. NULL: the one row of document d is row d. */
    const uint32_t *tags;
    const int64_t *tag_offsets;
    int64_t n_tags;  /* all documents' together */
    int64_t n_rows;  /* of W_d */
    int32_t *visits; /* NULL, or n_tokens counts of how often each token was a centre */
} sgns_walk;

/* The kept words of a stretch of one document, some of which are centres. */
typedef struct {
    uint32_t *ids;   /* n kept words */
    uint32_t *reach; /* n: how far the window of each goes */
    int64_t n, room;
    int64_t centre, centres_end; /* the next centre, and where they end */

    int64_t met, tag; /* centres from here on are still to be met by this tag of the document */

    int64_t document;         /* of this stretch */
    int64_t zero;             /* what places are counted from for random numbers */
    int64_t next, block_end;  /* what is left of the block */
    int64_t place, place_end; /* what is left of the lane's blocks, in visiting order */
    int64_t tokens;           /* visited since the lane started, skipped ones too */
    int64_t damaged;          /* tokens with an id past the vocabulary, or in no document */
} sgns_lane;

/* One target and its contexts, to be read before the lane moves on. */
typedef struct {
    uint32_t word;                /* where the target is one */
    int is_document;              /* the target is not a word, but `row` */
    int64_t row;                  /* of W_d */
    int64_t document;             /* that the target is in */
    const uint32_t *left, *right; /* contexts before and after the centre; a document's are left */
    int n_left, n_right;
} sgns_target;

/* Context number k of the target. */
static inline uint32_t sgns_context(const sgns_target *target, int k)
{
    return (k < target->n_left ? target->left : target->right - target->n_left)[k];
}

/* How many rows of W_d belong to a document, and number i of them. */
static inline int64_t sgns_n_rows(const sgns_walk *walk, int64_t document)
{
    if (walk->tags == NULL)
        return 1;
    const int64_t first = walk->tag_offsets[document], end = walk->tag_offsets[document + 1];
    return first >= 0 && end <= walk->n_tags && first <= end ? end - first : 0;
}

static inline int64_t sgns_row(const sgns_walk *walk, int64_t document, int64_t i)
{
    if (walk->tags == NULL)
        return document;
    const int64_t place = walk->tag_offsets[document] + i;
    const int64_t row = place >= 0 && place < walk->n_tags ? walk->tags[place] : 0;
    return row < walk->n_rows ? row : 0;
}

/* Start on the blocks [place, place_end) of the visiting order. */
void sgns_lane_start(sgns_lane *lane, int64_t place, int64_t place_end);

/* Start on one document alone, its places counted from its beginning. 0, or -1 without memory. */
int sgns_lane_start_document(sgns_lane *lane, const sgns_walk *walk, int64_t document);

/* The next target with at least one context, a word or a document: 1, none left: 0, no memory: -1.
 */
int sgns_lane_next(sgns_lane *lane, const sgns_walk *walk, sgns_target *target);

void sgns_lane_free(sgns_lane *lane);

#endif
