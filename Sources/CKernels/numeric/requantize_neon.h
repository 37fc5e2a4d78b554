// From int32 accumulators to bytes, 64 at a time, in vectors of 128 bits.
#ifndef CK_REQUANTIZE_NEON_H
#define CK_REQUANTIZE_NEON_H

#include "fixed_point.h"
#include "lanes.h"

#include <arm_neon.h>
#include <stddef.h>
#include <string.h>

// 16 sums.
typedef struct {
    int32x4_t q[4];
} ck_sums;

// 64 bytes.
typedef struct {
    int8x16_t q[4];
} ck_bytes;

CK_INLINE ck_sums ck_no_sums(void) {
    const int32x4_t none = vdupq_n_s32(0);
    return (ck_sums){{none, none, none, none}};
}

CK_INLINE ck_sums ck_loaded_sums(const int32_t *sums) {
    return (ck_sums){{vld1q_s32(sums), vld1q_s32(sums + 4), vld1q_s32(sums + 8), vld1q_s32(sums + 12)}};
}

CK_INLINE ck_sums ck_first_halves(ck_sums a, ck_sums b) { return (ck_sums){{a.q[0], a.q[1], b.q[0], b.q[1]}}; }

// What all lanes share. Bytes of more than 127 are computed less 128 and flipped in the end.
typedef struct {
    int16x8_t zero_point;
    int8x16_t minimum, maximum, flip;
} ck_common_output;

CK_INLINE ck_common_output ck_common_output_of(const ck_requantization *output) {
    int32_t shift = output->maximum > INT8_MAX ? 128 : 0;
    return (ck_common_output){
        vdupq_n_s16((int16_t)(output->zero_point - shift)), vdupq_n_s8((int8_t)(output->minimum - shift)),
        vdupq_n_s8((int8_t)(output->maximum - shift)), vdupq_n_s8((int8_t)shift)};
}

// x / 2^n, ties away from zero, for `less` = −n. Where x is negative and there is something to shift, one less makes ties
// go down; saturated, as the lowest number is no tie.
CK_INLINE int32x4_t ck_rounded_away(int32x4_t x, int32x4_t less) {
    return vrshlq_s32(vqaddq_s32(x, vshrq_n_s32(vandq_s32(x, less), 31)), less);
}

// x · 2^left · multiplier · 2⁻³¹, rounded, then · 2^-right, rounded. The doubling product's upper half is the first rounding
// to the bit: saturation is for a multiplier that there is none of.
CK_INLINE int32x4_t ck_rescaled_otherwise(
    int32x4_t x, const ck_lanes *lanes, int first, const ck_requantization *output) {
    if (output->factor) return vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(x), vld1q_f32(lanes->factor + first)));
    int32x4_t less = vnegq_s32(vld1q_s32(lanes->right + first));
    x = vshlq_s32(x, vld1q_s32(lanes->left + first));
    x = vqrdmulhq_s32(x, vld1q_s32(lanes->multiplier + first));
    x = output->rounds_up ? vrshlq_s32(x, less) : ck_rounded_away(x, less);
    // Sums that are not shifted to the right wrap where the zero point takes them beyond the end.
    int32x4_t zero_point = vdupq_n_s32(output->zero_point);
    x = vmaxq_s32(vaddq_s32(x, zero_point), vdupq_n_s32(output->minimum));
    return vsubq_s32(vminq_s32(x, vdupq_n_s32(output->maximum)), zero_point);
}

// Ties away from zero.
CK_INLINE int32x2_t ck_rescaled_in_double(int32x2_t x, const double *scale) {
    float64x2_t value = vmulq_f64(vcvtq_f64_s64(vmovl_s32(x)), vld1q_f64(scale));
    return vqmovn_s64(vcvtaq_s64_f64(value));
}

CK_INLINE int32x4_t ck_rescaled_4(
    int32x4_t x, const ck_lanes *lanes, int first, const ck_requantization *output, ck_rounding rounding) {
    switch (rounding) {
    case CK_ROUNDS_SINGLE:
        return vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(x), vld1q_f32(lanes->factor + first)));
    case CK_ROUNDS_POSITIVE:
        return vcvtnq_s32_f32(vfmaq_f32(
            vld1q_f32(lanes->rest + first), vreinterpretq_f32_s32(x), vld1q_f32(lanes->factor + first)));
    case CK_ROUNDS_TWICE_UP:
    case CK_ROUNDS_TWICE: {
        int32x4_t less = vnegq_s32(vld1q_s32(lanes->right + first));
        x = vqrdmulhq_s32(x, vld1q_s32(lanes->multiplier + first));
        return rounding == CK_ROUNDS_TWICE ? ck_rounded_away(x, less) : vrshlq_s32(x, less);
    }
    case CK_ROUNDS_DOUBLE:
        return vcombine_s32(
            ck_rescaled_in_double(vget_low_s32(x), lanes->scale + first),
            ck_rescaled_in_double(vget_high_s32(x), lanes->scale + first + 2));
    case CK_ROUNDS_OTHERWISE: return ck_rescaled_otherwise(x, lanes, first, output);
    case CK_ROUNDS_NOTHING: break;
    }
    return x;
}

// The results less their zero point, not yet cut off.
CK_INLINE ck_sums ck_rescaled(
    ck_sums sums, const ck_lanes *lanes, const ck_requantization *output, const ck_common_output *common,
    ck_rounding rounding) {
    (void)common;
    for (int i = 0; i < 4; i++) sums.q[i] = ck_rescaled_4(sums.q[i], lanes, i * 4, output, rounding);
    return sums;
}

// 16 results less their zero point as bytes. Every step saturates.
CK_INLINE int8x16_t ck_packed_16(ck_sums sums, const ck_common_output *common) {
    int16x8_t low = vcombine_s16(vqmovn_s32(sums.q[0]), vqmovn_s32(sums.q[1]));
    int16x8_t high = vcombine_s16(vqmovn_s32(sums.q[2]), vqmovn_s32(sums.q[3]));
    int8x16_t bytes = vcombine_s8(
        vqmovn_s16(vqaddq_s16(low, common->zero_point)), vqmovn_s16(vqaddq_s16(high, common->zero_point)));
    return veorq_s8(vminq_s8(vmaxq_s8(bytes, common->minimum), common->maximum), common->flip);
}

// Four vectors of results less their zero point as bytes behind each other.
CK_INLINE ck_bytes ck_packed_output(
    ck_sums a, ck_sums b, ck_sums c, ck_sums d, const ck_common_output *common, ck_rounding rounding) {
    (void)rounding;
    return (ck_bytes){
        {ck_packed_16(a, common), ck_packed_16(b, common), ck_packed_16(c, common), ck_packed_16(d, common)}};
}

// The first `count` of 16 sums as real numbers.
CK_INLINE void ck_store_real(float *y, ck_sums sums, const float *factor, ptrdiff_t count) {
    float copy[CK_BLOCK], *to = count >= CK_BLOCK ? y : copy;
    for (int i = 0; i < 4; i++)
        vst1q_f32(to + i * 4, vmulq_f32(vcvtq_f32_s32(sums.q[i]), vld1q_f32(factor + i * 4)));
    if (count < CK_BLOCK) memcpy(y, copy, (size_t)count * sizeof(float));
}

// 64 bytes, or a part of them.
CK_INLINE void ck_store_16(int8_t *y, ck_bytes bytes, int quarter) { vst1q_s8(y, bytes.q[quarter]); }

CK_INLINE void ck_store_32(int8_t *y, ck_bytes bytes, int half) {
    ck_store_16(y, bytes, half * 2);
    ck_store_16(y + 16, bytes, half * 2 + 1);
}

CK_INLINE void ck_store_64(int8_t *y, ck_bytes bytes) {
    ck_store_32(y, bytes, 0);
    ck_store_32(y + 32, bytes, 1);
}

#endif
