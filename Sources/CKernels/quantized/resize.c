// XNNPACK's bilinear resize of bytes, with weights of 11 bits.
#include "../declarations.h"

void ck_resize_fixed_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_resize_fixed *p = parameters;
    ptrdiff_t line = p->input_width * p->channels;
    for (ptrdiff_t row = begin; row < end; row++) {
        const uint8_t *image = (const uint8_t *)buffers[0] + row / p->output_height * p->input_height * line;
        uint8_t *output = (uint8_t *)buffers[1] + row * p->output_width * p->channels;
        ck_resize_position y = p->rows[row % p->output_height];
        for (ptrdiff_t ox = 0; ox < p->output_width; ox++, output += p->channels) {
            ck_resize_position x = p->columns[ox];
            const uint8_t *a = image + y.low * line + x.low * p->channels, *b = image + y.low * line + x.high * p->channels;
            const uint8_t *c = image + y.high * line + x.low * p->channels, *d = image + y.high * line + x.high * p->channels;
            for (ptrdiff_t i = 0; i < p->channels; i++) {
                int32_t top_left = (int8_t)(a[i] ^ p->flip), top_right = (int8_t)(b[i] ^ p->flip);
                int32_t bottom_left = (int8_t)(c[i] ^ p->flip), bottom_right = (int8_t)(d[i] ^ p->flip);
                int32_t top = top_left * 2048 + (top_right - top_left) * x.weight;
                int32_t bottom = bottom_left * 2048 + (bottom_right - bottom_left) * x.weight;
                int32_t value = (top * 2048 + (bottom - top) * y.weight + (1 << 21)) >> 22;
                output[i] = (uint8_t)value ^ p->flip;
            }
        }
    }
}
