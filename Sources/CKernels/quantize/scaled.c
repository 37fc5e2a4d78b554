#include "../declarations.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

// The place of element i's scale: one for all, one for each index of an axis, or one for each block of it.
static inline ptrdiff_t place(const ck_scaled *p, ptrdiff_t i) {
    if (p->extent == 1) return 0;
    ptrdiff_t inner = i % p->inner, index = i / p->inner % p->extent;
    if (p->block == 0) return index;
    return (i / p->inner / p->extent * p->blocks + index / p->block) * p->inner + inner;
}

// Integers to real numbers: y = (x − zero point) · scale.
void ck_dequantize_linear_float32_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_scaled *p = parameters;
    const float *x = buffers[0], *scale = buffers[1], *zero = buffers[2];
    float *y = buffers[3];
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++) {
        ptrdiff_t k = place(p, i);
        y[i] = (x[i] - (zero ? zero[k] : 0)) * scale[k];
    }
}

// Real numbers to the whole ones that the result's type rounds to: x / scale, ties to even, plus the zero point, cut off
// at the ends of the type. Floating-point types are rounded when they are stored.
void ck_quantize_linear_float32_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_scaled *p = parameters;
    const float *x = buffers[0], *scale = buffers[1], *zero = buffers[2];
    float *y = buffers[3];
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++) {
        ptrdiff_t k = place(p, i);
        float value = x[i] / scale[k], offset = zero ? zero[k] : 0;
        if (p->is_integer) {
            value = rintf(value) + offset;
            value = value > p->low ? value : p->low;
            y[i] = value < p->high ? value : p->high;
        } else {
            y[i] = value + offset;
        }
    }
}
