/* One job of training: some blocks of the corpus, walked by lanes in lockstep. */
#ifndef SGNS_TRAIN_H
#define SGNS_TRAIN_H

#include <stddef.h>
#include <stdint.h>

#include "kernel.h"
#include "sampler.h"
#include "walk.h"

/* Rows that one call of the kernel gets at the most. */
#define SGNS_MAX_ROWS 64

typedef struct {
    sgns_walk walk;
    const sgns_kernel *kernel;

    float *words;     /* W_t, n_words rows */
    float *contexts;  /* W_c, n_words rows */
    ptrdiff_t stride; /* floats from row to row */
    int width;        /* floats that count, a multiple of kernel->lanes; the padding is zero */

    sgns_noise noise;  /* over the n_words */
    int negative;      /* noise words that weigh against one context */
    int lanes;         /* windows trained in lockstep, at most SGNS_MAX_LANES */
    int draw;          /* noise words in a draw shared by the lanes; 0: fresh ones for every pair */
    int pairs_at_once; /* contexts of a target that one step trains; longer windows take several */
    int rows_at_once;  /* rows that a target meets between two scorings, at most SGNS_MAX_ROWS */
    int loss_every;    /* the loss is summed over one step in so many; 0: never */

    int64_t blocks_per_job;
    uint64_t noise_key;       /* of this epoch */
    const volatile int *stop; /* set by another thread to leave the job at the next chance */
} sgns_plan;

/* What was done; the loss over the sampled targets only. */
typedef struct {
    double loss;             /* sum of log(1 + exp(-+score)), negatives by their weight */
    int64_t sampled_targets; /* targets that the loss is summed over */
    int64_t sampled_pairs;   /* their (target, context) pairs */
    int64_t targets;
    int64_t pairs;
    int64_t tokens;  /* visited, skipped ones too */
    int64_t damaged; /* token ids past the vocabulary */
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
