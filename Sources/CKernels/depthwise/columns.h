// The plan of a depthwise convolution of bytes that goes along columns of four input rows.
#ifndef CK_COLUMNS_H
#define CK_COLUMNS_H

#include "../declarations.h"
#include "../numeric/lanes.h"

// 64 bytes at a time: a run of channels of one place, or of `parts` places below each other.
typedef struct {
    ptrdiff_t first, parts;
} ck_column_block;

// `prepared` of such a ck_conv: this, the blocks, the lanes of the four vectors of each block, and their weights
// [block, column of the window, output row, vector, lane, 4].
typedef struct {
    ck_rounding rounding;
    // Output rows that four input rows make.
    ptrdiff_t output_rows, blocks;
} ck_columns_plan;

// The window's width, and how many vectors of lanes hold 64 bytes.
#define CK_COLUMNS 3
#define CK_COLUMN_VECTORS 4

static inline const ck_column_block *ck_column_blocks(const ck_columns_plan *plan) {
    return (const ck_column_block *)(plan + 1);
}

static inline ptrdiff_t ck_columns_lanes_offset(const ck_columns_plan *plan) {
    return ((ptrdiff_t)sizeof *plan + plan->blocks * (ptrdiff_t)sizeof(ck_column_block) + 63) / 64 * 64;
}

static inline ptrdiff_t ck_columns_weights_offset(const ck_columns_plan *plan) {
    ptrdiff_t lanes = plan->blocks * CK_COLUMN_VECTORS * (ptrdiff_t)((sizeof(ck_lanes) + 63) / 64 * 64);
    return ck_columns_lanes_offset(plan) + lanes;
}

// The bytes of a block's weights.
static inline ptrdiff_t ck_column_weights(const ck_columns_plan *plan) {
    return CK_COLUMNS * plan->output_rows * CK_COLUMN_VECTORS * CK_BLOCK * 4;
}

// Whether the kernel goes along columns.
int ck_depthwise_goes_by_columns(const ck_conv *parameters);

ptrdiff_t ck_prepared_columns_size(const ck_conv *parameters);
void ck_prepare_columns(const ck_conv *parameters, void *prepared);

// The convolution, for parameters that it is prepared for.
void ck_depthwise_columns_avx512(const ck_conv *parameters, void *const *buffers, ptrdiff_t begin, ptrdiff_t end);

#endif
