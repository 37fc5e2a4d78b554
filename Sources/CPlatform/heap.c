#include "include/cplatform.h"

#if defined(__GLIBC__)
#include <malloc.h>

void cp_grow_heap_in_large_steps(void) {
    // As far as glibc goes by itself when large blocks come and go; it no longer does once one of these is set.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 2 << 20);
}
#else
void cp_grow_heap_in_large_steps(void) {}
#endif
