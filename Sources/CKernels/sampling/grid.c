// Samples an input at the positions that a grid names, along any number of axes.
#include "../windows/windows.h"

#include <math.h>

// The position between the first and last elements' outer edges, mirrored as often as need be.
static double reflected(double at, double low, double high) {
    double range = high - low;
    if (!(range > 0)) return low;
    if (!isfinite(at)) return low;
    double away = at < low ? low - at : at > high ? at - high : -1;
    if (away < 0) return at;
    double turn = fmod(away, 2 * range);
    double back = turn < range ? turn : 2 * range - turn;
    return at < low ? low + back : high - back;
}

// The index of an element, or −1 for one that is zero.
static ptrdiff_t sampled_index(const ck_grid_sample *p, ptrdiff_t at, ptrdiff_t size) {
    if (at >= 0 && at < size) return at;
    switch (p->padding) {
        case CK_SAMPLE_BORDER: return at < 0 ? 0 : size - 1;
        case CK_SAMPLE_REFLECTION: {
            double low = p->aligns_corners ? 0 : -0.5, high = (double)size - (p->aligns_corners ? 1 : 0.5);
            double mirrored = reflected((double)at, low, high);
            ptrdiff_t index = (ptrdiff_t)mirrored;
            return index < 0 ? 0 : index > size - 1 ? size - 1 : index;
        }
        default: return -1;
    }
}

// A grid's number in [−1, 1] as a position.
static double sampled_position(const ck_grid_sample *p, double number, ptrdiff_t size) {
    double at = p->aligns_corners ? (number + 1) / 2 * (double)(size - 1) : ((number + 1) * (double)size - 1) / 2;
    double low = p->aligns_corners ? 0 : -0.5, high = (double)size - (p->aligns_corners ? 1 : 0.5);
    if (p->mode == CK_SAMPLE_NEAREST) at = rint(at);
    if (at < low || at > high) {
        // A cubic curve takes the border for each of its elements.
        if (p->padding == CK_SAMPLE_BORDER && p->mode != CK_SAMPLE_CUBIC) at = at < 0 ? 0 : (double)(size - 1);
        if (p->padding == CK_SAMPLE_REFLECTION) at = reflected(at, low, high);
    }
    // Beyond what an index can be there is padding only.
    const double far = 1e9;
    return !(at > -far) ? -far : at > far ? far : at;
}

static int sample_weights(const ck_grid_sample *p, double at, ptrdiff_t *first, double *weights) {
    double below = floor(at), r = at - below, a = -0.75;
    switch (p->mode) {
        case CK_SAMPLE_NEAREST:
            *first = (ptrdiff_t)rint(at);
            weights[0] = 1;
            return 1;
        case CK_SAMPLE_LINEAR:
            *first = (ptrdiff_t)below;
            weights[0] = 1 - r;
            weights[1] = r;
            return 2;
        default:
            *first = (ptrdiff_t)below - 1;
            weights[0] = ((a * (r + 1) - 5 * a) * (r + 1) + 8 * a) * (r + 1) - 4 * a;
            weights[1] = ((a + 2) * r - (a + 3)) * r * r + 1;
            weights[2] = ((a + 2) * (1 - r) - (a + 3)) * (1 - r) * (1 - r) + 1;
            weights[3] = ((a * (2 - r) - 5 * a) * (2 - r) + 8 * a) * (2 - r) - 4 * a;
            return 4;
    }
}

#define GRID_SAMPLE(name, element)                                                                       \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {            \
        const ck_grid_sample *p = parameters;                                                            \
        ptrdiff_t cells = ck_volume(p->rank, p->input), taps[CK_MAX_SPATIAL], first[CK_MAX_SPATIAL];     \
        double weights[CK_MAX_SPATIAL][4];                                                               \
        for (ptrdiff_t unit = begin; unit < end; unit++) {                                               \
            ptrdiff_t batch = unit / p->positions, position = unit % p->positions;                       \
            const element *grid = (const element *)buffers[1] + unit * p->rank;                          \
            for (ptrdiff_t axis = 0; axis < p->rank; axis++) {                                           \
                double at = sampled_position(p, (double)grid[p->rank - 1 - axis], p->input[axis]);       \
                taps[axis] = sample_weights(p, at, &first[axis], weights[axis]);                         \
            }                                                                                            \
            for (ptrdiff_t c = 0; c < p->channels; c++) {                                                \
                const element *x = (const element *)buffers[0] + (batch * p->channels + c) * cells;      \
                ptrdiff_t tap[CK_MAX_SPATIAL] = {0}, count = ck_volume(p->rank, taps);                   \
                double sum = 0;                                                                          \
                for (ptrdiff_t t = 0; t < count; t++, ck_advance(p->rank, taps, tap)) {                  \
                    double weight = 1;                                                                   \
                    ptrdiff_t offset = 0;                                                                \
                    for (ptrdiff_t axis = 0; axis < p->rank && offset >= 0; axis++) {                    \
                        ptrdiff_t index = sampled_index(p, first[axis] + tap[axis], p->input[axis]);     \
                        weight *= weights[axis][tap[axis]];                                              \
                        offset = index < 0 ? -1 : offset * p->input[axis] + index;                       \
                    }                                                                                    \
                    if (offset >= 0) sum += weight * (double)x[offset];                                  \
                }                                                                                        \
                ((element *)buffers[2])[(batch * p->channels + c) * p->positions + position] = (element)sum; \
            }                                                                                            \
        }                                                                                                \
    }

GRID_SAMPLE(ck_grid_sample_float32_portable, float)
GRID_SAMPLE(ck_grid_sample_float64_portable, double)

// The grid of an affine map: the centers of the elements, or with aligned corners from edge to edge.
static double grid_number(ptrdiff_t index, ptrdiff_t size, int32_t aligns_corners) {
    if (!aligns_corners) return (2 * (double)index + 1) / (double)size - 1;
    return size > 1 ? 2 * (double)index / (double)(size - 1) - 1 : 0;
}

#define AFFINE_GRID(name, element)                                                                       \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {            \
        const ck_affine_grid *p = parameters;                                                            \
        ptrdiff_t positions = ck_volume(p->rank, p->sizes), columns = p->rank + 1;                       \
        for (ptrdiff_t unit = begin; unit < end; unit++) {                                               \
            ptrdiff_t at[CK_MAX_SPATIAL];                                                                \
            ck_unravel(unit % positions, p->rank, p->sizes, at);                                         \
            const element *theta = (const element *)buffers[0] + unit / positions * p->rank * columns;   \
            element *y = (element *)buffers[1] + unit * p->rank;                                         \
            for (ptrdiff_t row = 0; row < p->rank; row++) {                                              \
                double sum = (double)theta[row * columns + p->rank];                                     \
                for (ptrdiff_t i = 0; i < p->rank; i++) {                                                \
                    ptrdiff_t axis = p->rank - 1 - i;                                                    \
                    sum += (double)theta[row * columns + i]                                              \
                        * grid_number(at[axis], p->sizes[axis], p->aligns_corners);                      \
                }                                                                                        \
                y[row] = (element)sum;                                                                   \
            }                                                                                            \
        }                                                                                                \
    }

AFFINE_GRID(ck_affine_grid_float32_portable, float)
AFFINE_GRID(ck_affine_grid_float64_portable, double)
