#include "../declarations.h"

#include "../numeric/fixed_point.h"
#include "window.h"

#define POOL_SPAN 64

// Runs a window over spans of channels: `sum` starts at `initial`, every element x is put in by `step`, and `result`
// makes the element of y.
#define POOL(name, element, accumulator, initial, step, result)                                           \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {             \
        const ck_pool *p = parameters;                                                                    \
        for (ptrdiff_t row = begin; row < end; row++) {                                                   \
            const element *image = (const element *)buffers[0]                                            \
                + row / p->output_height * p->input_height * p->input_width * p->channels;                \
            element *y = (element *)buffers[1] + row * p->output_width * p->channels;                     \
            for (ptrdiff_t ox = 0; ox < p->output_width; ox++, y += p->channels) {                        \
                window w = window_at(p, row % p->output_height, ox);                                      \
                ptrdiff_t count = (w.bottom - w.top) * (w.right - w.left);                                \
                (void)count;                                                                              \
                for (ptrdiff_t c = 0; c < p->channels; c += POOL_SPAN) {                                  \
                    ptrdiff_t span = p->channels - c < POOL_SPAN ? p->channels - c : POOL_SPAN;           \
                    accumulator sums[POOL_SPAN];                                                          \
                    for (ptrdiff_t i = 0; i < span; i++) sums[i] = initial;                               \
                    for (ptrdiff_t iy = w.top; iy < w.bottom; iy++)                                       \
                        for (ptrdiff_t ix = w.left; ix < w.right; ix++) {                                 \
                            const element *pixel = image + (iy * p->input_width + ix) * p->channels + c;  \
                            for (ptrdiff_t i = 0; i < span; i++) {                                        \
                                accumulator x = pixel[i], sum = sums[i];                                  \
                                sums[i] = step;                                                           \
                            }                                                                             \
                        }                                                                                 \
                    for (ptrdiff_t i = 0; i < span; i++) {                                                \
                        accumulator sum = sums[i];                                                        \
                        y[c + i] = (element)(result);                                                     \
                    }                                                                                     \
                }                                                                                         \
            }                                                                                             \
        }                                                                                                 \
    }

// The mean rounded to nearest, ties away from zero. A window that lies in the padding alone has no elements.
static int32_t rounded_mean(int32_t sum, ptrdiff_t count) {
    int64_t half = count / 2;
    if (count == 0) return 0;
    return (int32_t)(sum > 0 ? (sum + half) / count : (sum - half) / count);
}

POOL(ck_average_pool_int8_portable, int8_t, int32_t, 0, ck_wrapping_add(sum, x),
     ck_clamp(rounded_mean(sum, count), p->quantized_minimum, p->quantized_maximum))
POOL(ck_max_pool_int8_portable, int8_t, int32_t, INT8_MIN, x > sum ? x : sum,
     ck_clamp(sum, p->quantized_minimum, p->quantized_maximum))
POOL(ck_average_pool_uint8_portable, uint8_t, int32_t, 0, ck_wrapping_add(sum, x),
     ck_clamp(rounded_mean(sum, count), p->quantized_minimum, p->quantized_maximum))
POOL(ck_max_pool_uint8_portable, uint8_t, int32_t, 0, x > sum ? x : sum,
     ck_clamp(sum, p->quantized_minimum, p->quantized_maximum))
POOL(ck_average_pool_int16_portable, int16_t, int32_t, 0, ck_wrapping_add(sum, x),
     ck_clamp(rounded_mean(sum, count), p->quantized_minimum, p->quantized_maximum))
POOL(ck_max_pool_int16_portable, int16_t, int32_t, INT16_MIN, x > sum ? x : sum,
     ck_clamp(sum, p->quantized_minimum, p->quantized_maximum))
