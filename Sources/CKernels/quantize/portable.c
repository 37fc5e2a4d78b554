#include "../declarations.h"

#include "../numeric/fixed_point.h"
#include "../numeric/half.h"
#include "value.h"
#include <math.h>
#include <string.h>

// A fused multiply-add would round once where the reference rounds twice.
#pragma STDC FP_CONTRACT OFF

#define CHUNKS                                                                                      \
    for (ptrdiff_t i = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count; i < last; i++)

#define QUANTIZE(name, element)                                                                    \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {      \
        const ck_quantize *p = parameters;                                                         \
        const float *x = buffers[0];                                                               \
        element *y = buffers[1];                                                                   \
        CHUNKS y[i] = (element)ck_quantized_value(x[i], p);                                        \
    }

QUANTIZE(ck_quantize_float32_to_int8_portable, int8_t)
QUANTIZE(ck_quantize_float32_to_uint8_portable, uint8_t)
QUANTIZE(ck_quantize_float32_to_int16_portable, int16_t)

#define REQUANTIZE(name, input, output)                                                            \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {      \
        const ck_quantize *p = parameters;                                                         \
        const input *x = buffers[0];                                                               \
        output *y = buffers[1];                                                                    \
        CHUNKS {                                                                                   \
            int32_t value = ck_wrapping_add(x[i], -p->input_zero_point); \
            value = (i < p->rounded_up ? ck_rescale_up : ck_rescale)(value, p->multiplier, p->left, p->right); \
            y[i] = (output)ck_clamp(ck_wrapping_add(value, p->zero_point), p->minimum, p->maximum); \
        }                                                                                          \
    }

REQUANTIZE(ck_quantize_int8_to_int8_portable, int8_t, int8_t)
REQUANTIZE(ck_quantize_int8_to_uint8_portable, int8_t, uint8_t)
REQUANTIZE(ck_quantize_uint8_to_int8_portable, uint8_t, int8_t)
REQUANTIZE(ck_quantize_uint8_to_uint8_portable, uint8_t, uint8_t)
REQUANTIZE(ck_quantize_int8_to_int16_portable, int8_t, int16_t)
REQUANTIZE(ck_quantize_int16_to_int8_portable, int16_t, int8_t)
REQUANTIZE(ck_quantize_int16_to_int16_portable, int16_t, int16_t)
REQUANTIZE(ck_quantize_int16_to_int32_portable, int16_t, int32_t)
REQUANTIZE(ck_quantize_int32_to_int8_portable, int32_t, int8_t)
REQUANTIZE(ck_quantize_int32_to_int16_portable, int32_t, int16_t)

#define CK_NAME(name) name##_portable
#include "dequantize.h"

// Biases: the conversion to float rounds before the product does.
void ck_dequantize_int32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_dequantize *p = parameters;
    const int32_t *x = buffers[0];
    float *y = buffers[1];
    CHUNKS {
        ptrdiff_t c = p->channels == 1 ? 0 : i / p->inner % p->channels;
        y[i] = (float)((int32_t)((uint32_t)x[i] - (uint32_t)p->zero_points[c])) * p->scales[c];
    }
}

void ck_dequantize_float16_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_dequantize *p = parameters;
    const uint16_t *x = buffers[0];
    float *y = buffers[1];
    CHUNKS y[i] = ck_from_half(x[i]);
}

#include "rows.h"
