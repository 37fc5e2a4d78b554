#include "../declarations.h"

#include "../numeric/fixed_point.h"

// Walks over the runs: sets the offsets of unit `unit` in a and b.
static void offsets(const ck_binary *p, ptrdiff_t unit, ptrdiff_t *a, ptrdiff_t *b) {
    *a = *b = 0;
    for (ptrdiff_t axis = p->rank; axis-- > 0;) {
        ptrdiff_t index = unit % p->sizes[axis];
        unit /= p->sizes[axis];
        *a += index * p->a_strides[axis];
        *b += index * p->b_strides[axis];
    }
}

#define RUNS(element, expression)                                                              \
    for (ptrdiff_t unit = begin; unit < end; unit++) {                                         \
        ptrdiff_t a_offset, b_offset, start = unit * p->inner;                                 \
        ptrdiff_t length = p->count - start < p->inner ? p->count - start : p->inner;          \
        offsets(p, unit, &a_offset, &b_offset);                                                \
        const element *a_run = (const element *)buffers[0] + a_offset;                         \
        const element *b_run = (const element *)buffers[1] + b_offset;                         \
        element *y = (element *)buffers[2] + start;                                            \
        for (ptrdiff_t i = 0; i < length; i++) {                                               \
            element a = a_run[i * p->a_step], b = b_run[i * p->b_step];                        \
            y[i] = expression;                                                                 \
        }                                                                                      \
    }                                                                                          \
    return;

static inline int32_t rescale(int32_t x, const ck_operand *operand) {
    return ck_rescale(x, operand->multiplier, operand->left, operand->right);
}

static inline int8_t finish(int32_t x, const ck_binary *p) {
    return (int8_t)ck_clamp(
        ck_wrapping_add(rescale(x, &p->y), p->y.zero_point), p->quantized_minimum, p->quantized_maximum);
}

// An operand on the common scale of a sum, 20 bits finer.
static inline int32_t addend(int8_t x, const ck_operand *operand) {
    return rescale((int32_t)((uint32_t)(x - operand->zero_point) << 20), operand);
}

void ck_binary_int8_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    switch (p->operation) {
    case CK_ADD: RUNS(int8_t, finish(ck_wrapping_add(addend(a, &p->a), addend(b, &p->b)), p))
    case CK_SUBTRACT:
        RUNS(int8_t, finish((int32_t)((uint32_t)addend(a, &p->a) - (uint32_t)addend(b, &p->b)), p))
    case CK_MULTIPLY: RUNS(int8_t, finish((a - p->a.zero_point) * (b - p->b.zero_point), p))
    case CK_MAXIMUM: RUNS(int8_t, a > b ? a : b)
    case CK_MINIMUM: RUNS(int8_t, a < b ? a : b)
    }
}
