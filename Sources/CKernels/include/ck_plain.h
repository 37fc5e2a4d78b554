// Kernels of plain numbers: comparisons, choices, conversions between types, and what goes along an axis.
#ifndef CK_PLAIN_H
#define CK_PLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// The types of elements.
typedef enum {
    CK_FLOAT64, CK_FLOAT32, CK_FLOAT16, CK_BFLOAT16, CK_FLOAT8_E4M3FN, CK_FLOAT8_E4M3FNUZ, CK_FLOAT8_E5M2,
    CK_FLOAT8_E5M2FNUZ, CK_FLOAT8_E8M0, CK_FLOAT4_E2M1, CK_INT64, CK_INT32, CK_INT16, CK_INT8, CK_INT4, CK_INT2,
    CK_UINT64, CK_UINT32, CK_UINT16, CK_UINT8, CK_UINT4, CK_UINT2, CK_BOOL
} ck_element;

// Units: chunks. Buffers: x, y.
typedef struct {
    ptrdiff_t count;
    // ck_element
    int32_t from, to;
    // Whether what lies beyond the result's range becomes the end of it: LiteRT for integers, an option of ONNX for
    // numbers of 8 bits.
    int32_t saturates;
    // Of the result that is only an exponent: 0 up, 1 down, 2 to nearest.
    int32_t rounding;
} ck_convert;

typedef enum {
    CK_EQUAL, CK_NOT_EQUAL, CK_LESS, CK_LESS_OR_EQUAL, CK_GREATER, CK_GREATER_OR_EQUAL
} ck_comparison;

// What is told of a real number; any of them together.
typedef enum { CK_IS_NAN = 1, CK_IS_POSITIVE_INFINITY = 2, CK_IS_NEGATIVE_INFINITY = 4 } ck_number_class;

// y = c ? a : b. Units and runs are those of ck_binary. Buffers: c, a, b, y.
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], c_strides[CK_MAX_RANK], a_strides[CK_MAX_RANK], b_strides[CK_MAX_RANK];
    ptrdiff_t inner, count, c_step, a_step, b_step, element_size;
} ck_select;

// Units: rows, as in ck_softmax. Buffers: x, y, one index for each row.
typedef struct {
    ptrdiff_t count, stride, index_size;
    int32_t is_minimum, selects_last;
} ck_arg_extremum;

// Units: rows, as in ck_softmax. Buffers: x, y.
typedef struct {
    ptrdiff_t count, stride;
    int32_t is_product, is_exclusive, is_reversed;
} ck_cumulate;

// Units: rows, as in ck_softmax; rows of the results have k elements, k ≤ count. Buffers: x, values, indices.
typedef struct {
    ptrdiff_t count, stride, k, index_size;
    int32_t is_smallest;
} ck_top_k;

// Units: chunks. Buffers: x, scales, zero points (null if all are 0), y; all float32. There is one scale, one for each
// of `extent` indices of an axis whose neighbours lie `inner` apart, or one for each `block` indices of it, `blocks` in
// all.
typedef struct {
    ptrdiff_t count, inner, extent, block, blocks;
    int32_t is_integer;
    float low, high;
} ck_scaled;

#endif
