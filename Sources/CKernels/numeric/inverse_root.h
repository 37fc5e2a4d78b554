#ifndef CK_INVERSE_ROOT_H
#define CK_INVERSE_ROOT_H

#include "fixed_point.h"

// A raw fixed-point number with `bits` fewer integer bits, saturating.
CK_INLINE int32_t ck_with_fewer_integer_bits(int32_t x, int bits) {
    int64_t wide = (int64_t)x * (1 << bits);
    return (int32_t)(wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : wide);
}

// 1/√x as multiplier · 2^exponent, by five steps of Newton's iteration on a Q3.28 number: LiteRT's rule, whose every
// rounding shows in the result.
CK_INLINE void ck_inverse_root(int32_t x, int32_t *multiplier, int32_t *exponent) {
    *multiplier = INT32_MAX;
    *exponent = 0;
    if (x <= 1) return;
    int32_t right = 11;
    while (x >= 1 << 29) {
        x /= 4;
        right++;
    }
    int32_t pairs = (__builtin_clz((uint32_t)x) - 1) / 2 - 1;
    right -= pairs;
    x <<= 2 * pairs;
    int32_t half = ck_divide_by_power(x >> 1, 1), root = 1 << 28;
    const int32_t three_halves = (1 << 28) + (1 << 27), half_of_root_two = 1518500250;
    for (int step = 0; step < 5; step++) {
        int32_t square = ck_doubling_high_multiply(root, root);
        int32_t cube = ck_with_fewer_integer_bits(ck_doubling_high_multiply(square, root), 6);
        int32_t next = ck_doubling_high_multiply(three_halves, root) - ck_doubling_high_multiply(half, cube);
        root = ck_with_fewer_integer_bits(next, 3);
    }
    root = ck_doubling_high_multiply(root, half_of_root_two);
    if (right < 0) {
        root = (int32_t)((uint32_t)root << -right);
        right = 0;
    }
    *multiplier = root;
    *exponent = -right;
}

#endif
