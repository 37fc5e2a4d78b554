#include "../declarations.h"

#include "../numeric/runs.h"

#define SELECT(element)                                                                                              \
    for (ptrdiff_t unit = begin; unit < end; unit++) {                                                               \
        ptrdiff_t length = ck_run_length(unit, p->inner, p->count);                                                  \
        const uint8_t *c = (const uint8_t *)buffers[0] + ck_run_offset(unit, p->rank, p->sizes, p->c_strides);       \
        const element *a = (const element *)buffers[1] + ck_run_offset(unit, p->rank, p->sizes, p->a_strides);       \
        const element *b = (const element *)buffers[2] + ck_run_offset(unit, p->rank, p->sizes, p->b_strides);       \
        element *y = (element *)buffers[3] + unit * p->inner;                                                        \
        for (ptrdiff_t i = 0; i < length; i++)                                                                       \
            y[i] = c[i * p->c_step] ? a[i * p->a_step] : b[i * p->b_step];                                           \
    }                                                                                                                \
    return;

void ck_select_bytes_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_select *p = parameters;
    switch (p->element_size) {
    case 1: SELECT(uint8_t)
    case 2: SELECT(uint16_t)
    case 4: SELECT(uint32_t)
    case 8: SELECT(uint64_t)
    }
}
