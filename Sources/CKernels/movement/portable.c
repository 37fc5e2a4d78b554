#include "../declarations.h"

#include <string.h>

void ck_fill_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_fill *p = parameters;
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++)
        memcpy((char *)buffers[0] + i * p->element_size, p->pattern, (size_t)p->element_size);
}
