#if defined(__aarch64__) || defined(_M_ARM64)
#define SGNS_NEON
#define KERNEL_NAME "neon"
#define KERNEL_SYMBOL sgns_kernel_neon
#include "kernel_template.h"
#else
typedef int sgns_other_machine;
#endif
