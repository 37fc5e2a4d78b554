// Sums and products of bytes in single precision; see ck_affine_binary.
#include "../numeric/fixed_point.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

CK_INLINE uint8_t affine_byte(float value, int32_t base, uint8_t flip) {
    // Far beyond any byte, and exact.
    float limited = value > -1024 ? value : -1024;
    limited = limited < 1024 ? limited : 1024;
    return (uint8_t)ck_clamp((int32_t)__builtin_rintf(limited) + base, 0, 255) ^ flip;
}

CK_INLINE void affine_run(
    const ck_affine_binary *parameters, const uint8_t *a, const uint8_t *b, uint8_t *y, ptrdiff_t length,
    ptrdiff_t a_step, ptrdiff_t b_step) {
    // A copy of its own, which no byte that is written can be part of. An element of y is read, if at all, for itself.
    const ck_affine_binary copy = *parameters, *p = &copy;
    if (p->operation == CK_ADD) {
#pragma clang loop vectorize(assume_safety)
        for (ptrdiff_t i = 0; i < length; i++) {
            float left = (float)((a[i * a_step] ^ p->flip) - p->base);
            float right = (float)((b[i * b_step] ^ p->flip) - p->base);
            float sum = __builtin_fmaf(left, p->a_factor, __builtin_fmaf(right, p->b_factor, p->offset));
            y[i] = affine_byte(sum, p->base, p->flip);
        }
        return;
    }
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < length; i++) {
        int32_t left = (a[i * a_step] ^ p->flip) - p->base - p->a_zero_point;
        int32_t right = (b[i * b_step] ^ p->flip) - p->base - p->b_zero_point;
        y[i] = affine_byte((float)(left * right) * p->a_factor + p->offset, p->base, p->flip);
    }
}

void CK_NAME(ck_affine_binary_bytes)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_affine_binary *p = parameters;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t a_offset = 0, b_offset = 0, start = unit * p->inner, rest = unit;
        ptrdiff_t length = p->count - start < p->inner ? p->count - start : p->inner;
        for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis]) {
            a_offset += rest % p->sizes[axis] * p->a_strides[axis];
            b_offset += rest % p->sizes[axis] * p->b_strides[axis];
        }
        const uint8_t *a = (const uint8_t *)buffers[0] + a_offset, *b = (const uint8_t *)buffers[1] + b_offset;
        uint8_t *y = (uint8_t *)buffers[2] + start;
        // The case that matters, as a loop of its own that the compiler vectorizes.
        if (p->a_step == 1 && p->b_step == 1) affine_run(p, a, b, y, length, 1, 1);
        else affine_run(p, a, b, y, length, p->a_step, p->b_step);
    }
}
