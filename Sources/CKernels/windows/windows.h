// Sliding windows over up to CK_MAX_SPATIAL axes, walked position by position.
#ifndef CK_WINDOWS_H
#define CK_WINDOWS_H

#include "../declarations.h"
#include "../numeric/fixed_point.h"

// Over any number of axes: what the kernels on vectors leave out.
void ck_window_conv_float32_any_rank(const void *, void *const *, ptrdiff_t, ptrdiff_t);

// Channels that are summed up side by side.
#define WINDOW_SPAN 64

CK_INLINE ptrdiff_t ck_volume(ptrdiff_t rank, const ptrdiff_t *sizes) {
    ptrdiff_t volume = 1;
    for (ptrdiff_t axis = 0; axis < rank; axis++) volume *= sizes[axis];
    return volume;
}

// The position of the element at `index` of a dense array.
CK_INLINE void ck_unravel(ptrdiff_t index, ptrdiff_t rank, const ptrdiff_t *sizes, ptrdiff_t *position) {
    for (ptrdiff_t axis = rank; axis-- > 0; index /= sizes[axis]) position[axis] = index % sizes[axis];
}

// Steps to the next position; behind the last one comes the first.
CK_INLINE void ck_advance(ptrdiff_t rank, const ptrdiff_t *sizes, ptrdiff_t *position) {
    for (ptrdiff_t axis = rank; axis-- > 0; position[axis] = 0)
        if (++position[axis] < sizes[axis]) return;
}

// Where tap `tap` of the window at `output` meets the input, along every axis.
// Returns whether it meets it at all; `input` is set for all axes either way, unless the windows are transposed.
CK_INLINE int ck_tap(const ck_windows *w, const ptrdiff_t *output, const ptrdiff_t *tap, ptrdiff_t *input) {
    int inside = 1;
    for (ptrdiff_t axis = 0; axis < w->rank; axis++) {
        if (w->is_transposed) {
            ptrdiff_t at = output[axis] + w->before[axis] - tap[axis] * w->dilation[axis];
            if (at < 0 || at % w->stride[axis] != 0) return 0;
            input[axis] = at / w->stride[axis];
        } else {
            input[axis] = output[axis] * w->stride[axis] - w->before[axis] + tap[axis] * w->dilation[axis];
        }
        inside &= input[axis] >= 0 && input[axis] < w->input[axis];
    }
    return inside;
}

CK_INLINE ptrdiff_t ck_dense_offset(ptrdiff_t rank, const ptrdiff_t *sizes, const ptrdiff_t *position) {
    ptrdiff_t offset = 0;
    for (ptrdiff_t axis = 0; axis < rank; axis++) offset = offset * sizes[axis] + position[axis];
    return offset;
}

CK_INLINE ptrdiff_t ck_strided_offset(ptrdiff_t rank, const ptrdiff_t *strides, const ptrdiff_t *position) {
    ptrdiff_t offset = 0;
    for (ptrdiff_t axis = 0; axis < rank; axis++) offset += strides[axis] * position[axis];
    return offset;
}

#endif
