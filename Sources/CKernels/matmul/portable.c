// Products of two computed matrices, a row of the result at a time.
#include "../declarations.h"

#define MATMUL_SPAN 64

static void offsets(const ck_matmul *p, ptrdiff_t unit, ptrdiff_t *a, ptrdiff_t *b) {
    ptrdiff_t batch = unit / p->rows;
    *a = unit % p->rows * p->inner;
    *b = 0;
    for (ptrdiff_t axis = p->rank; axis-- > 0; batch /= p->sizes[axis]) {
        ptrdiff_t index = batch % p->sizes[axis];
        *a += index * p->a_strides[axis];
        *b += index * p->b_strides[axis];
    }
}

void ck_matmul_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_matmul *p = parameters;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t a_offset, b_offset;
        offsets(p, unit, &a_offset, &b_offset);
        const float *a = (const float *)buffers[0] + a_offset, *b = (const float *)buffers[1] + b_offset;
        float *y = (float *)buffers[2] + unit * p->columns;
        for (ptrdiff_t first = 0; first < p->columns; first += MATMUL_SPAN) {
            ptrdiff_t span = p->columns - first < MATMUL_SPAN ? p->columns - first : MATMUL_SPAN;
            float sums[MATMUL_SPAN] = {0};
            for (ptrdiff_t k = 0; k < p->inner; k++) {
                const float *row = b + k * p->b_row_stride + first * p->b_column_stride;
                for (ptrdiff_t i = 0; i < span; i++) sums[i] += a[k] * row[i * p->b_column_stride];
            }
            for (ptrdiff_t i = 0; i < span; i++) y[first + i] = sums[i] * p->factor;
        }
    }
}
