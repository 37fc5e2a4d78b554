// Means of bytes as onnxruntime 1.31 computes them (QLinearAveragePool, QLinearGlobalAveragePool).
#include "../declarations.h"

#define CK_NAME(name) name##_portable
#include "affine.h"

typedef struct {
    uint32_t integers;
    float reals;
    ptrdiff_t count;
} window_sum;

static window_sum sum_of_window(const ck_affine_window_pool *p, const uint8_t *x, const ptrdiff_t *place) {
    window_sum sum = {0, 0, 0};
    ptrdiff_t first[3], last[3];
    for (int axis = 0; axis < 3; axis++) {
        ptrdiff_t begin = place[axis] * p->stride[axis] - p->before[axis], end = begin + p->kernel[axis];
        first[axis] = begin < 0 ? 0 : begin;
        last[axis] = end > p->input[axis] ? p->input[axis] : end;
    }
    for (ptrdiff_t i = first[0]; i < last[0]; i++)
        for (ptrdiff_t j = first[1]; j < last[1]; j++)
            for (ptrdiff_t k = first[2]; k < last[2]; k++) {
                uint8_t q = x[i * p->x_strides[0] + j * p->x_strides[1] + k * p->x_strides[2]] ^ p->flip;
                sum.integers += q;
                sum.reals += p->input_scale * (float)(q - p->input_zero_point);
                sum.count++;
            }
    return sum;
}

void ck_affine_window_pool_bytes_portable(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_affine_window_pool *p = parameters;
    float zero_point = (float)p->output_zero_point;
    ptrdiff_t taps = p->kernel[0] * p->kernel[1] * p->kernel[2];
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t sample = unit / p->channels, channel = unit % p->channels;
        const uint8_t *x = (const uint8_t *)buffers[0] + sample * p->x_batch_stride + channel * p->x_channel_stride;
        uint8_t *y = (uint8_t *)buffers[1] + sample * p->y_batch_stride + channel * p->y_channel_stride;
        for (ptrdiff_t i = 0; i < p->output[0]; i++)
            for (ptrdiff_t j = 0; j < p->output[1]; j++)
                for (ptrdiff_t k = 0; k < p->output[2]; k++) {
                    ptrdiff_t place[3] = {i, j, k};
                    window_sum sum = sum_of_window(p, x, place);
                    float value;
                    if (p->is_global) {
                        uint32_t centered = sum.integers - (uint32_t)p->input_zero_point * (uint32_t)taps;
                        value = rintf(limited((float)(int32_t)centered * p->factor, 0 - zero_point, 255 - zero_point))
                            + zero_point;
                    } else {
                        ptrdiff_t count = p->counts_padding ? taps : sum.count;
                        float mean = count > 0 ? sum.reals / (float)count : 0;
                        value = limited(rintf(mean / p->output_scale + zero_point), 0, 255);
                    }
                    y[i * p->y_strides[0] + j * p->y_strides[1] + k * p->y_strides[2]] = (uint8_t)value ^ p->flip;
                }
    }
}
