// Walks over the runs of operators on operands that broadcast to one shape.
#ifndef CK_RUNS_H
#define CK_RUNS_H

#include "../include/ckernels.h"

// The offset of run `unit` in an operand.
static inline ptrdiff_t ck_run_offset(ptrdiff_t unit, ptrdiff_t rank, const ptrdiff_t *sizes, const ptrdiff_t *strides) {
    ptrdiff_t offset = 0;
    for (ptrdiff_t axis = rank; axis-- > 0; unit /= sizes[axis]) offset += unit % sizes[axis] * strides[axis];
    return offset;
}

// Elements of run `unit`; the last one may be cut off.
static inline ptrdiff_t ck_run_length(ptrdiff_t unit, ptrdiff_t inner, ptrdiff_t count) {
    ptrdiff_t rest = count - unit * inner;
    return rest < inner ? rest : inner;
}

// y[i] = expression of a and b, over all runs of a ck_binary `p`. Loops whose steps are known are vectorized.
#define CK_RUNS_OF_TWO(element, result, expression)                                                                \
    for (ptrdiff_t unit = begin; unit < end; unit++) {                                                             \
        ptrdiff_t length = ck_run_length(unit, p->inner, p->count);                                                \
        const element *a_run = (const element *)buffers[0] + ck_run_offset(unit, p->rank, p->sizes, p->a_strides); \
        const element *b_run = (const element *)buffers[1] + ck_run_offset(unit, p->rank, p->sizes, p->b_strides); \
        result *y = (result *)buffers[2] + unit * p->inner;                                                        \
        ptrdiff_t a_step = p->a_step, b_step = p->b_step;                                                          \
        if (a_step == 1 && b_step == 1) {                                                                          \
            for (ptrdiff_t i = 0; i < length; i++) { element a = a_run[i], b = b_run[i]; y[i] = (result)(expression); } \
        } else if (a_step == 1 && b_step == 0) {                                                                   \
            element b = b_run[0];                                                                                  \
            for (ptrdiff_t i = 0; i < length; i++) { element a = a_run[i]; y[i] = (result)(expression); }          \
        } else if (a_step == 0 && b_step == 1) {                                                                   \
            element a = a_run[0];                                                                                  \
            for (ptrdiff_t i = 0; i < length; i++) { element b = b_run[i]; y[i] = (result)(expression); }          \
        } else {                                                                                                   \
            for (ptrdiff_t i = 0; i < length; i++) {                                                               \
                element a = a_run[i * a_step], b = b_run[i * b_step];                                              \
                y[i] = (result)(expression);                                                                       \
            }                                                                                                      \
        }                                                                                                          \
    }                                                                                                              \
    return;

#endif
