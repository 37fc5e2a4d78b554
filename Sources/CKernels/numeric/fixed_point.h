// gemmlowp's fixed-point arithmetic, as LiteRT's reference kernels use it. Sums wrap where theirs overflow.
#ifndef CK_FIXED_POINT_H
#define CK_FIXED_POINT_H

#include <stdint.h>

#define CK_INLINE static inline __attribute__((always_inline, unused))

CK_INLINE int32_t ck_wrapping_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

CK_INLINE int32_t ck_clamp(int32_t x, int32_t low, int32_t high) { return x < low ? low : x > high ? high : x; }

// a · b / 2³¹, rounded to nearest, ties up.
CK_INLINE int32_t ck_doubling_high_multiply(int32_t a, int32_t b) {
    if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

// x / 2^exponent, rounded to nearest, ties away from zero. 0 ≤ exponent ≤ 31.
CK_INLINE int32_t ck_divide_by_power(int32_t x, int32_t exponent) {
    int32_t mask = (int32_t)((1u << exponent) - 1);
    int32_t remainder = x & mask;
    int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + (remainder > threshold);
}

// Rounds twice. `multiplier` ≥ 0, left and right in 0…31.
CK_INLINE int32_t ck_rescale(int32_t x, int32_t multiplier, int32_t left, int32_t right) {
    int32_t shifted = (int32_t)((uint32_t)x << left);
    int32_t product = (int32_t)(((int64_t)shifted * multiplier + (1 << 30)) >> 31);
    return ck_divide_by_power(product, right);
}

// The same, with the second rounding's ties up.
CK_INLINE int32_t ck_rescale_up(int32_t x, int32_t multiplier, int32_t left, int32_t right) {
    int32_t shifted = (int32_t)((uint32_t)x << left);
    int64_t product = ((int64_t)shifted * multiplier + (1 << 30)) >> 31;
    return right ? (int32_t)((product + ((int64_t)1 << (right - 1))) >> right) : (int32_t)product;
}

#endif
