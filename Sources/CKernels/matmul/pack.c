// A computed matrix as the linear kernels want weights.
#include "../declarations.h"

#include <string.h>

void ck_pack_columns_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_pack_columns *p = parameters;
    ptrdiff_t blocks = (p->columns + CK_BLOCK - 1) / CK_BLOCK;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        ptrdiff_t first = unit % blocks * CK_BLOCK;
        ptrdiff_t count = p->columns - first < CK_BLOCK ? p->columns - first : CK_BLOCK;
        const float *b = (const float *)buffers[0] + unit / blocks * p->inner * p->columns + first * p->column_stride;
        float *packed = (float *)buffers[1] + unit * p->inner * CK_BLOCK;
        if (count < CK_BLOCK) memset(packed, 0, (size_t)(p->inner * CK_BLOCK) * sizeof(float));
        if (p->column_stride == 1) {
            for (ptrdiff_t k = 0; k < p->inner; k++, b += p->row_stride, packed += CK_BLOCK)
                for (ptrdiff_t i = 0; i < count; i++) packed[i] = b[i] * p->factor;
            continue;
        }
        // Columns whose elements lie side by side are read along.
        for (ptrdiff_t i = 0; i < count; i++)
            for (ptrdiff_t k = 0; k < p->inner; k++)
                packed[k * CK_BLOCK + i] = b[i * p->column_stride + k * p->row_stride] * p->factor;
    }
}
