// Template of the image family, included once for each instruction set with CK_NAME: loops that the compiler makes
// vectors of, as the rule of rounding and the number of channels are constants in each.
#include "value.h"

#include <string.h>

// So many pixels of a channel are made at a time, before they take their places among the others.
#define CK_IMAGE_PIXELS 256

CK_INLINE void quantized_line(
    const ck_quantize *parameters, int rule, const float *x, uint8_t *y, ptrdiff_t count, uint8_t flip) {
    // A copy of its own, which no byte that is written can be part of.
    ck_quantize by = *parameters;
    by.rounds_to_even = rule;
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < count; i++) y[i] = (uint8_t)ck_quantized_value(x[i], &by) ^ flip;
}

static void bytes_of_reals(const ck_image *p, const void *x, ptrdiff_t first, uint8_t *y, ptrdiff_t count) {
    const float *reals = (const float *)x + first;
    switch (p->quantization.rounds_to_even) {
    case 0: return quantized_line(&p->quantization, 0, reals, y, count, p->flip);
    case 1: return quantized_line(&p->quantization, 1, reals, y, count, p->flip);
    default: return quantized_line(&p->quantization, 2, reals, y, count, p->flip);
    }
}

static void bytes_of_bytes(const ck_image *p, const void *x, ptrdiff_t first, uint8_t *y, ptrdiff_t count) {
    const uint8_t *bytes = (const uint8_t *)x + first;
    uint8_t flip = p->flip;
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < count; i++) y[i] = bytes[i] ^ flip;
}

typedef void (*line_function)(const ck_image *p, const void *x, ptrdiff_t first, uint8_t *y, ptrdiff_t count);

// y[i, c] = planes[c, i]
CK_INLINE void interleaved(const uint8_t *planes, uint8_t *y, ptrdiff_t count, int channels) {
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++) y[i * channels + c] = planes[c * CK_IMAGE_PIXELS + i];
}

CK_INLINE void image_row(const ck_image *p, line_function line, const void *x, ptrdiff_t first, uint8_t *y, ptrdiff_t width) {
    ptrdiff_t channels = p->channels;
    if (p->channel_stride == 1 && p->column_stride == channels) return line(p, x, first, y, width * channels);
    uint8_t planes[4 * CK_IMAGE_PIXELS];
    ptrdiff_t step = p->channel_stride, most = p->column_stride == 1 ? CK_IMAGE_PIXELS : 1;
    for (ptrdiff_t i = 0; i < width; i += most) {
        ptrdiff_t count = width - i < most ? width - i : most, start = first + i * p->column_stride;
        if (channels > 4) {
            for (ptrdiff_t c = 0; c < channels; c++) {
                line(p, x, start + c * step, planes, count);
                for (ptrdiff_t j = 0; j < count; j++) y[(i + j) * channels + c] = planes[j];
            }
            continue;
        }
        for (ptrdiff_t c = 0; c < channels; c++) line(p, x, start + c * step, planes + c * CK_IMAGE_PIXELS, count);
        switch (channels) {
        case 1: memcpy(y + i, planes, (size_t)count); break;
        case 2: interleaved(planes, y + i * 2, count, 2); break;
        case 3: interleaved(planes, y + i * 3, count, 3); break;
        default: interleaved(planes, y + i * 4, count, 4);
        }
    }
}

CK_INLINE void image_rows(const ck_image *p, line_function line, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t padded_width = p->padded_width * p->channels, left = p->left * p->channels;
    // Columns behind the padded image are never read.
    ptrdiff_t width = p->width < p->padded_width - p->left ? p->width : p->padded_width - p->left;
    ptrdiff_t right = padded_width - left - width * p->channels;
    for (ptrdiff_t row = begin; row < end; row++) {
        uint8_t *y = (uint8_t *)buffers[1] + row * padded_width;
        ptrdiff_t iy = row % p->padded_height - p->top;
        if (iy < 0 || iy >= p->height) {
            memset(y, p->value, (size_t)padded_width);
            continue;
        }
        memset(y, p->value, (size_t)left);
        ptrdiff_t first = row / p->padded_height * p->batch_stride + iy * p->row_stride;
        image_row(p, line, buffers[0], first, y + left, width);
        memset(y + padded_width - right, p->value, (size_t)right);
    }
}

void CK_NAME(ck_image_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    image_rows(parameters, bytes_of_reals, buffers, begin, end);
}

void CK_NAME(ck_image_bytes)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    image_rows(parameters, bytes_of_bytes, buffers, begin, end);
}
