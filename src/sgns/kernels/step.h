/* One step on targets of several lanes, and the buffers of the thread that takes it. */
#ifndef SGNS_STEP_H
#define SGNS_STEP_H

#include "own_rows.h"
#include "train.h"

#define SGNS_QUEUE 128 /* room for noise words drawn ahead, a power of two */
#define SGNS_SEEN 8192 /* bits for telling quickly that a context is no noise word */
#define SGNS_USED 4096 /* slots for telling quickly that a row of W_d is not in the step yet */

/* Pairs of an input and a row of W_c, waiting to be trained together; those of one target stand
 * side by side in a group. */
typedef struct {
    int n, n_groups;
    struct {
        int start;       /* its first pair */
        float *gradient; /* what the input is to be moved by */
        double *loss;    /* to add to, or NULL */
    } groups[SGNS_MAX_ROWS];
    const float *inputs[SGNS_MAX_ROWS];
    float *rows[SGNS_MAX_ROWS];
    float label[SGNS_MAX_ROWS]; /* 1 for a context, 0 for a noise word */
    float rate[SGNS_MAX_ROWS];  /* of learning */
} sgns_pairs;

struct sgns_worker {
    int n_lanes;
    sgns_lane *lanes;     /* n_lanes */
    sgns_target *waiting; /* n_lanes: targets of which contexts are left to train */
    sgns_target *targets; /* n_lanes: their next contexts, what the step is about */
    float *inputs;        /* n_lanes x stride: room for inputs made of several rows */
    float *gradients;     /* n_lanes x stride: what h is to be moved by */
    float *scores;        /* SGNS_MAX_ROWS x SGNS_MAX_LANES, turned into steps in place */
    void *rows_memory;    /* holds inputs and gradients, before alignment */

    sgns_own_rows words, contexts; /* copies of rows that other threads write to as well */
    int64_t pairs_since_exchange;
    int exchanges_words;              /* of the two, which comes next */
    float *word_rows[SGNS_MAX_LANES]; /* the row of W_t of each target; NULL: it is a document */
    const float *h[SGNS_MAX_LANES];   /* the input of each target */
    sgns_pairs pairs;
    float pair_weight[SGNS_MAX_LANES];   /* contexts of each target, by the weight of its loss */
    uint8_t meets_noise[SGNS_MAX_LANES]; /* may one of them be among the noise words? */

    uint64_t random;
    uint32_t queue[SGNS_QUEUE]; /* noise words whose rows are on their way to the cache */
    uint32_t queue_head, queue_tail;

    int n_noise;                   /* distinct words in the shared draw */
    uint32_t noise[SGNS_MAX_ROWS]; /* these words */
    float share[SGNS_MAX_ROWS];    /* how often each was drawn, times its ratio */
    float *noise_rows[SGNS_MAX_ROWS];
    uint8_t seen[SGNS_SEEN / 8]; /* a bit is set where a noise word has these low bits */
    uint8_t used[SGNS_USED];     /* targets of the step by the low bits of their rows of W_d */
};

/* Begin the stream of noise words of `key`. */
void sgns_start_noise(sgns_worker *worker, uint64_t key);

/* Train the first m of worker->targets; with `sample` the loss goes to the tally. */
void sgns_train_step(const sgns_plan *plan, sgns_worker *worker, int m, float alpha,
                     sgns_tally *tally, int sample);

/* Cut at most `n` contexts off the front of `from`. */
sgns_target sgns_cut_contexts(sgns_target *from, int n);

#endif
