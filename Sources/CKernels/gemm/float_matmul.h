// Products of two computed matrices, the second of which is packed as weights are.
#include "float_tile.h"

void CK_NAME(ck_matmul_float32)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_matmul *p = parameters;
    ptrdiff_t blocks = (p->columns + CK_BLOCK - 1) / CK_BLOCK, panels = (blocks + p->panel - 1) / p->panel;
    ptrdiff_t strips = (p->rows + p->strip - 1) / p->strip;
    ck_float_gemm gemm = {
        .block_step = p->inner * CK_BLOCK,
        .segment_rows = 1,
        .segment_columns = 1,
        .count = p->inner,
        .x_step = p->inner,
        .y_step = p->columns,
        .result = buffers[2],
        .minimum = -__builtin_inff(),
        .maximum = __builtin_inff(),
    };
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t block = unit % panels * p->panel, row = unit / panels % strips * p->strip;
        ptrdiff_t batch = unit / (panels * strips), rest = batch, a = row * p->inner, b = 0;
        for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis]) {
            a += rest % p->sizes[axis] * p->a_strides[axis];
            b += rest % p->sizes[axis] * p->b_strides[axis];
        }
        gemm.weights = (const float *)buffers[1] + b / (p->inner * p->columns) * blocks * gemm.block_step;
        float_area area = {.rows = p->rows - row < p->strip ? p->rows - row : p->strip, .lines = 1};
        float_rows(
            &gemm, (const float *)buffers[0] + a,
            (float *)buffers[2] + (batch * p->rows + row) * p->columns + block * CK_BLOCK, area, block,
            blocks - block < p->panel ? blocks - block : p->panel, p->columns - block * CK_BLOCK);
    }
}
