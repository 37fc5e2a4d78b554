// Strips: tiles of products of few steps that follow each other along a line in one call, so that the sums of one are stored
// while those of the next begin. A part of int8_body.h; the including file gives
//   CK_STRIPS        the list of their tiles, none of which has more sums than CK_TILE_ROWS
//   CK_STRIP_ROWS    the rows of the tile of `blocks` blocks
//   CK_STRIP_STEPS   the most steps for which they pay
//   CK_HALF_ROWS     the rows of the tile of one and a half blocks, made by multiply_halves and ck_packed_halves

// What tiles below each other have in common is looked up once.
CK_INLINE void strip(
    ck_gemm *gemm, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, ptrdiff_t count, const int rows,
    const int blocks, const ck_rounding rounding, const int is_one_segment) {
    // Stores of bytes might change the original.
    const ck_gemm g = *gemm;
    const ck_common_output common = ck_common_output_of(g.output);
    ptrdiff_t segment_size = g.steps * CK_DEPTH * CK_BLOCK, asked = g.asked;
    ptrdiff_t block_size = g.segment_rows * g.segment_columns * segment_size;
    ptrdiff_t segment_rows = is_one_segment ? 1 : g.segment_rows;
    ptrdiff_t segment_columns = is_one_segment ? 1 : g.segment_columns;
    ptrdiff_t offsets[CK_TILE_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) offsets[r] = r * g.x_step;
    for (; count > 0; count--, asked++, x += rows * g.x_step, y += rows * g.y_step) {
        ck_sums sums[CK_TILE_ROWS];
        start(&g, sums, block, rows, blocks, rounding);
        const int8_t *w = g.weights + block * block_size;
        ptrdiff_t ahead = wanted(&g, asked, block, blocks, block_size);
        for (ptrdiff_t row = 0; row < segment_rows; row++)
            for (ptrdiff_t column = 0; column < segment_columns; column++, w += segment_size)
                multiply(
                    &g, sums, x + row * g.row_step + column * g.column_step, offsets, w, block_size, w + ahead, rows,
                    blocks);
        finish(&g, &common, sums, y, block, outputs, rows, blocks, rounding);
    }
    gemm->asked = asked;
}

// The same for a block and the first half of the last one, whose lanes are there twice; products of one segment.
CK_INLINE void strip_and_half(
    ck_gemm *gemm, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, ptrdiff_t count,
    const ck_rounding rounding) {
    const ck_gemm g = *gemm;
    const ck_common_output common = ck_common_output_of(g.output);
    const ck_lanes *lanes = g.lanes + block;
    for (; count > 0; count--, x += CK_HALF_ROWS * g.x_step, y += CK_HALF_ROWS * g.y_step) {
        ck_sums sums[CK_HALF_ROWS], halves[CK_HALF_ROWS / 2];
        start(&g, sums, block, CK_HALF_ROWS, 1, rounding);
        start(&g, halves, block + 1, CK_HALF_ROWS / 2, 1, rounding);
        multiply_halves(&g, sums, halves, x, g.weights + block * g.steps * CK_DEPTH * CK_BLOCK, CK_HALF_ROWS);
#pragma clang loop unroll(full)
        for (int r = 0; r < CK_HALF_ROWS; r += 2) {
            ck_bytes bytes = ck_packed_halves(
                ck_rescaled(sums[r], lanes, g.output, &common, rounding),
                ck_rescaled(sums[r + 1], lanes, g.output, &common, rounding),
                ck_rescaled(halves[r / 2], lanes + 1, g.output, &common, rounding), &common, rounding);
            store_rows(bytes, y + r * g.y_step, g.y_step, 2, 2, outputs);
        }
    }
}

typedef void (*strip_function)(ck_gemm *, const uint8_t *, int8_t *, ptrdiff_t, ptrdiff_t, ptrdiff_t);

#define STRIP(rows, blocks, rounding)                                                                           \
    static void strip_##rows##x##blocks##_##rounding(                                                           \
        ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, ptrdiff_t count) {         \
        if (g->segment_rows * g->segment_columns == 1)                                                          \
            strip(g, x, y, block, outputs, count, rows, blocks, rounding, 1);                                   \
        else strip(g, x, y, block, outputs, count, rows, blocks, rounding, 0);                                  \
    }
#define STRIP_AND_HALF(rounding)                                                                                \
    static void strip_and_half_##rounding(                                                                      \
        ck_gemm *g, const uint8_t *x, int8_t *y, ptrdiff_t block, ptrdiff_t outputs, ptrdiff_t count) {         \
        strip_and_half(g, x, y, block, outputs, count, rounding);                                               \
    }
#define STRIP_ENTRY(rows, blocks, rounding) [blocks] = strip_##rows##x##blocks##_##rounding,

CK_STRIPS(STRIP, CK_ROUNDS_SINGLE)
CK_STRIPS(STRIP, CK_ROUNDS_POSITIVE)
CK_STRIPS(STRIP, CK_ROUNDS_TWICE_UP)
CK_STRIPS(STRIP, CK_ROUNDS_TWICE)

STRIP_AND_HALF(CK_ROUNDS_SINGLE)
STRIP_AND_HALF(CK_ROUNDS_POSITIVE)
STRIP_AND_HALF(CK_ROUNDS_TWICE_UP)
STRIP_AND_HALF(CK_ROUNDS_TWICE)

static const strip_function strips_and_halves[CK_ROUNDINGS] = {
    [CK_ROUNDS_SINGLE] = strip_and_half_CK_ROUNDS_SINGLE,
    [CK_ROUNDS_POSITIVE] = strip_and_half_CK_ROUNDS_POSITIVE,
    [CK_ROUNDS_TWICE_UP] = strip_and_half_CK_ROUNDS_TWICE_UP,
    [CK_ROUNDS_TWICE] = strip_and_half_CK_ROUNDS_TWICE,
};

static const strip_function strips[CK_ROUNDINGS][CK_TILE_BLOCKS + 1] = {
    [CK_ROUNDS_SINGLE] = {CK_STRIPS(STRIP_ENTRY, CK_ROUNDS_SINGLE)},
    [CK_ROUNDS_POSITIVE] = {CK_STRIPS(STRIP_ENTRY, CK_ROUNDS_POSITIVE)},
    [CK_ROUNDS_TWICE_UP] = {CK_STRIPS(STRIP_ENTRY, CK_ROUNDS_TWICE_UP)},
    [CK_ROUNDS_TWICE] = {CK_STRIPS(STRIP_ENTRY, CK_ROUNDS_TWICE)},
};
