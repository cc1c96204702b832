/* A job of training: the lanes that walk it, and the steps that their targets come to. */
#include "train.h"

#include <math.h>
#include <stdlib.h>

#include "input.h"
#include "prefetch.h"
#include "step.h"

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
    worker->scores = calloc(SGNS_MAX_LANES * SGNS_MAX_ROWS, sizeof *worker->scores);
    worker->rows_memory = calloc(1, 2 * rows * sizeof(float) + SGNS_CACHE_LINE);
    int failed = sgns_own_rows_init(&worker->contexts, plan->contexts, plan->stride,
                                    plan->n_own_contexts, plan->own_context_factors);
    failed |= sgns_own_rows_init(&worker->words, plan->words, plan->row_stride, plan->n_own_words,
                                 plan->own_word_factors);
    if (failed || !worker->lanes || !worker->waiting || !worker->targets || !worker->scores ||
        !worker->rows_memory) {
        sgns_worker_free(worker);
        return NULL;
    }
    uintptr_t start = (uintptr_t)worker->rows_memory + SGNS_CACHE_LINE - 1;
    worker->inputs = (float *)(start - start % SGNS_CACHE_LINE);
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
    sgns_own_rows_free(&worker->contexts);
    sgns_own_rows_free(&worker->words);
    free(worker);
}

/* May the target be in this step? Not if that would move one of its rows of W_d too often: all
 * from the same scores, in a step whose lanes are in one large document. Rows are told apart by
 * their low bits, so now and then one has to wait for another. */
static int has_room(const sgns_plan *plan, const sgns_worker *worker, const sgns_target *target)
{
    for (int64_t i = sgns_target_rows(plan, target); i-- > 0;)
        if (worker->used[sgns_target_row(plan, target, i) % SGNS_USED] >= plan->document_uses)
            return 0;
    return 1;
}

static void count_uses(const sgns_plan *plan, sgns_worker *worker, const sgns_target *target)
{
    for (int64_t i = sgns_target_rows(plan, target); i-- > 0;) {
        uint8_t *used = &worker->used[sgns_target_row(plan, target, i) % SGNS_USED];
        *used += *used < UINT8_MAX;
    }
}

static void forget_uses(const sgns_plan *plan, sgns_worker *worker, const sgns_target *target)
{
    for (int64_t i = sgns_target_rows(plan, target); i-- > 0;)
        worker->used[sgns_target_row(plan, target, i) % SGNS_USED] = 0;
}

/* Train the m waiting targets: in one step, or in several where windows are wide or documents
 * the same. */
static void train_waiting(const sgns_plan *plan, sgns_worker *worker, int m, float alpha,
                          sgns_tally *tally, int sample)
{
    for (int i = 0; i < m; i++) {
        tally->targets += !worker->waiting[i].is_document;
        tally->sampled_targets += sample && !worker->waiting[i].is_document;
    }
    const int documents = plan->join != SGNS_WORD || plan->walk.group > 0;
    while (m > 0 && !sgns_stopped(plan->stop)) {
        int n = 0, left = 0;
        for (int i = 0; i < m; i++) {
            sgns_target *next = &worker->waiting[i];
            if (!documents || n == 0 || has_room(plan, worker, next)) {
                if (documents)
                    count_uses(plan, worker, next);
                worker->targets[n++] = sgns_cut_contexts(next, plan->pairs_at_once);
            }
            if (next->n_left + next->n_right > 0)
                worker->waiting[left++] = *next;
        }
        for (int i = 0; documents && i < n; i++)
            forget_uses(plan, worker, &worker->targets[i]);
        sgns_train_step(plan, worker, n, alpha, tally, sample);
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
    sgns_start_noise(worker, sgns_derive(plan->noise_key, (uint64_t)job));
    sgns_copy_own_rows(&worker->contexts);
    sgns_copy_own_rows(&worker->words);
    uint64_t step = worker->random; /* which steps are sampled differs from job to job */

    const float job_tokens = (float)(n * walk->block);
    int m = 0;
    while (!sgns_stopped(plan->stop) && (m = collect_targets(plan, worker)) > 0) {
        int64_t tokens = 0;
        for (int i = 0; i < plan->lanes; i++)
            tokens += worker->lanes[i].tokens;
        float progress = fminf((float)tokens / job_tokens, 1.0f);
        int sample = plan->loss_every > 0 && step++ % (uint64_t)plan->loss_every == 0;
        train_waiting(plan, worker, m, alpha + (alpha_end - alpha) * progress, tally, sample);
    }
    sgns_exchange_all_rows(&worker->contexts);
    sgns_exchange_all_rows(&worker->words);
    for (int i = 0; i < plan->lanes; i++) {
        tally->tokens += worker->lanes[i].tokens;
        tally->damaged += worker->lanes[i].damaged;
    }
    return m < 0 ? -1 : 0;
}
