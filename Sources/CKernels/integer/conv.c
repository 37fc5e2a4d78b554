// Convolutions of bytes with any zero points, in the order of the model's axes.
#include "result.h"

static uint32_t window(
    const ck_integer_conv *p, const uint8_t *x, const uint8_t *w, const ptrdiff_t *origin, int32_t x_zero,
    int32_t w_zero) {
    uint32_t sum = 0;
    ptrdiff_t area = p->input[0] * p->input[1] * p->input[2];
    for (ptrdiff_t c = 0; c < p->channels; c++)
        for (ptrdiff_t i = 0; i < p->kernel[0]; i++)
            for (ptrdiff_t j = 0; j < p->kernel[1]; j++)
                for (ptrdiff_t k = 0; k < p->kernel[2]; k++) {
                    ptrdiff_t a = origin[0] + i * p->dilation[0], b = origin[1] + j * p->dilation[1],
                              d = origin[2] + k * p->dilation[2];
                    if (a < 0 || a >= p->input[0] || b < 0 || b >= p->input[1] || d < 0 || d >= p->input[2]) continue;
                    int32_t left = (x[c * area + (a * p->input[1] + b) * p->input[2] + d] ^ p->x_flip) - x_zero;
                    ptrdiff_t tap = ((c * p->kernel[0] + i) * p->kernel[1] + j) * p->kernel[2] + k;
                    sum += (uint32_t)(left * ((w[tap] ^ p->w_flip) - w_zero));
                }
    return sum;
}

void ck_integer_conv_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_integer_conv *p = parameters;
    const uint8_t *w = buffers[1];
    int32_t x_zero = ck_zero_point(buffers[3], 0, p->x_flip);
    ptrdiff_t area = p->input[0] * p->input[1] * p->input[2], taps = p->kernel[0] * p->kernel[1] * p->kernel[2];
    ptrdiff_t per_group = p->outputs / p->groups, size = p->output[0] * p->output[1] * p->output[2];
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t sample = unit / p->outputs, channel = unit % p->outputs;
        const uint8_t *x = (const uint8_t *)buffers[0]
            + (sample * p->groups + channel / per_group) * p->channels * area;
        int32_t w_zero = ck_zero_point(buffers[4], channel * p->w_zero_step, p->w_flip);
        for (ptrdiff_t at = 0; at < size; at++) {
            ptrdiff_t place[3] = {
                at / (p->output[1] * p->output[2]), at / p->output[2] % p->output[1], at % p->output[2]};
            for (int axis = 0; axis < 3; axis++) place[axis] = place[axis] * p->stride[axis] - p->before[axis];
            uint32_t sum = window(p, x, w + channel * p->channels * taps, place, x_zero, w_zero);
            ck_store_integer(&p->result, buffers[2], unit * size + at, 0, channel, sum);
        }
    }
}
