#include "infer.h"

#include "rng.h"
#include "step.h"

/* The next contexts of every document: what is left of its target, or of its next one. */
static int collect(const sgns_plan *plan, const sgns_walk *walk, sgns_worker *worker, int n)
{
    int m = 0;
    for (int i = 0; i < n; i++) {
        sgns_target *waiting = &worker->waiting[i];
        if (waiting->n_left + waiting->n_right == 0) {
            int got = sgns_lane_next(&worker->lanes[i], walk, waiting);
            if (got < 0)
                return -1;
            if (got == 0)
                continue;
        }
        worker->targets[m++] = sgns_cut_contexts(waiting, plan->pairs_at_once);
    }
    return m;
}

static int pass(const sgns_plan *plan, const sgns_walk *walk, sgns_worker *worker,
                const int64_t *documents, int n, float alpha, sgns_tally *tally)
{
    for (int i = 0; i < n; i++) {
        worker->waiting[i].n_left = worker->waiting[i].n_right = 0;
        if (sgns_lane_start_document(&worker->lanes[i], walk, documents[i]) < 0)
            return -1;
    }
    int m = 0;
    while (!sgns_stopped(plan->stop) && (m = collect(plan, walk, worker, n)) > 0)
        sgns_train_step(plan, worker, m, alpha, tally, 0);
    for (int i = 0; i < n; i++)
        tally->damaged += worker->lanes[i].damaged;
    return m < 0 ? -1 : 0;
}

int sgns_infer(const sgns_plan *plan, sgns_worker *worker, const int64_t *documents, int n,
               int epochs, float alpha, float min_alpha, uint64_t key, sgns_tally *tally)
{
    sgns_walk walk = plan->walk;
    for (int epoch = 0; epoch < epochs && !sgns_stopped(plan->stop); epoch++) {
        const uint64_t epoch_key = sgns_derive(key, (uint64_t)epoch);
        const float progress = (float)epoch / (float)epochs;
        walk.token_key = sgns_derive(epoch_key, 1);
        sgns_start_noise(worker, sgns_derive(epoch_key, 3));
        if (pass(plan, &walk, worker, documents, n, alpha + (min_alpha - alpha) * progress, tally) <
            0)
            return -1;
    }
    return 0;
}
