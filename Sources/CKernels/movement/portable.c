#include "../declarations.h"

#include <string.h>

void ck_fill_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_fill *p = parameters;
    ptrdiff_t first = begin * CK_CHUNK, last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    int is_one_byte = 1;
    for (ptrdiff_t i = 1; i < p->element_size; i++) is_one_byte &= p->pattern[i] == p->pattern[0];
    if (is_one_byte) {
        memset((char *)buffers[0] + first * p->element_size, p->pattern[0], (size_t)((last - first) * p->element_size));
        return;
    }
#define FILL(element)                                                                          \
    {                                                                                          \
        element value;                                                                         \
        memcpy(&value, p->pattern, sizeof value);                                              \
        for (ptrdiff_t i = first; i < last; i++) ((element *)buffers[0])[i] = value;           \
        return;                                                                                \
    }
    if (p->element_size == 2) FILL(uint16_t)
    if (p->element_size == 4) FILL(uint32_t)
    if (p->element_size == 8) FILL(uint64_t)
#undef FILL
    for (ptrdiff_t i = first; i < last; i++)
        memcpy((char *)buffers[0] + i * p->element_size, p->pattern, (size_t)p->element_size);
}
