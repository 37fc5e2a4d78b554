// Means of bytes as onnxruntime 1.31 computes them (QLinearAveragePool, QLinearGlobalAveragePool).
#include "../declarations.h"

#include "../numeric/fixed_point.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

static inline float limited(float x, float low, float high) {
    float raised = x > low ? x : low;
    return raised < high ? raised : high;
}

static uint8_t global_mean(const ck_affine_pool *p, const uint8_t *x, ptrdiff_t count, ptrdiff_t step) {
    uint32_t sum = 0;
    for (ptrdiff_t i = 0; i < count; i++) sum += (uint32_t)(x[i * step] ^ p->flip);
    sum -= (uint32_t)p->input_zero_point * (uint32_t)count;
    float zero_point = (float)p->output_zero_point;
    float mean = limited((float)(int32_t)sum * p->factor, 0 - zero_point, 255 - zero_point);
    return (uint8_t)((int32_t)rintf(mean) + p->output_zero_point);
}

void ck_affine_pool_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_affine_pool *p = parameters;
    const ck_pool *w = &p->window;
    for (ptrdiff_t row = begin; row < end; row++) {
        const uint8_t *image = (const uint8_t *)buffers[0]
            + row / w->output_height * w->input_height * w->input_width * w->channels;
        uint8_t *y = (uint8_t *)buffers[1] + row * w->output_width * w->channels;
        if (p->is_global) {
            for (ptrdiff_t c = 0; c < w->channels; c++)
                y[c] = global_mean(p, image + c, w->input_height * w->input_width, w->channels) ^ p->flip;
            continue;
        }
        ptrdiff_t top = row % w->output_height * w->stride_height - w->pad_top, bottom = top + w->kernel_height;
        if (top < 0) top = 0;
        if (bottom > w->input_height) bottom = w->input_height;
        for (ptrdiff_t ox = 0; ox < w->output_width; ox++) {
            ptrdiff_t left = ox * w->stride_width - w->pad_left, right = left + w->kernel_width;
            if (left < 0) left = 0;
            if (right > w->input_width) right = w->input_width;
            ptrdiff_t count = (bottom - top) * (right - left);
            for (ptrdiff_t c = 0; c < w->channels; c++) {
                float sum = 0;
                for (ptrdiff_t iy = top; iy < bottom; iy++)
                    for (ptrdiff_t ix = left; ix < right; ix++) {
                        uint8_t q = image[(iy * w->input_width + ix) * w->channels + c] ^ p->flip;
                        sum += p->input_scale * (float)(q - p->input_zero_point);
                    }
                float mean = count > 0 ? sum / (float)count : 0;
                float value = rintf(mean / p->output_scale + (float)p->output_zero_point);
                y[ox * w->channels + c] = (uint8_t)limited(value, 0, 255) ^ p->flip;
            }
        }
    }
}
