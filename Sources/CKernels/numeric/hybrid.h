// Sums over rows that have been quantized by their own range, as real numbers.
#ifndef CK_HYBRID_H
#define CK_HYBRID_H

#include "../include/ck_linear.h"
#include "vectors.h"

typedef float ck_f32x8 __attribute__((vector_size(32)));

// The first `count` of 16 numbers, in stores that overlap and write no more than them.
CK_INLINE void ck_store_reals(float *y, ck_f32x16 values, ptrdiff_t count) {
    if (count >= CK_BLOCK) {
        memcpy(y, &values, sizeof values);
        return;
    }
    if (count >= 8) {
        ck_f32x8 half = __builtin_shufflevector(values, values, 0, 1, 2, 3, 4, 5, 6, 7);
        memcpy(y, &half, sizeof half);
        if (count == 8) return;
    }
    float copy[CK_BLOCK];
    memcpy(copy, &values, sizeof copy);
    if (count > 8) {
        memcpy(y + count - 8, copy + count - 8, 8 * sizeof *y);
    } else if (count >= 4) {
        memcpy(y, copy, 4 * sizeof *y);
        memcpy(y + count - 4, copy + count - 4, 4 * sizeof *y);
    } else {
        for (ptrdiff_t i = 0; i < count; i++) y[i] = copy[i];
    }
}

// (sum − zero point · Σw) · (scale of the row · scale of the weights) + bias, held between two ends; what is no number
// passes. `zero_point` is that of the bytes that have been added up.
CK_INLINE void ck_store_hybrid(
    float *y, ck_i32x16 sums, float batch_scale, int32_t zero_point, const float *scale, const int32_t *weight_sum,
    const float *bias, float low, float high, ptrdiff_t count) {
    ck_u32x16 weights;
    ck_f32x16 factor, offset, lows = low - (ck_f32x16){}, highs = high - (ck_f32x16){};
    memcpy(&weights, weight_sum, sizeof weights);
    memcpy(&factor, scale, sizeof factor);
    memcpy(&offset, bias, sizeof offset);
    ck_i32x16 centered = (ck_i32x16)((ck_u32x16)sums - weights * (uint32_t)zero_point);
    ck_f32x16 values = __builtin_convertvector(centered, ck_f32x16) * (factor * batch_scale) + offset;
    ck_i32x16 is_low = values < lows;
    values = (ck_f32x16)((is_low & (ck_i32x16)lows) | (~is_low & (ck_i32x16)values));
    ck_i32x16 is_high = values > highs;
    values = (ck_f32x16)((is_high & (ck_i32x16)highs) | (~is_high & (ck_i32x16)values));
    ck_store_reals(y, values, count);
}

#endif
