"""What the headers of training declare, as `_core.pyx` sees it."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "kernel.h" nogil:
    int SGNS_MAX_LANES
    ctypedef struct sgns_kernel:
        int lanes

cdef extern from "rng.h" nogil:
    uint64_t sgns_derive(uint64_t key, uint64_t number)
    uint64_t sgns_random_at(uint64_t key, uint64_t counter)
    uint64_t sgns_random_next(uint64_t *state)
    uint64_t sgns_permute(uint64_t index, uint64_t n, uint64_t key)

cdef extern from "sampler.h" nogil:
    ctypedef struct sgns_alias:
        uint32_t threshold
        uint32_t alias
    ctypedef struct sgns_noise:
        const sgns_alias *table
        const float *ratio
        uint32_t n
    int sgns_alias_build(sgns_alias *table, const double *weight, uint32_t n)
    uint32_t sgns_alias_column(uint32_t n, uint64_t bits)
    uint32_t sgns_alias_word(const sgns_alias *table, uint32_t column, uint64_t bits)

cdef extern from "walk.h" nogil:
    ctypedef struct sgns_piece:
        const uint32_t *tokens
        int64_t start
    ctypedef struct sgns_walk:
        const sgns_piece *pieces
        int64_t n_pieces
        int64_t n_tokens
        const int64_t *offsets
        int64_t n_documents
        uint32_t n_words
        uint32_t n_vocabulary
        const uint32_t *keep
        int window
        int shrink
        int64_t block
        int64_t n_blocks
        uint64_t token_key
        uint64_t order_key
        int words
        int group
        const uint32_t *tags
        const int64_t *tag_offsets
        int64_t n_tags
        int64_t n_rows
        int32_t *visits

cdef extern from "stop_flag.h" nogil:
    ctypedef struct sgns_stop_flag:
        int raised
    void sgns_stop(sgns_stop_flag *flag)

cdef extern from "train.h" nogil:
    int SGNS_MAX_ROWS
    ctypedef enum sgns_join:
        SGNS_WORD
        SGNS_SUM
        SGNS_MEAN
        SGNS_CONCAT
    ctypedef struct sgns_marks:
        uint8_t *words
        uint8_t *documents
        uint8_t *contexts
    ctypedef struct sgns_plan:
        sgns_walk walk
        sgns_marks marks
        const sgns_kernel *kernel
        float *words
        float *documents
        float *contexts
        ptrdiff_t row_stride
        ptrdiff_t stride
        int row_width
        int width
        sgns_join join
        float document_weight
        int document_uses
        int frozen
        uint32_t n_own_words
        uint32_t n_own_contexts
        const float *own_word_factors
        const float *own_context_factors
        int64_t pairs_per_exchange
        sgns_noise noise
        int negative
        int lanes
        int draw
        int pairs_at_once
        int rows_at_once
        int loss_every
        int64_t blocks_per_job
        uint64_t noise_key
        const sgns_stop_flag *stop
    ctypedef struct sgns_tally:
        double loss
        int64_t sampled_targets
        int64_t sampled_pairs
        int64_t targets
        int64_t pairs
        double document_loss
        int64_t sampled_document_pairs
        int64_t document_pairs
        int64_t tokens
        int64_t damaged
    ctypedef struct sgns_worker:
        pass
    sgns_worker *sgns_worker_new(const sgns_plan *plan)
    void sgns_worker_free(sgns_worker *worker)
    int sgns_train_job(
        const sgns_plan *plan, sgns_worker *worker, int64_t job, float alpha, float alpha_end,
        sgns_tally *tally)

cdef extern from "infer.h" nogil:
    int sgns_infer(
        const sgns_plan *plan, sgns_worker *worker, const int64_t *documents, int n, int epochs,
        float alpha, float min_alpha, uint64_t key, sgns_tally *tally)
