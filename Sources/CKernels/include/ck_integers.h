// Parameters of kernels on integers whose zero points may be anything, and of a few functions of real numbers; part of
// ckernels.h, which says what units and buffers are.
#ifndef CK_INTEGERS_H
#define CK_INTEGERS_H

#include <stddef.h>
#include <stdint.h>

// Means of windows over three axes as in ck_affine_pool, wherever the elements lie. Units: channels of samples. Buffers: x,
// y.
typedef struct {
    ptrdiff_t channels;
    ptrdiff_t input[3], output[3], kernel[3], stride[3], before[3], x_strides[3], y_strides[3];
    ptrdiff_t x_channel_stride, y_channel_stride, x_batch_stride, y_batch_stride;
    uint8_t flip, is_global, counts_padding;
    int32_t input_zero_point, output_zero_point;
    float input_scale, output_scale, factor;
} ck_affine_window_pool;

// What becomes of an int32 accumulator and its bias: itself, a real number, or a byte by MLAS's rule. `flip` as in
// ck_affine_binary.
enum { CK_INTEGER_SUM, CK_INTEGER_REAL, CK_INTEGER_BYTE };
typedef struct {
    int32_t kind, zero_point;
    uint8_t flip;
    // One for each channel, or one for all with a step of 0. The bias may be null, and may differ by row.
    const float *factor;
    const int32_t *bias;
    ptrdiff_t factor_step, bias_step, bias_row_step;
} ck_integer_result;

// A convolution of bytes, channels first, with one to three spatial axes (extent 1 where there are fewer). Units: images
// (n, channel). Buffers: x, w [O, C / groups, kernel…], y, zero points of x and of w (null for 0). Bytes become unsigned
// by exclusive or with the flips; zero points are stored as the bytes are.
typedef struct {
    ptrdiff_t groups, channels, outputs;
    ptrdiff_t input[3], output[3], kernel[3], stride[3], dilation[3], before[3];
    uint8_t x_flip, w_flip;
    ptrdiff_t w_zero_step;
    ck_integer_result result;
} ck_integer_conv;

// The product of bytes a [.., rows, inner] and b. Units: rows of all results. Buffers: a, b, y, zero points of a and of b,
// as in ck_integer_conv. Strides as in ck_matmul.
typedef struct {
    ptrdiff_t rows, columns, inner, b_row_stride, b_column_stride;
    ptrdiff_t rank;
    ptrdiff_t sizes[8], a_strides[8], b_strides[8];
    uint8_t a_flip, b_flip;
    ptrdiff_t a_zero_step, b_zero_step;
    ck_integer_result result;
} ck_integer_matmul;

// uint8 by the range of the whole tensor (DynamicQuantizeLinear). One unit. Buffers: x, y, scale, zero point.
typedef struct {
    ptrdiff_t count;
} ck_dynamic_quantize;

typedef enum { CK_GELU_EXACT, CK_GELU_TANH, CK_GELU_LOGISTIC } ck_gelu_function;

// Units: chunks. Buffers: x, y, bias [channels] or null.
typedef struct {
    int32_t function;
    float alpha;
    ptrdiff_t count, channels;
} ck_gelu;
float ck_gelu_value(int32_t function, float alpha, float x);

// y = (s − mean) / √(variance + ε) · scale + shift of rows s = x + skip + bias. Units: rows. Buffers: x, y, scale, shift,
// skip (repeated after `skip_period` rows), bias, and results for the mean and the reciprocal deviation of each row, and
// for s; all but the first three may be null. x may be y. Simplified, the mean counts as 0.
typedef struct {
    ptrdiff_t count, skip_period;
    float epsilon;
    uint8_t is_simplified;
    // Whether one number is for the whole row.
    uint8_t has_one_scale, has_one_bias;
} ck_layer_norm;

#endif
