#include "../declarations.h"

#define CHUNKS                                                                                      \
    for (ptrdiff_t i = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count; i < last; i++)

void ck_unary_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_unary *p = parameters;
    const int8_t *x = buffers[0];
    int8_t *y = buffers[1];
    CHUNKS y[i] = p->table[x[i] + 128];
}
