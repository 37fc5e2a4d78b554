#include "../declarations.h"

#include <string.h>

typedef struct {
    uint64_t parts[2];
} ck_pair;

#define CK_ELEMENT uint8_t
#define CK_LANES 16
#define CK_NAME(name) name##_8
#define CK_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define CK_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#include "transpose.h"

#define CK_ELEMENT uint16_t
#define CK_LANES 8
#define CK_NAME(name) name##_16
#define CK_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define CK_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#include "transpose.h"

#define CK_ELEMENT uint32_t
#define CK_LANES 4
#define CK_NAME(name) name##_32
#define CK_LOW 0, 4, 1, 5
#define CK_HIGH 2, 6, 3, 7
#include "transpose.h"

#define CK_ELEMENT uint64_t
#define CK_LANES 2
#define CK_NAME(name) name##_64
#define CK_LOW 0, 2
#define CK_HIGH 1, 3
#include "transpose.h"

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

// Whether elements that follow each other in x lie apart in y, and the other way round.
static int is_transposed(const ck_copy *p) {
    return p->rank > 0 && p->x_strides[p->rank - 1] == 1 && p->y_step == 1 && p->x_step > 1 && p->element_size <= 8;
}

static void copy_transposed(char *y, const char *x, ptrdiff_t rows, const ck_copy *p) {
    ptrdiff_t columns = p->inner, x_step = p->x_step, y_step = p->y_strides[p->rank - 1];
    switch (p->element_size) {
    case 1: transpose_8((const uint8_t *)x, (uint8_t *)y, rows, columns, x_step, y_step); break;
    case 2: transpose_16((const uint16_t *)x, (uint16_t *)y, rows, columns, x_step, y_step); break;
    case 4: transpose_32((const uint32_t *)x, (uint32_t *)y, rows, columns, x_step, y_step); break;
    case 8: transpose_64((const uint64_t *)x, (uint64_t *)y, rows, columns, x_step, y_step); break;
    }
}

void ck_copy_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_copy *p = parameters;
    int transposed = is_transposed(p);
    for (ptrdiff_t run = begin, count; run < end; run += count) {
        ptrdiff_t x = p->x_offset, y = p->y_offset, rest = run;
        for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis]) {
            ptrdiff_t index = rest % p->sizes[axis];
            x += index * p->x_strides[axis];
            y += index * p->y_strides[axis];
        }
        char *to = (char *)buffers[1] + y * p->element_size;
        const char *from = (const char *)buffers[0] + x * p->element_size;
        count = 1;
        if (transposed) {
            ptrdiff_t left = p->sizes[p->rank - 1] - run % p->sizes[p->rank - 1];
            count = left < end - run ? left : end - run;
            copy_transposed(to, from, count, p);
        } else {
            copy_run(to, from, p);
        }
    }
}

void ck_fill_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_fill *p = parameters;
    ptrdiff_t last = end * CK_CHUNK < p->count ? end * CK_CHUNK : p->count;
    for (ptrdiff_t i = begin * CK_CHUNK; i < last; i++)
        memcpy((char *)buffers[0] + i * p->element_size, p->pattern, (size_t)p->element_size);
}
