// Copies runs of elements. Runs that lie across those of the source, as where axes are exchanged, are moved in square
// blocks. The including file defines CK_LANES, how many words of four bytes a register has: 16, 8 or 4.
#include "few_bytes.h"

#pragma clang diagnostic ignored "-Wpsabi"

#define OF_4_LOW 0, 4, 1, 5
#define OF_4_HIGH 2, 6, 3, 7
#define OF_8_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define OF_8_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define OF_16_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define OF_16_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

#define CK_PASTE_(a, b) a##b
#define CK_PASTE(a, b) CK_PASTE_(a, b)

#define ELEMENT uint8_t
#define SIDE 16
#define LOW OF_16_LOW
#define HIGH OF_16_HIGH
#include "turn.h"

#define ELEMENT uint16_t
#define SIDE 8
#define LOW OF_8_LOW
#define HIGH OF_8_HIGH
#include "turn.h"

#define ELEMENT uint32_t
#if CK_LANES == 16
#define SIDE 16
#define LOW OF_16_LOW
#define HIGH OF_16_HIGH
#elif CK_LANES == 8
#define SIDE 8
#define LOW OF_8_LOW
#define HIGH OF_8_HIGH
#else
#define SIDE 4
#define LOW OF_4_LOW
#define HIGH OF_4_HIGH
#endif
#include "turn.h"

typedef struct {
    uint64_t parts[2];
} copied_pair;

CK_INLINE void copy_run(char *y, const char *x, const ck_copy *p) {
    ptrdiff_t size = p->element_size, x_step = p->x_step * size, y_step = p->y_step * size;
    if (x_step == size && y_step == size) {
        if (p->inner * size <= 512) ck_copy_few(y, x, p->inner * size);
        else memcpy(y, x, (size_t)(p->inner * size));
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
    case 16: COPY(copied_pair)
    }
#undef COPY
}

void CK_NAME(ck_copy_bytes)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_copy *p = parameters;
    ptrdiff_t last = p->rank - 1, size = p->element_size;
    // Whether neighbouring runs are neighbours in the source, and elements of a run are not.
    int turns = last >= 0 && p->x_strides[last] == 1 && p->y_step == 1 && p->x_step != 1 && size <= 4;
    ptrdiff_t index[CK_MAX_RANK], x = p->x_offset, y = p->y_offset, rest = begin;
    for (ptrdiff_t axis = p->rank; axis-- > 0; rest /= p->sizes[axis]) {
        index[axis] = rest % p->sizes[axis];
        x += index[axis] * p->x_strides[axis];
        y += index[axis] * p->y_strides[axis];
    }
    for (ptrdiff_t run = begin, runs = 1; run < end; run += runs) {
        char *to = (char *)buffers[1] + y * size;
        const char *from = (const char *)buffers[0] + x * size;
        if (turns) {
            runs = p->sizes[last] - index[last];
            if (runs > end - run) runs = end - run;
            ptrdiff_t stride = p->y_strides[last];
            if (size == 1) turn_uint8_t((const uint8_t *)from, p->x_step, (uint8_t *)to, stride, runs, p->inner);
            else if (size == 2) turn_uint16_t((const uint16_t *)from, p->x_step, (uint16_t *)to, stride, runs, p->inner);
            else turn_uint32_t((const uint32_t *)from, p->x_step, (uint32_t *)to, stride, runs, p->inner);
        } else {
            copy_run(to, from, p);
        }
        ptrdiff_t step = runs;
        for (ptrdiff_t axis = last; axis >= 0; axis--, step = 1) {
            index[axis] += step;
            x += step * p->x_strides[axis];
            y += step * p->y_strides[axis];
            if (index[axis] < p->sizes[axis]) break;
            x -= index[axis] * p->x_strides[axis];
            y -= index[axis] * p->y_strides[axis];
            index[axis] = 0;
        }
    }
}
