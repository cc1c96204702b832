/* Which kernels this machine can run. */
#include "kernel.h"

#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>

static void ask_processor(int leaf, unsigned *answer) { __cpuidex((int *)answer, leaf, 0); }

static unsigned saved_registers(void) { return (unsigned)_xgetbv(0); }
#else
#include <cpuid.h>

static void ask_processor(int leaf, unsigned *answer)
{
    __cpuid_count(leaf, 0, answer[0], answer[1], answer[2], answer[3]);
}

static unsigned saved_registers(void)
{
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}
#endif

/* 2 where AVX-512 can be used, 1 where AVX2 and FMA can, else 0 (Intel's manual, volume 1, 14.3 and
 * 15.2). Asked here and not through __builtin_cpu_supports, which needs a compiler's library that
 * not every compiler fills in, so that all compilers take the same path. */
static int vector_level(void)
{
    enum { FMA = 1 << 12, XGETBV = 1 << 27, AVX = 1 << 28, AVX2 = 1 << 5, AVX512F = 1 << 16 };
    enum { YMM = 0x06, ZMM = 0xE6 }; /* registers that the system saves */
    unsigned most[4], basic[4], more[4];
    ask_processor(0, most);
    if (most[0] < 7)
        return 0;
    ask_processor(1, basic);
    ask_processor(7, more);
    const unsigned needed = FMA | XGETBV | AVX;
    if ((basic[2] & needed) != needed || !(more[1] & AVX2))
        return 0;
    const unsigned saved = saved_registers();
    if ((saved & YMM) != YMM)
        return 0;
#if defined(__APPLE__) /* saves the wide registers from the first time that they are used */
    return more[1] & AVX512F ? 2 : 1;
#else
    return more[1] & AVX512F && (saved & ZMM) == ZMM ? 2 : 1;
#endif
}
#endif

int sgns_kernels_available(const sgns_kernel **found, int room)
{
    const sgns_kernel *all[4];
    int n = 0;
    all[n++] = &sgns_kernel_scalar;
#if defined(__x86_64__) || defined(_M_X64)
    all[n++] = &sgns_kernel_sse2;
    const int level = vector_level();
    if (level >= 1)
        all[n++] = &sgns_kernel_avx2;
    if (level >= 2)
        all[n++] = &sgns_kernel_avx512;
#elif defined(__aarch64__) || defined(_M_ARM64)
    all[n++] = &sgns_kernel_neon;
#endif
    for (int i = 0; i < n && i < room; i++)
        found[i] = all[i];
    return n < room ? n : room;
}

const sgns_kernel *sgns_kernel_find(const char *name)
{
    const sgns_kernel *found[4];
    int n = sgns_kernels_available(found, 4);
    if (name == NULL)
        return found[n - 1];
    for (int i = 0; i < n; i++)
        if (strcmp(found[i]->name, name) == 0)
            return found[i];
    return NULL;
}

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *sgns_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#elif defined(_MSC_VER)
    return "MSVC " TEXT(_MSC_VER);
#else
    return "unknown";
#endif
}
