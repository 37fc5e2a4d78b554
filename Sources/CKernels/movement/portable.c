#include "../declarations.h"

#include <string.h>

typedef struct {
    uint64_t parts[2];
} ck_pair;

static void copy_run(char *y, const char *x, const ck_copy *p) {
    ptrdiff_t size = p->element_size, x_step = p->x_step * size, y_step = p->y_step * size;
    if (x_step == size && y_step == size) {
        memcpy(y, x, (size_t)(p->inner * size));
        return;
    }
#define COPY(element)                                                                                        \
    for (ptrdiff_t i = 0; i < p->inner; i++) memcpy(y + i * y_step, x + i * x_step, sizeof(element));        \
    return;
    switch (size) {
    case 1: COPY(uint8_t)
    case 2: COPY(uint16_t)
    case 4: COPY(uint32_t)
    case 8: COPY(uint64_t)
    case 16: COPY(ck_pair)
    }
}

void ck_copy_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_copy *p = parameters;
    for (ptrdiff_t run = begin; run < end; run++) {
        ptrdiff_t x = p->x_offset, y = p->y_offset, rest = run;
        for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis]) {
            ptrdiff_t index = rest % p->sizes[axis];
            x += index * p->x_strides[axis];
            y += index * p->y_strides[axis];
        }
        copy_run(
            (char *)buffers[1] + y * p->element_size, (const char *)buffers[0] + x * p->element_size, p);
    }
}

void ck_fill_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_fill *p = parameters;
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++)
        memcpy((char *)buffers[0] + i * p->element_size, p->pattern, (size_t)p->element_size);
}
