#if defined(__x86_64__) || defined(_M_X64)
#define SGNS_AVX512
#define KERNEL_NAME "avx512"
#define KERNEL_SYMBOL sgns_kernel_avx512
#include "kernel_template.h"
#else
typedef int sgns_other_machine;
#endif
