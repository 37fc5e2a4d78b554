// Depthwise convolution of floats by output rows: common windows by the tiles of float32_tile.h, and any others by four
// pixels or one.
#include "../numeric/float_lanes.h"
#include "channels.h"
#include "float32_tile.h"

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
    const ck_conv *p, float *y, const lanes_f32 *sums, int pixels, ptrdiff_t count) {
    lanes_f32 low = all_lanes(p->minimum), high = all_lanes(p->maximum);
    for (int i = 0; i < pixels; i++, y += p->output_channels) {
        lanes_f32 values = clamp_lanes(sums[i], low, high);
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

// How many rows tiles take at once; 0 for windows that they are not made for.
static ptrdiff_t depthwise_tile_rows(const ck_conv *p) {
    ptrdiff_t size = p->kernel_width, stride = p->stride_width;
    if ((size != 3 && size != 5) || p->kernel_height > size || stride > 2 || p->dilation_width != 1
        || p->dilation_height != 1)
        return 0;
    return p->kernel_height == size && p->stride_height == stride ? CK_DEPTHWISE_ROWS : 1;
}

// Rows of an image from `row` on, as far as tiles go: images may be too narrow for their padding.
// Returns how many pixels of each row are done.
static ptrdiff_t depthwise_windows(const ck_conv *p, depthwise_place place, ptrdiff_t row, ptrdiff_t rows) {
    ptrdiff_t size = p->kernel_width, stride = p->stride_width;
    const depthwise_tile_function *functions = depthwise_functions[rows - 1][size / 2 - 1][stride - 1];
    const float *x = place.x;
    float *y = place.y;
    ptrdiff_t top = row * p->stride_height - p->pad_top, ox = 0;
    place.inside = 0;
    for (ptrdiff_t j = 0; j < (rows - 1) * stride + p->kernel_height; j++)
        if (top + j >= 0 && top + j < p->input_height) place.inside |= 1u << j;
    while (ox < p->output_width) {
        ptrdiff_t left = p->output_width - ox, pixels = depthwise_tile_width(left), column = ox * stride - p->pad_left;
        for (place.tiles = 1; depthwise_tile_width(left - place.tiles * pixels) == pixels;) place.tiles++;
        place.low = -column;
        place.high = p->input_width - column;
        ptrdiff_t columns = (place.tiles * pixels - 1) * stride + size;
        if (place.low > DEPTHWISE_EDGE(size) || place.high < columns - DEPTHWISE_EDGE(size)) break;
        place.x = x + column * place.x_column;
        place.y = y + ox * place.y_column;
        functions[pixels](&place);
        ox += place.tiles * pixels;
    }
    return ox;
}

// From pixel `ox` of the row on.
static void depthwise_any_windows(
    const ck_conv *p, const depthwise_source *s, float *y, ptrdiff_t channel, ptrdiff_t count, ptrdiff_t ox,
    int is_splat) {
    ptrdiff_t reach = (p->kernel_width - 1) * p->dilation_width + 1;
    const float *bias = (const float *)p->bias + channel;
    while (ox < p->output_width) {
        ptrdiff_t column = ox * p->stride_width - p->pad_left, first, last;
        const float *x = s->x + column * s->column_step, *w = s->weights + channel;
        float *to = y + ox * p->output_channels;
        int is_inside = ox + 4 <= p->output_width && column >= 0
            && column + 3 * p->stride_width + reach <= p->input_width;
        depthwise_taps(column, p->dilation_width, p->kernel_width, p->input_width, &first, &last);
        for (ptrdiff_t c = 0; c < count; c += CK_LANES) {
            lanes_f32 sums[4];
            for (int i = 0; i < 4; i++) sums[i] = load_lanes(bias + c);
            if (is_inside) depthwise_four(p, s, is_splat ? x : x + c, w + c, sums, is_splat);
            else depthwise_pixel(p, s, is_splat ? x : x + c, w + c, sums, first, last, is_splat);
            depthwise_store(p, to + c, sums, is_inside ? 4 : 1, count - c);
        }
        ox += is_inside ? 4 : 1;
    }
}

// Inputs that make several outputs each, but not whole vectors of them: their values are put side by side first.
static void depthwise_spread(
    const ck_conv *p, const depthwise_source *s, float *y, ptrdiff_t channel, ptrdiff_t count, ptrdiff_t multiplier) {
    for (ptrdiff_t ox = 0; ox < p->output_width; ox++) {
        ptrdiff_t first, last, column = ox * p->stride_width - p->pad_left;
        depthwise_taps(column, p->dilation_width, p->kernel_width, p->input_width, &first, &last);
        lanes_f32 sum = load_lanes((const float *)p->bias + channel);
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
        depthwise_store(p, y + ox * p->output_channels, &sum, 1, count);
    }
}

// One row of output channels from `from` to `to`, from pixel `ox` on.
static void depthwise_row(
    const ck_conv *p, const float *image, float *y, ptrdiff_t row, ptrdiff_t from, ptrdiff_t to, ptrdiff_t ox) {
    ptrdiff_t multiplier = p->output_channels / p->input_channels;
    ptrdiff_t padded = (p->output_channels + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK;
    ptrdiff_t input_row = p->input_width * p->input_channels;
    ptrdiff_t top = row * p->stride_height - p->pad_top, first, last;
    depthwise_taps(top, p->dilation_height, p->kernel_height, p->input_height, &first, &last);
    depthwise_source s = {
        .weights = (const float *)p->weights + first * p->kernel_width * padded,
        .rows = last - first,
        .row_step = p->dilation_height * input_row,
        .column_step = p->input_channels,
        .tap_step = padded,
    };
    const float *line = last > first ? image + (top + first * p->dilation_height) * input_row : image;
    if (multiplier == 1) {
        s.x = line + from;
        depthwise_any_windows(p, &s, y + from, from, to - from, ox, 0);
        return;
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

// Bytes of what one tile reads and writes of a slice of channels: they are to stay in the first-level cache, for the next
// tiles share input columns and weights. Slices are no narrower than that, as neighbouring memory comes faster.
#define DEPTHWISE_TILE_BYTES (32 * 1024)

// The output channels from `first` to `last`.
void CK_NAME(ck_depthwise_channels)(
    const ck_conv *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t first, ptrdiff_t last) {
    ptrdiff_t input_row = p->input_width * p->input_channels, output_row = p->output_width * p->output_channels;
    ptrdiff_t most = p->output_channels == p->input_channels ? depthwise_tile_rows(p) : 0;
    ptrdiff_t slice = last - first;
    if (most > 0) {
        ptrdiff_t columns = (DEPTHWISE_WIDEST - 1) * p->stride_width + p->kernel_width;
        ptrdiff_t lines = (most - 1) * p->stride_height + p->kernel_height;
        ptrdiff_t vectors = p->kernel_height * p->kernel_width + lines * columns + most * DEPTHWISE_WIDEST;
        slice = DEPTHWISE_TILE_BYTES / (vectors * CK_LANES * (ptrdiff_t)sizeof(float)) * CK_LANES;
    }
    for (ptrdiff_t from = first; from < last; from += slice) {
        ptrdiff_t to = from + slice < last ? from + slice : last;
        depthwise_place place = {
            .weights = (const float *)p->weights + from,
            .bias = (const float *)p->bias + from,
            .channels = to - from,
            .x_row = input_row,
            .x_column = p->input_channels,
            .y_row = output_row,
            .y_column = p->output_channels,
            .tap_step = (p->output_channels + CK_BLOCK - 1) / CK_BLOCK * CK_BLOCK,
            .minimum = p->minimum,
            .maximum = p->maximum,
        };
        for (ptrdiff_t unit = begin, rows; unit < end; unit += rows) {
            ptrdiff_t row = unit % p->output_height, rest = p->output_height - row, done = 0;
            const float *image = (const float *)buffers[0] + unit / p->output_height * p->input_height * input_row;
            float *y = (float *)buffers[1] + unit * output_row;
            if (rest > end - unit) rest = end - unit;
            rows = rest < most ? rest : most;
            if (rows > 0) {
                place.x = image + from + (row * p->stride_height - p->pad_top) * input_row;
                place.y = y + from;
                done = depthwise_windows(p, place, row, rows);
            } else {
                rows = 1;
            }
            for (ptrdiff_t r = 0; r < rows && done < p->output_width; r++)
                depthwise_row(p, image, y + r * output_row, row + r, from, to, done);
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
