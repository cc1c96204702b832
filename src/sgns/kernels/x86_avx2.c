#if defined(__x86_64__) || defined(_M_X64)
#define SGNS_AVX2
#define KERNEL_NAME "avx2"
#define KERNEL_SYMBOL sgns_kernel_avx2
#include "kernel_template.h"
#else
typedef int sgns_other_machine;
#endif
