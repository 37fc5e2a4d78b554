// Functions of real numbers as MLAS, onnxruntime's kernels, computes them where fused multiply-add is. The constants are
// the published ones of its kernels.
#ifndef CK_MLAS_H
#define CK_MLAS_H

#include "fixed_point.h"

#include <string.h>

CK_INLINE float mlas_power_of_two(int32_t exponent) {
    uint32_t bits = (uint32_t)(exponent + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

// exp(x) for x ≤ 88: x = m·ln 2 + r, a polynomial in r, times 2^m.
CK_INLINE float mlas_exp(float x) {
    const float lowest = -103.9720840454f, bias = 12582912.f;
    x = x < lowest ? lowest : x;
    float m = __builtin_fmaf(x, 1.44269504088896341f, bias) - bias;
    float r = __builtin_fmaf(m, -1.42860677e-6f, __builtin_fmaf(m, -6.93145752e-1f, x));
    float p = 0x1.694000p-10f;
    p = __builtin_fmaf(p, r, 0x1.125edcp-7f);
    p = __builtin_fmaf(p, r, 0x1.555b5ap-5f);
    p = __builtin_fmaf(p, r, 0x1.555450p-3f);
    p = __builtin_fmaf(p, r, 0x1.fffff6p-2f);
    p = __builtin_fmaf(p, r, 1);
    p = __builtin_fmaf(p, r, 1);
    // In two steps, the first one exact, as 2^m may be too small for a normal number.
    float limited = m > -200 ? m : -200;
    int32_t exponent = (int32_t)(limited < 126 ? limited : 126), half = exponent / 2;
    return p * mlas_power_of_two(half) * mlas_power_of_two(exponent - half);
}

#endif
