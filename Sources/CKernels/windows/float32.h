// Convolutions and transposed convolutions of floats over one axis or two: vectors of output channels, four output
// positions at a time where these meet the same taps. More axes are left to the plain kernel.
#include "../numeric/float_lanes.h"

// The taps of one axis that meet the input at an output position.
typedef struct {
    ptrdiff_t first, count, input;
} axis_taps;

// What is the same for all positions of an axis.
typedef struct {
    ptrdiff_t size, kernel, stride, dilation, before;
    // From one tap that meets the input to the next, and how far apart they meet it.
    ptrdiff_t tap_step, input_step;
    // Positions this far apart meet the same taps, so far apart in the input.
    ptrdiff_t pitch, input_pitch;
    int is_transposed;
} window_axis;

static window_axis CK_NAME(window_axis_of)(const ck_windows *w, ptrdiff_t axis) {
    // An axis that is missing.
    if (axis < 0) return (window_axis){1, 1, 1, 1, 0, 1, 1, 1, 1, 0};
    window_axis a = {w->input[axis], w->kernel[axis], w->stride[axis], w->dilation[axis], w->before[axis],
                     1, w->dilation[axis], 1, w->stride[axis], w->is_transposed};
    if (!w->is_transposed) return a;
    // Of taps that are further apart than the kernel is long, only one meets a position.
    while (a.tap_step < a.kernel && a.tap_step * a.dilation % a.stride != 0) a.tap_step++;
    a.input_step = -(a.tap_step * a.dilation / a.stride);
    a.pitch = a.stride;
    a.input_pitch = 1;
    return a;
}

CK_INLINE axis_taps taps_at(const window_axis *a, ptrdiff_t position) {
    axis_taps t = {0, 0, 0};
    if (a->is_transposed) {
        ptrdiff_t at = position + a->before;
        while (t.first < a->tap_step && (at - t.first * a->dilation) % a->stride != 0) t.first++;
        if (t.first == a->tap_step) return t;
        t.input = (at - t.first * a->dilation) / a->stride;
    } else {
        t.input = position * a->stride - a->before;
    }
    // Steps down from beyond the input, or up from before it.
    while (t.first < a->kernel && (a->input_step < 0 ? t.input >= a->size : t.input < 0)) {
        t.first += a->tap_step;
        t.input += a->input_step;
    }
    for (ptrdiff_t k = t.first, i = t.input; k < a->kernel && i >= 0 && i < a->size; k += a->tap_step, i += a->input_step)
        t.count++;
    return t;
}

typedef struct {
    const ck_window_conv *p;
    window_axis y, x;
    const float *image;
    ptrdiff_t group, row_pixels;
} window_source;

// `positions` neighbours of one phase by `vectors` vectors of outputs from `first` on.
CK_INLINE void window_tile(
    const window_source *s, axis_taps ty, axis_taps tx, float *y, ptrdiff_t y_step, ptrdiff_t first, ptrdiff_t count,
    int positions, int vectors) {
    const ck_window_conv *p = s->p;
    ptrdiff_t pixel_step = s->x.input_pitch * p->channels;
    lanes_f32 sums[8] = {};
    for (ptrdiff_t j = 0; j < ty.count; j++)
        for (ptrdiff_t i = 0; i < tx.count; i++) {
            ptrdiff_t tap = (ty.first + j * s->y.tap_step) * s->x.kernel + tx.first + i * s->x.tap_step;
            ptrdiff_t pixel = (ty.input + j * s->y.input_step) * s->row_pixels + tx.input + i * s->x.input_step;
            const float *x = s->image + pixel * p->channels + s->group * p->inputs;
            const float *w = (const float *)p->weights
                + ((s->group * s->y.kernel * s->x.kernel + tap) * p->inputs) * p->outputs + first;
            for (ptrdiff_t c = 0; c < p->inputs; c++, w += p->outputs) {
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) {
                    lanes_f32 weights = load_lanes(w + v * CK_LANES);
#pragma clang loop unroll(full)
                    for (int q = 0; q < positions; q++) sums[q * vectors + v] += x[q * pixel_step + c] * weights;
                }
            }
        }
    lanes_f32 low = all_lanes(p->minimum), high = all_lanes(p->maximum);
    for (int v = 0; v < vectors; v++) {
        ptrdiff_t lane = s->group * p->outputs + first + v * CK_LANES;
        lanes_f32 bias = p->bias ? load_lanes((const float *)p->bias + lane) : all_lanes(0);
        for (int q = 0; q < positions; q++) {
            lanes_f32 value = clamp_lanes(sums[q * vectors + v] + bias, low, high);
            float *to = y + q * y_step + lane;
            if (count - v * CK_LANES >= CK_LANES) store_lanes(to, value);
            else store_first_lanes(to, value, count - v * CK_LANES);
        }
    }
}

// One position with one output: vectors of inputs.
CK_INLINE void window_dot(const window_source *s, axis_taps ty, axis_taps tx, float *y) {
    const ck_window_conv *p = s->p;
    lanes_f32 sums = {};
    for (ptrdiff_t j = 0; j < ty.count; j++)
        for (ptrdiff_t i = 0; i < tx.count; i++) {
            ptrdiff_t tap = (ty.first + j * s->y.tap_step) * s->x.kernel + tx.first + i * s->x.tap_step;
            ptrdiff_t pixel = (ty.input + j * s->y.input_step) * s->row_pixels + tx.input + i * s->x.input_step;
            const float *x = s->image + pixel * p->channels + s->group * p->inputs;
            const float *w =
                (const float *)p->weights + (s->group * s->y.kernel * s->x.kernel + tap) * p->inputs;
            for (ptrdiff_t c = 0; c < p->inputs; c += CK_LANES) {
                lanes_f32 products = load_lanes(x + c) * load_lanes(w + c);
                ptrdiff_t rest = p->inputs - c;
                sums += rest < CK_LANES ? first_lanes(products, rest, 0) : products;
            }
        }
    float sum = sum_of_lanes(sums) + (p->bias ? ((const float *)p->bias)[s->group] : 0);
    sum = sum < p->minimum ? p->minimum : sum;
    y[s->group] = sum > p->maximum ? p->maximum : sum;
}

// Positions [begin, end) of one row of the output.
static void CK_NAME(window_row_float32)(const window_source *s, axis_taps ty, float *y, ptrdiff_t begin, ptrdiff_t end) {
    const ck_window_conv *p = s->p;
    ptrdiff_t channels = p->groups * p->outputs, pitch = s->x.pitch;
    for (ptrdiff_t phase = 0; phase < pitch && begin + phase < end; phase++)
        for (ptrdiff_t ox = begin + phase, positions; ox < end; ox += positions * pitch) {
            axis_taps tx = taps_at(&s->x, ox);
            positions = 1;
            if (ox + 3 * pitch < end) {
                axis_taps last = taps_at(&s->x, ox + 3 * pitch);
                int is_shifted = last.input == tx.input + 3 * s->x.input_pitch;
                if (last.first == tx.first && last.count == tx.count && is_shifted) positions = 4;
            }
            float *to = y + ox * channels;
            for (ptrdiff_t first = 0; first < p->outputs && p->outputs > 1; first += 2 * CK_LANES) {
                ptrdiff_t count = p->outputs - first;
                if (positions == 4 && count > CK_LANES)
                    window_tile(s, ty, tx, to, pitch * channels, first, count, 4, 2);
                else if (positions == 4) window_tile(s, ty, tx, to, pitch * channels, first, count, 4, 1);
                else if (count > CK_LANES) window_tile(s, ty, tx, to, 0, first, count, 1, 2);
                else window_tile(s, ty, tx, to, 0, first, count, 1, 1);
            }
            for (ptrdiff_t q = 0; q < positions && p->outputs == 1; q++, tx.input += s->x.input_pitch)
                window_dot(s, ty, tx, to + q * pitch * channels);
        }
}

void CK_NAME(ck_window_conv_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_window_conv *p = parameters;
    const ck_windows *w = &p->windows;
    if (w->rank < 1 || w->rank > 2) return ck_window_conv_float32_any_rank(parameters, buffers, begin, end);
    window_source s = {p, CK_NAME(window_axis_of)(w, w->rank - 2), CK_NAME(window_axis_of)(w, w->rank - 1), NULL, 0, 0};
    s.row_pixels = s.x.size;
    ptrdiff_t width = w->output[w->rank - 1], height = w->rank == 2 ? w->output[0] : 1;
    for (ptrdiff_t unit = begin; unit < end;) {
        ptrdiff_t row = unit / width, ox = unit % width;
        ptrdiff_t last = end - unit < width - ox ? ox + end - unit : width;
        s.image = (const float *)buffers[0] + row / height * s.y.size * s.x.size * p->channels;
        axis_taps ty = taps_at(&s.y, row % height);
        float *y = (float *)buffers[1] + row * width * p->groups * p->outputs;
        for (s.group = 0; s.group < p->groups; s.group++) CK_NAME(window_row_float32)(&s, ty, y, ox, last);
        unit += last - ox;
    }
}
