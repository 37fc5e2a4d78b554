// A few bytes without a call.
#ifndef CK_FEW_BYTES_H
#define CK_FEW_BYTES_H

#include "../numeric/fixed_point.h"

#include <stddef.h>
#include <string.h>

// Moves overlap where that makes them fewer, and never go beyond `count` bytes.
CK_INLINE void ck_copy_few(char *y, const char *x, ptrdiff_t count) {
    typedef uint8_t sixteen __attribute__((vector_size(16)));
#define ENDS(part)                                            \
    {                                                         \
        part first, last;                                     \
        memcpy(&first, x, sizeof first);                      \
        memcpy(&last, x + count - sizeof last, sizeof last);  \
        memcpy(y, &first, sizeof first);                      \
        memcpy(y + count - sizeof last, &last, sizeof last);  \
        return;                                               \
    }
    if (count >= 16) {
        sixteen part;
        for (ptrdiff_t i = 0; i + 16 < count; i += 16) {
            memcpy(&part, x + i, 16);
            memcpy(y + i, &part, 16);
        }
        memcpy(&part, x + count - 16, 16);
        memcpy(y + count - 16, &part, 16);
        return;
    }
    if (count >= 8) ENDS(uint64_t)
    if (count >= 4) ENDS(uint32_t)
    if (count >= 2) ENDS(uint16_t)
    if (count == 1) *y = *x;
#undef ENDS
}

// 16 bytes that repeat an element whose size divides 16.
typedef struct {
    char bytes[16];
} ck_pattern;

CK_INLINE ck_pattern ck_pattern_of(const char *element, ptrdiff_t size) {
    ck_pattern pattern;
    for (ptrdiff_t i = 0; i < 16; i++) pattern.bytes[i] = element[i % size];
    return pattern;
}

// `count` bytes of a pattern, whole elements.
CK_INLINE void ck_fill_few(char *y, const ck_pattern *pattern, ptrdiff_t count) {
    for (; count > 16; count -= 16, y += 16) memcpy(y, pattern->bytes, 16);
    if (count == 16) memcpy(y, pattern->bytes, 16);
    else if (count > 0) ck_copy_few(y, pattern->bytes, count);
}

#endif
