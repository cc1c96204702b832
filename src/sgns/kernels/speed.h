/* How fast the machine multiplies and adds, and how fast kernels are beside that. */
#ifndef SGNS_SPEED_H
#define SGNS_SPEED_H

#include "kernel.h"

#include <stdint.h>

/* Do `rounds` rounds of multiplications with additions that need no memory, in registers of the
 * named instruction set ("sse2", "avx2", "avx512" or "neon"), which the machine must have.
 * Returns how many floating-point operations that was, 0 for another name. */
int64_t sgns_fma_loop(const char *name, int64_t rounds);

typedef enum { SGNS_SCORE, SGNS_UPDATE, SGNS_SCORE_BLOCK, SGNS_UPDATE_BLOCK } sgns_function;

/* Call one function of a kernel `rounds` times with the same arrays; those for one input are
 * called for each of the inputs.
 *   inputs: m pointers, rows: n pointers, to width floats each   gradients: m x width
 *   scores: ld x ld, also steps, where ld is m and n or more and a multiple of SGNS_TILE */
void sgns_kernel_loop(const sgns_kernel *kernel, sgns_function function, const float *const *inputs,
                      float *gradients, int m, float *const *rows, int n, int width, float *scores,
                      int ld, int64_t rounds);

#endif
