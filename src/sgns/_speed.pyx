"""How fast the machine and its kernels compute: loops in C for `benchmarks/kernels.py`."""

from libc.stdint cimport int64_t, uintptr_t

from sgns import _kernels

cdef extern from "speed.h" nogil:
    enum:
        SGNS_MAX_LANES
        SGNS_TILE
    ctypedef struct sgns_kernel:
        int lanes
        void *score_block
    ctypedef enum sgns_function:
        pass
    int64_t sgns_fma_loop(const char *name, int64_t rounds)
    void sgns_kernel_loop(
        const sgns_kernel *kernel, sgns_function function, const float *const *inputs,
        float *gradients, int m, float *const *rows, int n, int width, float *scores, int ld,
        int64_t rounds)

FUNCTIONS = ("score", "update", "score_block", "update_block")


def fma_loop(str instruction_set, int64_t rounds):
    """Multiply and add in registers, `rounds` times; returns the floating-point operations done."""
    if instruction_set not in _kernels.available_kernels():
        raise ValueError(
            f"instruction set: expected one of {', '.join(_kernels.available_kernels())}, "
            f"got {instruction_set!r}")
    if rounds < 1:
        raise ValueError(f"rounds: expected 1 or more, got {rounds}")
    cdef bytes name = instruction_set.encode()
    cdef const char *chars = name
    cdef int64_t operations
    with nogil:
        operations = sgns_fma_loop(chars, rounds)
    if operations == 0:
        raise ValueError(f"instruction set {instruction_set!r} has no registers to measure")
    return operations


def kernel_loop(
        str kernel, str function, const float[:, ::1] inputs, float[:, ::1] gradients,
        float[:, ::1] rows, float[:, ::1] scores, int64_t rounds):
    """Call a function of a kernel `rounds` times with the same arrays.

    `inputs` and `gradients` are m x width, `rows` n x width; every input meets every row. `scores`,
    a square of whole tiles, are the results of "score" and "score_block", and what "update" and
    "update_block" multiply by: for input i and row j at [j, i] of the blocks, at [i, j] of
    "update", and i * n + j numbers into the results of "score".
    """
    cdef const sgns_kernel *k = <const sgns_kernel *> <uintptr_t> _kernels.kernel_address(kernel)
    cdef int m = <int> inputs.shape[0], n = <int> rows.shape[0], width = <int> rows.shape[1]
    cdef int ld = <int> scores.shape[0]
    if function not in FUNCTIONS:
        raise ValueError(f"function: expected one of {', '.join(FUNCTIONS)}, got {function!r}")
    cdef sgns_function which = <sgns_function> (<int> FUNCTIONS.index(function))
    if not (0 < m <= SGNS_MAX_LANES and n > 0 and width > 0 and width % k.lanes == 0
            and inputs.shape[1] == width and gradients.shape[1] == width
            and gradients.shape[0] == m and n <= SGNS_MAX_LANES and scores.shape[1] == ld
            and ld >= m and ld >= n and ld % SGNS_TILE == 0):
        raise ValueError("inputs, gradients, rows, scores: expected matching shapes")
    if "block" in function and k.score_block is NULL:
        raise ValueError(f"kernel {kernel!r} has no shared noise")
    cdef const float *h[SGNS_MAX_LANES]
    cdef float *pointers[SGNS_MAX_LANES]
    for i in range(m):
        h[i] = &inputs[i, 0]
    for i in range(n):
        pointers[i] = &rows[i, 0]
    with nogil:
        sgns_kernel_loop(
            k, which, h, &gradients[0, 0], m, pointers, n, width, &scores[0, 0], ld, rounds)
