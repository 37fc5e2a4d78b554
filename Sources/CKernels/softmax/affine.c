#include "../declarations.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

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
            float part = rintf(table[x[i] ^ p->flip] * p->inverse_scale / sum);
            // A row of one element overflows; what has no number is converted to 0.
            int32_t value = (part >= 0 && part < 65536 ? (int32_t)part : 0) + p->zero_point;
            y[i] = (uint8_t)(value > 255 ? 255 : value) ^ p->flip;
        }
    }
}
