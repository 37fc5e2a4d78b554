// For cores and their sets.
#define _GNU_SOURCE

#include "include/cplatform.h"

#if defined(__linux__)
#include <sched.h>

/// The cores that the thread may run on, and those of them that the calling thread does not run on.
/// - Returns: whether there are any.
static int other_cores(pthread_t thread, cpu_set_t *all, cpu_set_t *others) {
    const int core = sched_getcpu();
    if (core < 0 || core >= CPU_SETSIZE || pthread_getaffinity_np(thread, sizeof *all, all) != 0) { return 0; }
    *others = *all;
    CPU_CLR(core, others);
    return CPU_COUNT(others) > 0;
}

int32_t cp_current_core(void) { return sched_getcpu(); }

void cp_start_elsewhere(pthread_t thread) {
    cpu_set_t all, others;
    if (!other_cores(thread, &all, &others)) { return; }
    // A thread that is elsewhere already stays where it is. One that has ended stands for the calling one, which then moves.
    if (pthread_setaffinity_np(thread, sizeof others, &others) == 0) {
        pthread_setaffinity_np(thread, sizeof all, &all);
    }
}

void cp_leave_core(void) { cp_start_elsewhere(pthread_self()); }
#else
int32_t cp_current_core(void) { return -1; }
void cp_start_elsewhere(pthread_t thread) { (void)thread; }
void cp_leave_core(void) {}
#endif
