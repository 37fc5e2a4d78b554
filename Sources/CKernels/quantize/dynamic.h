// Real numbers to bytes by the range of all of them (DynamicQuantizeLinear). The including file defines CK_NAME and has
// FP_CONTRACT off.
#include "range.h"

CK_INLINE float limited(float x, float low, float high) {
    float raised = x > low ? x : low;
    return raised < high ? raised : high;
}

// One unit: the range is that of the whole tensor.
void CK_NAME(ck_dynamic_quantize_float32)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_dynamic_quantize *p = parameters;
    if (begin == end) return;
    const float *x = buffers[0];
    uint8_t *y = buffers[1];
    float low = 0, high = 0;
    ck_widen_range(x, p->count, &low, &high);
    float scale = high == low ? 1 : (high - low) / 255;
    float zero_point = rintf(limited(0 - low / scale, 0, 255));
    for (ptrdiff_t i = 0; i < p->count; i++)
        y[i] = (uint8_t)(rintf(limited(x[i] / scale, 0 - zero_point, 255 - zero_point)) + zero_point);
    *(float *)buffers[2] = scale;
    *(uint8_t *)buffers[3] = (uint8_t)zero_point;
}
