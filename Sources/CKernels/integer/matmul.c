// Products of matrices of bytes with any zero points, a row of the result at a time.
#include "result.h"

#define SPAN 64

void ck_integer_matmul_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
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
            for (ptrdiff_t k = 0; k < p->inner; k++) {
                const uint8_t *line = b + k * p->b_row_stride + first * p->b_column_stride;
                int32_t left = (a[k] ^ p->a_flip) - a_zero;
                for (ptrdiff_t i = 0; i < span; i++)
                    sums[i] += (uint32_t)(left * ((line[i * p->b_column_stride] ^ p->b_flip) - zeros[i]));
            }
            for (ptrdiff_t i = 0; i < span; i++)
                ck_store_integer(
                    &p->result, buffers[2], unit * p->columns + first + i, row, first + i, sums[i]);
        }
    }
}
