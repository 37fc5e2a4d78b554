// gemmlowp's functions of 16-bit fixed-point numbers, with every rounding that shows in a result. Qa.b has a integer and
// b fraction bits.
#ifndef CK_INT16_FUNCTIONS_H
#define CK_INT16_FUNCTIONS_H

#include "../numeric/fixed_point.h"

CK_INLINE int16_t ck_multiply16(int16_t a, int16_t b) {
    if (a == INT16_MIN && b == INT16_MIN) return INT16_MAX;
    int32_t product = a * b;
    return (int16_t)((product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}

CK_INLINE int16_t ck_shift16(int16_t x, int left) { return (int16_t)ck_clamp(x * (1 << left), INT16_MIN, INT16_MAX); }

// A 32-bit constant of the same number of integer bits.
CK_INLINE int16_t ck_constant16(int32_t x) { return (int16_t)ck_divide_by_power(x, 16); }

// exp(a) as Q0.15 for a ≤ 0 with `bits` integer bits: the part below 1/4 by a polynomial, each bit above it by a factor.
CK_INLINE int16_t ck_exp16(int16_t a, int bits) {
    // exp(-2^(k-2)) in Q0.31
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    if (a == 0) return INT16_MAX;
    int fraction = 15 - bits;
    int16_t quarter = (int16_t)(1 << (fraction - 2));
    int16_t small = (int16_t)((a & (quarter - 1)) - quarter);
    int16_t x = (int16_t)(ck_shift16(small, bits) + (1 << 12));
    int16_t x2 = ck_multiply16(x, x), x3 = ck_multiply16(x2, x), x4 = ck_multiply16(x2, x2);
    int16_t quartic = (int16_t)ck_divide_by_power(x4, 2);
    int16_t tail = (int16_t)(ck_multiply16((int16_t)(quartic + x3), ck_constant16(715827883)) + x2);
    int16_t sum = (int16_t)(x + ck_divide_by_power(tail, 1)), term = ck_constant16(1895147668);
    int16_t result = (int16_t)ck_clamp(term + ck_multiply16(term, sum), INT16_MIN, INT16_MAX);
    int32_t rest = (int16_t)(small - a);
    for (int k = 0; k < 7 && k - 2 < bits; k++)
        if (rest & (1 << (fraction + k - 2))) result = ck_multiply16(result, ck_constant16(factors[k]));
    return bits > 5 && a < -(1 << (fraction + 5)) ? 0 : result;
}

// 2 / (1 + a) in Q2.13 for a in [0, 1) in Q0.15: three of Newton's steps.
CK_INLINE int16_t ck_reciprocal16(int16_t a) {
    int32_t sum = a + INT16_MAX;
    int16_t half = (int16_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int16_t x = (int16_t)(ck_constant16(1515870810) + ck_multiply16(half, ck_constant16(-1010580540)));
    for (int i = 0; i < 3; i++) {
        int16_t error = (int16_t)((1 << 13) - ck_multiply16(half, x));
        x = (int16_t)(x + ck_shift16(ck_multiply16(x, error), 2));
    }
    return x;
}

// Logistic of Q3.12 as Q0.15.
CK_INLINE int16_t ck_logistic16(int16_t x) {
    if (x == 0) return 1 << 14;
    int16_t positive = ck_shift16(ck_reciprocal16(ck_exp16((int16_t)(x > 0 ? -x : x), 3)), 1);
    return (int16_t)(x > 0 ? positive : INT16_MAX - positive);
}

// Hyperbolic tangent of a number with `bits` integer bits as Q0.15. The exponential's argument is twice as large.
CK_INLINE int16_t ck_tanh16(int16_t x, int bits) {
    if (x == 0) return 0;
    int16_t exponential = ck_exp16((int16_t)(x < 0 ? x : -x), bits + 1);
    int16_t result = ck_shift16((int16_t)(ck_reciprocal16(exponential) - (1 << 13)), 2);
    return (int16_t)(x < 0 ? -result : result);
}

#endif
