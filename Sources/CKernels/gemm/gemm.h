// Products of rows of bytes by packed int8 weights, up to four blocks of 16 outputs at a time: what convolutions and
// fully connected layers are made of.
#ifndef CK_GEMM_H
#define CK_GEMM_H

#include "../numeric/lanes.h"

// Blocks of outputs that one call computes at most, but for one row alone.
#define CK_GEMM_BLOCKS 4
#define CK_GEMM_WIDE_BLOCKS 8

typedef struct {
    // [block, segment, four, CK_BLOCK, 4]
    const int8_t *weights;
    const ck_lanes *lanes;
    const ck_requantization *output;
    ck_rounding rounding;
    // A row of x is made of segments of 4 · fours bytes that lie side by side, segment_rows · segment_columns of them.
    ptrdiff_t segment_rows, segment_columns, row_step, column_step, fours;
    // From row to row.
    ptrdiff_t x_step, y_step;
    // What makes x + 128 of the bytes by exclusive or.
    uint8_t flip;
} ck_gemm;

// `rows` rows of x by the blocks [block, block + blocks); y is where the first row's first output of them goes, and
// `outputs` how many of them are real.
void ck_gemm_avx512(
    const ck_gemm *gemm, const uint8_t *x, int8_t *y, ptrdiff_t rows, ptrdiff_t block, ptrdiff_t blocks,
    ptrdiff_t outputs);

#endif
