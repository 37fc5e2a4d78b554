#ifndef CK_STORE_BYTES_H
#define CK_STORE_BYTES_H

#include "fixed_point.h"

#include <stddef.h>
#include <string.h>

// The first `count` of up to 16 bytes, in stores that overlap and write no more than them.
CK_INLINE void ck_store_part(int8_t *y, const int8_t *bytes, ptrdiff_t count) {
    if (count >= 16) {
        memcpy(y, bytes, 16);
    } else if (count >= 8) {
        memcpy(y, bytes, 8);
        memcpy(y + count - 8, bytes + count - 8, 8);
    } else if (count >= 4) {
        memcpy(y, bytes, 4);
        memcpy(y + count - 4, bytes + count - 4, 4);
    } else {
        for (ptrdiff_t i = 0; i < count; i++) y[i] = bytes[i];
    }
}

#endif
