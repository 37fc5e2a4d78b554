// Real numbers to bytes as portable.c has it, 16 at a time.
#if defined(__aarch64__)

#include "../declarations.h"
#include "../numeric/store_bytes.h"

#include <arm_neon.h>

// The four results, and what may be beyond the ends of the type.
CK_INLINE int32x4_t quantized(float32x4_t x, const ck_quantize *p) {
    const float32x4_t scale = vdupq_n_f32(p->scale), far = vdupq_n_f32(1 << 20);
    const int32x4_t zero_point = vdupq_n_s32(p->zero_point);
    float32x4_t value = p->rounds_to_even == 2 ? vmulq_f32(x, scale) : vdivq_f32(x, scale);
    // What is no number becomes the second operand. Nothing far beyond any byte is to be rounded.
    value = vminnmq_f32(vmaxnmq_f32(value, vnegq_f32(far)), far);
    return vaddq_s32(p->rounds_to_even ? vcvtnq_s32_f32(value) : vcvtaq_s32_f32(value), zero_point);
}

static void quantize(const ck_quantize *p, const float *x, int8_t *y, ptrdiff_t begin, ptrdiff_t end) {
    const int16x8_t low = vdupq_n_s16((int16_t)p->minimum), high = vdupq_n_s16((int16_t)p->maximum);
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i += 16) {
        int8x8_t halves[2];
        for (int half = 0; half < 2; half++) {
            const float *from = x + i + half * 8;
            int16x4_t first = vqmovn_s32(quantized(vld1q_f32(from), p));
            int16x4_t second = vqmovn_s32(quantized(vld1q_f32(from + 4), p));
            halves[half] = vmovn_s16(vminq_s16(vmaxq_s16(vcombine_s16(first, second), low), high));
        }
        int8x16_t bytes = vcombine_s8(halves[0], halves[1]);
        if (last - i >= 16) {
            vst1q_s8(y + i, bytes);
        } else {
            int8_t copy[16];
            vst1q_s8(copy, bytes);
            ck_store_part(y + i, copy, last - i);
        }
    }
}

void ck_quantize_float32_to_int8_neon_dot(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    quantize(parameters, buffers[0], buffers[1], begin, end);
}

void ck_quantize_float32_to_uint8_neon_dot(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    quantize(parameters, buffers[0], buffers[1], begin, end);
}

#endif
