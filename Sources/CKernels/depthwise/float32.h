// Depthwise convolution of floats by output rows. A tile is a few neighbouring output pixels by one vector of channels:
// it reads each input column once for all windows that it is part of, and each weight once for all pixels. Taps outside
// of the input are left out, and every tile adds up the same products in the same order.
#include "../numeric/float_lanes.h"
#include "channels.h"

// How an output row lies on the input.
typedef struct {
    // The first tap's row that is inside of the input, at the first column and channel.
    const float *x;
    const float *weights;
    // The weights' rows that are used.
    ptrdiff_t rows;
    // Floats from one row of taps to the next, from one column to the next, and from one tap's weights to the next.
    ptrdiff_t row_step, column_step, tap_step;
} depthwise_source;

// `x` is where the column of the first pixel's first tap is or would be; columns from `low` to `high` are inside. Of those
// of an edge, all but the first two and the last two are.
CK_INLINE void depthwise_tile(
    const depthwise_source *s, const float *x, const float *w, lanes_f32 *sums, int pixels, int width, int stride,
    int is_edge, ptrdiff_t low, ptrdiff_t high) {
    const int columns = (pixels - 1) * stride + width;
    for (ptrdiff_t ky = 0; ky < s->rows; ky++, x += s->row_step, w += width * s->tap_step) {
        lanes_f32 weights[5];
#pragma clang loop unroll(full)
        for (int k = 0; k < width; k++) weights[k] = load_lanes(w + k * s->tap_step);
#pragma clang loop unroll(full)
        for (int c = 0; c < columns; c++) {
            if (is_edge && ((c < 2 && c < low) || (c >= columns - 2 && c >= high))) continue;
            lanes_f32 value = load_lanes(x + c * s->column_step);
#pragma clang loop unroll(full)
            for (int p = 0; p < pixels; p++) {
                int k = c - p * stride;
                if (k >= 0 && k < width) sums[p] += value * weights[k];
            }
        }
    }
}

// Any window: one pixel.
CK_INLINE void depthwise_pixel(
    const ck_conv *p, const depthwise_source *s, const float *x, const float *w, lanes_f32 *sum, ptrdiff_t low,
    ptrdiff_t high, int is_splat) {
    for (ptrdiff_t ky = 0; ky < s->rows; ky++, x += s->row_step, w += p->kernel_width * s->tap_step)
        for (ptrdiff_t kx = low; kx < high; kx++) {
            const float *from = x + kx * p->dilation_width * s->column_step;
            *sum += (is_splat ? all_lanes(*from) : load_lanes(from)) * load_lanes(w + kx * s->tap_step);
        }
}

// Any window: four pixels that have all taps of a row.
CK_INLINE void depthwise_four(
    const ck_conv *p, const depthwise_source *s, const float *x, const float *w, lanes_f32 *sums, int is_splat) {
    ptrdiff_t pixel_step = p->stride_width * s->column_step, tap_step = p->dilation_width * s->column_step;
    for (ptrdiff_t ky = 0; ky < s->rows; ky++, x += s->row_step, w += p->kernel_width * s->tap_step)
        for (ptrdiff_t kx = 0; kx < p->kernel_width; kx++) {
            lanes_f32 weights = load_lanes(w + kx * s->tap_step);
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; i++) {
                const float *from = x + kx * tap_step + i * pixel_step;
                sums[i] += (is_splat ? all_lanes(*from) : load_lanes(from)) * weights;
            }
        }
}

CK_INLINE void depthwise_store(
    const ck_conv *p, float *y, const lanes_f32 *sums, int pixels, ptrdiff_t channel, ptrdiff_t count) {
    lanes_f32 low = all_lanes(p->minimum), high = all_lanes(p->maximum);
    lanes_f32 bias = load_lanes((const float *)p->bias + channel);
    for (int i = 0; i < pixels; i++, y += p->output_channels) {
        lanes_f32 values = clamp_lanes(sums[i] + bias, low, high);
        if (count >= CK_LANES) store_lanes(y, values);
        else store_first_lanes(y, values, count);
    }
}

// The first tap that lies inside of `size` positions when the window starts at `start`, and the one behind the last.
CK_INLINE void depthwise_taps(
    ptrdiff_t start, ptrdiff_t dilation, ptrdiff_t kernel, ptrdiff_t size, ptrdiff_t *first, ptrdiff_t *last) {
    *first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    ptrdiff_t inside = size > start ? (size - start + dilation - 1) / dilation : 0;
    *last = inside < kernel ? inside : kernel;
    if (*last < *first) *last = *first;
}

// `count` channels from `channel` on of some neighbouring pixels of a row.
#define DEPTHWISE_TILE(pixels)                                                                          \
    {                                                                                                   \
        ptrdiff_t low = -column, high = p->input_width - column, columns = (pixels - 1) * stride + width; \
        if (low > 2 || high < columns - 2) break;                                                       \
        for (ptrdiff_t c = 0; c < count; c += CK_LANES) {                                               \
            lanes_f32 sums[pixels] = {};                                                                \
            if (low <= 0 && columns <= high)                                                            \
                depthwise_tile(s, x + c, w + c, sums, pixels, width, stride, 0, 0, 0);                  \
            else                                                                                        \
                depthwise_tile(s, x + c, w + c, sums, pixels, width, stride, 1, low, high);             \
            depthwise_store(p, y + ox * p->output_channels + c, sums, pixels, channel + c, count - c);  \
        }                                                                                               \
        ox += pixels;                                                                                   \
    }

// Returns how many pixels of the row are done: all but those of narrow images with much padding.
CK_INLINE ptrdiff_t depthwise_windows(
    const ck_conv *p, const depthwise_source *s, float *y, ptrdiff_t channel, ptrdiff_t count, int width, int stride) {
    const float *w = s->weights + channel;
    ptrdiff_t ox = 0;
    while (ox < p->output_width) {
        ptrdiff_t column = ox * stride - p->pad_left, rest = p->output_width - ox;
        const float *x = s->x + column * s->column_step;
        // Widths are often 7 · 2ⁿ.
        if (rest >= 7 && rest != 8) DEPTHWISE_TILE(7)
        else if (rest >= 4) DEPTHWISE_TILE(4)
        else DEPTHWISE_TILE(1)
    }
    return ox;
}

// From pixel `ox` of the row on.
static void depthwise_any_windows(
    const ck_conv *p, const depthwise_source *s, float *y, ptrdiff_t channel, ptrdiff_t count, ptrdiff_t ox,
    int is_splat) {
    ptrdiff_t reach = (p->kernel_width - 1) * p->dilation_width + 1;
    while (ox < p->output_width) {
        ptrdiff_t column = ox * p->stride_width - p->pad_left, first, last;
        const float *x = s->x + column * s->column_step, *w = s->weights + channel;
        float *to = y + ox * p->output_channels;
        int is_inside = ox + 4 <= p->output_width && column >= 0
            && column + 3 * p->stride_width + reach <= p->input_width;
        depthwise_taps(column, p->dilation_width, p->kernel_width, p->input_width, &first, &last);
        for (ptrdiff_t c = 0; c < count; c += CK_LANES) {
            lanes_f32 sums[4] = {};
            if (is_inside) depthwise_four(p, s, is_splat ? x : x + c, w + c, sums, is_splat);
            else depthwise_pixel(p, s, is_splat ? x : x + c, w + c, sums, first, last, is_splat);
            depthwise_store(p, to + c, sums, is_inside ? 4 : 1, channel + c, count - c);
        }
        ox += is_inside ? 4 : 1;
    }
}

static void depthwise_row(
    const ck_conv *p, const depthwise_source *s, float *y, ptrdiff_t channel, ptrdiff_t count) {
    int stride = p->dilation_width == 1 ? (int)p->stride_width : 0, width = (int)p->kernel_width;
    ptrdiff_t done = 0;
    if (width == 3 && stride == 1) done = depthwise_windows(p, s, y, channel, count, 3, 1);
    else if (width == 3 && stride == 2) done = depthwise_windows(p, s, y, channel, count, 3, 2);
    else if (width == 5 && stride == 1) done = depthwise_windows(p, s, y, channel, count, 5, 1);
    else if (width == 5 && stride == 2) done = depthwise_windows(p, s, y, channel, count, 5, 2);
    depthwise_any_windows(p, s, y, channel, count, done, 0);
}

// Inputs that make several outputs each, but not whole vectors of them: their values are put side by side first.
static void depthwise_spread(
    const ck_conv *p, const depthwise_source *s, float *y, ptrdiff_t channel, ptrdiff_t count, ptrdiff_t multiplier) {
    for (ptrdiff_t ox = 0; ox < p->output_width; ox++) {
        ptrdiff_t first, last, column = ox * p->stride_width - p->pad_left;
        depthwise_taps(column, p->dilation_width, p->kernel_width, p->input_width, &first, &last);
        lanes_f32 sum = {};
        for (ptrdiff_t ky = 0; ky < s->rows; ky++)
            for (ptrdiff_t kx = first; kx < last; kx++) {
                const float *x =
                    s->x + ky * s->row_step + (column + kx * p->dilation_width) * s->column_step;
                lanes_f32 values;
                for (ptrdiff_t i = 0; i < CK_LANES; i++) {
                    ptrdiff_t from = (channel + i) / multiplier;
                    values[i] = x[from < p->input_channels ? from : p->input_channels - 1];
                }
                sum += values * load_lanes(s->weights + (ky * p->kernel_width + kx) * s->tap_step + channel);
            }
        depthwise_store(p, y + ox * p->output_channels, &sum, 1, channel, count);
    }
}

// Bytes of the input rows that an output row reads of a slice of channels: they are to stay in the first-level cache
// for the rows below.
#define DEPTHWISE_BAND_BYTES (32 * 1024)

// The output channels from `first_channel` to `last_channel`.
void CK_NAME(ck_depthwise_channels)(
    const ck_conv *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t first_channel,
    ptrdiff_t last_channel) {
    ptrdiff_t multiplier = p->output_channels / p->input_channels;
    ptrdiff_t padded = (p->output_channels + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK;
    ptrdiff_t input_row = p->input_width * p->input_channels;
    ptrdiff_t slice = DEPTHWISE_BAND_BYTES / ((ptrdiff_t)sizeof(float) * p->kernel_height * p->input_width);
    slice = slice < CK_LANES ? CK_LANES : slice / CK_LANES * CK_LANES;
    for (ptrdiff_t from = first_channel; from < last_channel; from += slice) {
        ptrdiff_t to = from + slice < last_channel ? from + slice : last_channel;
        for (ptrdiff_t row = begin; row < end; row++) {
            ptrdiff_t top = row % p->output_height * p->stride_height - p->pad_top, first, last;
            depthwise_taps(top, p->dilation_height, p->kernel_height, p->input_height, &first, &last);
            const float *image = (const float *)buffers[0] + row / p->output_height * p->input_height * input_row;
            float *y = (float *)buffers[1] + row * p->output_width * p->output_channels;
            depthwise_source s = {
                .weights = (const float *)p->weights + first * p->kernel_width * padded,
                .rows = last - first,
                .row_step = p->dilation_height * input_row,
                .column_step = p->input_channels,
                .tap_step = padded,
            };
            const float *line = last > first ? image + (top + first * p->dilation_height) * input_row : image;
            s.x = line + from;
            if (multiplier == 1) {
                depthwise_row(p, &s, y + from, from, to - from);
                continue;
            }
            for (ptrdiff_t channel = from; channel < to; channel += CK_LANES) {
                ptrdiff_t count = to - channel < CK_LANES ? to - channel : CK_LANES;
                s.x = line;
                if (multiplier % CK_LANES == 0 || p->input_channels == 1) {
                    s.x += channel / multiplier;
                    depthwise_any_windows(p, &s, y + channel, channel, count, 0, 1);
                } else {
                    depthwise_spread(p, &s, y + channel, channel, count, multiplier);
                }
            }
        }
    }
}

void CK_NAME(ck_depthwise_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_conv *p = parameters;
    ptrdiff_t channels = p->output_channels;
#if CK_LANES == 16
    // The last few channels are no more than half a vector.
    ptrdiff_t rest = channels % 16;
    if (rest > 0 && rest <= 8) {
        ck_depthwise_channels_avx2(p, buffers, begin, end, channels - rest, channels);
        channels -= rest;
    }
#endif
    CK_NAME(ck_depthwise_channels)(p, buffers, begin, end, 0, channels);
}
#undef DEPTHWISE_TILE
