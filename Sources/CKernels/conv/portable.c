// Convolution of bytes by output rows: CK_ROWS neighbouring pixels by one block of 16 output channels. A tap outside
// of the input reads from a row of real zeros, so that all pixels of a tile run through the same loop.
#include "../declarations.h"

#include <string.h>

#define CK_ROWS 2
#include "../numeric/tile.h"

CK_INLINE ptrdiff_t conv_blocks(const ck_conv *p) {
    return (p->output_channels / p->groups + CK_BLOCK - 1) / CK_BLOCK;
}

// Where the pixels of a tile start for one tap; pixels behind the last one repeat it.
#define CK_TAP_POINTERS(element)                                                                             \
    ptrdiff_t iy = oy * p->stride_height - p->pad_top + ky * p->dilation_height;                             \
    const element *line = iy >= 0 && iy < p->input_height                                                    \
        ? image + iy * p->input_width * p->input_channels : NULL;                                            \
    const element *x[CK_ROWS];                                                                               \
    for (int r = 0; r < CK_ROWS; r++) {                                                                      \
        ptrdiff_t ox = tile + r < p->output_width ? tile + r : p->output_width - 1;                          \
        ptrdiff_t ix = ox * p->stride_width - p->pad_left + kx * p->dilation_width;                          \
        x[r] = (line && ix >= 0 && ix < p->input_width ? line + ix * p->input_channels : padding) + channel; \
    }

CK_INLINE void conv_int8(const ck_conv *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_hybrid) {
    ptrdiff_t group_inputs = p->input_channels / p->groups, group_outputs = p->output_channels / p->groups;
    ptrdiff_t blocks = conv_blocks(p), taps = p->kernel_height * p->kernel_width;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t oy = row % p->output_height, n = row / p->output_height;
        const int8_t *image = (const int8_t *)buffers[0] + n * p->input_height * p->input_width * p->input_channels;
        const int8_t *padding = p->padding;
        ptrdiff_t row_start = row * p->output_width * p->output_channels;
        for (ptrdiff_t tile = 0; tile < p->output_width; tile += CK_ROWS) {
            for (ptrdiff_t block = 0; block < blocks * p->groups; block++) {
                ptrdiff_t group = block / blocks, channel = group * group_inputs;
                const int8_t *w = (const int8_t *)p->weights + block * taps * group_inputs * CK_BLOCK;
                ck_i32x16 sums[CK_ROWS] = {};
                for (ptrdiff_t ky = 0; ky < p->kernel_height; ky++)
                    for (ptrdiff_t kx = 0; kx < p->kernel_width; kx++) {
                        CK_TAP_POINTERS(int8_t)
                        tile_int8(sums, x, CK_ROWS, w, 0, 1, group_inputs, p->flip);
                        w += group_inputs * CK_BLOCK;
                    }
                ptrdiff_t first = block % blocks * CK_BLOCK, lane = block * CK_BLOCK;
                for (int r = 0; r < CK_ROWS; r++) {
                    if (tile + r >= p->output_width) break;
                    ptrdiff_t at = row_start + (tile + r) * p->output_channels + group * group_outputs + first;
                    if (is_hybrid) {
                        ck_batch_quantization image_range = ((const ck_batch_quantization *)buffers[2])[n];
                        ck_store_hybrid(
                            (float *)buffers[1] + at, sums[r], image_range.scale, image_range.zero_point,
                            p->weight_scale + lane, p->weight_sum + lane, (const float *)p->bias + lane, p->minimum,
                            p->maximum, group_outputs - first);
                    } else {
                        store_int8(
                            (int8_t *)buffers[1] + at, sums[r], (const int32_t *)p->bias + lane, &p->output, lane,
                            group_outputs - first);
                    }
                }
            }
        }
    }
}

void ck_conv_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    conv_int8(parameters, buffers, begin, end, 0);
}

void ck_conv_hybrid_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    conv_int8(parameters, buffers, begin, end, 1);
}
