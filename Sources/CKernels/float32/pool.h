// Pools over windows of an image: a few vectors of channels at a time.
CK_INLINE void pool_window(
    const ck_pool *p, const float *image, const ptrdiff_t rows, const ptrdiff_t columns, float *y, const int vectors,
    ptrdiff_t count, const int is_max) {
    lanes_f32 found[4];
    for (int v = 0; v < vectors; v++) found[v] = is_max ? all_lanes(-FLT_MAX) : all_lanes(0);
    for (ptrdiff_t iy = 0; iy < rows; iy++, image += p->input_width * p->channels) {
        const float *x = image;
        for (ptrdiff_t ix = 0; ix < columns; ix++, x += p->channels)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) {
                lanes_f32 value = load_lanes(x + v * CK_LANES);
                found[v] = is_max ? larger_lanes(value, found[v]) : found[v] + value;
            }
    }
    ptrdiff_t taps = rows * columns;
    // A window that lies in the padding alone has no elements.
    lanes_f32 divisor = all_lanes(taps > 0 ? (float)taps : 1);
    for (int v = 0; v < vectors; v++) {
        lanes_f32 value = is_max ? found[v] : found[v] / divisor;
        value = clamp_lanes(value, all_lanes(p->minimum), all_lanes(p->maximum));
        if (count >= CK_LANES) store_lanes(y + v * CK_LANES, value);
        else store_first_lanes(y, value, count);
    }
}

// Rows and columns of a window that is cut off at the ends of the image. The usual size needs no loops.
CK_INLINE void pool_span(
    const ck_pool *p, const float *image, ptrdiff_t rows, ptrdiff_t columns, float *y, const int vectors,
    ptrdiff_t count, const int is_max) {
    if (rows == 2 && columns == 2) pool_window(p, image, 2, 2, y, vectors, count, is_max);
    else pool_window(p, image, rows, columns, y, vectors, count, is_max);
}

CK_INLINE void pool_rows(const ck_pool *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_max) {
    ptrdiff_t image_size = p->input_height * p->input_width * p->channels;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *image = (const float *)buffers[0] + row / p->output_height * image_size;
        float *y = (float *)buffers[1] + row * p->output_width * p->channels;
        ptrdiff_t top = row % p->output_height * p->stride_height - p->pad_top, bottom = top + p->kernel_height;
        if (top < 0) top = 0;
        if (bottom > p->input_height) bottom = p->input_height;
        for (ptrdiff_t ox = 0; ox < p->output_width; ox++, y += p->channels) {
            ptrdiff_t left = ox * p->stride_width - p->pad_left, right = left + p->kernel_width, c = 0;
            if (left < 0) left = 0;
            if (right > p->input_width) right = p->input_width;
            const float *x = image + (top * p->input_width + left) * p->channels;
            ptrdiff_t rows = bottom > top ? bottom - top : 0, columns = right > left ? right - left : 0;
            for (; c + 4 * CK_LANES <= p->channels; c += 4 * CK_LANES)
                pool_span(p, x + c, rows, columns, y + c, 4, 4 * CK_LANES, is_max);
            for (; c < p->channels; c += CK_LANES)
                pool_span(p, x + c, rows, columns, y + c, 1, p->channels - c, is_max);
        }
    }
}

void CK_NAME(ck_average_pool_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    pool_rows(parameters, buffers, begin, end, 0);
}

void CK_NAME(ck_max_pool_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    pool_rows(parameters, buffers, begin, end, 1);
}
