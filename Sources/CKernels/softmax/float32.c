#include "../declarations.h"

#include <float.h>
#include <math.h>

void ck_softmax_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_softmax *p = parameters;
    for (ptrdiff_t row = begin; row < end; row++) {
        const float *x = (const float *)buffers[0] + row * p->count;
        float *y = (float *)buffers[1] + row * p->count;
        float largest = -FLT_MAX, sum = 0;
        for (ptrdiff_t i = 0; i < p->count; i++) largest = x[i] > largest ? x[i] : largest;
        for (ptrdiff_t i = 0; i < p->count; i++) sum += y[i] = expf((x[i] - largest) * p->beta);
        for (ptrdiff_t i = 0; i < p->count; i++) y[i] = y[i] / sum;
    }
}
