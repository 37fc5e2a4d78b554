#ifndef CK_RESCALE_H
#define CK_RESCALE_H

#include "fixed_point.h"

// LiteRT's rescaling of 64-bit sums: the multiplier is cut to 16 bits, and there is one rounding, ties up.
CK_INLINE int32_t ck_rescale_wide(int64_t x, int32_t multiplier, int32_t left, int32_t right) {
    int64_t reduced = multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
    // A factor so large that the shift would turn around takes every sum to an end of the range anyway.
    int64_t shift = 15 - left + right;
    if (shift < 1) return x > 0 ? INT32_MAX : x < 0 ? INT32_MIN : 0;
    uint64_t sum = (uint64_t)x * (uint64_t)reduced + ((uint64_t)1 << (shift - 1));
    int64_t value = (int64_t)sum >> shift;
    return (int32_t)(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
}

#endif
