// Pools of bytes as portable.c has them, whole vectors of channels at a time. The including file defines CK_NAME(name).
//
// Vectors reach beyond a pixel's channels: the last one of many begins so early that it ends with them, and of one that is
// too short only the channels' part is stored.
#include "../numeric/fixed_point.h"
#include "window.h"

#include <string.h>

typedef int8_t i8x64 __attribute__((vector_size(64)));
typedef uint8_t u8x64 __attribute__((vector_size(64)));
typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));

// A pool's loops over outputs and vectors of `count` channels: `body` makes `result` of the window w of `image`, channels
// from c on.
#define POOL_VECTORS(element, vector, count, body)                                                        \
    const ck_pool *p = parameters;                                                                        \
    for (ptrdiff_t row = begin; row < end; row++) {                                                       \
        const element *image = (const element *)buffers[0]                                                \
            + row / p->output_height * p->input_height * p->input_width * p->channels;                    \
        element *y = (element *)buffers[1] + row * p->output_width * p->channels;                         \
        for (ptrdiff_t ox = 0; ox < p->output_width; ox++, y += p->channels) {                            \
            window w = window_at(p, row % p->output_height, ox);                                          \
            for (ptrdiff_t c = 0; c < p->channels; c += count) {                                          \
                if (p->channels >= count && c > p->channels - count) c = p->channels - count;             \
                vector result;                                                                            \
                body;                                                                                     \
                memcpy(y + c, &result, p->channels < count ? (size_t)p->channels : sizeof result);        \
            }                                                                                             \
        }                                                                                                 \
    }

#define FOR_PIXELS                                                                                        \
    for (ptrdiff_t iy = w.top; iy < w.bottom; iy++)                                                       \
        for (ptrdiff_t ix = w.left; ix < w.right; ix++)

#define LOAD(x) memcpy(&x, image + (iy * p->input_width + ix) * p->channels + c, sizeof x)

#define MAX_POOL(name, element, vector, lowest)                                                           \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {             \
        POOL_VECTORS(element, vector, 64, {                                                               \
            result = (vector){} + (element)lowest;                                                        \
            FOR_PIXELS {                                                                                  \
                vector x;                                                                                 \
                LOAD(x);                                                                                  \
                result = __builtin_elementwise_max(result, x);                                            \
            }                                                                                             \
            vector low = (vector){} + (element)p->quantized_minimum;                                      \
            vector high = (vector){} + (element)p->quantized_maximum;                                     \
            result = __builtin_elementwise_min(__builtin_elementwise_max(result, low), high);             \
        })                                                                                                \
    }

// The mean rounded to nearest, ties away from zero. Quotients of integers below 2²² are on the right side of a whole
// number in single precision; longer windows are left to the slow kernel.
#define AVERAGE_POOL(name, portable, element, vector)                                                     \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {             \
        const ck_pool *window_pool = parameters;                                                          \
        if (window_pool->kernel_height * window_pool->kernel_width >= 1 << 13) {                          \
            portable(parameters, buffers, begin, end);                                                    \
            return;                                                                                       \
        }                                                                                                 \
        POOL_VECTORS(element, vector, 16, {                                                               \
            i32x16 sum = {};                                                                              \
            FOR_PIXELS {                                                                                  \
                vector x;                                                                                 \
                LOAD(x);                                                                                  \
                sum += __builtin_convertvector(x, i32x16);                                                \
            }                                                                                             \
            int32_t taps = (int32_t)((w.bottom - w.top) * (w.right - w.left));                            \
            if (w.bottom <= w.top || w.right <= w.left) taps = 0;                                         \
            i32x16 half = (i32x16){} + taps / 2;                                                          \
            sum += ((sum > 0) & (half + half)) - half;                                                    \
            f32x16 mean = __builtin_convertvector(sum, f32x16) / (float)(taps > 0 ? taps : 1);            \
            i32x16 value = __builtin_convertvector(mean, i32x16);                                         \
            i32x16 low = (i32x16){} + p->quantized_minimum;                                               \
            i32x16 high = (i32x16){} + p->quantized_maximum;                                              \
            value = __builtin_elementwise_min(__builtin_elementwise_max(value, low), high);               \
            result = __builtin_convertvector(value, vector);                                              \
        })                                                                                                \
    }

MAX_POOL(CK_NAME(ck_max_pool_int8), int8_t, i8x64, INT8_MIN)
MAX_POOL(CK_NAME(ck_max_pool_uint8), uint8_t, u8x64, 0)
AVERAGE_POOL(CK_NAME(ck_average_pool_int8), ck_average_pool_int8_portable, int8_t, i8x16)
AVERAGE_POOL(CK_NAME(ck_average_pool_uint8), ck_average_pool_uint8_portable, uint8_t, u8x16)
