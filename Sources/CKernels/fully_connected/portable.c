// Fully connected layers by blocks of 16 outputs: one row of x by four blocks, or CK_ROWS rows by one block at a time.
#include "../declarations.h"

#include <string.h>

#define CK_ROWS 2
#include "../numeric/tile.h"

#define CK_WIDE 4

CK_INLINE void fully_connected_store(
    const ck_fully_connected *p, void *const *buffers, ck_i32x16 sums, ptrdiff_t n, ptrdiff_t first, int is_hybrid) {
    if (is_hybrid) {
        ck_batch_quantization row = ((const ck_batch_quantization *)buffers[2])[n];
        ck_store_hybrid(
            (float *)buffers[1] + n * p->outputs + first, sums, row.scale, row.zero_point, p->weight_scale + first,
            p->weight_sum + first, (const float *)p->bias + first, p->minimum, p->maximum, p->outputs - first);
    } else if (p->is_real)
        store_real(
            (float *)buffers[1] + n * p->outputs + first, sums, (const int32_t *)p->bias + first, &p->output, first,
            p->outputs - first);
    else if (p->output.factor)
        store_int8_single(
            (int8_t *)buffers[1] + n * p->outputs + first, sums, (const int32_t *)p->bias + first, &p->output, first,
            p->outputs - first);
    else
        store_int8_double(
            (int8_t *)buffers[1] + n * p->outputs + first, sums, (const int32_t *)p->bias + first, &p->output, first,
            p->outputs - first);
}

CK_INLINE void fully_connected_int8(
    const ck_fully_connected *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end, int is_hybrid) {
    const int8_t *input = buffers[0];
    ptrdiff_t size = p->inputs * CK_BLOCK;
    ptrdiff_t block = begin;
    for (; p->batch < CK_ROWS && block + CK_WIDE <= end; block += CK_WIDE)
        for (ptrdiff_t n = 0; n < p->batch; n++) {
            ck_i32x16 sums[CK_WIDE] = {};
            const int8_t *x = input + n * p->inputs;
            tile_int8(sums, &x, 1, (const int8_t *)p->weights + block * size, size, CK_WIDE, p->inputs, p->flip);
            for (int b = 0; b < CK_WIDE; b++)
                fully_connected_store(p, buffers, sums[b], n, (block + b) * CK_BLOCK, is_hybrid);
        }
    for (; block < end; block++)
        for (ptrdiff_t n = 0; n < p->batch; n += CK_ROWS) {
            ck_i32x16 sums[CK_ROWS] = {};
            const int8_t *x[CK_ROWS];
            for (int r = 0; r < CK_ROWS; r++) x[r] = input + (n + r < p->batch ? n + r : p->batch - 1) * p->inputs;
            tile_int8(sums, x, CK_ROWS, (const int8_t *)p->weights + block * size, 0, 1, p->inputs, p->flip);
            for (int r = 0; r < CK_ROWS && n + r < p->batch; r++)
                fully_connected_store(p, buffers, sums[r], n + r, block * CK_BLOCK, is_hybrid);
        }
}

void ck_fully_connected_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    fully_connected_int8(parameters, buffers, begin, end, 0);
}

void ck_fully_connected_hybrid_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    fully_connected_int8(parameters, buffers, begin, end, 1);
}
