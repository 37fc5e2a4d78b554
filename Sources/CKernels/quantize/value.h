// One real number as an integer of a quantized type.
#ifndef CK_QUANTIZED_VALUE_H
#define CK_QUANTIZED_VALUE_H

#include "../include/ckernels.h"
#include "../numeric/fixed_point.h"

#include <math.h>

// A fused multiply-add would round once where the reference rounds twice.
#pragma STDC FP_CONTRACT OFF

// Rounds to nearest, ties away from zero, without a call. The largest number below a half lets no sum round up that
// should not. Numbers beyond any quantized type are cut off; one that is none becomes the lowest.
CK_INLINE int32_t ck_rounded_away(float x) {
    const float far = 1 << 20;
    float limited = !(x > -far) ? -far : x > far ? far : x;
    return (int32_t)(limited + copysignf(0x1.fffffep-2f, limited));
}

CK_INLINE int32_t ck_quantized_value(float x, const ck_quantize *p) {
    if (p->rounds_to_even) {
        // MLAS cuts off before it rounds (MlasQuantizeLinear); no number becomes the lowest.
        float low = (float)(p->minimum - p->zero_point), high = (float)(p->maximum - p->zero_point);
        float value = p->rounds_to_even == 2 ? x * p->scale : x / p->scale;
        value = value > low ? value : low;
        return (int32_t)__builtin_rintf(value < high ? value : high) + p->zero_point;
    }
    return ck_clamp(ck_rounded_away(x / p->scale) + p->zero_point, p->minimum, p->maximum);
}

#endif
