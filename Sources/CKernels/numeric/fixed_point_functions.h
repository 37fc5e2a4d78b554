// gemmlowp's functions on fixed-point numbers. Qa.b has a integer and b fraction bits.
#ifndef CK_FIXED_POINT_FUNCTIONS_H
#define CK_FIXED_POINT_FUNCTIONS_H

#include "fixed_point.h"

// Of Q0.31, or of one Qa.b by Q0.31.
CK_INLINE int32_t ck_fixed_multiply(int32_t a, int32_t b) { return ck_doubling_high_multiply(a, b); }

// x · 2^shift, saturated; rounded if shift < 0.
CK_INLINE int32_t ck_saturating_shift(int32_t x, int shift) {
    if (shift < 0) return ck_divide_by_power(x, -shift);
    int64_t wide = (int64_t)x * ((int64_t)1 << shift);
    return (int32_t)(wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : wide);
}

// exp(a) for a in [-1/4, 0), both Q0.31: four Taylor terms around -1/8.
CK_INLINE int32_t ck_exp_of_small(int32_t a) {
    const int32_t exp_of_minus_eighth = 1895147668, third = 715827883;
    int32_t x = a + (1 << 28);
    int32_t x2 = ck_fixed_multiply(x, x), x3 = ck_fixed_multiply(x2, x), x4 = ck_fixed_multiply(x2, x2);
    int32_t tail = ck_fixed_multiply(ck_divide_by_power(x4, 2) + x3, third) + x2;
    return exp_of_minus_eighth + ck_fixed_multiply(exp_of_minus_eighth, x + ck_divide_by_power(tail, 1));
}

// exp(a) as Q0.31 for a ≤ 0 in Q5.26: the part below 1/4 by the polynomial, each bit above it by a factor.
CK_INLINE int32_t ck_exp_of_negative(int32_t a) {
    // exp(-2^(k-2)) in Q0.31
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    if (a == 0) return INT32_MAX;
    const int32_t quarter = 1 << 24;
    int32_t small = (a & (quarter - 1)) - quarter;
    int32_t result = ck_exp_of_small(ck_saturating_shift(small, 5));
    int32_t rest = small - a;
    for (int k = 0; k < 7; k++)
        if (rest & (1 << (24 + k))) result = ck_fixed_multiply(result, factors[k]);
    return result;
}

// 1 / (1 + a) in Q0.31 for a in [0, 1) in Q0.31: three Newton steps on Q2.29.
CK_INLINE int32_t ck_reciprocal(int32_t a) {
    int64_t sum = (int64_t)a + INT32_MAX;
    int32_t half = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int32_t x = ck_wrapping_add(1515870810, ck_fixed_multiply(half, -1010580540));
    for (int i = 0; i < 3; i++) {
        int32_t error = ck_wrapping_add(1 << 29, -ck_fixed_multiply(half, x));
        x = ck_wrapping_add(x, ck_saturating_shift(ck_fixed_multiply(x, error), 2));
    }
    return ck_saturating_shift(x, 1);
}

#endif
