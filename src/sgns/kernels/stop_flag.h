/* How one thread tells the others to leave their jobs. No lock, and no order with anything else:
 * that it is seen soon is enough. */
#ifndef SGNS_STOP_FLAG_H
#define SGNS_STOP_FLAG_H

typedef struct {
    volatile int raised; /* written and read by the functions below alone */
} sgns_stop_flag;

#if defined(_MSC_VER) && !defined(__clang__) /* there, volatile accesses of an int are atomic */
static inline int sgns_stopped(const sgns_stop_flag *flag) { return flag->raised; }
static inline void sgns_stop(sgns_stop_flag *flag) { flag->raised = 1; }
#else
static inline int sgns_stopped(const sgns_stop_flag *flag)
{
    return __atomic_load_n(&flag->raised, __ATOMIC_RELAXED);
}
static inline void sgns_stop(sgns_stop_flag *flag)
{
    __atomic_store_n(&flag->raised, 1, __ATOMIC_RELAXED);
}
#endif

#endif
