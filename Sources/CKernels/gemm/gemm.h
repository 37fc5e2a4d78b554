// Products of rows of bytes by packed int8 weights: what convolutions and fully connected layers are made of.
#ifndef CK_GEMM_H
#define CK_GEMM_H

#include "../numeric/lanes.h"

// What makes real numbers of sums over rows that have been quantized by their own range.
typedef struct {
    // The first row of all, if each has a range of its own; null if all rows of a call have one.
    const uint8_t *x;
    const ck_batch_quantization *quantizations;
    const float *scale, *bias;
    const int32_t *weight_sum;
    float minimum, maximum;
} ck_gemm_hybrid;

typedef struct {
    // [block, segment, step, CK_BLOCK, depth], with the depth of the kernel's row in kernels.def.
    const int8_t *weights;
    const ck_lanes *lanes;
    // How many blocks there are, and how many of those behind the present ones have been asked for.
    ptrdiff_t blocks, asked;
    const ck_requantization *output;
    ck_rounding rounding;
    // A row of x is made of segments of steps · depth bytes that lie side by side, segment_rows · segment_columns of them.
    ptrdiff_t segment_rows, segment_columns, row_step, column_step, steps;
    // From row to row; behind each `line_rows` rows, if that is not 0, x goes on line_jump bytes further.
    ptrdiff_t x_step, y_step, line_rows, line_jump;
    // How many rows of its line are before the present one.
    ptrdiff_t row;
    // What makes x + CK_BYTE_OFFSET of the bytes by exclusive or.
    uint8_t flip;
    // Instead of lanes and output, if not null; then `rounding` is CK_ROUNDS_NOTHING.
    const ck_gemm_hybrid *hybrid;
} ck_gemm;

// ck_gemm_<instruction set>: `rows` rows of x by the blocks [block, block + blocks); y is where the first row's first
// output of them goes, and `outputs` how many of them are real.
// ck_gemm_turn_<instruction set>: how many of `blocks` blocks one call takes best, and at most.
#define CK_GEMM(isa)                                                                                          \
    void ck_gemm_##isa(                                                                                       \
        ck_gemm *gemm, const uint8_t *x, int8_t *y, ptrdiff_t rows, ptrdiff_t block, ptrdiff_t blocks,        \
        ptrdiff_t outputs);                                                                                   \
    ptrdiff_t ck_gemm_turn_##isa(ptrdiff_t rows, ptrdiff_t blocks);

#if defined(__x86_64__)
CK_GEMM(avx2)
CK_GEMM(avx_vnni)
CK_GEMM(avx512)
#elif defined(__aarch64__)
CK_GEMM(neon_dot)
CK_GEMM(neon_i8mm)
#endif

#endif
