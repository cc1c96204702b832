"""The BLAS kernel, apart from `_core` because importing scipy.linalg takes longer than the rest."""

from libc.stdint cimport uintptr_t

from scipy.linalg.cython_blas cimport saxpy, sdot

cdef extern from "blas.h":
    ctypedef struct sgns_kernel:
        pass
    ctypedef float (*sgns_sdot)(int *n, float *x, int *incx, float *y, int *incy) noexcept nogil
    ctypedef void (*sgns_saxpy)(
        int *n, float *a, float *x, int *incx, float *y, int *incy) noexcept nogil
    const sgns_kernel *sgns_kernel_blas(sgns_sdot dot, sgns_saxpy axpy)


def kernel_address():
    """Address of the kernel table on SciPy's BLAS, for `_core`."""
    return <uintptr_t> sgns_kernel_blas(<sgns_sdot> sdot, <sgns_saxpy> saxpy)
