#include "../declarations.h"

#include <float.h>
#include <math.h>

void ck_softmax_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_softmax *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        ptrdiff_t stride = p->stride, length = p->count * stride;
        ptrdiff_t start = row / stride * length + row % stride;
        const float *x = (const float *)buffers[0] + start;
        float *y = (float *)buffers[1] + start;
        float largest = -FLT_MAX, sum = 0;
        for (ptrdiff_t i = 0; i < length; i += stride) largest = x[i] > largest ? x[i] : largest;
        for (ptrdiff_t i = 0; i < length; i += stride) sum += y[i] = expf((x[i] - largest) * p->beta);
        for (ptrdiff_t i = 0; i < length; i += stride) y[i] = y[i] / sum;
    }
}
