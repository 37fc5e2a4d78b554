// For sched_getcpu.
#define _GNU_SOURCE

#include "include/ckernels.h"

#if defined(__linux__)
#include <sched.h>
#endif

int32_t ck_current_core(void) {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}
