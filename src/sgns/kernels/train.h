/* One job of training: some blocks of the corpus, walked by lanes in lockstep. */
#ifndef SGNS_TRAIN_H
#define SGNS_TRAIN_H

#include <stddef.h>
#include <stdint.h>

#include "kernel.h"
#include "sampler.h"
#include "stop_flag.h"
#include "walk.h"

/* Rows that one call of the kernel gets at the most. */
#define SGNS_MAX_ROWS 64

/* The input h of a target word with row w of W_t, whose document has the rows v of W_d. The input
 * of a target that is a document is its row alone. */
typedef enum {
    SGNS_WORD,   /* h = w */
    SGNS_SUM,    /* h = w + sum v */
    SGNS_MEAN,   /* h = (w + sum v) / (1 + number of v) */
    SGNS_CONCAT, /* h = [w; sum v], rows of W_c twice as wide */
} sgns_join;

/* Bytes for the rows of each matrix, set to 1 where a row is changed; NULL where nobody asks. */
typedef struct {
    uint8_t *words, *documents, *contexts;
} sgns_marks;

static inline void sgns_mark(uint8_t *marks, int64_t row)
{
    if (marks != NULL)
        marks[row] = 1;
}

typedef struct {
    sgns_walk walk;
    const sgns_kernel *kernel;

    float *words;         /* W_t, n_words rows */
    float *documents;     /* W_d, or NULL */
    float *contexts;      /* W_c, n_words rows */
    ptrdiff_t row_stride; /* floats from row to row of W_t and W_d */
    ptrdiff_t stride;     /* floats from row to row of W_c, and from input to input */
    int row_width;        /* floats that count in a row of W_t or W_d */
    int width; /* and of W_c: multiples of kernel->lanes, or of the stride; the padding is zero */

    sgns_join join;        /* what the input of a target word is made of */
    float document_weight; /* of the loss of targets that are documents */
    int document_uses;     /* targets of a step that move the same row of W_d, at the most */
    int frozen;            /* only W_d is trained */
    sgns_marks marks;
    uint32_t n_own_words, n_own_contexts; /* rows of which every thread has a copy of its own */
    const float *own_word_factors, *own_context_factors; /* see own_rows.h */
    int64_t pairs_per_exchange; /* that a thread trains before it exchanges the next row */

    sgns_noise noise;  /* over the n_words */
    int negative;      /* noise words that weigh against one context */
    int lanes;         /* windows trained in lockstep, at most SGNS_MAX_LANES */
    int draw;          /* noise words in a draw shared by the lanes; 0: fresh ones for every pair */
    int pairs_at_once; /* contexts of a target that one step trains; longer windows take several */
    int rows_at_once;  /* rows that a target meets between two scorings, at most SGNS_MAX_ROWS */
    int loss_every;    /* the loss is summed over one step in so many; 0: never */

    int64_t blocks_per_job;
    uint64_t noise_key;         /* of this epoch */
    const sgns_stop_flag *stop; /* raised by another thread: leave the job at the next chance */
} sgns_plan;

/* What was done; the loss over the sampled targets only. */
typedef struct {
    double loss;             /* sum of log(1 + exp(-+score)), negatives by their weight */
    int64_t sampled_targets; /* targets that the loss is summed over */
    int64_t sampled_pairs;   /* their (target, context) pairs */
    int64_t targets;
    int64_t pairs;
    double document_loss; /* the same of targets that are documents, which those above are not */
    int64_t sampled_document_pairs;
    int64_t document_pairs;
    int64_t tokens;  /* visited, skipped ones too */
    int64_t damaged; /* tokens with an id past the vocabulary, or in no document */
} sgns_tally;

typedef struct sgns_worker sgns_worker;

/* The buffers of one thread, NULL without memory. */
sgns_worker *sgns_worker_new(const sgns_plan *plan);
void sgns_worker_free(sgns_worker *worker);

/* Train job number `job` of the epoch, the learning rate going from `alpha` to `alpha_end`, and add
 * to the tally. Returns 0, or -1 without memory.
 *
 * Rows of W_t and W_c are shared with the other threads and updated without locks (Hogwild, Niu et
 * al. 2011): this is the one place where threads race. */
int sgns_train_job(const sgns_plan *plan, sgns_worker *worker, int64_t job, float alpha,
                   float alpha_end, sgns_tally *tally);

#endif
