"""One call of one kernel: checks memory views, calls one C function. Training calls them in C."""

from libc.stdint cimport int64_t, uintptr_t
from libc.stdlib cimport free, malloc

import numpy as np

cdef extern from "kernel.h" nogil:
    int SGNS_MAX_LANES
    int SGNS_TILE
    float SGNS_MAX_SCORE
    ctypedef struct sgns_kernel:
        const char *name
        int lanes
        void (*score)(const float *const *, float *const *, int, int, float *)
        void (*update)(const float *, float *, float *const *, const float *, int, int)
        void (*score_block)(
            const float *const *, int, float *const *, int, int, float *, int) noexcept nogil
        void (*update_block)(
            const float *const *, float *, ptrdiff_t, int, float *const *, int, int,
            const float *, int)
        void (*gather_block)(
            float *, ptrdiff_t, int, float *const *, int, int, const float *, int)
        void (*sigmoid)(float *, int)
        void (*noise_steps)(float *, int, int, int, const float *, const float *)
    const sgns_kernel *sgns_kernel_find(const char *name)
    int sgns_kernels_available(const sgns_kernel **found, int room)
    const char *sgns_compiler()

# What score_all takes at a time, in whole tiles: rows that stay in the first cache, while inputs
# pass that stay in the second one.
cdef enum:
    INPUTS_AT_ONCE = 256
    ROWS_AT_ONCE = 32

MAX_LANES = SGNS_MAX_LANES
TILE = SGNS_TILE
MAX_SCORE = SGNS_MAX_SCORE


def available_kernels():
    """Names of the instruction sets this machine can run, the best last."""
    cdef const sgns_kernel *found[8]
    cdef int n = sgns_kernels_available(found, 8)
    return [found[i].name.decode() for i in range(n)]


def compiler():
    """Name and version of the compiler that built the kernels."""
    return sgns_compiler().decode()


def kernel_lanes(str name):
    """How many floats a register of this kernel holds; row widths are multiples of it."""
    return find_kernel(name).lanes


def kernel_address(str name, *, bint shared_noise=False):
    """Address of the kernel's table, for modules that call it in C; of one with blocks if asked."""
    return <uintptr_t> (find_block_kernel(name) if shared_noise else find_kernel(name))


def score(
        str kernel, float[:, ::1] inputs, float[:, ::1] rows, float[::1] scores, *, int run=1):
    """scores[i] = inputs[i - i % run] . rows[i]: `run` pairs, 1 or more, have the same input."""
    cdef const sgns_kernel *k = find_kernel(kernel)
    cdef Py_ssize_t n = rows.shape[0], i
    check_width(k, inputs.shape[1], rows.shape[1])
    check_shape("inputs", inputs.shape[0], n)
    check_shape("scores", scores.shape[0], n)
    if run < 1:
        raise ValueError(f"run: expected 1 or more, got {run}")
    cdef float[::1] tiles = np.empty(whole_tiles(n), dtype=np.float32)
    cdef float **h = row_pointers(inputs)
    cdef float **pointers = row_pointers(rows)
    for i in range(n):
        h[i] = h[i - i % run]
    k.score(<const float *const *> h, pointers, <int> n, <int> rows.shape[1], &tiles[0])
    free(h)
    free(pointers)
    scores[:] = tiles[:n]


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
    """scores[j, i] = inputs[i] . rows[j]."""
    cdef const sgns_kernel *k = find_block_kernel(kernel)
    check_width(k, inputs.shape[1], rows.shape[1])
    check_shape("scores", scores.shape[0], rows.shape[0])
    check_shape("scores", scores.shape[1], inputs.shape[0])
    cdef Py_ssize_t m = inputs.shape[0], n = rows.shape[0]
    cdef float[:, ::1] tiles = np.empty((whole_tiles(n), whole_tiles(m)), dtype=np.float32)
    cdef float **h = row_pointers(inputs)
    cdef float **pointers = row_pointers(rows)
    k.score_block(
        <const float *const *> h, <int> m, pointers, <int> n, <int> rows.shape[1], &tiles[0, 0],
        <int> tiles.shape[1])
    free(h)
    free(pointers)
    scores[:] = tiles[:n, :m]


def score_all(
        str kernel, const float[:, ::1] inputs, const float[:, ::1] rows, float[:, ::1] scores):
    """scores[j, i] = inputs[i] . rows[j], for any number of them; scores has room for whole tiles.

    Without the GIL, in pieces that stay in the caches of a core.
    """
    cdef const sgns_kernel *k = find_block_kernel(kernel)
    cdef Py_ssize_t m = inputs.shape[0], n = rows.shape[0], width = rows.shape[1], piece, i, j
    cdef Py_ssize_t ld = scores.shape[1], pieces = ceil_divide(n, ROWS_AT_ONCE)
    check_width(k, inputs.shape[1], width)
    if scores.shape[0] < whole_tiles(n) or ld < whole_tiles(m):
        raise ValueError(
            f"scores: expected at least {whole_tiles(n)} x {whole_tiles(m)} numbers, got "
            f"{scores.shape[0]} x {ld}")
    if m == 0 or n == 0:
        return
    cdef float **h = row_pointers(inputs)
    cdef float **pointers
    try:
        pointers = row_pointers(rows)
    except MemoryError:
        free(h)
        raise
    with nogil:
        for piece in range(ceil_divide(m, INPUTS_AT_ONCE) * pieces):
            i, j = piece // pieces * INPUTS_AT_ONCE, piece % pieces * ROWS_AT_ONCE
            k.score_block(
                <const float *const *> h + i, <int> min(m - i, INPUTS_AT_ONCE), pointers + j,
                <int> min(n - j, ROWS_AT_ONCE), <int> width, &scores[j, i], <int> ld)
    free(h)
    free(pointers)


def update_block(
        str kernel, float[:, ::1] inputs, float[:, ::1] gradients, float[:, ::1] rows,
        float[:, ::1] step):
    """gradients += step.T @ rows, then rows += step @ inputs."""
    cdef const sgns_kernel *k = find_block_kernel(kernel)
    check_width(k, inputs.shape[1], rows.shape[1])
    check_shape("gradients", gradients.shape[0], inputs.shape[0])
    check_shape("gradients", gradients.shape[1], inputs.shape[1])
    check_shape("step", step.shape[0], rows.shape[0])
    check_shape("step", step.shape[1], inputs.shape[0])
    if inputs.shape[0] > SGNS_MAX_LANES:
        raise ValueError(f"inputs: expected at most {SGNS_MAX_LANES}, got {inputs.shape[0]}")
    cdef float **pointers = row_pointers(rows)
    cdef float **h = row_pointers(inputs)
    k.update_block(
        <const float *const *> h, &gradients[0, 0], gradients.shape[1], <int> inputs.shape[0],
        pointers, <int> rows.shape[0], <int> rows.shape[1], &step[0, 0], <int> step.shape[1])
    free(h)
    free(pointers)


def gather_block(
        str kernel, float[:, ::1] gradients, float[:, ::1] rows, float[:, ::1] step):
    """gradients += step.T @ rows."""
    cdef const sgns_kernel *k = find_kernel(kernel)
    check_width(k, gradients.shape[1], rows.shape[1])
    check_shape("step", step.shape[0], rows.shape[0])
    check_shape("step", step.shape[1], gradients.shape[0])
    if gradients.shape[0] > SGNS_MAX_LANES:
        raise ValueError(f"gradients: expected at most {SGNS_MAX_LANES}, got {gradients.shape[0]}")
    cdef float **pointers = row_pointers(rows)
    k.gather_block(
        &gradients[0, 0], gradients.shape[1], <int> gradients.shape[0], pointers,
        <int> rows.shape[0], <int> rows.shape[1], &step[0, 0], <int> step.shape[1])
    free(pointers)


def sigmoid(str kernel, float[::1] x, int n):
    """x[:n] = sigma(x[:n]); x has room up to the next multiple of the kernel's lanes."""
    cdef const sgns_kernel *k = find_kernel(kernel)
    if n < 1 or x.shape[0] < ceil_divide(n, k.lanes) * k.lanes:
        raise ValueError(f"sigmoid: expected room for {n} scores in whole registers")
    k.sigmoid(&x[0], n)


def noise_steps(str kernel, float[:, ::1] scores, float[::1] by_input, float[::1] by_row):
    """scores = sigma(scores) * by_input * by_row[:, None]."""
    cdef const sgns_kernel *k = find_block_kernel(kernel)
    cdef Py_ssize_t n = scores.shape[0], m = scores.shape[1], room = whole_tiles(m)
    check_shape("by_row", by_row.shape[0], n)
    check_shape("by_input", by_input.shape[0], m)
    cdef float[:, ::1] tiles = np.empty((n, room), dtype=np.float32)
    cdef float[::1] inputs = np.ones(room, dtype=np.float32)
    tiles[:, :m] = scores
    inputs[:m] = by_input
    k.noise_steps(&tiles[0, 0], <int> m, <int> n, <int> room, &inputs[0], &by_row[0])
    scores[:] = tiles[:, :m]


# ---- what the calls above share ------------------------------------------------------------------

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


cdef const sgns_kernel *find_block_kernel(str name) except NULL:
    cdef const sgns_kernel *kernel = find_kernel(name)
    if kernel.score_block is NULL:
        raise ValueError(f"kernel {name!r} has no shared noise")
    return kernel


cdef float **row_pointers(const float[:, ::1] rows) except NULL:
    cdef Py_ssize_t n = rows.shape[0], i
    cdef float **pointers = <float **> malloc((n + 1) * sizeof(float *))
    if pointers is NULL:
        raise MemoryError
    for i in range(n):
        pointers[i] = <float *> &rows[i, 0]
    return pointers


cdef int check_width(const sgns_kernel *k, Py_ssize_t a, Py_ssize_t b) except -1:
    if a != b or a < 1 or a % k.lanes:
        raise ValueError(f"rows: expected equal widths in multiples of {k.lanes}, got {a} and {b}")
    return 0


cdef int check_shape(str name, Py_ssize_t have, Py_ssize_t want) except -1:
    if have != want:
        raise ValueError(f"{name}: expected a length of {want}, got {have}")
    return 0


cdef inline int64_t whole_tiles(int64_t n) noexcept nogil:
    return ceil_divide(n, SGNS_TILE) * SGNS_TILE


cdef inline int64_t ceil_divide(int64_t a, int64_t b) noexcept nogil:
    return (a + b - 1) // b
