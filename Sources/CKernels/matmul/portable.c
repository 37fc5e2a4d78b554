// Products of two computed matrices, a row of the result at a time.
#include "../declarations.h"

#include <math.h>

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

void ck_matmul_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_matmul *p = parameters;
    float low = 0 - (float)p->y_zero_point, high = 255 - (float)p->y_zero_point;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t a_offset, b_offset;
        offsets(p, unit, &a_offset, &b_offset);
        const uint8_t *a = (const uint8_t *)buffers[0] + a_offset, *b = (const uint8_t *)buffers[1] + b_offset;
        for (ptrdiff_t first = 0; first < p->columns; first += MATMUL_SPAN) {
            ptrdiff_t span = p->columns - first < MATMUL_SPAN ? p->columns - first : MATMUL_SPAN;
            uint32_t sums[MATMUL_SPAN] = {0};
            for (ptrdiff_t k = 0; k < p->inner; k++) {
                const uint8_t *row = b + k * p->b_row_stride + first * p->b_column_stride;
                int32_t left = (a[k] ^ p->flip) - p->a_zero_point;
                for (ptrdiff_t i = 0; i < span; i++)
                    sums[i] += (uint32_t)(left * ((row[i * p->b_column_stride] ^ p->b_flip) - p->b_zero_point));
            }
            for (ptrdiff_t i = 0; i < span; i++) {
                float value = (float)(int32_t)sums[i] * p->factor;
                ptrdiff_t at = unit * p->columns + first + i;
                if (p->is_real) {
                    ((float *)buffers[2])[at] = value;
                    continue;
                }
                value = value > low ? value : low;
                value = value < high ? value : high;
                ((uint8_t *)buffers[2])[at] = (uint8_t)((int32_t)rintf(value) + p->y_zero_point) ^ p->flip;
            }
        }
    }
}
