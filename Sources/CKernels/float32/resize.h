// Bilinear interpolation: LiteRT's positions. Each product is rounded, so that all instruction sets give the same bits.
static float CK_NAME(resize_scale)(ptrdiff_t input, ptrdiff_t output, int32_t aligns_corners) {
    return aligns_corners && output > 1 ? (float)(input - 1) / (float)(output - 1) : (float)input / (float)output;
}

// Where an output position falls between two input positions, and how far from the first.
CK_INLINE float resize_source(
    ptrdiff_t position, float scale, int32_t half_pixels, ptrdiff_t size, ptrdiff_t *low, ptrdiff_t *high) {
#pragma STDC FP_CONTRACT OFF
    float at = half_pixels ? ((float)position + 0.5f) * scale - 0.5f : (float)position * scale;
    *low = (ptrdiff_t)fmaxf(floorf(at), 0);
    *high = (ptrdiff_t)fminf(ceilf(at), (float)(size - 1));
    if (*high > size - 1) *high = size - 1;
    if (*high < 0) *high = 0;
    if (*low > size - 1) *low = size - 1;
    return at - (float)*low;
}

void CK_NAME(ck_resize_bilinear_float32)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
#pragma STDC FP_CONTRACT OFF
    const ck_resize *p = parameters;
    float y_scale = CK_NAME(resize_scale)(p->input_height, p->output_height, p->aligns_corners);
    float x_scale = CK_NAME(resize_scale)(p->input_width, p->output_width, p->aligns_corners);
    ptrdiff_t channels = p->channels, line = p->input_width * channels;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t y0, y1, x0, x1;
        const float *image = (const float *)buffers[0] + row / p->output_height * p->input_height * line;
        float *output = (float *)buffers[1] + row * p->output_width * channels;
        float dy = resize_source(
            row % p->output_height, y_scale, p->uses_half_pixel_centers, p->input_height, &y0, &y1);
        const float *upper = image + y0 * line, *lower = image + y1 * line;
        for (ptrdiff_t ox = 0; ox < p->output_width; ox++, output += channels) {
            float dx = resize_source(ox, x_scale, p->uses_half_pixel_centers, p->input_width, &x0, &x1);
            const float *a = upper + x0 * channels, *b = lower + x0 * channels;
            const float *c = upper + x1 * channels, *d = lower + x1 * channels;
            float wa = (1 - dy) * (1 - dx), wb = dy * (1 - dx), wc = (1 - dy) * dx, wd = dy * dx;
            if (channels < CK_LANES / 2) {
                for (ptrdiff_t i = 0; i < channels; i++) output[i] = a[i] * wa + b[i] * wb + c[i] * wc + d[i] * wd;
                continue;
            }
            for (ptrdiff_t i = 0; i < channels; i += CK_LANES) {
                lanes_f32 value = load_lanes(a + i) * wa + load_lanes(b + i) * wb + load_lanes(c + i) * wc
                    + load_lanes(d + i) * wd;
                if (channels - i >= CK_LANES) store_lanes(output + i, value);
                else store_first_lanes(output + i, value, channels - i);
            }
        }
    }
}
