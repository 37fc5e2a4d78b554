// For sbrk.
#define _GNU_SOURCE

#include "include/cplatform.h"

#if defined(__GLIBC__)
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGE_PAGE = 2 << 20 };

/// Has the heap go on in a large page, which comes with one fault instead of hundreds, where the system has such.
static void continue_in_large_page(void) {
    const uintptr_t page = (uintptr_t)getpagesize();
    const uintptr_t end = (uintptr_t)sbrk(0);
    // The heap's own notes stand a little before the large page, which nothing may touch until it is asked for.
    const uintptr_t gap = -(end + page) & (LARGE_PAGE - 1);
    if (end == (uintptr_t)-1 || sbrk((intptr_t)gap) == (void *)-1) { return; }
    char *const start = malloc(LARGE_PAGE + page);
    const uintptr_t first = end + gap + page;
    if ((uintptr_t)start < first && first - (uintptr_t)start <= page) {
        madvise(start + (first - (uintptr_t)start), LARGE_PAGE, MADV_HUGEPAGE);
    }
    free(start);
}

void cp_prepare_heap(void) {
    // As far as glibc goes by itself when large blocks come and go; it no longer does once one of these is set.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, LARGE_PAGE);
    continue_in_large_page();
}
#else
void cp_prepare_heap(void) {}
#endif
