// Pools over any number of axes: dilated windows, norms, places of the largest elements.
#include "../movement/indices.h"
#include "windows.h"

#include <math.h>

// What is known of one window while it is walked through.
typedef struct {
    double sum;
    ptrdiff_t place;
    int found;
} pooled;

static void take(const ck_window_pool *p, pooled *state, double x, ptrdiff_t place) {
    switch (p->kind) {
        case CK_POOL_MAX:
            if (!state->found || x > state->sum || (isnan(x) && !isnan(state->sum))) {
                state->sum = x;
                state->place = place;
            }
            break;
        case CK_POOL_MEAN: state->sum += x; break;
        case CK_POOL_ROOT_MEAN_SQUARE: state->sum += x * x; break;
        case CK_POOL_NORM:
            state->sum += p->order == 1 ? fabs(x) : p->order == 2 ? x * x : pow(fabs(x), (double)p->order);
            break;
    }
    state->found = 1;
}

static double pooled_value(const ck_window_pool *p, pooled state, ptrdiff_t count) {
    switch (p->kind) {
        case CK_POOL_MAX: return state.found ? state.sum : p->lowest;
        case CK_POOL_MEAN: return count ? state.sum / (double)count : 0;
        case CK_POOL_ROOT_MEAN_SQUARE: return count ? sqrt(state.sum / (double)count) : 0;
        default:
            return p->order == 1 ? state.sum
                : p->order == 2  ? sqrt(state.sum)
                                 : pow(state.sum, 1.0 / (double)p->order);
    }
}

// Whether a tap outside of the input lies in padding that counts.
static int counts(const ck_window_pool *p, const ptrdiff_t *from) {
    for (ptrdiff_t axis = 0; axis < p->windows.rank; axis++)
        if (from[axis] < -p->windows.before[axis] || from[axis] >= p->counted_end[axis]) return 0;
    return 1;
}

static void store_place(const ck_window_pool *p, void *const *buffers, ptrdiff_t y, ptrdiff_t base, ptrdiff_t place) {
    if (p->places == CK_PLACE_IN_TENSOR) ((int64_t *)buffers[2])[y] = base + place;
    if (p->places == CK_PLACE_IN_WINDOW) ((float *)buffers[2])[y] = (float)place + 0.1f;
}

#define WINDOW_POOL(name, element)                                                                          \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {               \
        const ck_window_pool *p = parameters;                                                               \
        ptrdiff_t rank = p->windows.rank, positions = ck_volume(rank, p->windows.output);                   \
        ptrdiff_t taps = ck_volume(rank, p->windows.kernel);                                                \
        for (ptrdiff_t unit = begin; unit < end; unit++) {                                                  \
            ptrdiff_t at[CK_MAX_SPATIAL], batch = unit / positions;                                         \
            ck_unravel(unit % positions, rank, p->windows.output, at);                                      \
            for (ptrdiff_t c = 0; c < p->channels; c++) {                                                   \
                const element *x = (const element *)buffers[0] + batch * p->x_batch + c * p->x_channel;     \
                pooled state = {0, 0, 0};                                                                   \
                ptrdiff_t count = 0, tap[CK_MAX_SPATIAL] = {0}, from[CK_MAX_SPATIAL];                       \
                for (ptrdiff_t t = 0; t < taps; t++, ck_advance(rank, p->windows.kernel, tap)) {            \
                    if (ck_tap(&p->windows, at, tap, from)) {                                               \
                        ptrdiff_t place = p->places == CK_PLACE_IN_WINDOW                                   \
                            ? t : ck_strided_offset(rank, p->place_strides, from);                          \
                        take(p, &state, (double)x[ck_strided_offset(rank, p->x_strides, from)], place);     \
                        count++;                                                                            \
                    } else if (p->counts_padding && counts(p, from)) {                                      \
                        count++;                                                                            \
                    }                                                                                       \
                }                                                                                           \
                ptrdiff_t y = batch * p->y_batch + c * p->y_channel                                         \
                    + ck_strided_offset(rank, p->y_strides, at);                                            \
                double value = pooled_value(p, state, count);                                               \
                value = value < p->minimum ? p->minimum : value > p->maximum ? p->maximum : value;          \
                ((element *)buffers[1])[y] = (element)value;                                                \
                store_place(p, buffers, y, batch * p->x_batch + c * p->x_channel, state.place);             \
            }                                                                                               \
        }                                                                                                   \
    }

WINDOW_POOL(ck_window_pool_float32_portable, float)
WINDOW_POOL(ck_window_pool_float64_portable, double)
WINDOW_POOL(ck_window_pool_int8_portable, int8_t)
WINDOW_POOL(ck_window_pool_uint8_portable, uint8_t)
WINDOW_POOL(ck_window_pool_int16_portable, int16_t)

// Everything is zero but for where a pool found its largest elements. The places are those of an array of the extents
// `inferred`, which lies at the start of the result.
#define UNPOOL(name, element)                                                                               \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {               \
        const ck_unpool *p = parameters;                                                                    \
        const element *x = buffers[0];                                                                      \
        element *y = buffers[2];                                                                            \
        if (begin >= end) return;                                                                           \
        for (ptrdiff_t i = 0; i < p->y_count; i++) y[i] = 0;                                                \
        for (ptrdiff_t i = 0; i < p->x_count; i++) {                                                        \
            ptrdiff_t place = unpooled(p, ((const int64_t *)buffers[1])[i], buffers[3]);                    \
            if (place >= 0) y[place] = x[i];                                                                \
        }                                                                                                   \
    }

static ptrdiff_t unpooled(const ck_unpool *p, int64_t given, void *status) {
    ptrdiff_t count = ck_volume(p->rank, p->inferred), at[CK_MAX_RANK];
    ptrdiff_t place = ck_place(given, count, 1, status);
    if (place < 0) return -1;
    ck_unravel(place, p->rank, p->inferred, at);
    for (ptrdiff_t axis = 0; axis < p->rank; axis++)
        if (at[axis] >= p->sizes[axis]) return -1;
    return ck_dense_offset(p->rank, p->sizes, at);
}

UNPOOL(ck_unpool_float32_portable, float)
UNPOOL(ck_unpool_float64_portable, double)

// The places are numbers of taps, as MediaPipe's operators have them.
void ck_unpool_windows_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_unpool *p = parameters;
    const float *x = buffers[0], *places = buffers[1];
    float *y = buffers[2];
    const ck_windows *w = &p->windows;
    ptrdiff_t cells = w->output[0] * w->output[1], area = w->input[0] * w->input[1];
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        float *image = y + unit * area * p->channels;
        for (ptrdiff_t i = 0; i < area * p->channels; i++) image[i] = 0;
        for (ptrdiff_t cell = 0; cell < cells; cell++)
            for (ptrdiff_t c = 0; c < p->channels; c++) {
                ptrdiff_t i = (unit * cells + cell) * p->channels + c;
                if (!(places[i] > -1 && places[i] < (float)(w->kernel[0] * w->kernel[1]))) continue;
                ptrdiff_t place = (ptrdiff_t)places[i];
                ptrdiff_t row = cell / w->output[1] * w->stride[0] - w->before[0] + place / w->kernel[1];
                ptrdiff_t column = cell % w->output[1] * w->stride[1] - w->before[1] + place % w->kernel[1];
                if (row < 0 || row >= w->input[0] || column < 0 || column >= w->input[1]) continue;
                image[(row * w->input[1] + column) * p->channels + c] = x[i];
            }
    }
}
