// Register tiles of the portable linear kernels of bytes: `rows` inputs by `blocks` blocks of 16 outputs. Lanes are outputs,
// so that no sum is ever reassociated and every tile shape gives the same bits.
//
// The including file defines CK_ROWS, the rows that fit the registers.
#include "hybrid.h"

CK_INLINE void tile_int8(
    ck_i32x16 *sums, const int8_t *const *x, int rows, const int8_t *w, ptrdiff_t w_block, int blocks,
    ptrdiff_t count, uint8_t flip) {
    for (ptrdiff_t k = 0; k < count; k++) {
#pragma clang loop unroll(full)
        for (int b = 0; b < blocks; b++) {
            ck_i8x16 narrow;
            memcpy(&narrow, w + b * w_block + k * CK_BLOCK, sizeof narrow);
            ck_i32x16 weights = __builtin_convertvector(narrow, ck_i32x16);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) sums[r * blocks + b] += (int32_t)(int8_t)(x[r][k] ^ flip) * weights;
        }
    }
}

// MLAS's requantization (MlasRequantizeOutput): float(sum) · factor, cut off at the ends of the type, to the nearest
// integer, ties to even.
CK_INLINE void store_int8_single(
    int8_t *y, ck_i32x16 sums, const int32_t *bias, const ck_requantization *output, ptrdiff_t first,
    ptrdiff_t count) {
    int8_t narrow[CK_BLOCK];
    float low = (float)(output->minimum - output->zero_point), high = (float)(output->maximum - output->zero_point);
    ck_i32x16 offset;
    ck_f32x16 factor;
    memcpy(&offset, bias, sizeof offset);
    memcpy(&factor, output->factor + first, sizeof factor);
    ck_f32x16 values = __builtin_convertvector(sums + offset, ck_f32x16) * factor;
    for (int i = 0; i < CK_BLOCK; i++) {
        float value = values[i] > low ? values[i] : low;
        value = value < high ? value : high;
        narrow[i] = (int8_t)((int32_t)__builtin_rintf(value) + output->zero_point);
    }
    if (count >= CK_BLOCK) memcpy(y, narrow, CK_BLOCK);
    else memcpy(y, narrow, (size_t)count);
}

// The accumulators as real numbers.
CK_INLINE void store_real(
    float *y, ck_i32x16 sums, const int32_t *bias, const ck_requantization *output, ptrdiff_t first,
    ptrdiff_t count) {
    ck_i32x16 offset;
    ck_f32x16 factor;
    memcpy(&offset, bias, sizeof offset);
    memcpy(&factor, output->factor + first, sizeof factor);
    ck_f32x16 values = __builtin_convertvector(sums + offset, ck_f32x16) * factor;
    memcpy(y, &values, (size_t)(count < CK_BLOCK ? count : CK_BLOCK) * sizeof(float));
}

CK_INLINE void store_int8(
    int8_t *y, ck_i32x16 sums, const int32_t *bias, const ck_requantization *output, ptrdiff_t first,
    ptrdiff_t count) {
    int32_t values[CK_BLOCK];
    int8_t narrow[CK_BLOCK];
    memcpy(values, &sums, sizeof values);
    if (output->factor) {
        store_int8_single(y, sums, bias, output, first, count);
        return;
    }
    for (int i = 0; output->rounds_up && i < CK_BLOCK; i++) {
        int32_t value = ck_wrapping_add(values[i], bias[i]);
        value = ck_rescale_up(
            value, output->multiplier[first + i], output->left[first + i], output->right[first + i]);
        narrow[i] = (int8_t)ck_clamp(ck_wrapping_add(value, output->zero_point), output->minimum, output->maximum);
    }
    if (output->rounds_up) {
        memcpy(y, narrow, (size_t)(count < CK_BLOCK ? count : CK_BLOCK));
        return;
    }
#pragma clang loop vectorize(enable)
    for (int i = 0; i < CK_BLOCK; i++) {
        int32_t value = ck_wrapping_add(values[i], bias[i]);
        value = ck_rescale(value, output->multiplier[first + i], output->left[first + i], output->right[first + i]);
        values[i] = ck_clamp(ck_wrapping_add(value, output->zero_point), output->minimum, output->maximum);
    }
    for (int i = 0; i < CK_BLOCK; i++) narrow[i] = (int8_t)values[i];
    if (count >= CK_BLOCK) memcpy(y, narrow, CK_BLOCK);
    else memcpy(y, narrow, (size_t)count);
}

// LiteRT's fully connected kernel: scaled in double precision, ties away from zero.
CK_INLINE void store_int8_double(
    int8_t *y, ck_i32x16 sums, const int32_t *bias, const ck_requantization *output, ptrdiff_t first,
    ptrdiff_t count) {
    int8_t narrow[CK_BLOCK];
    for (int i = 0; i < CK_BLOCK; i++) {
        double value = __builtin_round((double)ck_wrapping_add(sums[i], bias[i]) * output->scale[first + i]);
        value += output->zero_point;
        value = value < output->minimum ? output->minimum : value > output->maximum ? output->maximum : value;
        narrow[i] = (int8_t)value;
    }
    if (count >= CK_BLOCK) memcpy(y, narrow, CK_BLOCK);
    else memcpy(y, narrow, (size_t)count);
}
