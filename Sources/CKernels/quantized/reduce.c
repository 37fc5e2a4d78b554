// LiteRT's reductions of quantized numbers, and XNNPACK's sum.
#include "../declarations.h"

#include "../numeric/fixed_point.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

static ptrdiff_t offset(ptrdiff_t index, ptrdiff_t rank, const ptrdiff_t *sizes, const ptrdiff_t *strides) {
    ptrdiff_t offset = 0;
    for (ptrdiff_t axis = rank; axis-- > 0; index /= sizes[axis]) offset += index % sizes[axis] * strides[axis];
    return offset;
}

// A factor of a product on its way: x times a multiplier of 16 bits, rounded once.
static inline int32_t short_rescale(int64_t x, const ck_fixed_point *by) {
    int64_t multiplier = by->multiplier < 0x7fff0000 ? (by->multiplier + (1 << 15)) >> 16 : 0x7fff;
    int32_t shift = 15 - by->left + by->right;
    uint64_t product = (uint64_t)x * (uint64_t)multiplier;
    if (shift < 1) return (int32_t)(product << -shift);
    return (int32_t)((int64_t)(product + ((uint64_t)1 << (shift - 1))) >> shift);
}

static inline int32_t finished(int32_t x, const ck_quantized_reduce *p, int32_t lowest, int32_t highest) {
    int32_t value = ck_rescale(x, p->y.multiplier, p->y.left, p->y.right);
    return ck_clamp(ck_wrapping_add(value, p->y.zero_point), lowest, highest);
}

// A sum scaled in single precision, ties away from zero.
static inline int32_t scaled_sum(int32_t sum, const ck_quantized_reduce *p, int32_t lowest, int32_t highest) {
    float value = roundf((float)sum * p->factor + p->offset) + (float)p->y.zero_point;
    return value > (float)lowest ? (int32_t)(value < (float)highest ? value : (float)highest) : lowest;
}

// The same, ties to even; the zero point is in the offset.
static inline int32_t even_sum(int32_t sum, const ck_quantized_reduce *p, int32_t lowest, int32_t highest) {
    float value = rintf((float)sum * p->factor + p->offset);
    return value > (float)lowest ? (int32_t)(value < (float)highest ? value : (float)highest) : lowest;
}

// Elements in the order of the input, as a product that is rounded at each step wants them.
#define FOLD(step)                                                                                     \
    for (ptrdiff_t run = 0; run < p->reduced_count / inner; run++) {                                            \
        const __typeof__(*base) *values = base + offset(run, rank - 1, p->reduced_sizes, p->reduced_strides);   \
        for (ptrdiff_t i = 0; i < inner; i++) {                                                                 \
            int32_t x = values[i * stride];                                                                     \
            int is_first = run + i == 0;                                                                        \
            (void)is_first;                                                                                     \
            sum = step;                                                                                         \
        }                                                                                                       \
    }

#define REDUCE(name, element, lowest, highest)                                                                  \
    void name(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end) {                   \
        const ck_quantized_reduce *p = parameters;                                                              \
        element *y = buffers[1];                                                                                \
        ptrdiff_t rank = p->reduced_rank, inner = p->reduced_sizes[rank - 1], stride = p->reduced_strides[rank - 1]; \
        for (ptrdiff_t unit = begin; unit < end; unit++) {                                                      \
            const element *base =                                                                               \
                (const element *)buffers[0] + offset(unit, p->kept_rank, p->kept_sizes, p->kept_strides);       \
            int32_t sum = 0;                                                                                    \
            switch (p->operation) {                                                                             \
            case CK_QUANTIZED_MEAN:                                                                             \
                FOLD(ck_wrapping_add(sum, x - p->input_zero_point))                                          \
                y[unit] = (element)finished(sum, p, lowest, highest);                                           \
                break;                                                                                          \
            case CK_QUANTIZED_SCALED_SUM:                                                                       \
                FOLD(ck_wrapping_add(sum, x))                                          \
                y[unit] = (element)even_sum(sum, p, lowest, highest);                                        \
                break;                                                                                          \
            case CK_QUANTIZED_SUM:                                                                              \
                FOLD(ck_wrapping_add(sum, x))                                                                \
                y[unit] = (element)scaled_sum(sum, p, lowest, highest);                                                          \
                break;                                                                                          \
            case CK_QUANTIZED_PRODUCT:                                                                          \
                FOLD(is_first ? x - p->input_zero_point                                                      \
                                 : short_rescale((int64_t)sum * (x - p->input_zero_point), &p->y))              \
                sum = ck_wrapping_add(short_rescale(sum, &p->y), p->y.zero_point);                              \
                y[unit] = (element)ck_clamp(sum, lowest, highest);                                              \
                break;                                                                                          \
            case CK_QUANTIZED_MAX:                                                                              \
                sum = lowest;                                                                                   \
                FOLD(x > sum ? x : sum)                                                                 \
                y[unit] = (element)sum;                                                                         \
                break;                                                                                          \
            case CK_QUANTIZED_MIN:                                                                              \
                sum = highest;                                                                                  \
                FOLD(x < sum ? x : sum)                                                                \
                y[unit] = (element)sum;                                                                         \
                break;                                                                                          \
            }                                                                                                   \
        }                                                                                                       \
    }

REDUCE(ck_quantized_reduce_int8_portable, int8_t, INT8_MIN, INT8_MAX)
REDUCE(ck_quantized_reduce_uint8_portable, uint8_t, 0, UINT8_MAX)
REDUCE(ck_quantized_reduce_int16_portable, int16_t, INT16_MIN, INT16_MAX)
