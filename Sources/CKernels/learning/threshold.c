#include "../declarations.h"

void ck_threshold_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_threshold *p = parameters;
    const float *x = buffers[0];
    float *y = buffers[1];
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++) y[i] = x[i] > p->threshold ? 1 : 0;
}
