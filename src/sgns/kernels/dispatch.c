/* Which kernels this machine can run. */
#include "kernel.h"

#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__) && defined(_M_X64)
#include <intrin.h>

static int has(const char *name)
{
    int info[4];
    __cpuid(info, 1);
    int fma = (info[2] >> 12) & 1, saves = (info[2] >> 27) & 1;
    if (!saves)
        return 0;
    unsigned long long state = _xgetbv(0);
    __cpuidex(info, 7, 0);
    if (strcmp(name, "avx2") == 0)
        return fma && ((info[1] >> 5) & 1) && (state & 0x6) == 0x6;
    return fma && ((info[1] >> 16) & 1) && (state & 0xE6) == 0xE6;
}
#define HAS_AVX2 has("avx2")
#define HAS_AVX512 has("avx512f")
#elif defined(__x86_64__)
#define HAS_AVX2 (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#define HAS_AVX512 (HAS_AVX2 && __builtin_cpu_supports("avx512f"))
#endif

int sgns_kernels_available(const sgns_kernel **found, int room)
{
    const sgns_kernel *all[4];
    int n = 0;
    all[n++] = &sgns_kernel_scalar;
#if defined(__x86_64__) || defined(_M_X64)
    all[n++] = &sgns_kernel_sse2;
    if (HAS_AVX2)
        all[n++] = &sgns_kernel_avx2;
    if (HAS_AVX512)
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
