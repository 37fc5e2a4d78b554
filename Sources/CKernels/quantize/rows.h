// Rows of real numbers to bytes by their own range. The including file defines CK_NAME and has FP_CONTRACT off.
#include "value.h"

static ck_batch_quantization quantize_symmetric(const float *x, ptrdiff_t count, float low, float high, int8_t *y) {
    float range = fmaxf(fabsf(low), fabsf(high));
    if (range == 0) {
        memset(y, 0, (size_t)count);
        return (ck_batch_quantization){1, 0};
    }
    float inverse = 127 / range;
    for (ptrdiff_t i = 0; i < count; i++) y[i] = (int8_t)ck_clamp(ck_rounded_away(x[i] * inverse), -127, 127);
    return (ck_batch_quantization){range / 127, 0};
}

static ck_batch_quantization quantize_asymmetric(const float *x, ptrdiff_t count, double low, double high, int8_t *y) {
    low = low < 0 ? low : 0;
    high = high > 0 ? high : 0;
    if (low == high) {
        memset(y, 0, (size_t)count);
        return (ck_batch_quantization){1, 0};
    }
    double scale = (high - low) / 255;
    // Of the two ends of the range, the one that lies nearer to zero gives the more exact zero point.
    double zero_point = 128 + fabs(low / scale) < 127 + fabs(high / scale) ? -128 - low / scale : 127 - high / scale;
    ck_batch_quantization row = {(float)scale, ck_clamp((int32_t)round(zero_point), -128, 127)};
    float inverse = 1 / row.scale;
    for (ptrdiff_t i = 0; i < count; i++) {
        float scaled = x[i] * inverse;
        y[i] = (int8_t)ck_clamp(ck_rounded_away((float)row.zero_point + scaled), -128, 127);
    }
    return row;
}

// The ends of what x holds. A number that is none changes nothing, but for the first.
static void find_range(const float *x, ptrdiff_t count, float *lowest, float *highest) {
    enum { LANES = 16 };
    float low[LANES], high[LANES];
    for (int k = 0; k < LANES; k++) low[k] = high[k] = x[0];
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            float value = x[i + k];
            low[k] = value < low[k] ? value : low[k];
            high[k] = value > high[k] ? value : high[k];
        }
    for (; i < count; i++) {
        low[0] = x[i] < low[0] ? x[i] : low[0];
        high[0] = x[i] > high[0] ? x[i] : high[0];
    }
    *lowest = low[0];
    *highest = high[0];
    for (int k = 1; k < LANES; k++) {
        *lowest = low[k] < *lowest ? low[k] : *lowest;
        *highest = high[k] > *highest ? high[k] : *highest;
    }
}

void CK_NAME(ck_quantize_rows_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_quantize_rows *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *x = (const float *)buffers[0] + row * p->count;
        int8_t *y = (int8_t *)buffers[1] + row * p->count;
        ck_batch_quantization *result = (ck_batch_quantization *)buffers[2] + row;
        float low, high;
        find_range(x, p->count, &low, &high);
        *result = p->is_asymmetric ? quantize_asymmetric(x, p->count, low, high, y)
                                   : quantize_symmetric(x, p->count, low, high, y);
        if (p->padding) memset((int8_t *)buffers[3] + row * p->padding, result->zero_point, (size_t)p->padding);
    }
}
