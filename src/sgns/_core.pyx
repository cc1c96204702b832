"""The door to training in C: checks memory views, drops the GIL, calls one C function."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

import numpy as np

from sgns import _kernels

MAX_ROWS = SGNS_MAX_ROWS


cdef inline int64_t ceil_divide(int64_t a, int64_t b) noexcept nogil:
    return (a + b - 1) // b


# ---- random numbers -----------------------------------------------------------------------------

def derive_key(uint64_t key, uint64_t number):
    """A key for one purpose out of a parent key and a number."""
    return sgns_derive(key, number)


def random_at(uint64_t key, uint64_t counter):
    """The 64 random bits of stream `key` at place `counter`."""
    return sgns_random_at(key, counter)


def permute(uint64_t index, uint64_t n, uint64_t key):
    """Place `index` of the random permutation of range(n) that `key` stands for."""
    if index >= n:
        raise ValueError(f"index: expected below {n}, got {index}")
    return sgns_permute(index, n, key)


cdef class Noise:
    """Noise words: drawn from a proposal, weighed so that the noise distribution is expected."""

    cdef sgns_noise noise
    cdef sgns_alias *table
    cdef float[::1] ratio

    def __cinit__(self, const double[::1] probability not None, const double[::1] proposal=None):
        cdef const double[::1] drawn = probability if proposal is None else proposal
        cdef Py_ssize_t n = probability.shape[0], i
        cdef int failed
        if n < 1 or drawn.shape[0] != n:
            raise ValueError("probability, proposal: expected one number for each word")
        self.table = <sgns_alias *> calloc(n, sizeof(sgns_alias))
        if self.table is NULL:
            raise MemoryError
        with nogil:
            failed = sgns_alias_build(self.table, &drawn[0], <uint32_t> n)
        if failed:
            raise MemoryError
        self.ratio = np.ones(n, dtype=np.float32)
        for i in range(n):
            if drawn[i] > 0:
                self.ratio[i] = <float> (probability[i] / drawn[i])
        self.noise.table = self.table
        self.noise.ratio = &self.ratio[0]
        self.noise.n = <uint32_t> n

    def __dealloc__(self):
        free(self.table)

    def draw(self, uint64_t key, uint32_t[::1] draws):
        """Fill `draws` from the proposal with the sequential stream `key`."""
        cdef Py_ssize_t i
        cdef uint64_t bits
        cdef uint32_t n = self.noise.n
        with nogil:
            for i in range(draws.shape[0]):
                bits = sgns_random_next(&key)
                draws[i] = sgns_alias_word(self.table, sgns_alias_column(n, bits), bits)


# ---- training -----------------------------------------------------------------------------------

JOINS = {"word": SGNS_WORD, "sum": SGNS_SUM, "mean": SGNS_MEAN, "concat": SGNS_CONCAT}
MAX_GROUP = 1 << 20
cdef uint32_t NO_TAG = 0, NO_TOKEN = 0


cdef int check_numbers(const sgns_plan *plan) except -1:
    if not (1 <= plan.lanes <= SGNS_MAX_LANES and 0 <= plan.draw <= SGNS_MAX_ROWS
            and 1 <= plan.rows_at_once <= SGNS_MAX_ROWS and plan.pairs_at_once > 0
            and plan.walk.block > 0 and plan.blocks_per_job > 0 and plan.negative > 0
            and plan.walk.window >= 0 and plan.loss_every >= 0):
        raise ValueError(
            "lanes, draw, rows_at_once, pairs_at_once, block, blocks_per_job, negative, window "
            "or loss_every out of range")
    if not (0 <= plan.walk.group <= MAX_GROUP and plan.document_weight > 0
            and 1 <= plan.document_uses <= 255 and (plan.walk.words or plan.walk.group > 0)):
        raise ValueError("group, document_weight, document_uses or word_targets out of range")
    return 0


cdef class Plan:
    """What all threads of a run share: the corpus, the matrices, the parameters."""

    cdef sgns_plan plan
    cdef sgns_piece *pieces
    cdef sgns_stop_flag _stop
    cdef list keep_alive

    def __cinit__(
            self, *, tuple tokens not None, const int64_t[::1] offsets,
            const uint32_t[::1] keep, Noise noise, float[:, ::1] words,
            float[:, ::1] contexts, str kernel, int vector_size, uint32_t n_vocabulary, int window,
            bint shrink_windows, int negative, int lanes, int draw, int pairs_at_once,
            int rows_at_once, int loss_every, int64_t block, int64_t blocks_per_job,
            int32_t[::1] visits=None, float[:, ::1] documents=None,
            const uint32_t[::1] tags=None, const int64_t[::1] tag_offsets=None,
            str join="word", bint word_targets=True, int group=0, float document_weight=1,
            int document_uses=1, bint frozen=False):
        cdef sgns_plan *plan = &self.plan
        cdef uintptr_t found = _kernels.kernel_address(kernel, shared_noise=draw > 0)
        plan.kernel = <const sgns_kernel *> found
        plan.walk.n_vocabulary = n_vocabulary
        plan.walk.window = window
        plan.walk.shrink = shrink_windows
        plan.walk.block = block
        plan.walk.words = word_targets
        plan.walk.group = group
        plan.document_weight = document_weight
        plan.document_uses = document_uses
        plan.frozen = frozen
        plan.noise = noise.noise
        plan.negative = negative
        plan.lanes = lanes
        plan.draw = draw
        plan.pairs_at_once = pairs_at_once
        plan.rows_at_once = rows_at_once
        plan.loss_every = loss_every
        plan.blocks_per_job = blocks_per_job
        plan.stop = &self._stop
        check_numbers(plan)
        if join not in JOINS:
            raise ValueError(f"join: expected one of {', '.join(JOINS)}, got {join!r}")
        plan.join = JOINS[join]
        self.set_rows(keep, noise, words, contexts, vector_size)
        self.set_text(tokens, offsets, visits)
        self.set_documents(documents, tags, tag_offsets)
        self.keep_alive = [
            tokens, offsets, keep, noise, words, contexts, visits, documents, tags, tag_offsets]

    def __dealloc__(self):
        free(self.pieces)

    cdef int set_rows(
            self, const uint32_t[::1] keep, Noise noise, float[:, ::1] words,
            float[:, ::1] contexts, int vector_size) except -1:
        """Take the matrices of words and contexts, with what there is for each of their rows."""
        cdef sgns_plan *plan = &self.plan
        cdef int64_t width = ceil_divide(vector_size, plan.kernel.lanes) * plan.kernel.lanes
        cdef int parts = 2 if plan.join == SGNS_CONCAT else 1
        cdef Py_ssize_t n_words = keep.shape[0]
        if not 0 < n_words == noise.noise.n == words.shape[0] == contexts.shape[0]:
            raise ValueError("keep, noise, words, contexts: expected one row for each word")
        if parts * words.shape[1] != contexts.shape[1] or words.shape[1] < width:
            raise ValueError(f"words, contexts: expected rows of {width} floats or more")
        plan.walk.n_words = <uint32_t> n_words
        plan.walk.keep = &keep[0]
        plan.words = &words[0, 0]
        plan.contexts = &contexts[0, 0]
        plan.row_stride = words.shape[1]
        plan.stride = contexts.shape[1]
        plan.row_width = <int> width
        plan.width = <int> (width + (parts - 1) * words.shape[1])
        return 0

    cdef int set_text(
            self, tuple tokens, const int64_t[::1] offsets, int32_t[::1] visits) except -1:
        """Take the tokens and where documents begin."""
        cdef sgns_walk *walk = &self.plan.walk
        cdef int64_t n_tokens = self.set_pieces(tokens)
        if n_tokens < 1 or offsets.shape[0] < 2:
            raise ValueError("tokens, offsets: expected at least one token and one document")
        if visits is not None and visits.shape[0] != n_tokens:
            raise ValueError("visits: expected one count for each token")
        walk.pieces = self.pieces
        walk.n_pieces = len(tokens)
        walk.n_tokens = n_tokens
        walk.n_blocks = ceil_divide(n_tokens, walk.block)
        walk.offsets = &offsets[0]
        walk.n_documents = offsets.shape[0] - 1
        walk.visits = &visits[0] if visits is not None else NULL
        return 0

    cdef int64_t set_pieces(self, tuple tokens) except -1:
        """Take the arrays of tokens, which lie one after the other; return their whole length."""
        cdef const uint32_t[::1] piece
        cdef int64_t start = 0
        cdef Py_ssize_t i
        self.pieces = <sgns_piece *> calloc(len(tokens) + 1, sizeof(sgns_piece))
        if self.pieces is NULL:
            raise MemoryError
        for i in range(len(tokens)):
            piece = tokens[i]
            self.pieces[i].tokens = &piece[0] if piece.shape[0] else &NO_TOKEN
            self.pieces[i].start = start
            start += piece.shape[0]
        self.pieces[len(tokens)].start = start
        return start

    cdef int set_documents(
            self, float[:, ::1] documents, const uint32_t[::1] tags,
            const int64_t[::1] tag_offsets) except -1:
        """Take W_d, and which of its rows belong to which document."""
        cdef sgns_plan *plan = &self.plan
        cdef int64_t n_documents = plan.walk.n_documents
        if (plan.walk.group > 0 or plan.join != SGNS_WORD or plan.frozen) != (
                documents is not None):
            raise ValueError("documents: expected with, and only with, something that trains them")
        if (tags is None) != (tag_offsets is None):
            raise ValueError("tags, tag_offsets: expected both or neither")
        if documents is None:
            return 0
        if documents.shape[1] != plan.row_stride:
            raise ValueError(f"documents: expected rows of {plan.row_stride} floats")
        if documents.shape[0] < 1 or (tags is None and documents.shape[0] != n_documents):
            raise ValueError(f"documents: expected {n_documents} rows, got {documents.shape[0]}")
        if tags is not None and tag_offsets.shape[0] != n_documents + 1:
            raise ValueError(
                f"tag_offsets: expected {n_documents + 1}, got {tag_offsets.shape[0]}")
        plan.walk.n_rows = documents.shape[0]
        plan.documents = &documents[0, 0]
        if tags is not None:
            plan.walk.tags = &tags[0] if tags.shape[0] else &NO_TAG
            plan.walk.tag_offsets = &tag_offsets[0]
            plan.walk.n_tags = tags.shape[0]
        return 0

    def start_epoch(self, uint64_t token_key, uint64_t order_key, uint64_t noise_key):
        """Set the random keys of an epoch; no thread may be at work. order_key 0: in order."""
        self.plan.walk.token_key = token_key
        self.plan.walk.order_key = order_key
        self.plan.noise_key = noise_key

    def mark(
            self, *, uint8_t[::1] words, uint8_t[::1] contexts, uint8_t[::1] documents=None):
        """Set a byte to 1 for every row that is changed from now on; no thread may be at work."""
        if not words.shape[0] == contexts.shape[0] == self.plan.walk.n_words:
            raise ValueError("words, contexts: expected one mark for each word")
        if (0 if documents is None else documents.shape[0]) != self.plan.walk.n_rows:
            raise ValueError(f"documents: expected {self.plan.walk.n_rows} marks")
        self.keep_alive += [words, contexts, documents]
        self.plan.marks.words = &words[0]
        self.plan.marks.contexts = &contexts[0]
        self.plan.marks.documents = NULL if documents is None else &documents[0]

    def give_own_rows(
            self, const float[::1] word_factors, const float[::1] context_factors,
            int64_t pairs_per_exchange):
        """Let each worker made from now on train copies of the first rows; see kernels/own_rows.h.

        One factor for each row that is copied; a row is exchanged every `pairs_per_exchange`.
        """
        cdef Py_ssize_t words = word_factors.shape[0], contexts = context_factors.shape[0]
        if words > self.plan.walk.n_words or not 0 < contexts <= self.plan.walk.n_words:
            raise ValueError("word_factors, context_factors: expected no more than words")
        if pairs_per_exchange < 1 or self.plan.frozen:
            raise ValueError("give_own_rows: expected 1 pair or more, and rows that are trained")
        self.keep_alive += [word_factors, context_factors]
        self.plan.n_own_words = <uint32_t> words
        self.plan.n_own_contexts = <uint32_t> contexts
        self.plan.own_word_factors = &word_factors[0] if words else NULL
        self.plan.own_context_factors = &context_factors[0]
        self.plan.pairs_per_exchange = pairs_per_exchange

    @property
    def n_jobs(self):
        """Jobs in an epoch."""
        return ceil_divide(self.plan.walk.n_blocks, self.plan.blocks_per_job)

    def stop(self):
        """Make every thread leave its job at the next step."""
        sgns_stop(&self._stop)


cdef class Worker:
    """The buffers of one thread, and its tally."""

    cdef sgns_worker *worker
    cdef Plan plan

    def __cinit__(self, Plan plan not None):
        self.plan = plan
        self.worker = sgns_worker_new(&plan.plan)
        if self.worker is NULL:
            raise MemoryError

    def __dealloc__(self):
        sgns_worker_free(self.worker)

    def train_job(self, int64_t job, float alpha, float alpha_end):
        """Train a job of the epoch without the GIL; returns its tally as a dict."""
        cdef sgns_tally tally
        cdef int failed
        if not 0 <= job < self.plan.n_jobs:
            raise ValueError(f"job: expected 0 to {self.plan.n_jobs - 1}, got {job}")
        memset(&tally, 0, sizeof(tally))
        with nogil:
            failed = sgns_train_job(
                &self.plan.plan, self.worker, job, alpha, alpha_end, &tally)
        if failed:
            raise MemoryError
        return tally

    def infer(
            self, const int64_t[::1] documents, int epochs, float alpha, float min_alpha,
            uint64_t key):
        """Train the rows of these documents alone, without the GIL; returns the tally."""
        cdef sgns_tally tally
        cdef const sgns_plan *plan = &self.plan.plan
        cdef int failed
        cdef Py_ssize_t i, n = documents.shape[0]
        if not plan.frozen or plan.walk.tags is not NULL or not 1 <= n <= plan.lanes:
            raise ValueError(f"infer: expected a frozen plan and 1 to {plan.lanes} documents")
        for i in range(n):
            if not 0 <= documents[i] < plan.walk.n_documents:
                raise ValueError(f"documents: expected numbers below {plan.walk.n_documents}")
        memset(&tally, 0, sizeof(tally))
        with nogil:
            failed = sgns_infer(
                plan, self.worker, &documents[0], <int> n, epochs, alpha, min_alpha, key, &tally)
        if failed:
            raise MemoryError
        return tally
