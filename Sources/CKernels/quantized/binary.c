// LiteRT's operators of two quantized operands, and those of XNNPACK that round differently.
#include "../declarations.h"

#include "../numeric/fixed_point_functions.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

static inline int32_t scaled(int32_t x, const ck_fixed_point *by) {
    return ck_rescale(x, by->multiplier, by->left, by->right);
}

static inline int32_t finished(int32_t x, const ck_quantized_binary *p) {
    return ck_clamp(ck_wrapping_add(scaled(x, &p->y), p->y.zero_point), p->minimum, p->maximum);
}

// An operand on the common scale, `shift` bits finer.
static inline int32_t common(int32_t x, const ck_fixed_point *by, int32_t shift) {
    return scaled((int32_t)((uint32_t)(x - by->zero_point) << shift), by);
}

// An operand of a comparison, 8 bits finer. LiteRT shifts to the left, for scales of 1 and more, by a shift to the right by
// a negative number, which the processor takes modulo 32.
static inline int32_t compared(int32_t x, const ck_fixed_point *by) {
    if (by->left == 0) return common(x, by, 8);
    int32_t product = ck_fixed_multiply((int32_t)((uint32_t)(x - by->zero_point) << 8), by->multiplier);
    return ck_wrapping_add(product >> (-by->left & 31), product > (product < 0 ? 0 : -1));
}

static inline int32_t squared_difference(int32_t a, int32_t b, const ck_quantized_binary *p) {
    uint32_t difference = (uint32_t)common(a, &p->a, p->shift) - (uint32_t)common(b, &p->b, p->shift);
    return finished((int32_t)(difference * difference), p);
}

// The quotient by a reciprocal in Q0.31; a division by zero, which the reference leaves open, gives zero.
static inline int32_t quotient(int32_t a, int32_t b, const ck_quantized_binary *p) {
    a -= p->a.zero_point;
    b -= p->b.zero_point;
    if (b == 0) return ck_clamp(p->y.zero_point, p->minimum, p->maximum);
    if (b < 0) {
        a = -a;
        b = -b;
    }
    int zeros = __builtin_clz((uint32_t)b);
    int32_t reciprocal = ck_reciprocal((int32_t)(((uint32_t)b << zeros) - (1u << 31)));
    // Sign bits in front of a, less one.
    uint32_t magnitude = (uint32_t)(a < 0 ? ~a : a);
    int headroom = (magnitude ? __builtin_clz(magnitude) : 32) - 1;
    int32_t unscaled = ck_fixed_multiply((int32_t)((uint32_t)a << headroom), reciprocal);
    int shift = p->y.left - p->y.right - (31 - zeros) - headroom;
    int32_t product = ck_fixed_multiply(unscaled, p->y.multiplier), value;
    if (shift > 0) {
        value = ck_fixed_multiply((int32_t)((uint32_t)unscaled << (shift & 31)), p->y.multiplier);
    } else if (shift >= -31) {
        value = ck_divide_by_power(product, -shift);
    } else {
        // Quotients near zero: LiteRT shifts by more bits than there are, which the processor takes modulo 32.
        value = ck_wrapping_add(product >> (-shift & 31), product > (product < 0 ? 0 : -1));
    }
    return ck_clamp(ck_wrapping_add(value, p->y.zero_point), p->minimum, p->maximum);
}

static inline int32_t prelu(int32_t a, int32_t b, const ck_quantized_binary *p) {
    a -= p->a.zero_point;
    int32_t value = a >= 0 ? scaled(a, &p->a) : scaled(a * (b - p->b.zero_point), &p->b);
    return ck_clamp(ck_wrapping_add(value, p->y.zero_point), p->minimum, p->maximum);
}

static inline int32_t shifted_sum(int32_t a, int32_t b, const ck_quantized_binary *p) {
    int32_t sum = ck_divide_by_power(a, p->a.right) + ck_divide_by_power(b, p->b.right);
    return ck_clamp(ck_clamp(sum, INT16_MIN, INT16_MAX), p->minimum, p->maximum);
}

static inline int32_t shifted_difference(int32_t a, int32_t b, const ck_quantized_binary *p) {
    int32_t difference = ck_divide_by_power(a, p->a.right) - ck_divide_by_power(b, p->b.right);
    return ck_clamp(ck_clamp(difference, INT16_MIN, INT16_MAX), p->minimum, p->maximum);
}

static inline int32_t weighted_sum(int32_t a, int32_t b, const ck_quantized_binary *p) {
    uint32_t sum = (uint32_t)p->offset + (uint32_t)a * (uint32_t)p->a.multiplier + (uint32_t)b * (uint32_t)p->b.multiplier;
    return ck_clamp(((int32_t)sum >> p->shift) + p->y.zero_point, p->minimum, p->maximum);
}

static inline int32_t scaled_product(int32_t a, int32_t b, const ck_quantized_binary *p) {
    float value = (float)((a - p->a.zero_point) * (b - p->b.zero_point)) * p->factor;
    float low = (float)(p->minimum - p->y.zero_point), high = (float)(p->maximum - p->y.zero_point);
    value = value > low ? value : low;
    return (int32_t)rintf(value < high ? value : high) + p->y.zero_point;
}

#define RUNS(element, result, expression)                                                      \
    for (ptrdiff_t unit = begin; unit < end; unit++) {                                         \
        ptrdiff_t a_offset = 0, b_offset = 0, start = unit * p->inner, index = unit;           \
        ptrdiff_t length = p->count - start < p->inner ? p->count - start : p->inner;          \
        for (ptrdiff_t axis = p->rank; axis-- > 0; index /= p->sizes[axis]) {                  \
            a_offset += index % p->sizes[axis] * p->a_strides[axis];                           \
            b_offset += index % p->sizes[axis] * p->b_strides[axis];                           \
        }                                                                                      \
        const element *a_run = (const element *)buffers[0] + a_offset;                         \
        const element *b_run = (const element *)buffers[1] + b_offset;                         \
        result *y = (result *)buffers[2] + start;                                              \
        for (ptrdiff_t i = 0; i < length; i++) {                                               \
            int32_t a = a_run[i * p->a_step], b = b_run[i * p->b_step];                        \
            y[i] = (result)(expression);                                                       \
        }                                                                                      \
    }                                                                                          \
    return;

#define COMPARE(element, operator) RUNS(element, uint8_t, compared(a, &p->a) operator compared(b, &p->b))

#define BINARY(name, element)                                                                                      \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                      \
        const ck_quantized_binary *p = parameters;                                                                 \
        switch (p->operation) {                                                                                    \
        case CK_QUANTIZED_ADD:                                                                                     \
            RUNS(element, element, finished(                                                                       \
                ck_wrapping_add(common(a, &p->a, p->shift), common(b, &p->b, p->shift)), p))                       \
        case CK_QUANTIZED_SUBTRACT:                                                                                \
            RUNS(element, element, finished(                                                                       \
                (int32_t)((uint32_t)common(a, &p->a, p->shift) - (uint32_t)common(b, &p->b, p->shift)), p))        \
        case CK_QUANTIZED_SQUARED_DIFFERENCE: RUNS(element, element, squared_difference(a, b, p))                  \
        case CK_QUANTIZED_MULTIPLY:                                                                                \
            RUNS(element, element, finished((a - p->a.zero_point) * (b - p->b.zero_point), p))                     \
        case CK_QUANTIZED_DIVIDE: RUNS(element, element, quotient(a, b, p))                                        \
        case CK_QUANTIZED_PRELU: RUNS(element, element, prelu(a, b, p))                                            \
        case CK_QUANTIZED_ADD_SHIFTED: RUNS(element, element, shifted_sum(a, b, p))                                \
        case CK_QUANTIZED_SUBTRACT_SHIFTED: RUNS(element, element, shifted_difference(a, b, p))                    \
        case CK_QUANTIZED_MAXIMUM: RUNS(element, element, a > b ? a : b)                                           \
        case CK_QUANTIZED_MINIMUM: RUNS(element, element, a < b ? a : b)                                           \
        case CK_QUANTIZED_EQUAL: COMPARE(element, ==)                                                              \
        case CK_QUANTIZED_NOT_EQUAL: COMPARE(element, !=)                                                          \
        case CK_QUANTIZED_LESS: COMPARE(element, <)                                                                \
        case CK_QUANTIZED_LESS_EQUAL: COMPARE(element, <=)                                                         \
        case CK_QUANTIZED_GREATER: COMPARE(element, >)                                                             \
        case CK_QUANTIZED_GREATER_EQUAL: COMPARE(element, >=)                                                      \
        case CK_QUANTIZED_WEIGHTED_SUM: RUNS(element, element, weighted_sum(a, b, p))                              \
        case CK_QUANTIZED_SCALED_PRODUCT: RUNS(element, element, scaled_product(a, b, p))                          \
        }                                                                                                          \
    }

BINARY(ck_quantized_binary_int8_portable, int8_t)
BINARY(ck_quantized_binary_uint8_portable, uint8_t)
BINARY(ck_quantized_binary_int16_portable, int16_t)
