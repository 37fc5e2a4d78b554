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

// The offsets of one run after the other.
typedef struct {
    ptrdiff_t index[CK_MAX_RANK], a, b;
} ck_walk;

static inline ck_walk ck_walk_from(const ck_binary *p, ptrdiff_t unit) {
    ck_walk walk = {0};
    for (ptrdiff_t axis = p->rank; axis-- > 0; unit /= p->sizes[axis]) {
        walk.index[axis] = unit % p->sizes[axis];
        walk.a += walk.index[axis] * p->a_strides[axis];
        walk.b += walk.index[axis] * p->b_strides[axis];
    }
    return walk;
}

static inline void ck_walk_on(ck_walk *walk, const ck_binary *p) {
    for (ptrdiff_t axis = p->rank; axis-- > 0;) {
        walk->a += p->a_strides[axis];
        walk->b += p->b_strides[axis];
        if (++walk->index[axis] < p->sizes[axis]) return;
        walk->a -= p->sizes[axis] * p->a_strides[axis];
        walk->b -= p->sizes[axis] * p->b_strides[axis];
        walk->index[axis] = 0;
    }
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
