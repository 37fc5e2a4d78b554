// Kernels of LiteRT's quantized operators: int8, uint8 and int16 with a scale and a zero point.
#ifndef CK_QUANTIZED_H
#define CK_QUANTIZED_H

#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// x · 2^left · multiplier · 2^-31, rounded, then · 2^-right, rounded; `zero_point` is taken off or put on.
typedef struct {
    int32_t zero_point, multiplier, left, right;
} ck_fixed_point;

typedef enum {
    // Operands are scaled to a common scale, `shift` bits finer, and the sum or difference to the result's.
    CK_QUANTIZED_ADD, CK_QUANTIZED_SUBTRACT,
    // The square of the difference on the common scale.
    CK_QUANTIZED_SQUARED_DIFFERENCE,
    CK_QUANTIZED_MULTIPLY,
    CK_QUANTIZED_DIVIDE,
    // a · a.multiplier for a ≥ 0, a · b · b.multiplier below.
    CK_QUANTIZED_PRELU,
    // int16 with scales that are powers of two: a · 2^-a.right ± b · 2^-b.right, saturated.
    CK_QUANTIZED_ADD_SHIFTED, CK_QUANTIZED_SUBTRACT_SHIFTED,
    CK_QUANTIZED_MAXIMUM, CK_QUANTIZED_MINIMUM,
    // Booleans: both operands are scaled, 8 bits finer.
    CK_QUANTIZED_EQUAL, CK_QUANTIZED_NOT_EQUAL, CK_QUANTIZED_LESS, CK_QUANTIZED_LESS_EQUAL, CK_QUANTIZED_GREATER,
    CK_QUANTIZED_GREATER_EQUAL,
    // XNNPACK: (offset + a · a.multiplier + b · b.multiplier) >> shift.
    CK_QUANTIZED_WEIGHTED_SUM,
    // XNNPACK: the product times `factor`, to the nearest integer, ties to even.
    CK_QUANTIZED_SCALED_PRODUCT
} ck_quantized_operator;

// Units: runs of `inner` elements, as in ck_binary. Buffers: a, b, y. a and b have one type; y has it too, or is bool.
typedef struct {
    int32_t operation;
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], a_strides[CK_MAX_RANK], b_strides[CK_MAX_RANK];
    ptrdiff_t inner, count, a_step, b_step;
    ck_fixed_point a, b, y;
    int32_t shift, offset;
    float factor;
    int32_t minimum, maximum;
} ck_quantized_binary;

// y = table[x + 32768]. Units: chunks. Buffers: x, y.
typedef struct {
    ptrdiff_t count;
    const int16_t *table;
} ck_table;

// LiteRT's table of an int16 function: 512 steps and the end of the last, between which lines are drawn.
int16_t ck_interpolate(const int16_t *steps, int16_t x);

// The result for one x, in LiteRT's fixed point. 16-bit inputs are scaled by `multiplier` and shifted back by `shift`.
int32_t ck_logistic_16(int32_t x, int32_t multiplier, int32_t shift);
int32_t ck_tanh_16(int32_t x, int32_t multiplier, int32_t shift);
// 1/√x as multiplier and right shift, for x > 0.
void ck_inverse_square_root(int32_t x, int32_t *multiplier, int32_t *shift);

typedef enum {
    CK_QUANTIZED_MEAN, CK_QUANTIZED_SUM, CK_QUANTIZED_PRODUCT, CK_QUANTIZED_MAX, CK_QUANTIZED_MIN,
    // XNNPACK: Σ · factor + offset, to the nearest integer, ties to even.
    CK_QUANTIZED_SCALED_SUM
} ck_quantized_reduction;

// Units: output elements. Buffers: x, y, of one type.
typedef struct {
    int32_t operation;
    ptrdiff_t kept_rank, reduced_rank;
    ptrdiff_t kept_sizes[CK_MAX_RANK], kept_strides[CK_MAX_RANK];
    ptrdiff_t reduced_sizes[CK_MAX_RANK], reduced_strides[CK_MAX_RANK];
    ptrdiff_t reduced_count;
    int32_t input_zero_point;
    ck_fixed_point y;
    // The sum is scaled in single precision: Σ · factor + offset.
    float factor, offset;
} ck_quantized_reduce;

// Units: rows of `count` elements side by side. Buffers: x, y. `flip` makes int8 of the bytes by exclusive or.
typedef struct {
    ptrdiff_t count;
    uint8_t flip;
    int32_t multiplier, left, minimum_difference;
    // Back from logarithms to steps of the input.
    int32_t reverse_multiplier, reverse_right;
} ck_log_softmax;

// A softmax of int16. Units: rows. Buffers: x, y.
typedef struct {
    ptrdiff_t count;
    int32_t multiplier, left, right;
    // exp(x) for x in [-10, 0] and 1 / (1 + x) for x in [0, 1], each over all values of int16.
    int16_t exponential[513], reciprocal[513];
} ck_softmax_16;

// Where an output position falls: between `low` and `high`, `weight` / 2048 of the way.
typedef struct {
    int32_t low, high, weight;
} ck_resize_position;

// XNNPACK's bilinear resize of bytes. Units: output rows (n, oy). Buffers: x, y. `flip` as in ck_log_softmax.
typedef struct {
    ptrdiff_t input_height, input_width, output_height, output_width, channels;
    const ck_resize_position *rows, *columns;
    uint8_t flip;
} ck_resize_fixed;

#endif
