/* The training step.
 *
 * For a target t with contexts C+, the loss is
 *
 *     L = sum_{c in C+} log(1 + exp(-h.w_c))  +  sum_{c in C-} weight_c log(1 + exp(h.w_c))
 *
 * where h is the row of t in W_t and w_c are rows of W_c. Its gradients are
 *
 *     dL/dw_c = (sigma(h.w_c) - 1) h      for a context
 *     dL/dw_c = weight_c sigma(h.w_c) h   for a noise word
 *     dL/dh   = sum_{C+} (sigma(h.w_c) - 1) w_c + sum_{C-} weight_c sigma(h.w_c) w_c
 *
 * so with step = alpha (label - sigma) weight, a row gets step * h and h gets sum step * w_c.
 *
 * Fresh noise: every pair draws `negative` words of its own, of weight 1. Shared noise: one draw of
 * `draw` words serves one target from every lane; each of them stands for every pair of that
 * target with weight negative / draw times its ratio (see sampler.h), so the expected gradient is
 * the same. Either way a noise word that equals the context of a pair does not count for it. */
#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 128      /* room for noise words drawn ahead, a power of two */
#define QUEUE_BATCH 32 /* drawn at a time */
#define QUEUE_AHEAD 48 /* at least so many are ahead */
#define SEEN 1024 /* slots for telling quickly that a context is no noise word, a power of two */
#define CACHE_LINE 64

struct sgns_worker {
    int n_lanes;
    sgns_lane *lanes;     /* n_lanes */
    sgns_target *waiting; /* n_lanes: targets of which contexts are left to train */
    sgns_target *targets; /* n_lanes: their next contexts, what the step is about */
    float *inputs;        /* n_lanes x stride: h of each target */
    float *gradients;     /* n_lanes x stride: what h is to be moved by */
    float *scores;        /* n_lanes x SGNS_MAX_ROWS, turned into steps in place */
    void *rows_memory;    /* holds inputs and gradients, before alignment */

    uint64_t random;
    uint32_t queue[QUEUE]; /* noise words whose rows are on their way to the cache */
    uint32_t queue_head, queue_tail;

    int n_noise;                   /* distinct words in the shared draw */
    uint32_t noise[SGNS_MAX_ROWS]; /* these words */
    float share[SGNS_MAX_ROWS];    /* how often each was drawn, times its ratio */
    float *noise_rows[SGNS_MAX_ROWS];
    uint8_t seen[SEEN]; /* 1 where a noise word has these low bits */
};

sgns_worker *sgns_worker_new(const sgns_plan *plan)
{
    sgns_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return NULL;
    const size_t n = (size_t)plan->lanes, rows = n * (size_t)plan->stride;
    worker->n_lanes = plan->lanes;
    worker->lanes = calloc(n, sizeof *worker->lanes);
    worker->waiting = calloc(n, sizeof *worker->waiting);
    worker->targets = calloc(n, sizeof *worker->targets);
    worker->scores = calloc(n * SGNS_MAX_ROWS, sizeof *worker->scores);
    worker->rows_memory = calloc(1, 2 * rows * sizeof(float) + CACHE_LINE);
    if (!worker->lanes || !worker->waiting || !worker->targets || !worker->scores ||
        !worker->rows_memory) {
        sgns_worker_free(worker);
        return NULL;
    }
    uintptr_t start = (uintptr_t)worker->rows_memory + CACHE_LINE - 1;
    worker->inputs = (float *)(start - start % CACHE_LINE);
    worker->gradients = worker->inputs + rows;
    return worker;
}

void sgns_worker_free(sgns_worker *worker)
{
    if (worker == NULL)
        return;
    for (int i = 0; worker->lanes != NULL && i < worker->n_lanes; i++)
        sgns_lane_free(&worker->lanes[i]);
    free(worker->lanes);
    free(worker->waiting);
    free(worker->targets);
    free(worker->scores);
    free(worker->rows_memory);
    free(worker);
}

static inline void prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address, 1, 3);
#else
    (void)address;
#endif
}

static inline void prefetch_row(const float *row, int width)
{
    for (int d = 0; d < width; d += CACHE_LINE / (int)sizeof(float))
        prefetch(row + d);
}

static inline float *context_row(const sgns_plan *plan, uint32_t word)
{
    return plan->contexts + (ptrdiff_t)word * plan->stride;
}

static inline float *word_row(const sgns_plan *plan, uint32_t word)
{
    return plan->words + (ptrdiff_t)word * plan->stride;
}

/* ---- noise ---------------------------------------------------------------------------------- */

/* Draw a batch of noise words and send for their rows. The table is large and visited at random, so
 * its entries are sent for first, all together. */
static void fill_queue(const sgns_plan *plan, sgns_worker *worker)
{
    const sgns_noise *noise = &plan->noise;
    uint64_t bits[QUEUE_BATCH];
    for (int k = 0; k < QUEUE_BATCH; k++) {
        bits[k] = sgns_random_next(&worker->random);
        prefetch(&noise->table[sgns_alias_column(noise->n, bits[k])]);
    }
    for (int k = 0; k < QUEUE_BATCH; k++) {
        uint32_t column = sgns_alias_column(noise->n, bits[k]);
        uint32_t word = sgns_alias_word(noise->table, column, bits[k]);
        worker->queue[worker->queue_tail++ % QUEUE] = word;
        prefetch_row(context_row(plan, word), plan->width);
    }
}

/* The next noise word; its row has been on its way for a while. */
static inline uint32_t next_noise(const sgns_plan *plan, sgns_worker *worker)
{
    while (worker->queue_tail - worker->queue_head <= QUEUE_AHEAD)
        fill_queue(plan, worker);
    return worker->queue[worker->queue_head++ % QUEUE];
}

/* Where `word` stands among the shared noise words, or -1. */
static inline int find_noise(const sgns_worker *worker, uint32_t word)
{
    if (!worker->seen[word % SEEN])
        return -1;
    for (int j = 0; j < worker->n_noise; j++)
        if (worker->noise[j] == word)
            return j;
    return -1;
}

/* A new draw for the whole step, equal words joined into one. */
static void draw_shared_noise(const sgns_plan *plan, sgns_worker *worker)
{
    for (int j = 0; j < worker->n_noise; j++)
        worker->seen[worker->noise[j] % SEEN] = 0;
    worker->n_noise = 0;
    for (int k = 0; k < plan->draw; k++) {
        uint32_t word = next_noise(plan, worker);
        int j = find_noise(worker, word);
        if (j >= 0) {
            worker->share[j] += plan->noise.ratio[word];
            continue;
        }
        j = worker->n_noise++;
        worker->noise[j] = word;
        worker->share[j] = plan->noise.ratio[word];
        worker->noise_rows[j] = context_row(plan, word);
        worker->seen[word % SEEN] = 1;
    }
}

/* ---- the step ------------------------------------------------------------------------------- */

/* log(1 + exp(x)) */
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

/* Rows of W_c that one input meets, waiting to be trained together. */
typedef struct {
    int n;
    float *rows[SGNS_MAX_ROWS];
    float label[SGNS_MAX_ROWS]; /* 1 for a context, 0 for a noise word */
} batch;

static void train_rows(const sgns_plan *plan, const float *h, float *gradient, batch *rows,
                       float alpha, sgns_tally *sampled)
{
    float step[SGNS_MAX_ROWS];
    plan->kernel->score(h, rows->rows, rows->n, plan->width, step);
    if (sampled != NULL)
        for (int i = 0; i < rows->n; i++)
            sampled->loss += softplus(rows->label[i] > 0 ? -step[i] : step[i]);
    plan->kernel->sigmoid(step, rows->n);
    for (int i = 0; i < rows->n; i++)
        step[i] = alpha * (rows->label[i] - step[i]);
    plan->kernel->update(h, gradient, rows->rows, step, rows->n, plan->width);
    rows->n = 0;
}

/* Train one target's contexts and, where noise is fresh, the noise words of every pair. */
static void train_contexts(const sgns_plan *plan, sgns_worker *worker, const sgns_target *target,
                           const float *h, float *gradient, float alpha, sgns_tally *sampled)
{
    const int fresh = plan->draw == 0 ? plan->negative : 0;
    batch rows;
    rows.n = 0;
    for (int side = 0; side < 2; side++) {
        const uint32_t *words = side == 0 ? target->left : target->right;
        const int n = side == 0 ? target->n_left : target->n_right;
        for (int i = 0; i < n; i++) {
            for (int k = 0; k <= fresh; k++) {
                uint32_t word = k == 0 ? words[i] : next_noise(plan, worker);
                if (k > 0 && word == words[i])
                    continue;
                if (rows.n == plan->rows_at_once)
                    train_rows(plan, h, gradient, &rows, alpha, sampled);
                rows.rows[rows.n] = context_row(plan, word);
                rows.label[rows.n++] = k == 0 ? 1.0f : 0.0f;
            }
        }
    }
    train_rows(plan, h, gradient, &rows, alpha, sampled);
}

/* weight[j] of shared noise word j against one target: its pairs times negative / draw, without
 * the pairs whose context is the noise word itself. */
static void weigh_noise(const sgns_plan *plan, const sgns_worker *worker, const sgns_target *target,
                        float *weight)
{
    const float each = (float)plan->negative / (float)plan->draw;
    const float pairs = (float)(target->n_left + target->n_right);
    for (int j = 0; j < worker->n_noise; j++)
        weight[j] = each * worker->share[j] * pairs;
    for (int side = 0; side < 2; side++) {
        const uint32_t *words = side == 0 ? target->left : target->right;
        const int n = side == 0 ? target->n_left : target->n_right;
        for (int i = 0; i < n; i++) {
            int j = find_noise(worker, words[i]);
            if (j >= 0)
                weight[j] -= each * worker->share[j];
        }
    }
}

/* Train all m inputs of the step against the shared noise words. */
static void train_shared_noise(const sgns_plan *plan, sgns_worker *worker, int m, float alpha,
                               sgns_tally *sampled)
{
    const int n = worker->n_noise, ld = SGNS_MAX_ROWS;
    float weight[SGNS_MAX_ROWS];
    plan->kernel->score_block(worker->inputs, plan->stride, m, worker->noise_rows, n, plan->width,
                              worker->scores, ld);
    for (int i = 0; i < m; i++) {
        float *step = worker->scores + i * ld;
        weigh_noise(plan, worker, &worker->targets[i], weight);
        if (sampled != NULL)
            for (int j = 0; j < n; j++)
                sampled->loss += (double)weight[j] * softplus(step[j]);
        plan->kernel->sigmoid(step, n);
        for (int j = 0; j < n; j++)
            step[j] *= -alpha * weight[j];
    }
    plan->kernel->update_block(worker->inputs, worker->gradients, plan->stride, m,
                               worker->noise_rows, n, plan->width, worker->scores, ld);
}

/* Send for the rows that the lane's next target needs and this one did not. One lane at a time
 * while the others are trained: a burst would wait for the cache's few line buffers. */
static void prefetch_next(const sgns_plan *plan, const sgns_lane *lane)
{
    if (lane->centre < lane->centres_end)
        prefetch_row(word_row(plan, lane->ids[lane->centre]), plan->width);
    int64_t entering = lane->centre + plan->walk.window;
    if (entering < lane->n)
        prefetch_row(context_row(plan, lane->ids[entering]), plan->width);
}

static void train_step(const sgns_plan *plan, sgns_worker *worker, int m, float alpha,
                       sgns_tally *tally, int sample)
{
    const size_t row = (size_t)plan->width * sizeof(float);
    sgns_tally *sampled = sample ? tally : NULL;
    if (plan->draw > 0)
        draw_shared_noise(plan, worker);
    memset(worker->gradients, 0, (size_t)m * (size_t)plan->stride * sizeof(float));
    for (int i = 0; i < m; i++)
        memcpy(worker->inputs + i * plan->stride, word_row(plan, worker->targets[i].word), row);
    int64_t pairs = 0;
    for (int i = 0; i < m; i++) {
        const sgns_target *target = &worker->targets[i];
        pairs += target->n_left + target->n_right;
        prefetch_next(plan, &worker->lanes[i]);
        train_contexts(plan, worker, target, worker->inputs + i * plan->stride,
                       worker->gradients + i * plan->stride, alpha, sampled);
    }
    if (plan->draw > 0)
        train_shared_noise(plan, worker, m, alpha, sampled);
    for (int i = 0; i < m; i++) {
        float *row = word_row(plan, worker->targets[i].word);
        plan->kernel->add(worker->gradients + i * plan->stride, row, plan->width);
    }
    tally->pairs += pairs;
    tally->sampled_pairs += sample ? pairs : 0;
}

/* Cut at most `n` contexts off the front of `from`. */
static sgns_target cut_contexts(sgns_target *from, int n)
{
    sgns_target piece = *from;
    piece.n_left = from->n_left < n ? from->n_left : n;
    piece.n_right = from->n_right < n - piece.n_left ? from->n_right : n - piece.n_left;
    from->left += piece.n_left;
    from->n_left -= piece.n_left;
    from->right += piece.n_right;
    from->n_right -= piece.n_right;
    return piece;
}

/* Train the m waiting targets: in one step, or where windows are wide in several. */
static void train_waiting(const sgns_plan *plan, sgns_worker *worker, int m, float alpha,
                          sgns_tally *tally, int sample)
{
    tally->targets += m;
    tally->sampled_targets += sample ? m : 0;
    while (m > 0 && !*plan->stop) {
        int left = 0;
        for (int i = 0; i < m; i++) {
            worker->targets[i] = cut_contexts(&worker->waiting[i], plan->pairs_at_once);
            if (worker->waiting[i].n_left + worker->waiting[i].n_right > 0)
                worker->waiting[left++] = worker->waiting[i];
        }
        train_step(plan, worker, m, alpha, tally, sample);
        m = left;
    }
}

/* Collect the next target of every lane. */
static int collect_targets(const sgns_plan *plan, sgns_worker *worker)
{
    int m = 0;
    for (int i = 0; i < plan->lanes; i++) {
        sgns_lane *lane = &worker->lanes[i];
        int got = sgns_lane_next(lane, &plan->walk, &worker->waiting[m]);
        if (got < 0)
            return -1;
        m += got;
    }
    return m;
}

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

int sgns_train_job(const sgns_plan *plan, sgns_worker *worker, int64_t job, float alpha,
                   float alpha_end, sgns_tally *tally)
{
    const sgns_walk *walk = &plan->walk;
    const int64_t first = job * plan->blocks_per_job;
    const int64_t n = min64(plan->blocks_per_job, walk->n_blocks - first);
    for (int i = 0; i < plan->lanes; i++)
        sgns_lane_start(&worker->lanes[i], first + n * i / plan->lanes,
                        first + n * (i + 1) / plan->lanes);
    worker->random = sgns_derive(plan->noise_key, (uint64_t)job);
    worker->queue_head = worker->queue_tail = 0;
    uint64_t step = worker->random; /* which steps are sampled differs from job to job */

    const float job_tokens = (float)(n * walk->block);
    int m = 0;
    while (!*plan->stop && (m = collect_targets(plan, worker)) > 0) {
        int64_t tokens = 0;
        for (int i = 0; i < plan->lanes; i++)
            tokens += worker->lanes[i].tokens;
        float progress = fminf((float)tokens / job_tokens, 1.0f);
        int sample = plan->loss_every > 0 && step++ % (uint64_t)plan->loss_every == 0;
        train_waiting(plan, worker, m, alpha + (alpha_end - alpha) * progress, tally, sample);
    }
    for (int i = 0; i < plan->lanes; i++) {
        tally->tokens += worker->lanes[i].tokens;
        tally->damaged += worker->lanes[i].damaged;
    }
    return m < 0 ? -1 : 0;
}
