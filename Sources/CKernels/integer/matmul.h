// Products of matrices of bytes with any zero points, a row of the result at a time. The including file defines CK_NAME.
#include "result.h"

// Columns at a time.
#define SPAN 64

// Adds the products of a row by `span` columns of b; whole spans of columns side by side keep their sums in registers.
CK_INLINE void add_products(
    const ck_integer_matmul *p, const uint8_t *a, int32_t a_zero, const uint8_t *b, const int32_t *zeros,
    const ptrdiff_t span, const ptrdiff_t step, uint32_t *sums) {
    const uint8_t a_flip = p->a_flip, b_flip = p->b_flip;
    for (ptrdiff_t k = 0; k < p->inner; k++, b += p->b_row_stride) {
        int32_t left = (a[k] ^ a_flip) - a_zero;
        for (ptrdiff_t i = 0; i < span; i++) sums[i] += (uint32_t)(left * ((b[i * step] ^ b_flip) - zeros[i]));
    }
}

void CK_NAME(ck_integer_matmul_bytes)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_integer_matmul *p = parameters;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t batch = unit / p->rows, row = unit % p->rows, a_offset = row * p->inner, b_offset = 0;
        for (ptrdiff_t axis = p->rank; axis-- > 0; batch /= p->sizes[axis]) {
            a_offset += batch % p->sizes[axis] * p->a_strides[axis];
            b_offset += batch % p->sizes[axis] * p->b_strides[axis];
        }
        const uint8_t *a = (const uint8_t *)buffers[0] + a_offset, *b = (const uint8_t *)buffers[1] + b_offset;
        int32_t a_zero = ck_zero_point(buffers[3], row * p->a_zero_step, p->a_flip);
        for (ptrdiff_t first = 0; first < p->columns; first += SPAN) {
            ptrdiff_t span = p->columns - first < SPAN ? p->columns - first : SPAN;
            uint32_t sums[SPAN] = {0};
            int32_t zeros[SPAN];
            for (ptrdiff_t i = 0; i < span; i++)
                zeros[i] = ck_zero_point(buffers[4], (first + i) * p->b_zero_step, p->b_flip);
            if (p->b_column_stride == 1 && span == SPAN)
                add_products(p, a, a_zero, b + first, zeros, SPAN, 1, sums);
            else
                add_products(
                    p, a, a_zero, b + first * p->b_column_stride, zeros, span, p->b_column_stride, sums);
            for (ptrdiff_t i = 0; i < span; i++)
                ck_store_integer(
                    &p->result, buffers[2], unit * p->columns + first + i, row, first + i, sums[i]);
        }
    }
}
