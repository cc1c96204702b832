/* Which target meets which contexts: blocks of the corpus, subsampling, windows.
 *
 * The corpus is cut into blocks of equally many tokens, visited in a random order. A block says
 * whose centres are visited, not where windows end: windows reach past it as far as their document
 * goes, so that cutting changes nothing. A lane walks one block after the other.
 *
 * Whether a token is kept and how far its window reaches follows from (key, place in the corpus)
 * alone, so two lanes that look at the same token always agree. */
#ifndef SGNS_WALK_H
#define SGNS_WALK_H

#include <stdint.h>

typedef struct {
    const uint32_t *tokens; /* n_tokens word ids, most frequent word first */
    int64_t n_tokens;
    const int64_t *offsets; /* n_documents + 1 rising places in tokens */
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
    int32_t *visits;    /* NULL, or n_tokens counts of how often each token was a centre */
} sgns_walk;

/* The kept words of a stretch of one document, some of which are centres. */
typedef struct {
    uint32_t *ids;   /* n kept words */
    uint32_t *reach; /* n: how far the window of each goes */
    int64_t n, room;
    int64_t centre, centres_end; /* the next centre, and where they end */

    int64_t document;         /* of this stretch */
    int64_t next, block_end;  /* what is left of the block */
    int64_t place, place_end; /* what is left of the lane's blocks, in visiting order */
    int64_t tokens;           /* visited since the lane started, skipped ones too */
    int64_t damaged;          /* tokens whose id was past the vocabulary */
} sgns_lane;

/* One centre and the words around it, to be read before the lane moves on. */
typedef struct {
    uint32_t word;
    const uint32_t *left, *right; /* contexts before and after the centre */
    int n_left, n_right;
} sgns_target;

/* Start on the blocks [place, place_end) of the visiting order. */
void sgns_lane_start(sgns_lane *lane, int64_t place, int64_t place_end);

/* The next target with at least one context: 1, none left: 0, no memory: -1. */
int sgns_lane_next(sgns_lane *lane, const sgns_walk *walk, sgns_target *target);

void sgns_lane_free(sgns_lane *lane);

#endif
