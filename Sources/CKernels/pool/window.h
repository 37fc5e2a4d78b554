// Where a pool's windows are.
#ifndef CK_POOL_WINDOW_H
#define CK_POOL_WINDOW_H

#include "ckernels.h"

// The part of a window that lies inside the input.
typedef struct {
    ptrdiff_t top, bottom, left, right;
} window;

static inline window window_at(const ck_pool *p, ptrdiff_t oy, ptrdiff_t ox) {
    ptrdiff_t y = oy * p->stride_height - p->pad_top, x = ox * p->stride_width - p->pad_left;
    window w = {y, y + p->kernel_height, x, x + p->kernel_width};
    if (w.top < 0) w.top = 0;
    if (w.left < 0) w.left = 0;
    if (w.bottom > p->input_height) w.bottom = p->input_height;
    if (w.right > p->input_width) w.right = p->input_width;
    return w;
}

#endif
