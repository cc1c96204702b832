#include "walk.h"

#include <stdlib.h>
#include <string.h>

#include "rng.h"

void sgns_lane_start(sgns_lane *lane, int64_t place, int64_t place_end)
{
    lane->place = place;
    lane->place_end = place_end;
    lane->next = lane->block_end = 0;
    lane->centre = lane->centres_end = lane->n = 0;
    lane->met = lane->tag = lane->zero = 0;
    lane->tokens = lane->damaged = 0;
}

void sgns_lane_free(sgns_lane *lane)
{
    free(lane->ids);
    free(lane->reach);
    memset(lane, 0, sizeof *lane);
}

static int make_room(sgns_lane *lane, int64_t room)
{
    if (room <= lane->room)
        return 0;
    uint32_t *ids = realloc(lane->ids, (size_t)room * sizeof *ids);
    if (ids == NULL)
        return -1;
    lane->ids = ids;
    uint32_t *reach = realloc(lane->reach, (size_t)room * sizeof *reach);
    if (reach == NULL)
        return -1;
    lane->reach = reach;
    lane->room = room;
    return 0;
}

/* The document that holds the token at `place`: the last one that starts at or before it. */
static int64_t document_at(const sgns_walk *walk, int64_t place)
{
    int64_t low = 0, high = walk->n_documents;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (walk->offsets[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The piece that holds the token at `place`: the last one that starts at or before it. */
static const sgns_piece *piece_at(const sgns_walk *walk, int64_t place)
{
    int64_t low = 0, high = walk->n_pieces;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (walk->pieces[middle].start <= place)
            low = middle;
        else
            high = middle;
    }
    return &walk->pieces[low];
}

/* Is the token kept, and how far does its window reach? */
static inline int is_kept(const sgns_lane *lane, const sgns_walk *walk, int64_t place, uint32_t id,
                          uint32_t *reach)
{
    if (id >= walk->n_words)
        return 0;
    uint64_t bits = sgns_random_at(walk->token_key, (uint64_t)(place - lane->zero));
    *reach = walk->shrink ? 1 + sgns_below((uint32_t)bits, (uint32_t)walk->window)
                          : (uint32_t)walk->window;
    return (uint32_t)(bits >> 32) <= walk->keep[id];
}

static void append_kept(sgns_lane *lane, const sgns_walk *walk, const sgns_piece *piece,
                        int64_t from, int64_t to, int64_t at_most)
{
    int64_t n = lane->n, end = lane->n + at_most;
    for (int64_t place = from; place < to && n < end; place++) {
        uint32_t id = piece->tokens[place - piece->start];
        lane->ids[n] = id;
        n += is_kept(lane, walk, place, id, &lane->reach[n]);
    }
    lane->n = n;
}

static void reverse(uint32_t *items, int64_t n)
{
    for (int64_t i = 0, j = n - 1; i < j; i++, j--) {
        uint32_t swapped = items[i];
        items[i] = items[j];
        items[j] = swapped;
    }
}

/* The places of a document's tokens, and the piece that they are in. */
typedef struct {
    const sgns_piece *piece;
    int64_t start, end;
} stretch;

/* Find the lane's document, of which `place` is to be trained: 0, or -1 if that is no document
 * there. */
static int find_document(const sgns_lane *lane, const sgns_walk *walk, int64_t place,
                         stretch *found)
{
    found->start = walk->offsets[lane->document];
    found->end = walk->offsets[lane->document + 1];
    found->piece = piece_at(walk, place);
    const int rises = found->start <= place && place <= found->end;
    return rises && found->piece[0].start <= found->start && found->end <= found->piece[1].start
               ? 0
               : -1;
}

/* Fill the lane with the centres [from, to) of a document and the words their windows reach. */
static int fill(sgns_lane *lane, const sgns_walk *walk, const stretch *document, int64_t from,
                int64_t to)
{
    const int64_t start = document->start, end = document->end, most = end - start;
    const sgns_piece *piece = document->piece;
    int64_t halo = walk->window == 0 || walk->window > most ? most : walk->window;
    if (!walk->words)
        halo = 0;
    /* one more than can be kept: a word is written before it is known to stay */
    if (make_room(lane, to - from + 2 * halo + 1) < 0)
        return -1;

    lane->n = 0;
    for (int64_t place = from; place-- > start && lane->n < halo;) {
        uint32_t id = piece->tokens[place - piece->start];
        lane->ids[lane->n] = id;
        lane->n += is_kept(lane, walk, place, id, &lane->reach[lane->n]);
    }
    reverse(lane->ids, lane->n);
    lane->centre = lane->met = lane->n;
    lane->tag = 0;

    for (int64_t place = from; place < to; place++) {
        uint32_t id = piece->tokens[place - piece->start];
        lane->damaged += id >= walk->n_vocabulary;
        if (walk->visits != NULL)
            walk->visits[place]++;
    }
    append_kept(lane, walk, piece, from, to, to - from);
    lane->centres_end = lane->n;
    lane->tokens += to - from;
    append_kept(lane, walk, piece, to, end, halo);
    return 0;
}

/* Go on to the next stretch that has centres: 1, none left: 0, no memory: -1. */
static int refill(sgns_lane *lane, const sgns_walk *walk)
{
    for (;;) {
        if (lane->next == lane->block_end) {
            if (lane->place == lane->place_end)
                return 0;
            uint64_t block = (uint64_t)lane->place++;
            if (walk->order_key != 0)
                block = sgns_permute(block, (uint64_t)walk->n_blocks, walk->order_key);
            lane->next = (int64_t)block * walk->block;
            lane->block_end = lane->next + walk->block;
            if (lane->block_end > walk->n_tokens)
                lane->block_end = walk->n_tokens;
            lane->document = document_at(walk, lane->next);
        }
        const int64_t from = lane->next;
        while (lane->document + 1 < walk->n_documents && walk->offsets[lane->document + 1] <= from)
            lane->document++;
        stretch document;
        if (find_document(lane, walk, from, &document) < 0 || document.end == from) {
            lane->damaged += lane->block_end - from;
            lane->tokens += lane->block_end - from;
            lane->next = lane->block_end;
            continue;
        }
        lane->next = document.end < lane->block_end ? document.end : lane->block_end;
        if (fill(lane, walk, &document, from, lane->next) < 0)
            return -1;
        if (lane->centre < lane->centres_end)
            return 1;
    }
}

int sgns_lane_start_document(sgns_lane *lane, const sgns_walk *walk, int64_t document)
{
    sgns_lane_start(lane, 0, 0);
    lane->document = document;
    lane->zero = walk->offsets[document];
    stretch found;
    if (find_document(lane, walk, lane->zero, &found) < 0) {
        lane->damaged++;
        return 0;
    }
    return fill(lane, walk, &found, found.start, found.end);
}

/* The next centre as a target: 1, or 0 where no other word is in its window. */
static int next_word(sgns_lane *lane, const sgns_walk *walk, sgns_target *target)
{
    int64_t i = lane->centre++;
    int64_t reach = walk->window == 0 ? lane->n : (int64_t)lane->reach[i];
    int64_t from = i > reach ? i - reach : 0;
    int64_t to = lane->n - i > reach ? i + reach + 1 : lane->n;
    if (to - from < 2)
        return 0;
    target->word = lane->ids[i];
    target->is_document = 0;
    target->document = lane->document;
    target->left = lane->ids + from;
    target->n_left = (int)(i - from);
    target->right = lane->ids + i + 1;
    target->n_right = (int)(to - i - 1);
    return 1;
}

/* The document as a target of the last centres, once for each of its tags: 1, or 0 before a group
 * of centres is complete and after all tags have met it. */
static int next_document(sgns_lane *lane, const sgns_walk *walk, sgns_target *target)
{
    int64_t n = lane->centre - lane->met;
    if (n == 0 || (n < walk->group && lane->centre < lane->centres_end))
        return 0;
    if (lane->tag >= sgns_n_rows(walk, lane->document)) {
        lane->met = lane->centre;
        lane->tag = 0;
        return 0;
    }
    target->is_document = 1;
    target->document = lane->document;
    target->row = sgns_row(walk, lane->document, lane->tag++);
    target->left = lane->ids + lane->met;
    target->n_left = (int)n;
    target->right = lane->ids + lane->centre;
    target->n_right = 0;
    return 1;
}

int sgns_lane_next(sgns_lane *lane, const sgns_walk *walk, sgns_target *target)
{
    for (;;) {
        if (walk->group > 0 && next_document(lane, walk, target))
            return 1;
        if (lane->centre < lane->centres_end) {
            if (walk->words) {
                if (next_word(lane, walk, target))
                    return 1;
            } else { /* words are contexts only */
                int64_t left = lane->centres_end - lane->centre;
                lane->centre += left < walk->group ? left : walk->group;
            }
            continue;
        }
        int filled = refill(lane, walk);
        if (filled <= 0)
            return filled;
    }
}
