/* What the parts of the self-test share: counting what fails, and numbers to test with. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

/* Count one check, and print `what` (as printf does) if it does not hold. */
void check(int holds, const char *what, ...);

/* Memory of exactly so many bytes, so that a checker of addresses sees the first one past it. */
void *allocate(size_t bytes);

/* A number in [-1, 1) and the next one of the stream. */
float random_float(uint64_t *state);

/* The parts. */
void test_kernels(void);
void test_random(void);
void test_encode(void);
void test_own_rows(void);
void test_training(void);

#endif
