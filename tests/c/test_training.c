/* Jobs of training: every instruction set does what the scalar version does. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "train.h"

enum { N_WORDS = 40, N_TOKENS = 900, N_DOCUMENTS = 7, SIZE = 21, STRIDE = 32, DRAW = 11 };

/* What is trained. */
static const struct {
    const char *name;
    sgns_join join;
    int group; /* kept words that a document meets at a time; 0: documents are no targets */
} modes[] = {{"words", SGNS_WORD, 0},
             {"words and documents", SGNS_WORD, 4},
             {"sums", SGNS_SUM, 0},
             {"means", SGNS_MEAN, 0},
             {"pairs", SGNS_CONCAT, 0}};
enum { N_MODES = sizeof modes / sizeof *modes };

typedef struct {
    uint32_t tokens[N_TOKENS], keep[N_WORDS];
    int64_t offsets[N_DOCUMENTS + 1];
    sgns_piece pieces[4];
    int32_t visits[N_TOKENS];
    sgns_alias noise[N_WORDS];
    float ratio[N_WORDS];
    float words[N_WORDS * STRIDE], contexts[N_WORDS * 2 * STRIDE], documents[N_DOCUMENTS * STRIDE];
    sgns_tally tally;
} run;

static void prepare(run *r, int stride)
{
    static const int64_t offsets[] = {0, 0, 41, 42, 300, 300, 301, N_TOKENS};
    double weight[N_WORDS];
    uint64_t random = 5;
    memset(r, 0, sizeof *r);
    memcpy(r->offsets, offsets, sizeof offsets);
    for (int i = 0; i < 3; i++)
        r->pieces[i] = (sgns_piece){r->tokens + offsets[2 * i], offsets[2 * i]};
    r->pieces[3] = (sgns_piece){.start = N_TOKENS};
    for (int i = 0; i < N_WORDS; i++) {
        weight[i] = 1.0 / (i + 2);
        r->ratio[i] = 1.0f;
        r->keep[i] = i < 3 ? UINT32_MAX / 2 : UINT32_MAX;
        for (int d = 0; d < SIZE; d++) {
            r->words[i * STRIDE + d] = random_float(&random);
            for (int part = 0; part < stride; part += STRIDE)
                r->contexts[i * stride + part + d] = random_float(&random);
        }
    }
    for (int i = 0; i < N_DOCUMENTS; i++)
        for (int d = 0; d < SIZE; d++)
            r->documents[i * STRIDE + d] = random_float(&random);
    check(sgns_alias_build(r->noise, weight, N_WORDS) == 0, "alias_build has memory");
    for (int i = 0; i < N_TOKENS; i++) {
        uint64_t bits = sgns_random_next(&random);
        r->tokens[i] = sgns_alias_word(r->noise, sgns_alias_column(N_WORDS, bits), bits);
    }
}

static sgns_plan plan_of(run *r, const sgns_kernel *kernel, int mode, int draw)
{
    static const sgns_stop_flag stop = {0};
    const int width = (SIZE + kernel->lanes - 1) / kernel->lanes * kernel->lanes;
    const int beside = modes[mode].join == SGNS_CONCAT ? STRIDE : 0;
    const int documents = beside || modes[mode].join != SGNS_WORD || modes[mode].group > 0;
    sgns_plan plan = {.kernel = kernel,
                      .words = r->words,
                      .contexts = r->contexts,
                      .documents = documents ? r->documents : NULL,
                      .row_stride = STRIDE,
                      .stride = STRIDE + beside,
                      .row_width = width,
                      .width = width + beside,
                      .join = modes[mode].join,
                      .document_weight = 0.5f,
                      .document_uses = 1,
                      .noise = {.table = r->noise, .ratio = r->ratio, .n = N_WORDS},
                      .negative = 3,
                      .lanes = draw ? 8 : 1,
                      .draw = draw,
                      .pairs_at_once = 9,
                      .rows_at_once = 20,
                      .loss_every = 1,
                      .blocks_per_job = 16,
                      .noise_key = 3,
                      .stop = &stop};
    plan.walk = (sgns_walk){.pieces = r->pieces,
                            .n_pieces = 3,
                            .n_tokens = N_TOKENS,
                            .offsets = r->offsets,
                            .n_documents = N_DOCUMENTS,
                            .n_words = N_WORDS,
                            .n_vocabulary = N_WORDS,
                            .keep = r->keep,
                            .window = 5,
                            .shrink = 1,
                            .block = 13,
                            .n_blocks = (N_TOKENS + 12) / 13,
                            .token_key = 1,
                            .order_key = 2,
                            .words = 1,
                            .group = modes[mode].group,
                            .visits = r->visits};
    return plan;
}

static void train(run *r, const sgns_kernel *kernel, int mode, int draw)
{
    sgns_plan plan = plan_of(r, kernel, mode, draw);
    prepare(r, (int)plan.stride);
    sgns_worker *worker = sgns_worker_new(&plan);
    check(worker != NULL, "a worker");
    for (int64_t job = 0; job * plan.blocks_per_job < plan.walk.n_blocks; job++)
        check(sgns_train_job(&plan, worker, job, 0.05f, 0.01f, &r->tally) == 0, "a job");
    sgns_worker_free(worker);
}

static void compare_rows(const char *what, const char *kernel, int mode, const float *found,
                         const float *expected, int n)
{
    for (int i = 0; i < n; i++) {
        /* roundings grow from step to step */
        check(fabsf(found[i] - expected[i]) < 1e-4f, "%s of %s, training %s: %g, not %g", what,
              kernel, modes[mode].name, (double)found[i], (double)expected[i]);
        check(i % STRIDE < SIZE || found[i] == 0, "padding of %s of %s, training %s", what, kernel,
              modes[mode].name);
    }
}

static void compare(const run *found, const run *expected, const char *kernel, int mode)
{
    const sgns_tally *a = &found->tally, *b = &expected->tally;
    for (int i = 0; i < N_TOKENS; i++)
        check(found->visits[i] == 1, "token %d was visited %d times", i, (int)found->visits[i]);
    check(a->pairs == b->pairs && a->pairs > N_TOKENS, "pairs of %s", kernel);
    check(a->targets == b->targets, "targets of %s", kernel);
    check(a->tokens == N_TOKENS && a->damaged == 0, "tokens of %s", kernel);
    check(fabs(a->loss / b->loss - 1) < 1e-4, "loss of %s", kernel);
    compare_rows("W_t", kernel, mode, found->words, expected->words, N_WORDS * STRIDE);
    compare_rows("W_c", kernel, mode, found->contexts, expected->contexts, 2 * N_WORDS * STRIDE);
    compare_rows("W_d", kernel, mode, found->documents, expected->documents, N_DOCUMENTS * STRIDE);
}

void test_training(void)
{
    const sgns_kernel *kernels[8];
    int n = sgns_kernels_available(kernels, 8);
    run *expected = allocate(sizeof *expected), *found = allocate(sizeof *found);
    for (int mode = 0; mode < N_MODES; mode++) {
        for (int draw = 0; draw <= DRAW; draw += DRAW) {
            train(expected, &sgns_kernel_scalar, mode, draw);
            for (int k = 0; k < n; k++) {
                train(found, kernels[k], mode, draw);
                compare(found, expected, kernels[k]->name, mode);
            }
        }
    }
    free(expected);
    free(found);
}
