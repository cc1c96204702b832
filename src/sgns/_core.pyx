"""Between Python and the C kernels: checks memory views, drops the GIL, calls one C function."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc

import numpy as np

cdef extern from "kernel.h" nogil:
    int SGNS_MAX_LANES
    float SGNS_MAX_SCORE
    ctypedef struct sgns_kernel:
        const char *name
        int lanes
        void (*score)(const float *, float *const *, int, int, float *)
        void (*update)(const float *, float *, float *const *, const float *, int, int)
        void (*score_block)(
            const float *, ptrdiff_t, int, float *const *, int, int, float *, int)
        void (*update_block)(
            const float *, float *, ptrdiff_t, int, float *const *, int, int, const float *, int)
        void (*sigmoid)(float *, int)
    const sgns_kernel *sgns_kernel_find(const char *name)
    int sgns_kernels_available(const sgns_kernel **found, int room)
    const char *sgns_compiler()

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
    ctypedef struct sgns_walk:
        const uint32_t *tokens
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
        int32_t *visits

cdef extern from "train.h" nogil:
    int SGNS_MAX_ROWS
    ctypedef struct sgns_plan:
        sgns_walk walk
        const sgns_kernel *kernel
        float *words
        float *contexts
        ptrdiff_t stride
        int width
        sgns_noise noise
        int negative
        int lanes
        int draw
        int pairs_at_once
        int rows_at_once
        int loss_every
        int64_t blocks_per_job
        uint64_t noise_key
        const int *stop
    ctypedef struct sgns_tally:
        double loss
        int64_t sampled_targets
        int64_t sampled_pairs
        int64_t targets
        int64_t pairs
        int64_t tokens
        int64_t damaged
    ctypedef struct sgns_worker:
        pass
    sgns_worker *sgns_worker_new(const sgns_plan *plan)
    void sgns_worker_free(sgns_worker *worker)
    int sgns_train_job(
        const sgns_plan *plan, sgns_worker *worker, int64_t job, float alpha, float alpha_end,
        sgns_tally *tally)

MAX_LANES = SGNS_MAX_LANES
MAX_ROWS = SGNS_MAX_ROWS
MAX_SCORE = SGNS_MAX_SCORE


cdef inline int64_t ceil_divide(int64_t a, int64_t b) noexcept nogil:
    return (a + b - 1) // b


# ---- kernels ------------------------------------------------------------------------------------

def available_kernels():
    """Names of the instruction sets this machine can run, the best last."""
    cdef const sgns_kernel *found[8]
    cdef int n = sgns_kernels_available(found, 8)
    return [found[i].name.decode() for i in range(n)]


def compiler():
    """Name and version of the compiler that built the kernels."""
    return sgns_compiler().decode()


cdef const sgns_kernel *find_kernel(str name) except NULL:
    cdef const sgns_kernel *kernel
    if name == "blas":
        from sgns._blas import kernel_address
        return <const sgns_kernel *> <uintptr_t> kernel_address()
    kernel = sgns_kernel_find(name.encode())
    if kernel is NULL:
        raise ValueError(
            f"instruction set: expected one of {', '.join(available_kernels())}, got {name!r}")
    return kernel


def kernel_lanes(str name):
    """How many floats a register of this kernel holds; row widths are multiples of it."""
    return find_kernel(name).lanes


cdef float **row_pointers(float[:, ::1] rows) except NULL:
    cdef Py_ssize_t n = rows.shape[0], i
    cdef float **pointers = <float **> malloc((n + 1) * sizeof(float *))
    if pointers is NULL:
        raise MemoryError
    for i in range(n):
        pointers[i] = &rows[i, 0]
    return pointers


def score(str kernel, float[::1] h, float[:, ::1] rows, float[::1] scores):
    """scores[i] = h . rows[i]."""
    cdef const sgns_kernel *k = find_kernel(kernel)
    check_width(k, h.shape[0], rows.shape[1])
    check_shape("scores", scores.shape[0], rows.shape[0])
    cdef float **pointers = row_pointers(rows)
    k.score(&h[0], pointers, <int> rows.shape[0], <int> h.shape[0], &scores[0])
    free(pointers)


def update(str kernel, float[::1] h, float[::1] gradient, float[:, ::1] rows, float[::1] step):
    """gradient += step @ rows, then rows += outer(step, h)."""
    cdef const sgns_kernel *k = find_kernel(kernel)
    check_width(k, h.shape[0], rows.shape[1])
    check_shape("gradient", gradient.shape[0], h.shape[0])
    check_shape("step", step.shape[0], rows.shape[0])
    cdef float **pointers = row_pointers(rows)
    k.update(&h[0], &gradient[0], pointers, &step[0], <int> rows.shape[0], <int> h.shape[0])
    free(pointers)


def score_block(str kernel, float[:, ::1] inputs, float[:, ::1] rows, float[:, ::1] scores):
    """scores[i, j] = inputs[i] . rows[j]."""
    cdef const sgns_kernel *k = find_block_kernel(kernel)
    check_width(k, inputs.shape[1], rows.shape[1])
    check_shape("scores", scores.shape[0], inputs.shape[0])
    check_shape("scores", scores.shape[1], rows.shape[0])
    cdef float **pointers = row_pointers(rows)
    k.score_block(
        &inputs[0, 0], inputs.shape[1], <int> inputs.shape[0], pointers, <int> rows.shape[0],
        <int> rows.shape[1], &scores[0, 0], <int> scores.shape[1])
    free(pointers)


def update_block(
        str kernel, float[:, ::1] inputs, float[:, ::1] gradients, float[:, ::1] rows,
        float[:, ::1] step):
    """gradients += step @ rows, then rows += step.T @ inputs."""
    cdef const sgns_kernel *k = find_block_kernel(kernel)
    check_width(k, inputs.shape[1], rows.shape[1])
    check_shape("gradients", gradients.shape[0], inputs.shape[0])
    check_shape("gradients", gradients.shape[1], inputs.shape[1])
    check_shape("step", step.shape[0], inputs.shape[0])
    check_shape("step", step.shape[1], rows.shape[0])
    if inputs.shape[0] > SGNS_MAX_LANES:
        raise ValueError(f"inputs: expected at most {SGNS_MAX_LANES}, got {inputs.shape[0]}")
    cdef float **pointers = row_pointers(rows)
    k.update_block(
        &inputs[0, 0], &gradients[0, 0], inputs.shape[1], <int> inputs.shape[0], pointers,
        <int> rows.shape[0], <int> rows.shape[1], &step[0, 0], <int> step.shape[1])
    free(pointers)


def sigmoid(str kernel, float[::1] x, int n):
    """x[:n] = sigma(x[:n]); x has room up to the next multiple of the kernel's lanes."""
    cdef const sgns_kernel *k = find_kernel(kernel)
    if n < 1 or x.shape[0] < ceil_divide(n, k.lanes) * k.lanes:
        raise ValueError(f"sigmoid: expected room for {n} scores in whole registers")
    k.sigmoid(&x[0], n)


cdef const sgns_kernel *find_block_kernel(str name) except NULL:
    cdef const sgns_kernel *kernel = find_kernel(name)
    if kernel.score_block is NULL:
        raise ValueError(f"kernel {name!r} has no shared noise")
    return kernel


cdef int check_width(const sgns_kernel *k, Py_ssize_t a, Py_ssize_t b) except -1:
    if a != b or a < 1 or a % k.lanes:
        raise ValueError(f"rows: expected equal widths in multiples of {k.lanes}, got {a} and {b}")
    return 0


cdef int check_shape(str name, Py_ssize_t have, Py_ssize_t want) except -1:
    if have != want:
        raise ValueError(f"{name}: expected a length of {want}, got {have}")
    return 0


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

cdef class Plan:
    """What all threads of a run share: the corpus, the matrices, the parameters."""

    cdef sgns_plan plan
    cdef int _stop
    cdef list keep_alive

    def __cinit__(
            self, *, const uint32_t[::1] tokens, const int64_t[::1] offsets,
            const uint32_t[::1] keep, Noise noise, float[:, ::1] words,
            float[:, ::1] contexts, str kernel, int vector_size, uint32_t n_vocabulary, int window,
            bint shrink_windows, int negative, int lanes, int draw, int pairs_at_once,
            int rows_at_once, int loss_every, int64_t block, int64_t blocks_per_job,
            int32_t[::1] visits=None):
        cdef const sgns_kernel *found = (
            find_block_kernel(kernel) if draw > 0 else find_kernel(kernel))
        cdef Py_ssize_t n_words = keep.shape[0]
        if not 0 < n_words == noise.noise.n == words.shape[0] == contexts.shape[0]:
            raise ValueError("keep, noise, words, contexts: expected one row for each word")
        cdef int64_t width = ceil_divide(vector_size, found.lanes) * found.lanes
        if words.shape[1] != contexts.shape[1] or words.shape[1] < width:
            raise ValueError(f"words, contexts: expected rows of {width} floats or more")
        if not (1 <= lanes <= SGNS_MAX_LANES and 0 <= draw <= SGNS_MAX_ROWS
                and 1 <= rows_at_once <= SGNS_MAX_ROWS and pairs_at_once > 0 and block > 0
                and blocks_per_job > 0 and negative > 0 and window >= 0 and loss_every >= 0):
            raise ValueError(
                "lanes, draw, rows_at_once, pairs_at_once, block, blocks_per_job, negative, window "
                "or loss_every out of range")
        if tokens.shape[0] < 1 or offsets.shape[0] < 2:
            raise ValueError("tokens, offsets: expected at least one token and one document")
        if visits is not None and visits.shape[0] != tokens.shape[0]:
            raise ValueError("visits: expected one count for each token")

        self.keep_alive = [tokens, offsets, keep, noise, words, contexts, visits]
        self._stop = 0
        cdef sgns_plan *plan = &self.plan
        plan.walk.tokens = &tokens[0]
        plan.walk.n_tokens = tokens.shape[0]
        plan.walk.offsets = &offsets[0]
        plan.walk.n_documents = offsets.shape[0] - 1
        plan.walk.n_words = <uint32_t> n_words
        plan.walk.n_vocabulary = n_vocabulary
        plan.walk.keep = &keep[0]
        plan.walk.window = window
        plan.walk.shrink = shrink_windows
        plan.walk.block = block
        plan.walk.n_blocks = ceil_divide(tokens.shape[0], block)
        plan.walk.visits = &visits[0] if visits is not None else NULL
        plan.kernel = found
        plan.words = &words[0, 0]
        plan.contexts = &contexts[0, 0]
        plan.stride = words.shape[1]
        plan.width = <int> width
        plan.noise = noise.noise
        plan.negative = negative
        plan.lanes = lanes
        plan.draw = draw
        plan.pairs_at_once = pairs_at_once
        plan.rows_at_once = rows_at_once
        plan.loss_every = loss_every
        plan.blocks_per_job = blocks_per_job
        plan.stop = &self._stop

    def start_epoch(self, uint64_t token_key, uint64_t order_key, uint64_t noise_key):
        """Set the random keys of an epoch; no thread may be at work. order_key 0: in order."""
        self.plan.walk.token_key = token_key
        self.plan.walk.order_key = order_key
        self.plan.noise_key = noise_key

    @property
    def n_jobs(self):
        """Jobs in an epoch."""
        return ceil_divide(self.plan.walk.n_blocks, self.plan.blocks_per_job)

    def stop(self):
        """Make every thread leave its job at the next step."""
        self._stop = 1


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
        tally.loss = 0
        tally.sampled_targets = tally.sampled_pairs = tally.targets = tally.pairs = 0
        tally.tokens = tally.damaged = 0
        with nogil:
            failed = sgns_train_job(
                &self.plan.plan, self.worker, job, alpha, alpha_end, &tally)
        if failed:
            raise MemoryError
        return tally
