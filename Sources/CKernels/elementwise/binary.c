#include "../declarations.h"

#include <math.h>

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

// Both operands and the result side by side is what most graphs have; the compiler vectorizes that loop.
#define FLOAT_RUNS(expression)                                                                 \
    if (p->a_step == 1 && p->b_step == 1) {                                                    \
        for (ptrdiff_t unit = begin; unit < end; unit++) {                                     \
            ptrdiff_t a_offset, b_offset, start = unit * p->inner;                             \
            ptrdiff_t length = p->count - start < p->inner ? p->count - start : p->inner;      \
            offsets(p, unit, &a_offset, &b_offset);                                            \
            const float *a_run = (const float *)buffers[0] + a_offset;                         \
            const float *b_run = (const float *)buffers[1] + b_offset;                         \
            float *y = (float *)buffers[2] + start;                                            \
            for (ptrdiff_t i = 0; i < length; i++) {                                           \
                float a = a_run[i], b = b_run[i];                                              \
                y[i] = clamp(expression, p->minimum, p->maximum);                              \
            }                                                                                  \
        }                                                                                      \
        return;                                                                                \
    }                                                                                          \
    RUNS(float, clamp(expression, p->minimum, p->maximum))

static inline float clamp(float x, float low, float high) {
    float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

static float floor_modulo(float a, float b) {
    float remainder = fmodf(a, b);
    return remainder != 0 && (b < 0) != (remainder < 0) ? remainder + b : remainder;
}

void ck_binary_float32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    const ck_binary *p = parameters;
    switch (p->operation) {
    case CK_ADD: FLOAT_RUNS(a + b)
    case CK_SUBTRACT: FLOAT_RUNS(a - b)
    case CK_MULTIPLY: FLOAT_RUNS(a * b)
    case CK_DIVIDE: FLOAT_RUNS(a / b)
    case CK_MAXIMUM: FLOAT_RUNS(a > b ? a : b)
    case CK_MINIMUM: FLOAT_RUNS(a < b ? a : b)
    case CK_POWER: FLOAT_RUNS(powf(a, b))
    case CK_SQUARED_DIFFERENCE: FLOAT_RUNS((a - b) * (a - b))
    case CK_FLOOR_DIVIDE: FLOAT_RUNS(floorf(a / b))
    case CK_FLOOR_MODULO: FLOAT_RUNS(floor_modulo(a, b))
    }
}

// Whole numbers: sums wrap, and what has no result (a division by zero) is 0.
#define WHOLE(element, unsigned_element, lowest)                                                                 \
    static element divide_##element(element a, element b) {                                                     \
        return b == 0 ? 0 : b == -1 ? (element)(0 - (unsigned_element)a) : a / b;                               \
    }                                                                                                            \
    static element floor_modulo_##element(element a, element b) {                                               \
        element remainder = b == 0 || b == -1 ? 0 : a % b;                                                      \
        return remainder != 0 && (b < 0) != (remainder < 0) ? remainder + b : remainder;                        \
    }                                                                                                            \
    static element floor_divide_##element(element a, element b) {                                               \
        return divide_##element(a, b) - (floor_modulo_##element(a, b) != 0 && (a < 0) != (b < 0));              \
    }                                                                                                            \
    static element power_##element(element a, element b) {                                                      \
        unsigned_element result = 1, factor = (unsigned_element)a;                                              \
        for (; b > 0; b >>= 1, factor *= factor)                                                                \
            if (b & 1) result *= factor;                                                                        \
        return (element)result;                                                                                 \
    }                                                                                                            \
    static void binary_##element(                                                                               \
        const ck_binary *p, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                              \
        switch (p->operation) {                                                                                  \
        case CK_ADD: RUNS(element, (element)((unsigned_element)a + (unsigned_element)b))                         \
        case CK_SUBTRACT: RUNS(element, (element)((unsigned_element)a - (unsigned_element)b))                    \
        case CK_MULTIPLY: RUNS(element, (element)((unsigned_element)a * (unsigned_element)b))                    \
        case CK_DIVIDE: RUNS(element, divide_##element(a, b))                                                    \
        case CK_MAXIMUM: RUNS(element, a > b ? a : b)                                                            \
        case CK_MINIMUM: RUNS(element, a < b ? a : b)                                                            \
        case CK_POWER: RUNS(element, power_##element(a, b))                                                      \
        case CK_SQUARED_DIFFERENCE:                                                                              \
            RUNS(element, (element)(((unsigned_element)a - (unsigned_element)b)                                  \
                * ((unsigned_element)a - (unsigned_element)b)))                                                  \
        case CK_FLOOR_DIVIDE: RUNS(element, floor_divide_##element(a, b))                                        \
        case CK_FLOOR_MODULO: RUNS(element, floor_modulo_##element(a, b))                                        \
        }                                                                                                        \
    }

WHOLE(int32_t, uint32_t, INT32_MIN)
WHOLE(int64_t, uint64_t, INT64_MIN)

void ck_binary_int32_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    binary_int32_t(parameters, buffers, begin, end);
}

void ck_binary_int64_portable(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {
    binary_int64_t(parameters, buffers, begin, end);
}
