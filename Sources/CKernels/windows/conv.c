// Convolutions and transposed convolutions over any number of axes, in any of the types that the fast kernels lack.
#include "windows.h"

#include "../numeric/rescale.h"

// Sums a span of one pixel's output channels over all taps that meet the input.
#define SUM_WINDOW(element, weight, accumulator, value)                                                       \
    const element *image = (const element *)buffers[0] + unit / positions * cells * p->channels;              \
    accumulator sums[WINDOW_SPAN] = {0};                                                                      \
    ptrdiff_t tap[CK_MAX_SPATIAL] = {0}, from[CK_MAX_SPATIAL];                                                \
    for (ptrdiff_t t = 0; t < taps; t++, ck_advance(p->windows.rank, p->windows.kernel, tap)) {               \
        if (!ck_tap(&p->windows, at, tap, from)) continue;                                                    \
        const element *pixel = image                                                                          \
            + ck_dense_offset(p->windows.rank, p->windows.input, from) * p->channels + group * p->inputs;     \
        const weight *w = (const weight *)p->weights + ((group * taps + t) * p->inputs) * p->outputs + first; \
        for (ptrdiff_t c = 0; c < p->inputs; c++, w += p->outputs) {                                          \
            accumulator x = value;                                                                            \
            for (ptrdiff_t i = 0; i < span; i++) sums[i] += x * w[i];                                         \
        }                                                                                                     \
    }

// Runs over units, groups and spans of output channels.
#define EACH_SPAN                                                                                       \
    ptrdiff_t positions = ck_volume(p->windows.rank, p->windows.output);                                \
    ptrdiff_t cells = ck_volume(p->windows.rank, p->windows.input);                                     \
    ptrdiff_t taps = ck_volume(p->windows.rank, p->windows.kernel);                                     \
    for (ptrdiff_t unit = begin; unit < end; unit++) {                                                  \
        ptrdiff_t at[CK_MAX_SPATIAL];                                                                   \
        ck_unravel(unit % positions, p->windows.rank, p->windows.output, at);                           \
        for (ptrdiff_t group = 0; group < p->groups; group++)                                           \
            for (ptrdiff_t first = 0; first < p->outputs; first += WINDOW_SPAN) {                       \
                ptrdiff_t span = p->outputs - first < WINDOW_SPAN ? p->outputs - first : WINDOW_SPAN;   \
                ptrdiff_t lane = group * p->outputs + first;

#define REAL_CONV(name, element)                                                                        \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {           \
        const ck_window_conv *p = parameters;                                                           \
        element low = (element)p->minimum, high = (element)p->maximum;                                  \
        EACH_SPAN                                                                                       \
                SUM_WINDOW(element, element, element, pixel[c])                                         \
                element *y = (element *)buffers[1] + unit * p->groups * p->outputs + lane;              \
                for (ptrdiff_t i = 0; i < span; i++) {                                                  \
                    element sum = sums[i] + (p->bias ? ((const element *)p->bias)[lane + i] : 0);       \
                    sum = sum < low ? low : sum;                                                        \
                    y[i] = sum > high ? high : sum;                                                     \
                }                                                                                       \
            }                                                                                           \
        }                                                                                               \
    }

REAL_CONV(ck_window_conv_float32_any_rank, float)
REAL_CONV(ck_window_conv_float64_portable, double)

static int32_t quantized_sum(const ck_window_conv *p, int64_t sum, ptrdiff_t lane) {
    const ck_requantization *o = &p->output;
    int32_t value;
    if (o->factor) {
        // XNNPACK: once, in single precision, ties to even.
        float real = (float)(int32_t)sum * o->factor[lane];
        float low = (float)(o->minimum - o->zero_point), high = (float)(o->maximum - o->zero_point);
        real = real > low ? real : low;
        return (int32_t)__builtin_rintf(real < high ? real : high) + o->zero_point;
    }
    if (o->scale) {
        int64_t exact = p->is_wide ? sum : (int32_t)sum;
        double real = __builtin_round((double)exact * o->scale[lane]) + o->zero_point;
        return (int32_t)(real < o->minimum ? o->minimum : real > o->maximum ? o->maximum : real);
    }
    if (p->is_wide) {
        value = ck_rescale_wide(sum, o->multiplier[lane], o->left[lane], o->right[lane]);
    } else {
        value = ck_rescale((int32_t)sum, o->multiplier[lane], o->left[lane], o->right[lane]);
    }
    return ck_clamp(ck_wrapping_add(value, o->zero_point), o->minimum, o->maximum);
}

#define INTEGER_CONV(name, element)                                                                     \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {           \
        const ck_window_conv *p = parameters;                                                           \
        EACH_SPAN                                                                                       \
                SUM_WINDOW(element, int16_t, int64_t, pixel[c] - p->input_zero_point)                   \
                element *y = (element *)buffers[1] + unit * p->groups * p->outputs + lane;              \
                for (ptrdiff_t i = 0; i < span; i++) {                                                  \
                    int64_t bias = p->bias ? ((const int64_t *)p->bias)[lane + i] : 0;                  \
                    uint64_t sum = (uint64_t)sums[i] + (uint64_t)bias;                                  \
                    y[i] = (element)quantized_sum(p, (int64_t)sum, lane + i);                           \
                }                                                                                       \
            }                                                                                           \
        }                                                                                               \
    }

INTEGER_CONV(ck_window_conv_int8_portable, int8_t)
INTEGER_CONV(ck_window_conv_uint8_portable, uint8_t)
INTEGER_CONV(ck_window_conv_int16_portable, int16_t)
