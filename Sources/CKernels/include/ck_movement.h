// The parameters of kernels that move elements.
#ifndef CK_MOVEMENT_H
#define CK_MOVEMENT_H

#include "ckernels.h"

typedef enum {
    CK_SCATTER_ASSIGN, CK_SCATTER_ADD, CK_SCATTER_MULTIPLY, CK_SCATTER_MAXIMUM, CK_SCATTER_MINIMUM
} ck_scatter_reduction;

// y = y op x for `bytes` bytes of numbers.
void ck_combine(int32_t type, int32_t reduction, char *y, const char *x, ptrdiff_t bytes);

// In the following structures runs are counted in bytes, `index_size` in bytes of one index (2, 4, 8), and `wraps` says
// whether a negative index counts from the end. An index out of range is reported, and what it names left out.

// y[b, o, n] = x[b, o, indices[b, n]], each a run. Units: runs of y. Buffers: x, indices, y, status.
typedef struct {
    ptrdiff_t outer, count, extent, run;
    int32_t index_size, wraps;
} ck_gather;

// gather_elements: y[i…] = x[i…, with indices[i…] for the axis]. Units: rows of the last axis. Buffers: x, indices, y, status.
// scatter_elements: y at that place op= updates[i…]. One unit. Buffers: indices, updates, y, status.
// `sizes` are those of the indices; strides count elements, that of the axis itself is 0 in `x_strides`.
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], x_strides[CK_MAX_RANK];
    ptrdiff_t axis_stride, extent, element_size;
    int32_t index_size, wraps, type, reduction;
} ck_gather_elements;

// gather_nd: y[b, n] = x[b, indices[b, n, …]], each a run. Units: tuples of indices. Buffers: x, indices, y, status.
// scatter_nd: y[indices[n, …]] op= updates[n]. One unit. Buffers: indices, updates, y, status.
// `tuples` of `depth` indices belong to each batch; strides count bytes.
typedef struct {
    ptrdiff_t tuples, depth, batch_stride, run;
    ptrdiff_t extents[CK_MAX_RANK], strides[CK_MAX_RANK];
    int32_t index_size, wraps, type, reduction;
} ck_gather_nd;

// So many bytes of a row of x from `from` on, or of the repeated element if that is negative.
typedef struct {
    ptrdiff_t from, bytes;
} ck_span;

// y[i…, spans] = x[places[0][i0] + places[1][i1] + …, spans]. Units: rows of `row` bytes, which the spans fill one after the
// other. Buffers: x, value, y. Places count bytes; where one is negative, the element `value`, whose size divides 16, is
// repeated over the row.
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK];
    const ptrdiff_t *places[CK_MAX_RANK];
    const ck_span *spans;
    ptrdiff_t span_count, row, element_size;
} ck_remap;

// Reverses the first steps of each sequence. x is [outer, first, middle, second] runs; one of `first` and `second` is
// the step, the other one the batch. Units: runs. Buffers: x, lengths [batch], y, status.
typedef struct {
    ptrdiff_t first, middle, second, run;
    int32_t is_step_first, index_size;
} ck_reverse_sequence;

// Keeps one side of a diagonal. Units: rows of all matrices. Buffers: x, diagonal int64 (or null), y.
typedef struct {
    ptrdiff_t rows, columns, element_size;
    int32_t is_upper;
} ck_trilu;

// y [outer, depth, inner]. Units: outer. Buffers: indices of any number type, a tensor that has the element for a hit at
// `on`, one that has the element for all others at `off`, y.
typedef struct {
    ptrdiff_t depth, inner, element_size, on, off;
    int32_t type, wraps;
} ck_one_hot;

// Writes `length` runs into each sequence of `extent` runs from its batch's index on. Units: runs of the update [batch,
// outer, length]. Buffers: update, indices [batch] (or null for 0), y, status.
typedef struct {
    ptrdiff_t outer, length, extent, run;
    int32_t index_size, is_circular;
} ck_tensor_scatter;

// Writes a block of `sizes` into y [extents], from indices on that are moved so that it fits. Units: rows of the block.
// Buffers: update, indices [rank], y. Strides count elements.
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t sizes[CK_MAX_RANK], extents[CK_MAX_RANK], strides[CK_MAX_RANK];
    ptrdiff_t element_size;
    int32_t index_size;
} ck_update_slice;

// Rows of a table of integers as real numbers. Units: indices. Buffers: table, indices, y, status. Elements of 4 bits fill
// each byte from its low bits up.
typedef struct {
    ptrdiff_t rows, columns;
    const float *scales;
    int32_t is_per_row, bits, is_unsigned, index_size;
} ck_embedding;

// Adds up blocks that stand in columns: x [unit, taps, columns] to images. Units: images. Buffers: x, y.
typedef struct {
    ptrdiff_t rank;
    ptrdiff_t image[CK_MAX_RANK], block[CK_MAX_RANK], columns[CK_MAX_RANK];
    ptrdiff_t strides[CK_MAX_RANK], dilations[CK_MAX_RANK], before[CK_MAX_RANK];
} ck_col2im;

#endif
