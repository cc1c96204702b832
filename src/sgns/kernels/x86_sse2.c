#if defined(__x86_64__) || defined(_M_X64)
#define SGNS_SSE2
#define KERNEL_NAME "sse2"
#define KERNEL_SYMBOL sgns_kernel_sse2
#include "kernel_template.h"
#else
typedef int sgns_other_machine;
#endif
