#include "../declarations.h"

#include <math.h>

// The reference rounds every product.
#pragma STDC FP_CONTRACT OFF

static float float_scale(ptrdiff_t input, ptrdiff_t output, int32_t aligns_corners) {
    return aligns_corners && output > 1 ? (float)(input - 1) / (float)(output - 1) : (float)input / (float)output;
}

// Where an output position falls between two input positions.
static float source(
    ptrdiff_t position, float scale, int32_t half_pixels, ptrdiff_t size, ptrdiff_t *low, ptrdiff_t *high) {
    float at = half_pixels ? ((float)position + 0.5f) * scale - 0.5f : (float)position * scale;
    *low = (ptrdiff_t)fmaxf(floorf(at), 0);
    *high = (ptrdiff_t)fminf(ceilf(at), (float)(size - 1));
    if (*high > size - 1) *high = size - 1;
    if (*high < 0) *high = 0;
    if (*low > size - 1) *low = size - 1;
    return at;
}

#define REAL_BILINEAR(name, element, rounding)                                                                         \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                          \
        const ck_resize *p = parameters;                                                                               \
        float y_scale = float_scale(p->input_height, p->output_height, p->aligns_corners);                             \
        float x_scale = float_scale(p->input_width, p->output_width, p->aligns_corners);                               \
        for (ptrdiff_t row = begin; row < end; row++) {                                                                \
            ptrdiff_t y0, y1, x0, x1, line = p->input_width * p->channels;                                             \
            const element *image = (const element *)buffers[0] + row / p->output_height * p->input_height * line;      \
            element *output = (element *)buffers[1] + row * p->output_width * p->channels;                             \
            float y = source(row % p->output_height, y_scale, p->uses_half_pixel_centers, p->input_height, &y0, &y1);  \
            float dy = y - (float)y0;                                                                                  \
            for (ptrdiff_t ox = 0; ox < p->output_width; ox++, output += p->channels) {                                \
                float x = source(ox, x_scale, p->uses_half_pixel_centers, p->input_width, &x0, &x1);                   \
                float dx = x - (float)x0;                                                                              \
                const element *a = image + y0 * line + x0 * p->channels, *b = image + y1 * line + x0 * p->channels;    \
                const element *c = image + y0 * line + x1 * p->channels, *d = image + y1 * line + x1 * p->channels;    \
                for (ptrdiff_t i = 0; i < p->channels; i++)                                                            \
                    output[i] = (element)((float)a[i] * (1 - dy) * (1 - dx) + (float)b[i] * dy * (1 - dx)              \
                        + (float)c[i] * (1 - dy) * dx + (float)d[i] * dy * dx + rounding);                             \
            }                                                                                                          \
        }                                                                                                              \
    }

// LiteRT's reference kernel rounds by adding a half.
REAL_BILINEAR(ck_resize_bilinear_uint8_portable, uint8_t, 0.5f)

// Positions in 1/1024 of an input position.
static int64_t integer_scale(ptrdiff_t input, ptrdiff_t output, int32_t aligns_corners) {
    return aligns_corners && output > 1 ? (1024 * ((int64_t)input - 1) + (output - 1) / 2) / (output - 1)
                                        : (1024 * (int64_t)input + output / 2) / output;
}

static int64_t integer_source(
    ptrdiff_t position, int64_t scale, int32_t half_pixels, ptrdiff_t size, ptrdiff_t *low, ptrdiff_t *high) {
    int64_t at = half_pixels ? position * scale + scale / 2 - 512 : position * scale;
    int64_t below = at / 1024, above = (at + 1023) / 1024;
    *low = below < 0 ? 0 : below > size - 1 ? size - 1 : below;
    *high = above > size - 1 ? size - 1 : above < 0 ? 0 : above;
    return at;
}

#define INTEGER_BILINEAR(name, element, low, high)                                                                     \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                          \
        const ck_resize *p = parameters;                                                                               \
        int64_t y_scale = integer_scale(p->input_height, p->output_height, p->aligns_corners);                         \
        int64_t x_scale = integer_scale(p->input_width, p->output_width, p->aligns_corners);                           \
        for (ptrdiff_t row = begin; row < end; row++) {                                                                \
            ptrdiff_t y0, y1, x0, x1, line = p->input_width * p->channels;                                             \
            const element *image = (const element *)buffers[0] + row / p->output_height * p->input_height * line;      \
            element *output = (element *)buffers[1] + row * p->output_width * p->channels;                             \
            int64_t y =                                                                                                \
                integer_source(row % p->output_height, y_scale, p->uses_half_pixel_centers, p->input_height, &y0, &y1); \
            int64_t dy = y - 1024 * y0;                                                                                \
            for (ptrdiff_t ox = 0; ox < p->output_width; ox++, output += p->channels) {                                \
                int64_t x = integer_source(ox, x_scale, p->uses_half_pixel_centers, p->input_width, &x0, &x1);         \
                int64_t dx = x - 1024 * x0;                                                                            \
                const element *a = image + y0 * line + x0 * p->channels, *b = image + y1 * line + x0 * p->channels;    \
                const element *c = image + y0 * line + x1 * p->channels, *d = image + y1 * line + x1 * p->channels;    \
                for (ptrdiff_t i = 0; i < p->channels; i++) {                                                          \
                    int64_t sum = a[i] * (1024 - dy) * (1024 - dx) + b[i] * dy * (1024 - dx) + c[i] * (1024 - dy) * dx \
                        + d[i] * dy * dx;                                                                              \
                    int64_t value = (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);                              \
                    output[i] = (element)(value < low ? low : value > high ? high : value);                            \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

INTEGER_BILINEAR(ck_resize_bilinear_int8_portable, int8_t, INT8_MIN, INT8_MAX)
INTEGER_BILINEAR(ck_resize_bilinear_int16_portable, int16_t, INT16_MIN, INT16_MAX)
