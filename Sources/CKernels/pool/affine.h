// Template of the means of bytes; see ck_affine_pool. Included once for each instruction set with CK_NAME, for loops over
// channels that the compiler makes vectors of.
#include "../numeric/fixed_point.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

// Channels whose sums are held at a time.
#define CK_POOL_CHANNELS 64
// So many bytes can be added up in 16 bits.
#define CK_POOL_STRETCH 256

CK_INLINE float limited(float x, float low, float high) {
    float raised = x > low ? x : low;
    return raised < high ? raised : high;
}

// How many channels are taken next: as many as there is a loop for, or the rest.
CK_INLINE int channels_of(ptrdiff_t left) {
    return left >= CK_POOL_CHANNELS ? CK_POOL_CHANNELS : left >= 32 ? 32 : left >= 16 ? 16 : (int)left;
}

CK_INLINE void add_pixels(const uint8_t *x, ptrdiff_t count, ptrdiff_t step, uint32_t *sums, int channels, uint8_t flip) {
    uint16_t stretch[CK_POOL_CHANNELS] = {0};
    for (ptrdiff_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++) stretch[c] = (uint16_t)(stretch[c] + (x[i * step + c] ^ flip));
    for (int c = 0; c < channels; c++) sums[c] += stretch[c];
}

CK_INLINE void global_means(const ck_affine_pool *p, const uint8_t *x, uint8_t *y, ptrdiff_t count) {
    ptrdiff_t step = p->window.channels;
    float zero_point = (float)p->output_zero_point, factor = p->factor;
    int32_t whole = p->output_zero_point;
    uint32_t offset = (uint32_t)p->input_zero_point * (uint32_t)count;
    uint8_t flip = p->flip;
    for (ptrdiff_t c = 0, channels = 0; c < step; c += channels) {
        channels = channels_of(step - c);
        uint32_t sums[CK_POOL_CHANNELS] = {0};
        for (ptrdiff_t i = 0; i < count; i += CK_POOL_STRETCH) {
            ptrdiff_t stretch = count - i < CK_POOL_STRETCH ? count - i : CK_POOL_STRETCH;
            const uint8_t *from = x + i * step + c;
            switch (channels) {
            case CK_POOL_CHANNELS: add_pixels(from, stretch, step, sums, CK_POOL_CHANNELS, flip); break;
            case 32: add_pixels(from, stretch, step, sums, 32, flip); break;
            case 16: add_pixels(from, stretch, step, sums, 16, flip); break;
            default: add_pixels(from, stretch, step, sums, (int)channels, flip);
            }
        }
        for (int i = 0; i < channels; i++) {
            float mean = limited((float)(int32_t)(sums[i] - offset) * factor, 0 - zero_point, 255 - zero_point);
            y[c + i] = (uint8_t)((int32_t)__builtin_rintf(mean) + whole) ^ flip;
        }
    }
}

CK_INLINE void window_means(
    const ck_affine_pool *p, const uint8_t *x, uint8_t *y, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t row_step) {
    ptrdiff_t step = p->window.channels, count = rows * columns;
    float input_scale = p->input_scale, output_scale = p->output_scale, zero_point = (float)p->output_zero_point;
    int32_t input_zero_point = p->input_zero_point;
    uint8_t flip = p->flip;
    for (ptrdiff_t c = 0; c < step; c += CK_POOL_CHANNELS) {
        int channels = step - c < CK_POOL_CHANNELS ? (int)(step - c) : CK_POOL_CHANNELS;
        float sums[CK_POOL_CHANNELS] = {0};
        for (ptrdiff_t row = 0; row < rows; row++)
            for (ptrdiff_t column = 0; column < columns; column++) {
                const uint8_t *from = x + row * row_step + column * step + c;
                for (int i = 0; i < channels; i++)
                    sums[i] += input_scale * (float)((from[i] ^ flip) - input_zero_point);
            }
        for (int i = 0; i < channels; i++) {
            float mean = count > 0 ? sums[i] / (float)count : 0;
            float value = __builtin_rintf(mean / output_scale + zero_point);
            y[c + i] = (uint8_t)limited(value, 0, 255) ^ flip;
        }
    }
}

void CK_NAME(ck_affine_pool_bytes)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_affine_pool copy = *(const ck_affine_pool *)parameters, *p = &copy;
    const ck_pool *w = &p->window;
    ptrdiff_t row_step = w->input_width * w->channels;
    for (ptrdiff_t row = begin; row < end; row++) {
        const uint8_t *image = (const uint8_t *)buffers[0] + row / w->output_height * w->input_height * row_step;
        uint8_t *y = (uint8_t *)buffers[1] + row * w->output_width * w->channels;
        if (p->is_global) {
            global_means(p, image, y, w->input_height * w->input_width);
            continue;
        }
        ptrdiff_t top = row % w->output_height * w->stride_height - w->pad_top, bottom = top + w->kernel_height;
        if (top < 0) top = 0;
        if (bottom > w->input_height) bottom = w->input_height;
        for (ptrdiff_t ox = 0; ox < w->output_width; ox++) {
            ptrdiff_t left = ox * w->stride_width - w->pad_left, right = left + w->kernel_width;
            if (left < 0) left = 0;
            if (right > w->input_width) right = w->input_width;
            ptrdiff_t rows = bottom > top ? bottom - top : 0, columns = right > left ? right - left : 0;
            window_means(p, image + top * row_step + left * w->channels, y + ox * w->channels, rows, columns, row_step);
        }
    }
}
