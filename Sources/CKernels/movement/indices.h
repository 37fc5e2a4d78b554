// Indices that a kernel reads while running.
#ifndef CK_INDICES_H
#define CK_INDICES_H

#include "../declarations.h"

#include <string.h>

// A signed whole number of 2, 4 or 8 bytes.
static inline int64_t ck_index_at(const void *indices, ptrdiff_t place, int32_t size) {
    switch (size) {
    case 2: return ((const int16_t *)indices)[place];
    case 4: return ((const int32_t *)indices)[place];
    default: return ((const int64_t *)indices)[place];
    }
}

// Any thread may be the one to report.
static inline void ck_report(void *status, int64_t value) {
    ck_status *report = status;
    __atomic_store_n(&report->value, value, __ATOMIC_RELAXED);
    __atomic_store_n(&report->failed, 1, __ATOMIC_RELAXED);
}

// The position in an axis that an index names; −1, reported, if it names none.
static inline ptrdiff_t ck_place(int64_t index, ptrdiff_t extent, int32_t wraps, void *status) {
    int64_t place = wraps && index < 0 ? index + extent : index;
    if (place >= 0 && place < extent) return (ptrdiff_t)place;
    ck_report(status, index);
    return -1;
}

static inline void ck_move(char *y, const char *x, ptrdiff_t bytes) {
    switch (bytes) {
    case 1: *y = *x; return;
    case 2: memcpy(y, x, 2); return;
    case 4: memcpy(y, x, 4); return;
    case 8: memcpy(y, x, 8); return;
    default: memcpy(y, x, (size_t)bytes);
    }
}

// Repeats an element of `size` bytes.
static inline void ck_repeat(char *y, const char *element, ptrdiff_t bytes, ptrdiff_t size) {
    if (size == 1) {
        memset(y, *element, (size_t)bytes);
        return;
    }
    for (ptrdiff_t i = 0; i + size <= bytes; i += size) ck_move(y + i, element, size);
}

#endif
