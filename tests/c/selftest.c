/* Self-test of the C code: needs no Python, so it runs wherever a C compiler reaches.
 *
 * selftest.py builds it with the compilers there are, for this machine and for others. Every
 * instruction set of the machine is compared with the scalar version. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "kernel.h"
#include "rng.h"

static long n_checks, n_failures;

void check(int holds, const char *what, ...)
{
    n_checks++;
    if (holds)
        return;
    if (n_failures++ < 20) {
        va_list arguments;
        va_start(arguments, what);
        fputs("FAILED: ", stdout);
        vprintf(what, arguments);
        putchar('\n');
        va_end(arguments);
    }
}

void *allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) {
        puts("no memory");
        exit(2);
    }
    return memory;
}

float random_float(uint64_t *state)
{
    return (float)(sgns_random_next(state) >> 40) / 8388608.0f - 1.0f;
}

int main(void)
{
    const sgns_kernel *kernels[8];
    int n = sgns_kernels_available(kernels, 8);
    printf("%s:", sgns_compiler());
    for (int i = 0; i < n; i++)
        printf(" %s", kernels[i]->name);
    putchar('\n');
    test_kernels();
    test_random();
    test_encode();
    test_own_rows();
    test_training();
    printf("%ld checks, %ld failed\n", n_checks, n_failures);
    return n_failures > 0;
}
