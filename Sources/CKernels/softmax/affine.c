#include "../declarations.h"

#include "../numeric/fixed_point.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

// A row of one element overflows. Then the conversion gives what x86's instructions do: 0 for unsigned bytes, the least
// number for signed ones, to which the zero point is added before the sum is cut off.
static uint8_t rounded(float part, int32_t zero_point, int is_signed) {
    if (!is_signed) {
        uint32_t value = (part >= 0 && part < 0x1p62f ? (uint32_t)(int64_t)part : 0) + (uint32_t)zero_point;
        return (uint8_t)(value > 255 ? 255 : value);
    }
    int32_t value = part >= -0x1p31f && part < 0x1p31f ? (int32_t)part : INT32_MIN;
    return (uint8_t)(ck_clamp(ck_wrapping_add(value, zero_point - 128), -128, 127) + 128);
}

void ck_affine_softmax_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_affine_softmax *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t stride = p->stride, length = p->count * stride;
        ptrdiff_t start = row / stride * length + row % stride;
        const uint8_t *x = (const uint8_t *)buffers[0] + start;
        uint8_t *y = (uint8_t *)buffers[1] + start;
        uint8_t largest = 0;
        float sum = 0;
        for (ptrdiff_t i = 0; i < length; i += stride) {
            uint8_t q = x[i] ^ p->flip;
            largest = q > largest ? q : largest;
        }
        const float *table = p->table + (255 - largest);
        for (ptrdiff_t i = 0; i < length; i += stride) sum += table[x[i] ^ p->flip];
        for (ptrdiff_t i = 0; i < length; i += stride) {
            y[i] = rounded(rintf(table[x[i] ^ p->flip] * p->inverse_scale / sum), p->zero_point, p->is_signed) ^ p->flip;
        }
    }
}
