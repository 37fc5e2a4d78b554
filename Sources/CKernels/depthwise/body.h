// Depthwise convolution of bytes by output rows: one pixel by 16 output channels at a time. Taps outside of the input are left
// out.
#include "../numeric/tile.h"

// The first and one-past-last tap that lies inside the input.
CK_INLINE void depthwise_range(
    ptrdiff_t start, ptrdiff_t dilation, ptrdiff_t kernel, ptrdiff_t size, ptrdiff_t *first, ptrdiff_t *last) {
    *first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    ptrdiff_t inside = size > start ? (size - start + dilation - 1) / dilation : 0;
    *last = inside < kernel ? inside : kernel;
}

CK_INLINE ck_i32x16 depthwise_load_int8(
    const int8_t *x, ptrdiff_t first, ptrdiff_t channels, ptrdiff_t multiplier, uint8_t flip) {
    ck_i8x16 values;
    if (multiplier == 1) {
        memcpy(&values, x + first, sizeof values);
    } else {
        for (int i = 0; i < CK_BLOCK; i++) {
            ptrdiff_t channel = (first + i) / multiplier;
            values[i] = x[channel < channels ? channel : channels - 1];
        }
    }
    return __builtin_convertvector(values ^ (int8_t)flip, ck_i32x16);
}

CK_INLINE void depthwise_int8(
    const ck_conv *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t multiplier, int is_hybrid) {
    ptrdiff_t padded = (p->output_channels + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK;
    static const int32_t no_sums[CK_BLOCK];
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t y = row % p->output_height * p->stride_height - p->pad_top, first_y, last_y, first_x, last_x;
        ptrdiff_t n = row / p->output_height;
        depthwise_range(y, p->dilation_height, p->kernel_height, p->input_height, &first_y, &last_y);
        const int8_t *image = (const int8_t *)buffers[0] + n * p->input_height * p->input_width * p->input_channels;
        ck_batch_quantization batch = {};
        if (is_hybrid) batch = ((const ck_batch_quantization *)buffers[2])[n];
        int32_t zero_point = is_hybrid ? batch.zero_point : p->input_zero_point;
        ptrdiff_t at = row * p->output_width * p->output_channels;
        for (ptrdiff_t ox = 0; ox < p->output_width; ox++, at += p->output_channels) {
            ptrdiff_t x = ox * p->stride_width - p->pad_left;
            depthwise_range(x, p->dilation_width, p->kernel_width, p->input_width, &first_x, &last_x);
            for (ptrdiff_t first = 0; first < p->output_channels; first += CK_BLOCK) {
                ck_i32x16 sums = {};
                for (ptrdiff_t ky = first_y; ky < last_y; ky++)
                    for (ptrdiff_t kx = first_x; kx < last_x; kx++) {
                        ck_i8x16 weights;
                        memcpy(
                            &weights, (const int8_t *)p->weights + (ky * p->kernel_width + kx) * padded + first,
                            sizeof weights);
                        const int8_t *pixel = image
                            + ((y + ky * p->dilation_height) * p->input_width + x + kx * p->dilation_width)
                                * p->input_channels;
                        sums += (depthwise_load_int8(pixel, first, p->input_channels, multiplier, p->flip) - zero_point)
                            * __builtin_convertvector(weights, ck_i32x16);
                    }
                if (is_hybrid)
                    ck_store_hybrid(
                        (float *)buffers[1] + at + first, sums, batch.scale, 0, p->weight_scale + first, no_sums,
                        (const float *)p->bias + first, p->minimum, p->maximum, p->output_channels - first);
                else
                    store_int8(
                        (int8_t *)buffers[1] + at + first, sums, (const int32_t *)p->bias + first, &p->output, first,
                        p->output_channels - first);
            }
        }
    }
}

void CK_DIRECT(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
    if (p->output_channels == p->input_channels) depthwise_int8(p, buffers, begin, end, 1, 0);
    else depthwise_int8(p, buffers, begin, end, p->output_channels / p->input_channels, 0);
}

void CK_DIRECT_HYBRID(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
    depthwise_int8(p, buffers, begin, end, p->output_channels / p->input_channels, 1);
}
