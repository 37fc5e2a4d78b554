// Fully connected layers of floats.
#include "float_tile.h"

// Bytes of the input that stay in the second cache while all weights pass by.
#define CK_DENSE_BYTES 200000

void CK_NAME(ck_fully_connected_float32)(
    const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_fully_connected *p = parameters;
    ck_float_gemm gemm = {
        .weights = p->weights,
        .block_step = p->inputs * CK_BLOCK,
        .bias = p->bias,
        .segment_rows = 1,
        .segment_columns = 1,
        .count = p->inputs,
        .x_step = p->inputs,
        .y_step = p->outputs,
        .result = buffers[1],
        .minimum = p->minimum,
        .maximum = p->maximum,
    };
    ptrdiff_t strip = CK_DENSE_BYTES / (ptrdiff_t)sizeof(float) / p->inputs;
    if (strip < CK_TILE_ROWS) strip = CK_TILE_ROWS;
    for (ptrdiff_t row = 0; row < p->batch; row += strip) {
        float_area area = {.rows = p->batch - row < strip ? p->batch - row : strip, .lines = 1};
        float_rows(
            &gemm, (const float *)buffers[0] + row * p->inputs,
            (float *)buffers[1] + row * p->outputs + begin * CK_BLOCK, area, begin, end - begin,
            p->outputs - begin * CK_BLOCK);
    }
}
