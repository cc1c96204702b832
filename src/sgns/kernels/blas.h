/* The kernel of the original word2vec and of gensim: sdot and saxpy of whichever BLAS the caller
 * brings, and a precomputed table of the sigmoid. */
#ifndef SGNS_BLAS_H
#define SGNS_BLAS_H

#include "kernel.h"

/* Fortran's calling convention, as in scipy.linalg.cython_blas. */
typedef float (*sgns_sdot)(int *n, float *x, int *incx, float *y, int *incy);
typedef void (*sgns_saxpy)(int *n, float *a, float *x, int *incx, float *y, int *incy);

/* The kernel on these two functions. It has no block functions: its noise is always fresh. */
const sgns_kernel *sgns_kernel_blas(sgns_sdot sdot, sgns_saxpy saxpy);

#endif
