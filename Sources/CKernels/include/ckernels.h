// The kernels' interface: one signature for all, a parameter structure for each family, one table to choose from.
//
// Tensors are dense, row-major and channels-last. A kernel computes the units [begin, end) of its work; units are
// independent of each other, so that any split over threads gives the same bytes. Sizes are counts of elements.
//
// Every buffer has CK_SLACK readable bytes behind its last element: kernels load whole vectors and drop what they do
// not need. Parameters are checked by whoever fills them in; a kernel trusts them.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "ck_integers.h"

#define CK_SLACK 64
// Output channels of one block of packed weights.
#define CK_BLOCK 16
#define CK_MAX_RANK 8

typedef void (*ck_function)(const void *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end);

// Where a kernel says that an operand holds a number that it cannot use, such as an index out of range: the last buffer
// of every kernel that reads such numbers while running. All zero before a run.
typedef struct {
    int64_t failed;
    // The number.
    int64_t value;
} ck_status;

// In the order of preference, those of one processor family behind each other: a processor that has one has all of its
// family before it. AVX2 stands for AVX2 and FMA, AVX-VNNI for its 256-bit dot product of bytes, AVX-512 for F, BW, DQ, VL
// and VNNI, NEON_DOT and NEON_I8MM for Armv8.2's dot product and Armv8.6's matrix product of bytes. NEON alone is part of
// what every 64-bit Arm processor is: there the portable kernels use it.
typedef enum {
    CK_ISA_PORTABLE = 0,
    CK_ISA_AVX2 = 1,
    CK_ISA_AVX_VNNI = 2,
    CK_ISA_AVX512 = 3,
    CK_ISA_NEON_DOT = 4,
    CK_ISA_NEON_I8MM = 5
} ck_isa;

// One row of kernels.def.
typedef struct {
    const char *family;
    const char *type;
    ck_isa isa;
    // Input channels that stand side by side for each output channel in packed weights.
    int depth;
    ck_function function;
} ck_kernel;

// All rows, also those that this processor cannot run.
const ck_kernel *ck_kernels(ptrdiff_t *count);
// Whether the processor has an instruction set.
int ck_has_isa(ck_isa isa);
// The best instruction set that the processor has, or the lower one that the environment variable OPTIMIZE_ISA names
// (portable, avx2, avx_vnni, avx512, neon_dot, neon_i8mm).
ck_isa ck_best_isa(void);
// The last row of the table for a family and type whose instruction set is at most `limit` and the processor's; null if
// there is none.
const ck_kernel *ck_find_kernel(const char *family, const char *type, ck_isa limit);

// Tells the processor that the caller waits for another core.
static inline void ck_spin_wait(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

// Fetches a cache line that is going to be written to.
static inline void ck_prefetch_for_writing(const void *line) {
#if defined(__x86_64__)
    // The builtin fetches it for reading, unless a newer instruction set is asked for.
    __asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)line));
#else
    __builtin_prefetch(line, 1);
#endif
}

// From int32 accumulators to 8 bits, for each output channel (padded to whole blocks).
typedef struct {
    // x · 2^left · multiplier · 2^-31, rounded, then · 2^-right, rounded: LiteRT's double rounding.
    const int32_t *multiplier;
    const int32_t *left;
    const int32_t *right;
    // LiteRT's fully connected kernel scales in double precision instead.
    const double *scale;
    // MLAS's rule, if not null: one product in single precision, ties to even; x · factor is the result of
    // ck_fully_connected if it is real.
    const float *factor;
    int32_t zero_point;
    int32_t minimum;
    int32_t maximum;
    // Whether the second of two roundings takes ties up, as LiteRT's optimized kernels do, and not away from zero.
    int32_t rounds_up;
} ck_requantization;

// b as the linear kernels want weights, each element times `factor`. Units: blocks of columns of all matrices. Buffers: b
// [matrices, inner · columns], packed [matrices, block, inner, CK_BLOCK].
typedef struct {
    ptrdiff_t matrices, inner, columns, row_stride, column_stride;
    float factor;
} ck_pack_columns;

// y = a · b for each matrix of a batch. Units: see ck_divide_matmul. Buffers: a [.., rows, inner], b as ck_pack_columns makes
// it, y [.., rows, columns]. Strides are those over the batch's axes, of b before it was packed.
typedef struct {
    ptrdiff_t rows, columns, inner;
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], a_strides[CK_MAX_RANK], b_strides[CK_MAX_RANK];
    // What ck_divide_matmul sets.
    ptrdiff_t strip, panel;
} ck_matmul;

// Divides a product of `batch` matrices, for all other parameters: a unit is `strip` rows of one by `panel` blocks of
// columns, panels first. Returns the number of units.
ptrdiff_t ck_divide_matmul(ck_matmul *parameters, ptrdiff_t batch);

// Quantizes each of `batch` rows by its own range. Units: rows. Buffers: x float32, y int8, ck_batch_quantization. A row of
// `lines`, if that is not 0, is an image of so many, and becomes one of `padded_lines` of `padded_line` elements with
// zero points around it. `flip` is what the bytes are flipped by in the end.
typedef struct {
    ptrdiff_t count;
    int32_t is_asymmetric;
    uint8_t flip;
    ptrdiff_t lines, top, left, padded_lines, padded_line;
} ck_quantize_rows;

// Units: output rows (n, oy). Buffers: x, y.
typedef struct {
    ptrdiff_t input_height, input_width, channels;
    ptrdiff_t output_height, output_width;
    ptrdiff_t kernel_height, kernel_width, stride_height, stride_width;
    ptrdiff_t pad_top, pad_left;
    float minimum, maximum;
    int32_t quantized_minimum, quantized_maximum;
} ck_pool;

#define CK_MAX_SPATIAL 6

// Sliding windows over up to CK_MAX_SPATIAL axes. A transposed window is met by each input position that a forward
// window would put onto an output position.
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t input[CK_MAX_SPATIAL], output[CK_MAX_SPATIAL], kernel[CK_MAX_SPATIAL];
    ptrdiff_t stride[CK_MAX_SPATIAL], dilation[CK_MAX_SPATIAL], before[CK_MAX_SPATIAL];
    int32_t is_transposed;
} ck_windows;

// Convolution over any number of axes. Units: output positions. Buffers: x [N, positions, channels], y.
typedef struct {
    ck_windows windows;
    // Of x; `inputs` and `outputs` are those of one group.
    ptrdiff_t channels, groups, inputs, outputs;
    // [group, tap, input, output]; int16 around zero for integers
    const void *weights;
    // float or double; int64 for integers; null for none
    const void *bias;
    float minimum, maximum;
    // Integers, one entry of every array for each output. `scale` is null where sums are scaled by `multiplier`.
    int32_t input_zero_point;
    // Whether sums have 64 bits.
    int32_t is_wide;
    ck_requantization output;
} ck_window_conv;

typedef enum { CK_POOL_MEAN, CK_POOL_MAX, CK_POOL_NORM, CK_POOL_ROOT_MEAN_SQUARE } ck_pool_kind;
// What is told of where a largest element is: nothing; its offset from the tensor's first element by `place_strides`, as
// int64; the number of the tap, as float.
typedef enum { CK_NO_PLACES, CK_PLACE_IN_TENSOR, CK_PLACE_IN_WINDOW } ck_places;

// Pool over any number of axes, in any order of axes. Units: output positions. Buffers: x, y, places.
typedef struct {
    ck_windows windows;
    int32_t kind, places, counts_padding;
    // Positions before this one count as padding behind the input.
    ptrdiff_t counted_end[CK_MAX_SPATIAL];
    ptrdiff_t channels, x_batch, x_channel, y_batch, y_channel;
    ptrdiff_t x_strides[CK_MAX_SPATIAL], y_strides[CK_MAX_SPATIAL], place_strides[CK_MAX_SPATIAL];
    // Of the norm.
    int64_t order;
    // The largest element of no elements.
    double lowest, minimum, maximum;
} ck_window_pool;

// Puts elements back to where a pool found them. Buffers: x, places, y, and status except for windows. Units: 1;
// for windows: batches.
typedef struct {
    ptrdiff_t x_count, y_count;
    // Of places in a tensor: its extents, and those of y.
    ptrdiff_t rank;
    ptrdiff_t inferred[CK_MAX_RANK], sizes[CK_MAX_RANK];
    // Of places in windows: the pool's windows, channels last.
    ck_windows windows;
    ptrdiff_t channels;
} ck_unpool;

// y = x · (bias + alpha · Σ x²)^−beta over the channels from `before` before to `after` behind each one. Units: rows of
// channels, `inner` apart. Buffers: x, y.
typedef struct {
    ptrdiff_t channels, inner, before, after;
    float alpha, beta, bias;
} ck_local_response;

// Each channel by itself with the taps − 1 elements before it. Units: rows [batch, channel]. Buffers: x [rows, length],
// w [channels, taps], bias or null, state [rows, taps − 1] or null, y, the next state or null.
typedef struct {
    ptrdiff_t channels, length, taps;
    int32_t is_swish;
} ck_causal_conv;

// y[row, j, inner] = Σ weights[j, t] · x[row, indices[j, t], inner]; a first index below zero stands for
// `extrapolation`. Units: (row, j). Buffers: x, y. bytes: `inner` counts bytes, and there is one tap.
typedef struct {
    ptrdiff_t input, output, inner, taps;
    const int64_t *indices;
    const float *weights;
    float extrapolation;
} ck_resample;

typedef enum { CK_SAMPLE_NEAREST, CK_SAMPLE_LINEAR, CK_SAMPLE_CUBIC } ck_sample_mode;
typedef enum { CK_SAMPLE_ZEROS, CK_SAMPLE_BORDER, CK_SAMPLE_REFLECTION } ck_sample_padding;

// Units: (batch, position). Buffers: x [N, C, input…], grid [N, positions, rank] with the last axis first, y.
typedef struct {
    ptrdiff_t rank, channels, positions;
    ptrdiff_t input[CK_MAX_SPATIAL];
    int32_t mode, padding, aligns_corners;
} ck_grid_sample;

// Units: (batch, position). Buffers: theta [N, rank, rank + 1], y [N, positions, rank].
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_SPATIAL];
    int32_t aligns_corners;
} ck_affine_grid;

// Units: (region, channel). Buffers: x [N, C, H, W], regions [R, 4], their batches [R] int64, y, status; roi_pool: x,
// regions [R, 5] with the batch first, y, status.
typedef struct {
    ptrdiff_t batches, channels, height, width, output_height, output_width, sampling_ratio;
    float scale;
    int32_t half_pixel, is_max;
} ck_roi_align;

// Units: output positions (n, oy, ox). Buffers: x [N, C, H, W], w [O, C/groups, kernel H, kernel W], offsets, bias or
// null, mask or null, y.
typedef struct {
    ptrdiff_t channels, height, width, outputs, output_height, output_width, kernel_height, kernel_width;
    ptrdiff_t stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left;
    ptrdiff_t groups, offset_groups;
} ck_deform_conv;

// y = alpha · a · b + beta · c for each matrix of a batch. Units: rows of all results. Buffers: a, b, y, c or null; hybrid:
// a int8, b int8, y float32, ck_batch_quantization of each row. Strides of rows and columns are those of one matrix; the
// others are over the batch's axes. alpha of hybrid is the scale of b.
typedef struct {
    ptrdiff_t rows, columns, inner, a_row, a_column, b_row, b_column, c_row, c_column;
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], a_strides[CK_MAX_RANK], b_strides[CK_MAX_RANK];
    double alpha, beta;
    // Quantized integers: one entry of every array.
    int32_t a_zero_point, b_zero_point, is_wide;
    ck_requantization output;
} ck_matrix_product;

#define CK_MAX_LABELS 24
#define CK_MAX_OPERANDS 8

// Sums products of one element of each operand over named axes. Units: elements of the result. Buffers: the operands, y.
typedef struct {
    // Axes of the result, then those that are summed over.
    ptrdiff_t kept, rank, terms, count;
    ptrdiff_t sizes[CK_MAX_LABELS];
    ptrdiff_t strides[CK_MAX_OPERANDS][CK_MAX_LABELS];
} ck_einsum;

// Units: 1. Buffers: x [count, order, order], y [count], double [order, order].
typedef struct {
    ptrdiff_t count, order;
} ck_determinant;

typedef enum {
    CK_ADD, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_MAXIMUM, CK_MINIMUM, CK_POWER, CK_SQUARED_DIFFERENCE,
    CK_FLOOR_DIVIDE, CK_FLOOR_MODULO, CK_REMAINDER, CK_ATAN2, CK_PRELU, CK_AND, CK_OR, CK_EXCLUSIVE_OR, CK_SHIFT_LEFT,
    CK_SHIFT_RIGHT
} ck_binary_operator;

// y[i, j] = a[offset(i) + j · a_step] op b[…]. Units: runs of `inner` elements; the last one is cut off at `count`.
// Buffers: a, b, y.
typedef struct {
    int32_t operation;
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK];
    ptrdiff_t a_strides[CK_MAX_RANK];
    ptrdiff_t b_strides[CK_MAX_RANK];
    ptrdiff_t inner, count, a_step, b_step;
    float minimum, maximum;
} ck_binary;

// Arithmetic of bytes as MLAS does it, in single precision, ties to even. Bytes become unsigned by exclusive or with
// `flip` (0x80 for int8), and zero points are those of unsigned bytes. Runs and buffers are those of ck_binary.
//   add       y = a · a_factor + (b · b_factor + offset), each step fused
//   multiply  y = (a − a_zero_point) · (b − b_zero_point) · a_factor + offset
typedef struct {
    int32_t operation;
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK];
    ptrdiff_t a_strides[CK_MAX_RANK];
    ptrdiff_t b_strides[CK_MAX_RANK];
    ptrdiff_t inner, count, a_step, b_step;
    uint8_t flip;
    // What is taken off the unsigned bytes before: 128 to compute with signed ones, whose zero points then are meant.
    int32_t base;
    int32_t a_zero_point, b_zero_point;
    float a_factor, b_factor, offset;
} ck_affine_binary;

// The mean of windows of bytes as onnxruntime computes it. Units: output rows (n, oy). Buffers: x, y. `flip` as in
// ck_affine_binary.
typedef struct {
    ck_pool window;
    uint8_t flip;
    // Whether one window is all of the input: the integers' sum is scaled once, by `factor`. Otherwise real numbers are
    // added up.
    uint8_t is_global;
    int32_t input_zero_point, output_zero_point;
    float input_scale, output_scale, factor;
} ck_affine_pool;

typedef enum {
    CK_RELU, CK_RELU6, CK_RELU_N1_TO_1, CK_RELU_0_TO_1, CK_LOGISTIC, CK_TANH, CK_HARD_SWISH, CK_ELU, CK_ABS,
    CK_NEGATE, CK_EXP, CK_LOG, CK_SQRT, CK_RSQRT, CK_SQUARE, CK_SIN, CK_COS, CK_FLOOR, CK_CEIL, CK_ROUND, CK_TAN,
    CK_ASIN, CK_ACOS, CK_ATAN, CK_SINH, CK_COSH, CK_ASINH, CK_ACOSH, CK_ATANH, CK_ERF, CK_RECIPROCAL, CK_SIGN,
    CK_SOFTPLUS, CK_SOFTSIGN, CK_MISH, CK_NOT,
    // With parameters: see ck_unary.
    CK_LEAKY_RELU, CK_SCALED_ELU, CK_SELU, CK_CELU, CK_THRESHOLDED_RELU, CK_HARD_SIGMOID, CK_SHRINK, CK_SWISH, CK_CLAMP
} ck_unary_operator;

// Elements of one unit of an elementwise kernel.
#define CK_CHUNK 1024

// Units: chunks. Buffers: x, y.
typedef struct {
    int32_t operation;
    ptrdiff_t count;
    // alpha: the slope or factor below 0, the threshold, the lower end; beta: SELU's factor, an offset, the upper end.
    double alpha, beta;
    // int8: y = table[x + 128]
    int8_t table[256];
} ck_unary;

// f on one float, as the float kernel computes it.
float ck_unary_value(int32_t operation, float x);
float ck_parametric_value(int32_t operation, float x, float alpha, float beta);

// The hard swish of 256 values from `lowest` on, as many results. The other fields are LiteRT's fixed-point parameters.
typedef struct {
    int32_t lowest;
    int32_t input_zero_point, output_zero_point;
    int16_t output_multiplier, reluish_multiplier;
    int32_t output_exponent, reluish_exponent;
} ck_hard_swish;
void ck_hard_swish_table(const ck_hard_swish *parameters, int32_t *table);

// x · 2^left · multiplier · 2^-31 · 2^-right with LiteRT's double rounding.
int32_t ck_requantize(int32_t x, int32_t multiplier, int32_t left, int32_t right);

typedef enum {
    CK_MEAN, CK_SUM, CK_PRODUCT, CK_MAX, CK_MIN, CK_L1, CK_L2, CK_LOG_SUM, CK_LOG_SUM_EXP, CK_SUM_OF_SQUARES, CK_ANY,
    CK_ALL
} ck_reduction;

// Units: output elements. Buffers: x, y. Each rank is at least 1.
typedef struct {
    int32_t operation;
    ptrdiff_t kept_rank, reduced_rank;
    ptrdiff_t kept_sizes[CK_MAX_RANK], kept_strides[CK_MAX_RANK];
    ptrdiff_t reduced_sizes[CK_MAX_RANK], reduced_strides[CK_MAX_RANK];
    ptrdiff_t reduced_count;
} ck_reduce;

// Units: rows. Buffers: x, y. Elements of a row lie `stride` apart, and rows side by side: row r starts at
// r / stride · count · stride + r % stride. int8 rows are dense.
typedef struct {
    ptrdiff_t count, stride;
    float beta;
    // int8
    int32_t multiplier, left, minimum_difference;
    // What makes int8 of the bytes by exclusive or: 0x80 for uint8.
    uint8_t flip;
} ck_softmax;

// A softmax of bytes as onnxruntime computes it (QLinearSoftmax). Units: rows, as in ck_softmax. Buffers: x, y.
// `flip` as in ck_affine_binary; table[255 + x − largest x] is the exponential, times a factor that cancels out.
typedef struct {
    ptrdiff_t count, stride;
    uint8_t flip;
    // Whether what overflows does so as a signed byte.
    uint8_t is_signed;
    int32_t zero_point;
    // ⌊1 / scale y⌋
    float inverse_scale;
    float table[256];
} ck_affine_softmax;

// Units: chunks. Buffers: x, y. real = scale · (q − zero_point).
typedef struct {
    ptrdiff_t count;
    float scale;
    int32_t zero_point;
    int32_t minimum, maximum;
    // 0: ties go away from zero. 1: to even numbers, as ONNX has it. 2: likewise, and `scale` is 1/scale.
    int32_t rounds_to_even;
    // Integer to integer.
    int32_t input_zero_point, multiplier, left, right;
    // So many elements, the first, take ties of the second rounding up: LiteRT's optimized kernel for blocks of them.
    ptrdiff_t rounded_up;
} ck_quantize;

// Units: chunks. Buffers: x, y. The channel of element i is i / inner % channels.
typedef struct {
    ptrdiff_t count, channels, inner;
    const float *scales;
    const int32_t *zero_points;
} ck_dequantize;

// Copies y[i…, j] = x[i…, j] for j in a run of `inner` elements. Units: runs. Buffers: x, y. Offsets, steps and
// strides count elements.
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], x_strides[CK_MAX_RANK], y_strides[CK_MAX_RANK];
    ptrdiff_t inner, x_step, y_step, x_offset, y_offset, element_size;
} ck_copy;

// Units: chunks of bytes. Buffers: y. `pattern` is repeated; its size is `element_size` bytes.
typedef struct {
    ptrdiff_t count, element_size;
    uint8_t pattern[16];
} ck_fill;

// Units: output rows (n, oy). Buffers: x, y.
typedef struct {
    ptrdiff_t input_height, input_width, output_height, output_width, channels;
    int32_t aligns_corners, uses_half_pixel_centers;
} ck_resize;

#include "ck_linear.h"
#include "ck_quantized.h"
#include "ck_attention.h"
#include "ck_detection.h"
#include "ck_image.h"
#include "ck_learning.h"
#include "ck_limit.h"
#include "ck_movement.h"
#include "ck_normalize.h"
#include "ck_observe.h"
#include "ck_plain.h"
#include "ck_recurrent.h"
#include "ck_spectral.h"
#include "ck_weights.h"

#endif
