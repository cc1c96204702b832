/* The training step.
 *
 * For a target t with contexts C+, the loss is
 *
 *     L = sum_{c in C+} log(1 + exp(-h.w_c))  +  sum_{c in C-} weight_c log(1 + exp(h.w_c))
 *
 * where h is the input of t (its row in W_t; input.h has the others) and w_c are rows of W_c. Its
 * gradients are
 *
 *     dL/dw_c = (sigma(h.w_c) - 1) h      for a context
 *     dL/dw_c = weight_c sigma(h.w_c) h   for a noise word
 *     dL/dh   = sum_{C+} (sigma(h.w_c) - 1) w_c + sum_{C-} weight_c sigma(h.w_c) w_c
 *
 * so with step = alpha (label - sigma) weight, a row gets step * h and h gets sum step * w_c. The
 * loss of a target that is a document, and with it the step, has a weight of its own besides.
 *
 * Fresh noise: every pair draws `negative` words of its own, of weight 1. Shared noise: one draw of
 * `draw` words serves one target from every lane; each of them stands for every pair of that
 * target with weight negative / draw times its ratio (see sampler.h), so the expected gradient is
 * the same. Either way a noise word that equals the context of a pair does not count for it. */
#include "step.h"

#include <math.h>
#include <string.h>

#include "input.h"
#include "prefetch.h"

#define QUEUE_BATCH 32 /* drawn at a time */
#define QUEUE_AHEAD 48 /* at least so many are ahead */

static inline int smaller(int a, int b) { return a < b ? a : b; }

/* ---- noise ---------------------------------------------------------------------------------- */

void sgns_start_noise(sgns_worker *worker, uint64_t key)
{
    worker->random = key;
    worker->queue_head = worker->queue_tail = 0;
}

/* Draw a batch of noise words and send for their rows and ratios. The table is large and visited at
 * random, so its entries are sent for first, all together. */
static void fill_queue(const sgns_plan *plan, sgns_worker *worker)
{
    const sgns_noise *noise = &plan->noise;
    uint64_t bits[QUEUE_BATCH];
    for (int k = 0; k < QUEUE_BATCH; k++) {
        bits[k] = sgns_random_next(&worker->random);
        sgns_prefetch(&noise->table[sgns_alias_column(noise->n, bits[k])]);
    }
    for (int k = 0; k < QUEUE_BATCH; k++) {
        uint32_t column = sgns_alias_column(noise->n, bits[k]);
        uint32_t word = sgns_alias_word(noise->table, column, bits[k]);
        worker->queue[worker->queue_tail++ % SGNS_QUEUE] = word;
        sgns_prefetch(&noise->ratio[word]);
        sgns_prefetch_row(sgns_own_row(&worker->contexts, word), plan->width);
    }
}

/* The next noise word; its row has been on its way for a while. */
static inline uint32_t next_noise(const sgns_plan *plan, sgns_worker *worker)
{
    while (worker->queue_tail - worker->queue_head <= QUEUE_AHEAD)
        fill_queue(plan, worker);
    return worker->queue[worker->queue_head++ % SGNS_QUEUE];
}

static inline void mark_noise(sgns_worker *worker, uint32_t word)
{
    const uint32_t bit = word % SGNS_SEEN;
    worker->seen[bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* 0: `word` is not among the shared noise words. */
static inline int may_be_noise(const sgns_worker *worker, uint32_t word)
{
    return worker->seen[word % SGNS_SEEN / 8] >> word % 8 & 1;
}

/* Where `word` stands among the shared noise words, or -1. */
static inline int find_noise(const sgns_worker *worker, uint32_t word)
{
    if (!may_be_noise(worker, word))
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
        worker->seen[worker->noise[j] % SGNS_SEEN / 8] = 0;
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
        worker->noise_rows[j] = sgns_own_row(&worker->contexts, word);
        mark_noise(worker, word);
        sgns_mark(plan->marks.contexts, word);
    }
}

/* ---- the step ------------------------------------------------------------------------------- */

/* log(1 + exp(x)) */
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

/* What the loss of the target, and so its step, is weighed by. */
static inline float weight_of(const sgns_plan *plan, const sgns_target *target)
{
    return target->is_document ? plan->document_weight : 1.0f;
}

/* Where the loss of the target goes; NULL in a step that is not sampled. */
static inline double *loss_of(const sgns_target *target, sgns_tally *sampled)
{
    if (sampled == NULL)
        return NULL;
    return target->is_document ? &sampled->document_loss : &sampled->loss;
}

/* Where group g ends. */
static inline int group_end(const sgns_pairs *pairs, int g)
{
    return g + 1 < pairs->n_groups ? pairs->groups[g + 1].start : pairs->n;
}

static void add_pair_loss(const sgns_pairs *pairs, const float *scores)
{
    for (int g = 0; g < pairs->n_groups; g++)
        for (int i = pairs->groups[g].start; i < group_end(pairs, g); i++)
            *pairs->groups[g].loss += softplus(pairs->label[i] > 0 ? -scores[i] : scores[i]);
}

/* Train the pairs that wait. All scores are taken first, of all targets together, so that one
 * target's need not be known before the next one's are begun. */
static void train_pairs(const sgns_plan *plan, sgns_pairs *pairs)
{
    const sgns_kernel *kernel = plan->kernel;
    float step[SGNS_MAX_ROWS];
    kernel->score(pairs->inputs, pairs->rows, pairs->n, plan->width, step);
    if (pairs->groups[0].loss != NULL)
        add_pair_loss(pairs, step);
    kernel->sigmoid(step, pairs->n);
    for (int i = 0; i < pairs->n; i++)
        step[i] = pairs->rate[i] * (pairs->label[i] - step[i]);
    for (int g = 0; g < pairs->n_groups; g++) {
        const int start = pairs->groups[g].start, n = group_end(pairs, g) - start;
        if (plan->frozen)
            kernel->gather_block(pairs->groups[g].gradient, plan->stride, 1, pairs->rows + start, n,
                                 plan->width, step + start, 1);
        else
            kernel->update(pairs->inputs[start], pairs->groups[g].gradient, pairs->rows + start,
                           step + start, n, plan->width);
    }
    pairs->n = pairs->n_groups = 0;
}

static inline void start_group(sgns_pairs *pairs, float *gradient, double *loss)
{
    const int g = pairs->n_groups++;
    pairs->groups[g].start = pairs->n;
    pairs->groups[g].gradient = gradient;
    pairs->groups[g].loss = loss;
}

/* Add a pair to the last group. */
static inline void add_pair(sgns_pairs *pairs, const float *h, float *row, float label, float rate)
{
    const int i = pairs->n++;
    pairs->inputs[i] = h;
    pairs->rows[i] = row;
    pairs->label[i] = label;
    pairs->rate[i] = rate;
}

/* Put the contexts of target i among the pairs that wait, training these whenever there is no more
 * room for them. */
static void add_contexts(const sgns_plan *plan, sgns_worker *worker, int i, float rate,
                         double *loss)
{
    const sgns_target *target = &worker->targets[i];
    const int n = target->n_left + target->n_right;
    sgns_pairs *pairs = &worker->pairs;
    int meets_noise = 0;
    for (int k = 0; k < n;) {
        if (pairs->n == SGNS_MAX_ROWS)
            train_pairs(plan, pairs);
        start_group(pairs, worker->gradients + i * plan->stride, loss);
        const int room = smaller(SGNS_MAX_ROWS - pairs->n, plan->rows_at_once);
        for (const int end = smaller(n, k + room); k < end; k++) {
            const uint32_t word = sgns_context(target, k);
            meets_noise |= may_be_noise(worker, word);
            sgns_mark(plan->marks.contexts, word);
            add_pair(pairs, worker->h[i], sgns_own_row(&worker->contexts, word), 1.0f, rate);
        }
        if (k < n)
            train_pairs(plan, pairs);
    }
    worker->meets_noise[i] = (uint8_t)meets_noise;
}

/* The same with fresh noise words for every context. */
static void add_contexts_and_noise(const sgns_plan *plan, sgns_worker *worker, int i, float rate,
                                   double *loss)
{
    const sgns_target *target = &worker->targets[i];
    sgns_pairs *pairs = &worker->pairs;
    int of_this = 0; /* pairs of this target that wait */
    for (int k = 0; k < target->n_left + target->n_right; k++) {
        const uint32_t context = sgns_context(target, k);
        for (int draw = 0; draw <= plan->negative; draw++) {
            const uint32_t word = draw == 0 ? context : next_noise(plan, worker);
            if (draw > 0 && word == context)
                continue;
            if (pairs->n == SGNS_MAX_ROWS || of_this == plan->rows_at_once) {
                train_pairs(plan, pairs);
                of_this = 0;
            }
            if (of_this++ == 0)
                start_group(pairs, worker->gradients + i * plan->stride, loss);
            sgns_mark(plan->marks.contexts, word);
            add_pair(pairs, worker->h[i], sgns_own_row(&worker->contexts, word),
                     draw == 0 ? 1.0f : 0.0f, rate);
        }
    }
}

/* counts[j]: the pairs of a target that shared noise word j stands against, which are all but those
 * whose context is the noise word itself. */
static void count_pairs(const sgns_worker *worker, const sgns_target *target, float *counts)
{
    for (int j = 0; j < worker->n_noise; j++)
        counts[j] = (float)(target->n_left + target->n_right);
    for (int k = 0; k < target->n_left + target->n_right; k++) {
        int j = find_noise(worker, sgns_context(target, k));
        if (j >= 0)
            counts[j] -= 1.0f;
    }
}

/* Add the loss of the shared noise words against all m inputs, from their scores. */
static void add_noise_loss(const sgns_plan *plan, const sgns_worker *worker, int m,
                           sgns_tally *sampled)
{
    const double each = (double)plan->negative / plan->draw;
    for (int i = 0; i < m; i++) {
        float counts[SGNS_MAX_ROWS];
        double *loss = loss_of(&worker->targets[i], sampled);
        count_pairs(worker, &worker->targets[i], counts);
        for (int j = 0; j < worker->n_noise; j++)
            *loss += each * worker->share[j] * counts[j] *
                     softplus(worker->scores[j * SGNS_MAX_LANES + i]);
    }
}

/* Where a context of target i is a noise word, take that pair off the word's step. */
static void spare_contexts(sgns_worker *worker, int i)
{
    const sgns_target *target = &worker->targets[i];
    const float pairs = (float)(target->n_left + target->n_right);
    float counts[SGNS_MAX_ROWS];
    count_pairs(worker, target, counts);
    for (int j = 0; j < worker->n_noise; j++)
        worker->scores[j * SGNS_MAX_LANES + i] *= counts[j] / pairs;
}

/* Train all m inputs of the step against the shared noise words. */
static void train_shared_noise(const sgns_plan *plan, sgns_worker *worker, int m, float alpha,
                               sgns_tally *sampled)
{
    const int n = worker->n_noise, ld = SGNS_MAX_LANES;
    const float each = (float)plan->negative / (float)plan->draw;
    float by_row[SGNS_MAX_ROWS];
    plan->kernel->score_block(worker->h, m, worker->noise_rows, n, plan->width, worker->scores, ld);
    if (sampled != NULL)
        add_noise_loss(plan, worker, m, sampled);
    for (int j = 0; j < n; j++)
        by_row[j] = -alpha * each * worker->share[j];
    plan->kernel->noise_steps(worker->scores, m, n, ld, worker->pair_weight, by_row);
    for (int i = 0; i < m; i++)
        if (worker->meets_noise[i])
            spare_contexts(worker, i);
    if (plan->frozen)
        plan->kernel->gather_block(worker->gradients, plan->stride, m, worker->noise_rows, n,
                                   plan->width, worker->scores, ld);
    else
        plan->kernel->update_block(worker->h, worker->gradients, plan->stride, m,
                                   worker->noise_rows, n, plan->width, worker->scores, ld);
}

/* Send for the rows that the lane's next target needs and this one did not. One lane at a time
 * while the others are trained: a burst would wait for the cache's few line buffers. */
static void prefetch_next(const sgns_plan *plan, const sgns_worker *worker, const sgns_lane *lane)
{
    if (!plan->walk.words) {
        int64_t end = lane->centre + plan->walk.group;
        for (int64_t i = lane->centre; i < end && i < lane->centres_end; i++)
            sgns_prefetch_row(sgns_own_row(&worker->contexts, lane->ids[i]), plan->width);
        return;
    }
    if (lane->centre < lane->centres_end)
        sgns_prefetch_row(sgns_own_row(&worker->words, lane->ids[lane->centre]), plan->row_width);
    int64_t entering = lane->centre + plan->walk.window;
    if (entering < lane->n)
        sgns_prefetch_row(sgns_own_row(&worker->contexts, lane->ids[entering]), plan->width);
}

/* Exchange own rows, for the pairs of a step as many as are due. */
static void exchange_rows(const sgns_plan *plan, sgns_worker *worker, int64_t pairs)
{
    worker->pairs_since_exchange += pairs;
    for (; worker->pairs_since_exchange >= plan->pairs_per_exchange;
         worker->pairs_since_exchange -= plan->pairs_per_exchange) {
        /* through the contexts, then through the words */
        sgns_own_rows *own = worker->exchanges_words ? &worker->words : &worker->contexts;
        sgns_exchange_next_row(own);
        if (own->next == 0 && worker->words.n > 0)
            worker->exchanges_words ^= 1;
    }
}

void sgns_train_step(const sgns_plan *plan, sgns_worker *worker, int m, float alpha,
                     sgns_tally *tally, int sample)
{
    sgns_tally *sampled = sample ? tally : NULL;
    if (plan->draw > 0)
        draw_shared_noise(plan, worker);
    memset(worker->gradients, 0, (size_t)m * (size_t)plan->stride * sizeof(float));
    for (int i = 0; i < m; i++) {
        const sgns_target *target = &worker->targets[i];
        worker->word_rows[i] =
            target->is_document ? NULL : sgns_own_row(&worker->words, target->word);
        worker->h[i] = sgns_gather_input(plan, target, worker->word_rows[i],
                                         worker->inputs + i * plan->stride);
    }
    int64_t pairs[2] = {0, 0}; /* of words, of documents */
    for (int i = 0; i < m; i++) {
        const sgns_target *target = &worker->targets[i];
        const float weight = weight_of(plan, target);
        const int n = target->n_left + target->n_right;
        pairs[target->is_document] += n;
        worker->pair_weight[i] = (float)n * weight;
        prefetch_next(plan, worker, &worker->lanes[i]);
        if (plan->draw > 0)
            add_contexts(plan, worker, i, alpha * weight, loss_of(target, sampled));
        else
            add_contexts_and_noise(plan, worker, i, alpha * weight, loss_of(target, sampled));
    }
    if (worker->pairs.n > 0)
        train_pairs(plan, &worker->pairs);
    if (plan->draw > 0)
        train_shared_noise(plan, worker, m, alpha, sampled);
    for (int i = 0; i < m; i++)
        sgns_spread_gradient(plan, &worker->targets[i], worker->word_rows[i],
                             worker->gradients + i * plan->stride);
    if (worker->contexts.n > 0)
        exchange_rows(plan, worker, pairs[0] + pairs[1]);
    tally->pairs += pairs[0];
    tally->document_pairs += pairs[1];
    tally->sampled_pairs += sample ? pairs[0] : 0;
    tally->sampled_document_pairs += sample ? pairs[1] : 0;
}

sgns_target sgns_cut_contexts(sgns_target *from, int n)
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
